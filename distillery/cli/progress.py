"""A run as a table: each stage, its duration and its result."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from rich.console import Group
from rich.spinner import Spinner

from distillery.cli.target import Target
from distillery.cli.terminal import Text, WordTable, append_row, styled
from distillery.core import clock
from distillery.core.judging import VerdictOutcome
from distillery.core.ledger.items import RunRecord, StageRecord
from distillery.core.names import Names
from distillery.core.pipeline import Outcome, Stage
from distillery.evaluation.statistics.planning import points

DOTS = Spinner("dots")


def stage_table(on: Target, record: RunRecord) -> Group:
    table = WordTable("", "stage", box=None, pad_edge=False)
    table.add_column("took", min_width=10, no_wrap=True)  # "1 h 37 min": so that the table keeps its width
    table.add_column("produced", overflow="fold")
    for stage in Stage:
        stage_record = record.stages.get(stage)
        append_row(table, _mark(record, stage_record), stage, took(stage_record), _produced(on, record, stage))
    clock_note = " (the local account's clock)" if on.local else ""
    return Group(styled("run [bold]{}[/bold]{}", record.run.id, clock_note), table)


def _mark(record: RunRecord, stage: StageRecord | None) -> Spinner | Text:
    if stage is None:
        return styled("[dim]·[/dim]")
    if stage.ended:
        return styled("[green]✓[/green]")
    return DOTS if record.is_active else styled("[red]✗[/red]")


def took(stage: StageRecord | None) -> str:
    if stage is None:
        return ""
    end = datetime.fromisoformat(stage.ended) if stage.ended else clock.now()
    return duration(end - datetime.fromisoformat(stage.started))


def duration(length: timedelta) -> str:
    """`1 h 12 min`, `34 min`, `12 s`."""
    seconds = int(length.total_seconds())
    if seconds >= 3600:
        return f"{seconds // 3600} h {seconds % 3600 // 60:02} min"
    return f"{seconds // 60} min" if seconds >= 60 else f"{seconds} s"


def _produced(on: Target, record: RunRecord, stage: Stage) -> str | Text:
    stage_record = record.stages.get(stage)
    if stage_record is None:
        return ""
    if stage_record.ended:
        text = stage_summary(stage, stage_record)
        # The ARN of a custom model is wider than most terminals; its last part identifies the model.
        return f"model {text.rpartition(':custom-model/')[2]}" if stage is Stage.DISTILLATION else text
    if stage is Stage.EVALUATION:
        return styled("[dim]{}[/dim]", answered(record)) if record.answers_planned else ""
    return _phase(on, record) if stage is Stage.DISTILLATION else ""


def answered(record: RunRecord) -> str:
    """Returns how far the evaluation is: `431 of 1000 answers, about 4 min left`, if it continues at its pace."""
    done, planned = record.answers, record.answers_planned
    left = time_left(record)
    return f"{done} of {planned} answers{f', about {duration(left)} left' if left else ''}"


def time_left(record: RunRecord) -> timedelta | None:
    """Returns how long the evaluation still takes, if it continues at its pace; None where that cannot be said."""
    done, planned = record.answers, record.answers_planned
    if not 0 < done < planned:
        return None
    began = max(record.stages[Stage.EVALUATION].started, record.reopened or "")
    return (clock.now() - datetime.fromisoformat(began)) * (planned - done) / done


def _phase(on: Target, record: RunRecord) -> str | Text:
    """Returns the phase of the customization job: Bedrock reports three."""
    job = on.account.job(record.job_names(Names(on.account.environment))[-1]) or {}
    phases = job.get("statusDetails", {})
    names = {
        "validationDetails": "validation",
        "dataProcessingDetails": "data processing",
        "trainingDetails": "training",
    }
    busy = [name for key, name in names.items() if phases.get(key, {}).get("status") == "InProgress"]
    return styled("[dim]customization job: {}[/dim]", busy[0]) if busy else ""


def stage_summary(stage: Stage, record: StageRecord) -> str:
    """Returns the result of a stage in one line."""
    product = record.product
    match stage:
        case Stage.DATASET:
            return (
                f"{product['prompts']} prompts to learn from, {product['heldout']} held out, "
                f"{product['duplicates']} duplicates removed, {_quarantined(product)}"
                f"estimate ${float(product['estimate_usd']):.2f}{detected(product.get('detectable_difference'))}"
            )
        case Stage.DISTILLATION:
            return str(product["model_arn"])
        case Stage.ENDPOINT:
            return f"candidate {product.get('name', 'released')} ({product.get('mode', '')})"
        case Stage.EVALUATION:
            return f"{_outcome(product)}, {product['measure']}: {scores(product)}"
        case Stage.PROMOTION:
            return f"alias version {product['version']} → {product['endpoint']['name']}"


def detected(difference: Decimal | str | None) -> str:
    """`, detects differences of 8.4 points`: what the evaluation can decide; empty if that is not known."""
    return "" if difference is None else f", detects differences of {points(float(difference))} points"


def _outcome(verdict: Mapping[str, Any]) -> str:
    """Returns `passed`, `did not pass` or `inconclusive`. Verdicts of older versions say only whether it passed."""
    if verdict.get("outcome") == VerdictOutcome.INCONCLUSIVE:
        return str(verdict["outcome"])
    return "passed" if verdict["passed"] else "did not pass"


def _quarantined(product: Mapping[str, Any]) -> str:
    lines = product.get("put_aside", 0)
    return f"{lines} bad lines put aside, " if lines else ""


def waiting(on: Target, record: RunRecord) -> str:
    """Returns what a run waits for, and the commands that decide."""
    dataset, budget, run = record.run.dataset, record.run.recipe.budget_usd, record.run.id
    if record.outcome is Outcome.CANARY:
        return f"{record.reason} To end it now: {on.command('stop', run, '--reason', 'WHY')}".lstrip()
    if record.outcome is Outcome.AWAITING_ACCEPTANCE:
        verdict = record.stages[Stage.EVALUATION].product if Stage.EVALUATION in record.stages else {}
        said = str(verdict.get("sentence", "")).rstrip(".")
        return (
            f"{said}. A person decides whether its student goes live: ".lstrip(". ")
            + f"{on.command('accept', run, '--reason', 'WHY')}, or {on.command('reject', run)}"
        )
    return (
        f"estimated at ${dataset.estimate_usd}, ${dataset.at_most_usd} at most, the budget is "
        f"${budget}{detected(dataset.detectable_difference)}: "
        f"{on.command('approve', run)}, or {on.command('reject', run)}"
    )


def scores(verdict: Mapping[str, Any]) -> str:
    """`student 87.6%, teacher 85.4%, untrained 37.2%`, and what the student has on the golden set, if there is one."""
    every = [f"{who} {verdict[key]['value']:.1%}" for who, key in SCORES]
    if golden := verdict.get("golden", {}).get("student"):
        every.append(f"golden set {golden['value']:.1%}")
    return ", ".join(every)


SCORES = (("student", "student"), ("teacher", "teacher"), ("untrained", "base"))
