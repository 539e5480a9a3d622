"""`distillery watch`: follows a run until it ends."""

import time
from collections.abc import Iterator
from typing import Annotated

import typer
from rich.live import Live

from distillery.cli import run_outputs
from distillery.cli.exit_codes import of_run
from distillery.cli.invocation import pasteable
from distillery.cli.outputs import document
from distillery.cli.progress import answered, stage_summary, stage_table, took, waiting
from distillery.cli.target import Target, target
from distillery.cli.terminal import Text, console, echo, echo_error, link, styled, write_line
from distillery.core.errors import BadRequest
from distillery.core.ledger.items import WAITING_OUTCOMES, RunRecord
from distillery.core.pipeline import Outcome, Stage


def watch(
    context: typer.Context,
    run: Annotated[
        str | None,
        typer.Argument(help="A run id. Default: the newest run of all recipes that you may read.", show_default=False),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document on each line, for each event.")
    ] = False,
) -> None:
    """Follow a run until it ends: each stage, its duration and its result. Ctrl-C does not stop the run.

    The exit code is 0 if its student was promoted, 3 if the run waits for a person, 5 if it failed, and 6 if it ended
    without a promotion.
    """
    on = target(context)
    watch_run(on, run or _newest(on), as_json=as_json)


def watch_run(on: Target, run: str, *, as_json: bool = False) -> None:
    """Follows the run, and exits with a code unless it was promoted. On Ctrl-C it prints that the run continues."""
    try:
        outcome = follow_as_json(on, run) if as_json else follow(on, run)
    except KeyboardInterrupt:
        again = on.command("watch", run)
        if as_json:
            echo_error("\nthe run continues; follow it again with: {}", again)
        else:
            echo("\nthe run continues; follow it again with: {}", again)
        raise
    if code := of_run(outcome):
        raise typer.Exit(code)


def follow(on: Target, run: str) -> Outcome:
    """Shows the run until it ends. Returns how it ended."""
    shown: set[str] = set()
    with Live(console=console, refresh_per_second=8, transient=False) as live:
        for record in _poll(on, run):
            if console.is_terminal:
                live.update(stage_table(on, record))
            else:
                _lines(record, shown)
    if verdict := record.stages[Stage.EVALUATION].product if Stage.EVALUATION in record.stages else {}:
        echo("report: {}", link(verdict["report_uri"]))
    echo("{}", _ending(on, record))
    return record.outcome


def follow_as_json(on: Target, run: str) -> Outcome:
    """Writes an event on each line until the run ends. Returns how it ended."""
    shown: set[str] = set()
    for record in _poll(on, run):
        for event in run_outputs.events(record, shown):
            write_line(document("watch", event))
    write_line(document("watch", run_outputs.ended(on, record)))
    return record.outcome


def _ending(on: Target, record: RunRecord) -> Text:
    if record.outcome is Outcome.PROMOTED:  # its reason repeats the line of the last stage
        return styled("[green]{}[/green]", record.outcome)
    if record.outcome in WAITING_OUTCOMES:
        return styled("[yellow]{}[/yellow]: {}", record.outcome, waiting(on, record))
    if record.outcome in (Outcome.REJECTED, Outcome.INCONCLUSIVE, Outcome.STOPPED):
        return styled("[yellow]{}[/yellow]: {}", record.outcome, pasteable(record.reason))
    return styled("[red]{}[/red]: {}", record.outcome, pasteable(record.reason))


def _poll(on: Target, run: str) -> Iterator[RunRecord]:
    while True:
        record = on.ledger.run(run)
        yield record
        if not record.is_active:
            return
        time.sleep(on.poll_interval)


def _newest(on: Target) -> str:
    """Returns the newest run of the recipes whose runs the caller may read."""
    found = on.runs_by_recipe(on.recipes).values()
    runs = [record for records in found if not isinstance(records, Exception) for record in records]
    if not runs:
        start = on.command("run", *on.recipes[:1], "prompts.jsonl")
        raise BadRequest(f"environment {on.account.environment!r} has no runs yet; start one with: {start}")
    return max(runs, key=lambda record: record.opened).run.id


def _lines(record: RunRecord, shown: set[str]) -> None:
    """Prints a line when a stage begins and one when it ends, for logs and pipes."""
    for stage, stage_record in record.stages.items():
        if f"{stage} began" not in shown:
            shown.add(f"{stage} began")
            echo("{}  {} began", stage_record.started, stage)
        progress = answered(record) if stage is Stage.EVALUATION and record.answers and not stage_record.ended else ""
        if progress and f"{record.answers} answers" not in shown:
            shown.add(f"{record.answers} answers")
            echo("{}  {}", stage, progress)
        if stage_record.ended and f"{stage} ended" not in shown:
            shown.add(f"{stage} ended")
            what = stage_summary(stage, stage_record)
            echo("{}  {} took {}: {}", stage_record.ended, stage, took(stage_record), what)
