"""`distillery watch`: a run, stage by stage, until it ends."""

import time
from collections.abc import Iterator
from typing import Annotated

import typer
from rich.live import Live

from distillery.cli.progress import picture, summary, took, waiting
from distillery.cli.seen import runs_of
from distillery.cli.target import Target, target
from distillery.cli.terminal import Text, console, say, told
from distillery.core.errors import BadRequest
from distillery.core.ledger.records import RunRecord
from distillery.core.pipeline import Outcome


def watch(
    context: typer.Context,
    run: Annotated[
        str | None,
        typer.Argument(help="A run id; otherwise the newest run of all recipes that you may see.", show_default=False),
    ] = None,
) -> None:
    """Follow a run until it ends: each stage, how long it took, and what it produced. Ctrl-C leaves the run alone."""
    on = target(context)
    see(on, run or _newest(on))


def see(on: Target, run: str) -> None:
    """Shows the run until it ends, and exits with 1 where it was not promoted. Ctrl-C says that the run goes on."""
    try:
        passed = follow(on, run)
    except KeyboardInterrupt:
        say("\nthe run goes on; see it again with: distillery watch {}", run)
        raise
    if not passed:
        raise typer.Exit(1)


def follow(on: Target, run: str) -> bool:
    """Shows the run until it ends. Whether it was promoted."""
    shown: set[str] = set()
    with Live(console=console, refresh_per_second=8, transient=False) as live:
        for record in _looks(on, run):
            if console.is_terminal:
                live.update(picture(on, record))
            else:
                _lines(record, shown)
    say("{}", _ending(record))
    return record.outcome is Outcome.PROMOTED


def _ending(record: RunRecord) -> Text:
    if record.outcome is Outcome.PROMOTED:  # its reason says again what the last stage's line says
        return told("[green]{}[/green]", record.outcome)
    if record.outcome is Outcome.AWAITING:
        return told("[yellow]{}[/yellow]: {}", record.outcome, waiting(record))
    return told("[red]{}[/red]: {}", record.outcome, record.reason)


def _looks(on: Target, run: str) -> Iterator[RunRecord]:
    while True:
        record = on.ledger.run(run)
        yield record
        if record.outcome is not Outcome.RUNNING:
            return
        time.sleep(on.seconds_between_looks)


def _newest(on: Target) -> str:
    """Of the recipes whose runs this person may read."""
    found = runs_of(on, on.recipes).values()
    runs = [record for said in found if not isinstance(said, Exception) for record in said]
    if not runs:
        raise BadRequest(f"environment {on.account.environment!r} has no runs yet; start one with: distillery run")
    return max(runs, key=lambda record: record.opened).run.id


def _lines(record: RunRecord, shown: set[str]) -> None:
    """For logs and pipes: a line when a stage begins, one when it ends."""
    for stage, stage_record in record.stages.items():
        if f"{stage} began" not in shown:
            shown.add(f"{stage} began")
            say("{}  {} began", stage_record.started, stage)
        if stage_record.ended and f"{stage} ended" not in shown:
            shown.add(f"{stage} ended")
            what = summary(stage, stage_record)
            say("{}  {} took {}: {}", stage_record.ended, stage, took(stage_record), what)
