"""`distillery watch`: a run, stage by stage, until it ends."""

import time
from collections.abc import Iterator
from typing import Annotated

import typer
from rich.console import Console
from rich.live import Live
from rich.markup import escape

from distillery.command.progress import picture, summary, took, waiting
from distillery.command.target import Target, target
from lambdas.shared.errors import BadRequest
from lambdas.shared.ledger import RunRecord
from lambdas.shared.road import Outcome

console = Console(highlight=False)


def watch(
    context: typer.Context,
    run: Annotated[
        str | None, typer.Argument(help="A run id; otherwise the newest run of all recipes.", show_default=False)
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
        console.print(f"\nthe run goes on; see it again with: distillery watch {run}", soft_wrap=True)
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
    console.print(_ending(record), soft_wrap=True)
    return record.outcome is Outcome.PROMOTED


def _ending(record: RunRecord) -> str:
    if record.outcome is Outcome.PROMOTED:  # its reason says again what the last stage's line says
        return f"[green]{record.outcome}[/green]"
    if record.outcome is Outcome.AWAITING:
        return f"[yellow]{record.outcome}[/yellow]: {waiting(record)}"
    return f"[red]{record.outcome}[/red]: {escape(record.reason)}"


def _looks(on: Target, run: str) -> Iterator[RunRecord]:
    while True:
        record = on.ledger.run(run)
        yield record
        if record.outcome is not Outcome.RUNNING:
            return
        time.sleep(on.seconds_between_looks)


def _newest(on: Target) -> str:
    runs = [record for recipe in on.recipes for record in on.ledger.runs(recipe)]
    if not runs:
        raise BadRequest(f"environment {on.account.environment!r} has no runs yet; start one with: distillery run")
    return max(runs, key=lambda record: record.opened).run.id


def _lines(record: RunRecord, shown: set[str]) -> None:
    """For logs and pipes: a line when a stage begins, one when it ends."""
    for stage, stage_record in record.stages.items():
        if f"{stage} began" not in shown:
            shown.add(f"{stage} began")
            console.print(f"{stage_record.started}  {stage} began")
        if stage_record.ended and f"{stage} ended" not in shown:
            shown.add(f"{stage} ended")
            what = f"{stage} took {took(stage_record)}: {summary(stage, stage_record)}"
            console.print(f"{stage_record.ended}  {what}", soft_wrap=True)
