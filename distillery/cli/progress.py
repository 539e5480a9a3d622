"""What a run looks like while it goes on: each stage, how long it took, and what it produced."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from rich.console import Group
from rich.spinner import Spinner

from distillery.cli.target import Target
from distillery.cli.terminal import Table, Text, row, told
from distillery.core import clock
from distillery.core.ledger.records import RunRecord, StageRecord
from distillery.core.names import Names
from distillery.core.pipeline import Outcome, Stage

DOTS = Spinner("dots")


def picture(on: Target, record: RunRecord) -> Group:
    table = Table("", "stage", box=None, pad_edge=False)
    table.add_column("took", min_width=10, no_wrap=True)  # "1 h 37 min": so that nothing moves when hours come
    table.add_column("produced", overflow="fold")
    for stage in Stage:
        stage_record = record.stages.get(stage)
        row(table, _mark(record, stage_record), stage, took(stage_record), _produced(on, record, stage))
    clock_note = " (the local account's clock)" if on.local else ""
    return Group(told("run [bold]{}[/bold]{}", record.run.id, clock_note), table)


def _mark(record: RunRecord, stage: StageRecord | None) -> Spinner | Text:
    if stage is None:
        return told("[dim]·[/dim]")
    if stage.ended:
        return told("[green]✓[/green]")
    return DOTS if record.outcome is Outcome.RUNNING else told("[red]✗[/red]")


def took(stage: StageRecord | None) -> str:
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


def _produced(on: Target, record: RunRecord, stage: Stage) -> str | Text:
    stage_record = record.stages.get(stage)
    if stage_record is None:
        return ""
    if stage_record.ended:
        said = summary(stage, stage_record)
        # A custom model's ARN is wider than most terminals; its last part says which one it is.
        return f"model {said.rpartition(':custom-model/')[2]}" if stage is Stage.DISTILLATION else said
    return _phase(on, record.run.id) if stage is Stage.DISTILLATION else ""


def _phase(on: Target, run: str) -> str | Text:
    """Where the customization job is: Bedrock reports three phases."""
    job = on.account.job(Names(on.account.environment).job(run)) or {}
    phases = job.get("statusDetails", {})
    names = {
        "validationDetails": "validation",
        "dataProcessingDetails": "data processing",
        "trainingDetails": "training",
    }
    busy = [name for key, name in names.items() if phases.get(key, {}).get("status") == "InProgress"]
    return told("[dim]customization job: {}[/dim]", busy[0]) if busy else ""


def summary(stage: Stage, record: StageRecord) -> str:
    """One line for what a stage gave to the next."""
    product = record.product
    match stage:
        case Stage.DATASET:
            return (
                f"{product['prompts']} prompts to learn from, {product['heldout']} held out, "
                f"{product['duplicates']} duplicates removed, {_aside(product)}"
                f"estimate ${float(product['estimate_usd']):.2f}"
            )
        case Stage.DISTILLATION:
            return str(product["model_arn"])
        case Stage.ENDPOINT:
            return f"candidate {product.get('name', 'released')} ({product.get('mode', '')})"
        case Stage.EVALUATION:
            return f"{'passed' if product['passed'] else 'did not pass'}, {product['measure']}: {scores(product)}"
        case Stage.PROMOTION:
            return f"alias version {product['version']} → {product['endpoint']['name']}"


def _aside(product: Mapping[str, Any]) -> str:
    lines = product.get("put_aside", 0)
    return f"{lines} bad lines put aside, " if lines else ""


def waiting(record: RunRecord) -> str:
    """What a run waits for that is above its budget, and what to do."""
    dataset, budget, run = record.run.dataset, record.run.recipe.budget_usd, record.run.id
    return (
        f"estimated at ${dataset.estimate_usd}, ${dataset.at_most_usd} at most, the budget is ${budget}: "
        f"distillery approve {run}, or distillery reject {run}"
    )


def scores(verdict: Mapping[str, Any]) -> str:
    """`student 87.6%, teacher 85.4%, untrained 37.2%`."""
    return ", ".join(f"{who} {verdict[key]['value']:.1%}" for who, key in SCORES)


SCORES = (("student", "student"), ("teacher", "teacher"), ("untrained", "base"))
