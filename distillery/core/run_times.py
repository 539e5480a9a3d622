"""How long a stage usually takes, and what a run that is not over has cost so far."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_UP, Decimal
from statistics import median

from distillery.core.errors import DistilleryError
from distillery.core.estimate import estimate, size_of
from distillery.core.ledger.items import RunRecord, StageRecord
from distillery.core.pipeline import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class UsualTime:
    """The usual time of a stage, and what it is based on."""

    length: timedelta
    basis: str


DOCUMENTED = {
    Stage.ENDPOINT: UsualTime(
        length=timedelta(minutes=8), basis="a deployment takes about 8 min, as a third party reports: UNVERIFIED"
    ),
}
"""Times of stages that nothing has been measured of yet. No source gives one for a distillation job."""


def current_stage(record: RunRecord) -> Stage | None:
    """The stage that is in progress; None between two stages, and for a run that is not active."""
    if not record.is_active:
        return None
    busy = [stage for stage, one in record.stages.items() if one.ended is None]
    return busy[-1] if busy else None


def time_in(record: RunRecord, stage: Stage, now: datetime) -> timedelta:
    """How long the stage has been in progress. An evaluation that a person asked for begins with it."""
    began = max(record.stages[stage].started, record.reopened or "")
    return now - datetime.fromisoformat(began)


def usual_time(stage: Stage, records: Iterable[RunRecord]) -> UsualTime | None:
    """The median of the recipe's former runs, or else what is documented; None where neither is known.

    Runs that were evaluated again are left out: their stages began before the pause.
    """
    found = [one for each in records if not each.execution and (one := each.stages.get(stage)) and one.ended]
    if not found:
        return DOCUMENTED.get(stage)
    seconds = median(_length(one).total_seconds() for one in found)
    of = "1 run" if len(found) == 1 else f"{len(found)} runs"
    return UsualTime(length=timedelta(seconds=seconds), basis=f"median of {of}")


def _length(stage: StageRecord) -> timedelta:
    assert stage.ended
    return datetime.fromisoformat(stage.ended) - datetime.fromisoformat(stage.started)


def usd_so_far(record: RunRecord, *, region: str, now: datetime) -> Decimal | None:
    """What the run has cost so far, estimated; None where a price is unknown.

    A job counts in full from its request on, although one that fails or is stopped costs less. Answers count as they
    come, and a candidate on Provisioned Throughput by hours begun.
    """
    try:
        items = estimate(
            record.run.recipe,
            size_of(record.run.dataset),
            region=region,
            on=datetime.fromisoformat(record.opened).date(),
        ).lines
    except DistilleryError:
        return None
    synthesis, training, evaluation, *others = (item.usd for item in items)
    usd = Decimal(0) if record.incurred_no_cost else synthesis + training
    if record.answers_planned:
        done = min(record.answers, record.answers_planned)
        usd += evaluation * done / record.answers_planned
        judges = others[: len(record.run.recipe.judges)]
        usd += sum(judges, Decimal(0)) if done == record.answers_planned else Decimal(0)
    usd += _candidate(record, now)
    return usd.quantize(Decimal("0.01"), rounding=ROUND_UP)


def _candidate(record: RunRecord, now: datetime) -> Decimal:
    """The hours of the candidate until the evaluation has ended."""
    began, price = record.stages.get(Stage.ENDPOINT), record.run.recipe.unit_price_usd_per_hour
    if began is None or price is None or not record.run.recipe.is_hourly:
        return Decimal(0)
    evaluated = record.stages.get(Stage.EVALUATION)
    until = datetime.fromisoformat(evaluated.ended) if evaluated and evaluated.ended else now
    hours = -(-(until - datetime.fromisoformat(began.started)) // timedelta(hours=1))
    return max(0, hours) * record.run.recipe.model_units * price
