"""`distillery watch`: a run, stage by stage, until it ends."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated

import typer
from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from distillery.command.target import Target, target
from lambdas.shared import clock
from lambdas.shared.errors import BadRequest
from lambdas.shared.ledger import RunRecord, StageRecord
from lambdas.shared.names import Names
from lambdas.shared.road import Outcome, Stage

console = Console(highlight=False)
DOTS = Spinner("dots")


def watch(
    context: typer.Context,
    run: Annotated[
        str | None, typer.Argument(help="A run id; otherwise the newest run of all recipes.", show_default=False)
    ] = None,
) -> None:
    """Follow a run until it ends: each stage, how long it took, and what it produced. Ctrl-C leaves the run alone."""
    on = target(context)
    if not follow(on, run or _newest(on)):
        raise typer.Exit(1)


def follow(on: Target, run: str) -> bool:
    """Shows the run until it ends. Whether it was promoted."""
    shown: set[str] = set()
    with Live(console=console, refresh_per_second=8, transient=False) as live:
        for record in _looks(on, run):
            if console.is_terminal:
                live.update(_picture(on, record))
            else:
                _lines(record, shown)
    passed = record.outcome is Outcome.PROMOTED
    # A promoted run's reason says again what the last stage's line says.
    console.print(
        f"[green]{record.outcome}[/green]" if passed else f"[red]{record.outcome}[/red]: {escape(record.reason)}",
        soft_wrap=True,
    )
    return passed


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


def _picture(on: Target, record: RunRecord) -> Group:
    table = Table("", "stage", "took", "produced", box=None, pad_edge=False)
    for stage in Stage:
        stage_record = record.stages.get(stage)
        table.add_row(_mark(record, stage_record), stage, _took(stage_record), _produced(on, record, stage))
    clock_note = " (the local account's clock)" if on.local else ""
    return Group(Text.from_markup(f"run [bold]{record.run.id}[/bold]{clock_note}"), table)


def _lines(record: RunRecord, shown: set[str]) -> None:
    """For logs and pipes: a line when a stage begins, one when it ends."""
    for stage, stage_record in record.stages.items():
        if f"{stage} began" not in shown:
            shown.add(f"{stage} began")
            console.print(f"{stage_record.started}  {stage} began")
        if stage_record.ended and f"{stage} ended" not in shown:
            shown.add(f"{stage} ended")
            took, what = _took(stage_record), summary(stage, stage_record)
            console.print(f"{stage_record.ended}  {stage} took {took}: {what}", soft_wrap=True)


def _mark(record: RunRecord, stage: StageRecord | None) -> Spinner | str:
    if stage is None:
        return "[dim]·[/dim]"
    if stage.ended:
        return "[green]✓[/green]"
    return DOTS if record.outcome is Outcome.RUNNING else "[red]✗[/red]"


def _took(stage: StageRecord | None) -> str:
    if stage is None:
        return ""
    end = datetime.fromisoformat(stage.ended) if stage.ended else clock.now()
    return duration(end - datetime.fromisoformat(stage.started))


def duration(length: timedelta) -> str:
    """`1 h 12 min`, `34 min`, `12 s`: the two units that matter."""
    seconds = int(length.total_seconds())
    if seconds >= 3600:
        return f"{seconds // 3600} h {seconds % 3600 // 60:02} min"
    return f"{seconds // 60} min" if seconds >= 60 else f"{seconds} s"


def _produced(on: Target, record: RunRecord, stage: Stage) -> str:
    stage_record = record.stages.get(stage)
    if stage_record is None:
        return ""
    if stage_record.ended:
        return summary(stage, stage_record)
    return _phase(on, record.run.id) if stage is Stage.DISTILLATION else ""


def _phase(on: Target, run: str) -> str:
    """Where the customization job is: Bedrock reports three phases."""
    job = on.account.job(Names(on.account.environment).job(run)) or {}
    phases = job.get("statusDetails", {})
    names = {
        "validationDetails": "validation",
        "dataProcessingDetails": "data processing",
        "trainingDetails": "training",
    }
    busy = [name for key, name in names.items() if phases.get(key, {}).get("status") == "InProgress"]
    return f"[dim]customization job: {busy[0]}[/dim]" if busy else ""


def summary(stage: Stage, record: StageRecord) -> str:
    """One line for what a stage gave to the next."""
    product = record.product
    match stage:
        case Stage.DATASET:
            return (
                f"{product['prompts']} prompts to learn from, {product['heldout']} held out, "
                f"{product['duplicates']} duplicates removed, estimate ${float(product['estimate_usd']):.2f}"
            )
        case Stage.DISTILLATION:
            return str(product["model_arn"])
        case Stage.ENDPOINT:
            return f"candidate {product.get('name', 'released')} ({product.get('mode', '')})"
        case Stage.EVALUATION:
            scores = [f"{who} {product[key]['value']:.1%}" for who, key in SCORES]
            return f"{'passed' if product['passed'] else 'did not pass'}, {product['measure']}: {', '.join(scores)}"
        case Stage.PROMOTION:
            return f"alias version {product['version']} → {product['endpoint']['name']}"


SCORES = (("student", "student"), ("teacher", "teacher"), ("untrained", "base"))
