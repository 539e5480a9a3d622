"""`distillery check`: checks prompts before an upload, and estimates the cost of their run."""

import contextlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from distillery.cli.documents import CheckOutput
from distillery.cli.offline_check import report_text
from distillery.cli.offline_check.checker import (
    RecipeRun,
    check_files,
    check_for_recipe,
    golden_of,
    recipe_run,
    student_limits,
)
from distillery.cli.offline_check.likely_format import conversion
from distillery.cli.offline_check.sources import Source, sources
from distillery.cli.outputs import document
from distillery.cli.target import target
from distillery.cli.terminal import echo, echo_error, progress_bar, write_json
from distillery.core.errors import BadRequest, Refused
from distillery.datasets.report import UploadStatus
from distillery.datasets.validation.fast_path import LineLimits

if TYPE_CHECKING:
    from distillery.datasets.curation.near_duplicates import Progress

UNREADABLE = "unreadable"
"""The status of a data set that could not be read as a whole. Its report has the reason and no counts."""
NO_COUNTS = {"errors": 1, "warnings": 0}
PROGRESS_FROM = 50_000_000
"""Size in bytes from which a progress bar is shown: reading takes about a second."""
COMPARED_FROM = 2_000
"""Number of prompts from which a progress bar is shown while they are compared: long ones take about a second."""


def check(
    context: typer.Context,
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...",
            help="Files, folders, manifests, s3://bucket/key or s3://bucket/folder/; each is a separate data set.",
        ),
    ],
    recipe: Annotated[
        str | None,
        typer.Option(help="Check as an upload of this recipe, and estimate the cost of its run.", show_default=False),
    ] = None,
    env: Annotated[
        str | None,
        typer.Option("--env", help="The environment of the recipe. Default: the command's.", show_default=False),
    ] = None,
    student: Annotated[
        str | None,
        typer.Option(help="A model of the catalog, for which dialogues and lengths are checked.", show_default=False),
    ] = None,
    golden: Annotated[
        Path | None,
        typer.Option(
            help="With --recipe: the recipe's golden set, which the estimate counts, and whose prompts are left out.",
            show_default=False,
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    together: Annotated[bool, typer.Option("--together", help="Check all files as one data set.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Fail on warnings, too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the reports as JSON.")] = False,
) -> None:
    """Check prompts on this machine, as Bedrock and the pipeline do. Exit code 0: no errors, 1: findings, 2: usage, or
    something cannot be read."""
    if recipe and student:
        raise typer.BadParameter("a recipe names its student; use one of --recipe and --student")
    if golden and not recipe:
        raise typer.BadParameter("a golden set belongs to a recipe; add --recipe")
    try:
        wanted = recipe_run(env or target(context).environment, recipe) if recipe else student_limits(student)
        if golden and isinstance(wanted, RecipeRun):
            wanted = replace(wanted, golden=golden_of(golden.read_bytes(), wanted.recipe, golden))
    except Refused as wrong:
        raise typer.BadParameter(str(wrong)) from wrong
    reports = [report_on(source, wanted, quiet=as_json) for source in sources(files, together=together)]
    good = all(is_accepted(report, strict=strict) for report in reports)
    if as_json:
        write_json(document("check", CheckOutput(good=good, reports=reports)))
    if not good:
        raise typer.Exit(2 if any(report["status"] == UNREADABLE for report in reports) else 1)


def report_on(source: Source, wanted: LineLimits | RecipeRun, *, quiet: bool) -> dict[str, Any]:
    """Checks a source, and prints its report unless `quiet`. A source that cannot be read is reported in any case."""
    try:
        with _progress(source, quiet=quiet) as on_read, _comparing(source, quiet=quiet) as on_compared:
            files = source.open(on_read)
            if isinstance(wanted, LineLimits):
                report = check_files(files, wanted)
            else:
                report = check_for_recipe(files, wanted, on_compared)
    except BrokenPipeError:
        raise
    except (BadRequest, OSError) as error:
        echo_error("[red]distillery:[/red] [bold]{}[/bold] cannot be checked: {}", source.name, error)
        return {"name": source.name, "status": UNREADABLE, "reason": str(error), "findings": []} | NO_COUNTS
    if command := conversion(source, report):
        report["convert"] = command
    if not quiet:
        _show(source.name, report)
    return {"name": source.name} | report


def is_accepted(report: dict[str, Any], *, strict: bool) -> bool:
    return report["status"] == UploadStatus.ACCEPTED and not (strict and report["warnings"])


@contextlib.contextmanager
def _progress(source: Source, *, quiet: bool) -> Iterator[Callable[[int], None]]:
    """Shows a progress bar on a terminal for a large file."""
    if quiet or source.size is None or source.size < PROGRESS_FROM or not sys.stderr.isatty():
        yield lambda _bytes: None
        return
    with progress_bar(source.size, source.name) as shown:
        yield shown.update


@contextlib.contextmanager
def _comparing(source: Source, *, quiet: bool) -> Iterator["Progress | None"]:
    """Shows a progress bar on a terminal while many prompts are compared with each other, which takes longest."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    with contextlib.ExitStack() as stack:
        bars: list[Any] = []

        def compared(done: int, of_all: int) -> None:
            if of_all < COMPARED_FROM:
                return
            if not bars:
                bars.append(stack.enter_context(progress_bar(of_all, f"{source.name}: comparing prompts")))
            bars[0].update(done - bars[0].pos)

        yield compared


def _show(name: str, report: dict[str, Any]) -> None:
    echo("[bold]{}[/bold]: {}", name, report_text.heading(report))
    details = (
        *report_text.finding_lines(report),
        *report_text.curation(report),
        *report_text.system_prompt(report),
        *report_text.estimate_lines(report),
        *report_text.evaluation(report),
    )
    for line in (*details, report_text.conclusion(report)):
        echo("  {}", line)
    if "convert" in report:
        echo("  it looks like another format; convert it: {}", report["convert"])
