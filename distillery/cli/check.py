"""`distillery check`: are these prompts what Bedrock takes, and what would their run cost?"""

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import Annotated, Any

import typer

from distillery.cli.offline_check import text
from distillery.cli.offline_check.judge import ForRecipe, as_it_is, for_recipe
from distillery.cli.offline_check.settings import for_recipe as recipe_of
from distillery.cli.offline_check.settings import for_student
from distillery.cli.offline_check.sources import Source, sources
from distillery.cli.target import target
from distillery.cli.terminal import bar, document, say
from distillery.core.errors import BadRequest
from distillery.datasets.report import UploadStatus
from distillery.datasets.validation.fast_path import LineLimits

SLOW = 50_000_000
"""Bytes from which a progress bar is worth its place: about a second."""


def check(
    context: typer.Context,
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...",
            help="Files, folders, manifests, or s3://bucket/key or s3://bucket/folder/; each is a data set of its own.",
        ),
    ],
    recipe: Annotated[
        str | None,
        typer.Option(help="Check as this recipe's upload, with what its run would cost.", show_default=False),
    ] = None,
    env: Annotated[
        str | None,
        typer.Option("--env", help="The recipe's environment. Default: that of the command.", show_default=False),
    ] = None,
    student: Annotated[
        str | None,
        typer.Option(help="A model of the catalog: dialogues and lengths are checked for it.", show_default=False),
    ] = None,
    together: Annotated[bool, typer.Option("--together", help="All files are one data set.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings fail, too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the reports as JSON.")] = False,
) -> None:
    """Check prompts as the service and the road do, on this machine. Exit code 0: good, 1: findings, 2: usage."""
    if recipe and student:
        raise typer.BadParameter("a recipe has a student of its own; say one of --recipe and --student")
    try:
        wanted = recipe_of(env or target(context).environment, recipe) if recipe else for_student(student)
        reports = [_report(source, wanted, quiet=as_json) for source in sources(files, together=together)]
    except BadRequest as wrong:
        raise typer.BadParameter(str(wrong)) from wrong
    good = all(_is_good(report, strict=strict) for report in reports)
    if as_json:
        document({"good": good, "reports": reports})
    if not good:
        raise typer.Exit(1)


def _report(source: Source, wanted: LineLimits | ForRecipe, *, quiet: bool) -> dict[str, Any]:
    with _progress(source, quiet=quiet) as tell:
        files = source.open(tell)
        report = as_it_is(files, wanted) if isinstance(wanted, LineLimits) else for_recipe(files, wanted)
    if not quiet:
        _show(source.name, report)
    return {"name": source.name} | report


def _is_good(report: dict[str, Any], *, strict: bool) -> bool:
    return report["status"] == UploadStatus.ACCEPTED and not (strict and report["warnings"])


@contextlib.contextmanager
def _progress(source: Source, *, quiet: bool) -> Iterator[Callable[[int], None]]:
    """A bar on the terminal, if there is one and the file is large."""
    if quiet or source.size is None or source.size < SLOW or not sys.stderr.isatty():
        yield lambda _bytes: None
        return
    with bar(source.size, source.name) as shown:
        yield shown.update


def _show(name: str, report: dict[str, Any]) -> None:
    say("[bold]{}[/bold]: {}", name, text.heading(report))
    for line in (*text.findings(report), *text.curation(report), *text.estimate(report), text.verdict(report)):
        say("  {}", line)
