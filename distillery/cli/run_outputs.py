"""Describes runs for `status --json` and `watch --json`."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from distillery.cli.exit_codes import of_run
from distillery.cli.invocation import pasteable
from distillery.cli.progress import time_left
from distillery.cli.run_documents import NowOutput, ProgressOutput, RunStatus, StageOutput, WatchEvent
from distillery.cli.target import Target
from distillery.core import clock
from distillery.core.ledger.items import RunRecord, StageRecord
from distillery.core.pipeline import Outcome, Stage
from distillery.core.serialization import to_wire


def run_status(on: Target, record: RunRecord, uploaded_by: list[str]) -> RunStatus:
    return RunStatus(
        run=record.run.id,
        recipe=record.run.recipe.name,
        attempt=record.run.attempt,
        outcome=record.outcome.value,
        reason=pasteable(record.reason),
        opened=record.opened,
        closed=record.closed,
        stages=[_stage(stage, one) for stage, one in record.stages.items()],
        progress=progress(record),
        report_uri=report_uri(record),
        exploratory=dict(record.exploratory) or None,
        uploaded_by=uploaded_by,
        next=decisions(on, record),
        stop=to_wire(record.stop) if record.stop else None,
        promotion=record.promotion or None,
    )


def _stage(stage: Stage, one: StageRecord) -> StageOutput:
    return StageOutput(
        stage=stage.value, started=one.started, ended=one.ended, seconds=seconds(one), product=dict(one.product)
    )


def seconds(one: StageRecord) -> int:
    end = datetime.fromisoformat(one.ended) if one.ended else clock.now()
    return int((end - datetime.fromisoformat(one.started)).total_seconds())


def now_output(on: Target, record: RunRecord, runs: Sequence[RunRecord]) -> NowOutput | None:
    """The stage in progress; None where there is none. `runs` are those of the recipe."""
    from distillery.core import run_times

    stage = run_times.current_stage(record)
    if stage is None:
        return None
    now = clock.now()
    usual = run_times.usual_time(stage, (each for each in runs if each.run.id != record.run.id))
    return NowOutput(
        stage=stage.value,
        seconds=int(run_times.time_in(record, stage, now).total_seconds()),
        usual_seconds=int(usual.length.total_seconds()) if usual else None,
        basis=usual.basis if usual else None,
        usd_so_far=run_times.usd_so_far(record, region=str(on.account.pipeline["home_region"]), now=now),
        usd_at_most=record.run.dataset.at_most_usd,
    )


def progress(record: RunRecord) -> ProgressOutput | None:
    """The answers of an evaluation that is running; None of any other."""
    stage = record.stages.get(Stage.EVALUATION)
    if not record.is_active or stage is None or stage.ended or not record.answers_planned:
        return None
    left = time_left(record)
    return ProgressOutput(
        answers=record.answers,
        planned=record.answers_planned,
        seconds_left=None if left is None else int(left.total_seconds()),
    )


def report_uri(record: RunRecord) -> str | None:
    stage = record.stages.get(Stage.EVALUATION)
    return str(stage.product["report_uri"]) if stage and "report_uri" in stage.product else None


def decisions(on: Target, record: RunRecord) -> list[str]:
    """The commands that decide about a run that waits for a person, or continue one that was stopped."""
    run = record.run.id
    match record.outcome:
        case Outcome.AWAITING:
            return [on.command("approve", run), on.command("reject", run)]
        case Outcome.AWAITING_ACCEPTANCE:
            return [on.command("accept", run, "--reason", "WHY"), on.command("reject", run)]
        case Outcome.CANARY:
            return [on.command("stop", run, "--reason", "WHY")]
        case Outcome.STOPPED:
            return [on.command("resume", run, "--reason", "WHY")]
    return []


def events(record: RunRecord, shown: set[str]) -> Iterator[WatchEvent]:
    """What happened since: of each stage its begin and its end, and progress. `shown` keeps what was yielded."""
    run = record.run.id
    for stage, one in record.stages.items():
        if _first(f"{stage} began", shown):
            yield WatchEvent(event="stage-began", run=run, time=one.started, stage=stage.value)
        found = progress(record) if stage is Stage.EVALUATION else None
        if found and found.answers and _first(f"{found.answers} answers", shown):
            yield WatchEvent(event="progress", run=run, time=clock.stamp(), stage=stage.value, progress=found)
        if one.ended and _first(f"{stage} ended", shown):
            yield WatchEvent(
                event="stage-ended",
                run=run,
                time=one.ended,
                stage=stage.value,
                seconds=seconds(one),
                product=dict(one.product),
            )


def ended(on: Target, record: RunRecord) -> WatchEvent:
    """The last event."""
    return WatchEvent(
        event="ended",
        run=record.run.id,
        time=record.closed or clock.stamp(),
        outcome=record.outcome.value,
        reason=pasteable(record.reason),
        report_uri=report_uri(record),
        exit_code=of_run(record.outcome),
        next=decisions(on, record),
    )


def _first(what: str, shown: set[str]) -> bool:
    if what in shown:
        return False
    shown.add(what)
    return True
