"""`distillery report`: the report of a run's verdict, as a summary, as a page or as JSON."""

import tempfile
import webbrowser
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from distillery.cli import outputs
from distillery.cli.target import Target, target
from distillery.cli.terminal import WordTable, append_row, echo, link, show, styled, write_json
from distillery.core.errors import BadRequest
from distillery.core.escaping import quoted
from distillery.core.names import EVALUATIONS_PREFIX, split_s3_uri

if TYPE_CHECKING:
    from distillery.evaluation.report.document import Document

MOST_MISSED = 20
"""The maximum number of golden prompts that are listed for a model."""
COLOURS = {"passed": "[green]{}[/green]", "failed": "[red]{}[/red]", "inconclusive": "[yellow]{}[/yellow]"}


def report(
    context: typer.Context,
    run: Annotated[str, typer.Argument(help="A run id, or the s3:// address of a report.")],
    diff: Annotated[
        str | None, typer.Option(help="An earlier run, or the address of its report, to compare with.")
    ] = None,
    open_: Annotated[bool, typer.Option("--open", help="Write the whole report as a page, and open it.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Show why a student passed or not: the verdict, its bars, the scores, and what to do next."""
    from distillery.evaluation.report.compare import compare_runs
    from distillery.evaluation.report.wire import write

    on = target(context)
    document = _read(on, run)
    if diff is not None:
        document = replace(document, difference=compare_runs(document, _read(on, diff)))
    if as_json:
        write_json(outputs.document("report", write(document)))
    else:
        _summary(on, run, document, opened=open_)
    if open_:
        _open(document, quiet=as_json)


def report_uri(on: Target, run: str) -> str:
    """Returns the address of a run's report. Data readers may read reports but not runs, so it is not looked up."""
    if run.startswith("s3://"):
        if not all(split_s3_uri(run)):
            raise BadRequest(f"the address {quoted(run)} names no object; name a run, or s3://bucket/key")
        return run
    return f"s3://{on.account.pipeline['data_bucket']}/{EVALUATIONS_PREFIX}{run}/report.json"


def _read(on: Target, run: str) -> "Document":
    from distillery.client.aws import ClientError, error_code
    from distillery.client.errors import NotReached
    from distillery.evaluation.report.wire import parse

    uri = report_uri(on, run)
    try:
        return parse(on.account.read(uri))
    except NotReached as error:
        cause = error.__cause__
        if isinstance(cause, ClientError) and error_code(cause) in ("NoSuchKey", "404"):
            raise BadRequest(
                f"run {quoted(run)} has no report at {uri}; a run has one once its evaluation has ended, until it "
                f"expires; see the runs with: {on.command('status')}"
            ) from error
        raise


def _summary(on: Target, run: str, document: "Document", *, opened: bool) -> None:
    from distillery.evaluation.report.advice import advice
    from distillery.evaluation.report.sentence import sentence

    echo("[bold]{}[/bold]  {}", document.run, styled(COLOURS[document.outcome], document.outcome))
    echo("{}", document.sentence or sentence(document))
    for reason in document.reasons:
        echo("  [dim]{}[/dim]", reason)
    if document.looks and document.looks.warning:
        echo("[yellow]{}[/yellow]", document.looks.warning)
    if document.accepted:
        echo("accepted by {}: {}", document.accepted.by, document.accepted.reason)
    echo("")
    show(_bars(document))
    echo("")
    show(_scores(document))
    if document.golden:
        echo("")
        show(_golden(document))
    if document.difference:
        _changes(document)
    echo("")
    for one in advice(document):
        echo("{}", one)
    if not opened:
        echo("every prompt with its answers: {}", on.command("report", run, "--open"))
    echo("report: {}", link(report_uri(on, run)))


def _bars(document: "Document") -> WordTable:
    from distillery.evaluation.report import words

    table = WordTable("bar", "outcome", "needed", "measured", "interval", box=None, pad_edge=False, header_style="dim")
    for bar in document.bars:
        outcome = styled(COLOURS[bar.outcome], bar.outcome)
        append_row(table, bar.name, outcome, words.needed(bar), words.bar_value(bar), words.bar_interval(bar))
    return table


def _scores(document: "Document") -> WordTable:
    from distillery.evaluation.report import words
    from distillery.evaluation.report.rows import short_name

    table = WordTable("model", document.measure, "interval", box=None, pad_edge=False, header_style="dim")
    for column in ("scored", "median latency", "1,000 answers"):
        table.add_column(column)
    for one in document.ranked:
        append_row(
            table,
            short_name(one.role),
            words.percent(one.value),
            words.interval(one.interval),
            f"{one.scored:,} of {one.asked:,}",
            words.UNKNOWN if one.latency_ms is None else f"{one.latency_ms:,} ms",
            words.usd(one.usd_per_thousand),
            style="bold" if one.role == "student" else None,
        )
    return table


def _golden(document: "Document") -> WordTable:
    """The results on the golden set, with the numbers of the prompts that a model did not answer correctly."""
    from distillery.evaluation.report import words
    from distillery.evaluation.report.rows import short_name

    table = WordTable("golden set", document.measure, "scored", "missed", box=None, pad_edge=False, header_style="dim")
    for one in document.golden:
        missed = ", ".join(map(str, one.missed[:MOST_MISSED])) + (", …" if len(one.missed) > MOST_MISSED else "")
        scored = f"{one.scored:,} of {one.asked:,}"
        append_row(table, short_name(one.role), words.percent(one.value), scored, missed or "none")
    return table


def _changes(document: "Document") -> None:
    from distillery.evaluation.report import words
    from distillery.evaluation.report.rows import name

    earlier = document.difference
    assert earlier is not None
    echo("\nsince run {}, which {}:", earlier.run, earlier.outcome)
    for one in earlier.changes:
        echo("  {}: {} → {}", name(one.role), words.percent(one.before), words.percent(one.now))
    echo(
        "  of {} prompts in both, this student is better on {} and worse on {}",
        *(earlier.shared, len(earlier.better), len(earlier.worse)),
    )
    if not earlier.same_grading:
        echo("  [yellow]the two runs were graded differently, so their scores cannot be compared[/yellow]")


def _open(document: "Document", *, quiet: bool) -> None:
    """Writes the page into a new folder that only this user may read, since it holds prompts and answers."""
    from distillery.evaluation.report.page import render

    page = Path(tempfile.mkdtemp(prefix="distillery-")) / "report.html"
    page.write_text(render(document), encoding="utf-8")
    page.chmod(0o600)
    found = webbrowser.open(page.as_uri())
    if quiet:
        return
    if not found:
        echo("no browser was found; open the page yourself")
    echo("page: {} (it contains prompts and answers; delete it when you have read it)", page)
