"""A promotion as the ledger has it, and its state, which is that of its run."""

import json
from dataclasses import dataclass
from enum import StrEnum

from distillery.core.ledger.holders import promoted_recipe
from distillery.core.ledger.items import OPEN_OUTCOMES, RunRecord
from distillery.core.ledger.table import Item
from distillery.core.pipeline import Outcome
from distillery.core.promotions import AdmittedRecord, Way
from distillery.core.serialization import from_wire


class PromotionState(StrEnum):
    """What a promotion waits for, or how it ended. The others are outcomes of its run."""

    ADMITTED = "admitted"
    """It waits for its prompts."""
    ABANDONED = "abandoned"
    AWAITING_APPROVAL = Outcome.AWAITING.value
    DECLINED = Outcome.DECLINED.value
    RUNNING = Outcome.RUNNING.value
    PROMOTED = Outcome.PROMOTED.value
    REJECTED = Outcome.REJECTED.value
    INCONCLUSIVE = Outcome.INCONCLUSIVE.value
    AWAITING_ACCEPTANCE = Outcome.AWAITING_ACCEPTANCE.value
    CANARY = Outcome.CANARY.value
    FAILED = Outcome.FAILED.value
    STOPPED = Outcome.STOPPED.value


@dataclass(frozen=True, slots=True, kw_only=True)
class StudentPromotion:
    """A promotion.

    Attributes:
        record: What is kept of the record that it has consumed.
        by: The ARN of who asked for it; `by_id`: their unique id, as in `AROA…:session`; `reason`: theirs.
        opened, abandoned: ISO 8601.
        run: The latest run of it; empty before the first.
        retry_of: The run that another one may follow, because the record was admitted again after it; empty if none.
        retry_by_id: The unique id of who had it admitted again.
        abandoned_by, abandoned_reason: Who gave it up, and why.
    """

    id: str
    recipe: str
    way: Way
    record: AdmittedRecord
    by: str
    by_id: str
    reason: str
    opened: str
    run: str = ""
    retry_of: str = ""
    retry_by_id: str = ""
    abandoned: str | None = None
    abandoned_by: str = ""
    abandoned_reason: str = ""

    @property
    def senders(self) -> tuple[str, ...]:
        """The unique ids of those who had its record admitted. They are no second person for its run."""
        return tuple(each for each in (self.by_id, self.retry_by_id) if each)


def state_of(promotion: StudentPromotion, run: RunRecord | None) -> PromotionState:
    """The state of a promotion whose run is `run`; None before it has one."""
    if promotion.abandoned:
        return PromotionState.ABANDONED
    if run is None:
        return PromotionState.ADMITTED
    return PromotionState.RUNNING if run.promoting else PromotionState(run.outcome.value)


def is_open(promotion: StudentPromotion, run: RunRecord | None) -> bool:
    """Whether it has not ended, so that another promotion of the recipe has to wait."""
    open_states = (
        *(PromotionState(outcome.value) for outcome in (*OPEN_OUTCOMES, Outcome.AWAITING_ACCEPTANCE, Outcome.CANARY)),
        PromotionState.ADMITTED,
    )
    return state_of(promotion, run) in open_states


def ended_without_student(run: RunRecord) -> bool:
    """Whether the run has ended, and made nothing that could be judged or resumed."""
    return run.outcome in (Outcome.FAILED, Outcome.STOPPED, Outcome.DECLINED) and not run.has_student


def awaits_prompts(promotion: StudentPromotion, run: RunRecord | None) -> bool:
    """Whether its prompts begin a run: it has none, or its record was admitted again since that ended without a
    student."""
    if promotion.abandoned:
        return False
    if run is None:
        return not promotion.run
    return ended_without_student(run) and promotion.retry_of == run.run.id


def read_promotion(item: Item) -> StudentPromotion:
    """The promotion in a promotion's item."""
    return StudentPromotion(
        id=item["sk"],
        recipe=promoted_recipe(item["sk"]),
        way=Way(item["way"]),
        record=from_wire(AdmittedRecord, json.loads(item["record"])),
        by=item["by"],
        by_id=item.get("by_id", ""),
        reason=item["reason"],
        opened=item["opened"],
        run=item.get("promoted_run", ""),
        retry_of=item.get("retry_of", ""),
        retry_by_id=item.get("retry_by_id", ""),
        abandoned=item.get("abandoned"),
        abandoned_by=item.get("abandoned_by", ""),
        abandoned_reason=item.get("abandoned_reason", ""),
    )
