"""What a run has cost so far, at most: the ledger knows what was requested, and no API reports what was billed.

Every part is its worst case, as in a reservation (docs/decisions/0014-a-cap-on-the-month.md).
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_UP, Decimal
from math import ceil
from typing import Self

from distillery.core.errors import BadRequest
from distillery.core.hosting_mode import HostingMode
from distillery.core.ledger.items import RunRecord
from distillery.core.pipeline import Run, Stage
from distillery.core.recipe import Recipe

NOTHING = "no job was requested: nothing is billed but two short prompts, which check the models"
SECONDS_PER_HOUR = 3600
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """The cost in US dollars, at most. `usd` is None if a price is unknown; `parts`: what it consists of."""

    usd: Decimal | None
    parts: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """`it has cost up to $4.10: …`."""
        total = "its cost so far is" if self.usd is None else f"it has cost up to ${self.usd}:"
        return f"{total} {'; '.join(self.parts)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _WorstCase:
    """The parts of the worst case of a run, in US dollars."""

    job: Decimal
    answers: Decimal
    ratings: Decimal

    @classmethod
    def of(cls, run: Run, region: str, on: date) -> Self:
        """Raises BadRequest where a price is unknown."""
        # Loads the catalog, which a run without costs does not need.
        from distillery.core.estimate import CANDIDATE_HOURS, estimate, evaluation_items, size_of, total_usd

        recipe, size = run.recipe, size_of(run.dataset)
        whole = estimate(recipe, size, region=region, on=on)
        evaluation = total_usd(evaluation_items(recipe, size, region=region, on=on, judge_only=False))
        ratings = total_usd(evaluation_items(recipe, size, region=region, on=on, judge_only=True))
        storage = whole.lines[-1].usd
        return cls(
            job=whole.at_most_usd - evaluation - storage,
            answers=evaluation - ratings - CANDIDATE_HOURS * _usd_per_hour(recipe),
            ratings=ratings,
        )


def spent_by(record: RunRecord, *, region: str, now: datetime) -> Spent:
    """What the run has cost until `now`."""
    if record.incurred_no_cost and not record.has_student:
        return Spent(usd=Decimal(0), parts=(NOTHING,))
    try:
        worst = _WorstCase.of(record.run, region, now.date())
    except BadRequest as unknown:
        return Spent(usd=None, parts=(f"unknown, because {unknown}",))
    parts = [*_stalled(record), _job(record, worst.job), *_candidate(record, now), *_evaluation(record, worst)]
    return Spent(usd=sum((usd for usd, _ in parts), Decimal(0)), parts=tuple(text for _, text in parts))


def job_usd(run: Run, *, region: str, on: date) -> Decimal:
    """The worst case of one customization job of the run, in US dollars. Raises BadRequest where a price is unknown."""
    return _WorstCase.of(run, region, on).job


def _stalled(record: RunRecord) -> list[tuple[Decimal, str]]:
    """The job that was given up for another."""
    if not record.stalled_job:
        return []
    return [(record.stalled_usd, f"${record.stalled_usd} for the job {record.stalled_job}, which stalled")]


def _job(record: RunRecord, usd: Decimal) -> tuple[Decimal, str]:
    if record.has_student:
        return usd, f"${usd} for the customization job, because Bedrock does not say how many pairs it made"
    return usd, (
        f"${usd} for the customization job, whose training until a stop is billed (UNVERIFIED: how much of it, and "
        "whether that of a failed job is)"
    )


def _candidate(record: RunRecord, now: datetime) -> list[tuple[Decimal, str]]:
    """Provisioned Throughput of the latest evaluation: each hour begun is billed."""
    stage, each = record.stages.get(Stage.ENDPOINT), _usd_per_hour(record.run.recipe)
    if stage is None or not each:
        return []
    begun = datetime.fromisoformat(max(stage.started, record.reopened or ""))
    hours = max(1, ceil((now - begun).total_seconds() / SECONDS_PER_HOUR))
    return [(hours * each, f"${hours * each} for {hours} h of Provisioned Throughput")]


def _evaluation(record: RunRecord, worst: _WorstCase) -> list[tuple[Decimal, str]]:
    """Answers so far; ratings of judges in full, as soon as all answers are there."""
    done, planned = record.answers, record.answers_planned
    if Stage.EVALUATION not in record.stages or not planned:
        return []
    asked = (worst.answers * min(done, planned) / planned).quantize(CENT, ROUND_UP)
    parts = [(asked, f"${asked} for {done} of {planned} answers")]
    if worst.ratings and done >= planned:
        parts.append((worst.ratings, f"${worst.ratings} for ratings by judges"))
    return parts


def _usd_per_hour(recipe: Recipe) -> Decimal:
    """Of a candidate; 0 on demand."""
    if recipe.hosting is not HostingMode.PROVISIONED:
        return Decimal(0)
    return recipe.model_units * (recipe.unit_price_usd_per_hour or Decimal(0))
