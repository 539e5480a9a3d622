"""Promotions from other environments: which record each has consumed, and the run that it led to.

    pk                 sk             what
    record#<digest>    promotion      the promotion that has consumed the record, for ever
    recipe#<recipe>    <promotion>    the promotion: its record, its way, who asked for it and why, and its run
    promotion          <recipe>       the latest promotion of the recipe, so that two cannot begin at the same time

The state of a promotion is that of its run, and is not stored.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from distillery.core import clock
from distillery.core.errors import BadRequest, RunActive
from distillery.core.escaping import NAME_MAX, address, one_line, quoted
from distillery.core.ledger.holders import HolderKind, promoted_recipe
from distillery.core.ledger.items import OPEN_OUTCOMES, RunRecord, partition, run_key, run_record
from distillery.core.ledger.table import NEW, Item, Table
from distillery.core.pipeline import Outcome
from distillery.core.promotions import AdmittedRecord, Way
from distillery.core.serialization import from_wire, to_wire

PARTITION = "promotion"
CONSUMED = "promotion"
"""The sort key of a record that was consumed."""


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
        by: The ARN of who asked for it; `reason`: theirs.
        opened, abandoned: ISO 8601.
        run: The latest run of it; empty before the first.
        abandoned_by, abandoned_reason: Who gave it up, and why.
    """

    id: str
    recipe: str
    way: Way
    record: AdmittedRecord
    by: str
    reason: str
    opened: str
    run: str = ""
    abandoned: str | None = None
    abandoned_by: str = ""
    abandoned_reason: str = ""


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


class Promotions:
    """The promotions of all recipes. Each write may be repeated."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def begin(self, promotion: StudentPromotion) -> bool:
        """Consumes the record: writes it, the promotion, and that the promotion is the recipe's latest, in one
        transaction.

        Returns:
            False where any of them has changed since it was read: another promotion has used the record, or has begun.
            Then nothing is written.

        Raises:
            RunActive: The recipe's latest promotion has not ended.
        """
        recipe, latest = promotion.recipe, self.latest(promotion.recipe)
        if latest is not None:
            self._check_ended(latest)
        consumed = {"pk": _record_key(promotion.record.digest), "sk": CONSUMED, "promotion": promotion.id}
        item: Item = {
            "pk": partition(recipe),
            "sk": promotion.id,
            "way": promotion.way.value,
            "record": json.dumps(to_wire(promotion.record)),
            "by": promotion.by,
            "reason": one_line(promotion.reason),
            "opened": promotion.opened,
        }
        pointer = {"pk": PARTITION, "sk": recipe, "latest": promotion.id}
        unchanged = ("latest = :seen", {":seen": latest.id}) if latest else (NEW, {})
        return self._table.put_all((consumed, NEW, {}), (item, NEW, {}), (pointer, *unchanged))

    def _check_ended(self, latest: StudentPromotion) -> None:
        run = self.run_of(latest)
        if not is_open(latest, run):
            return
        fix = (
            f"resume it, or give it up: distillery promotions abandon {latest.id} --reason WHY"
            if run is None
            else f"wait for run {latest.run}, or end it (`distillery status` shows what it waits for)"
        )
        raise RunActive(
            f"promotion {latest.id} of recipe {latest.recipe!r} has not ended, it is {state_of(latest, run)}; one "
            f"promotion of a recipe is open at a time: {fix}"
        )

    def run_of(self, promotion: StudentPromotion) -> RunRecord | None:
        """The record of the promotion's run; None before it has one."""
        item = self._table.get(*run_key(promotion.run)) if promotion.run else None
        return run_record(item) if item else None

    def used_by(self, digest: str) -> str:
        """The promotion that has consumed the record; empty if none has."""
        return (self._table.get(_record_key(digest), CONSUMED) or {}).get("promotion", "")

    def find(self, promotion: str) -> StudentPromotion:
        """Raises BadRequest where the ledger does not have it."""
        item = self._item(promotion)
        if item is None:
            raise BadRequest(
                f"there is no promotion {quoted(address(promotion, NAME_MAX))} in the ledger; `distillery promotions` "
                "lists them"
            )
        return _promotion(item)

    def latest(self, recipe: str) -> StudentPromotion | None:
        """The latest promotion of a recipe."""
        item = self._table.get(PARTITION, recipe)
        return self.find(item["latest"]) if item else None

    def of(self, recipe: str) -> list[StudentPromotion]:
        """The promotions of a recipe, the latest first."""
        found = [_promotion(item) for item in self._table.query(partition(recipe), HolderKind.PROMOTION)]
        return sorted(found, key=lambda each: each.opened, reverse=True)

    def link(self, promotion: str, run: str) -> tuple[Item, str, Mapping[str, str]]:
        """The write that makes `run` the promotion's, for the transaction that opens the run.

        It fails where another run has become that meanwhile, or where the promotion was abandoned.

        Raises:
            BadRequest: There is no such promotion, or it was abandoned before.
        """
        found, item = self.find(promotion), self._item(promotion) or {}
        if found.abandoned:
            raise BadRequest(
                f"promotion {promotion} was abandoned at {found.abandoned} by {found.abandoned_by}; only an open one "
                "gets a run: promote another run of the source environment"
            )
        before, not_abandoned = item.get("promoted_run"), "attribute_not_exists(abandoned)"
        unchanged = "promoted_run = :before" if before else "attribute_not_exists(promoted_run)"
        return {**item, "promoted_run": run}, f"{unchanged} AND {not_abandoned}", {":before": before} if before else {}

    def abandon(self, promotion: str, *, by: str, reason: str) -> StudentPromotion:
        """Gives up a promotion that waits for its prompts. A second call changes nothing.

        Raises:
            BadRequest: It has a run, whose end is the promotion's.
        """
        found = self.find(promotion)
        if found.abandoned:
            return found
        values = {"abandoned": clock.stamp(), "abandoned_by": by, "abandoned_reason": one_line(reason)}
        only_if = "attribute_not_exists(promoted_run) AND attribute_not_exists(#abandoned)"
        self._table.set(partition(found.recipe), promotion, values, only_if=only_if, given={})
        found = self.find(promotion)
        if not found.abandoned:
            raise BadRequest(
                f"promotion {promotion} has run {found.run}; only a promotion without a run can be abandoned: stop the "
                "run, or reject it (`distillery status` shows what it waits for)"
            )
        return found

    def _item(self, promotion: str) -> Item | None:
        """Raises BadRequest where it is the id of no promotion."""
        return self._table.get(partition(promoted_recipe(promotion)), promotion)


def _record_key(digest: str) -> str:
    return f"record#{digest}"


def _promotion(item: Item) -> StudentPromotion:
    return StudentPromotion(
        id=item["sk"],
        recipe=promoted_recipe(item["sk"]),
        way=Way(item["way"]),
        record=from_wire(AdmittedRecord, json.loads(item["record"])),
        by=item["by"],
        reason=item["reason"],
        opened=item["opened"],
        run=item.get("promoted_run", ""),
        abandoned=item.get("abandoned"),
        abandoned_by=item.get("abandoned_by", ""),
        abandoned_reason=item.get("abandoned_reason", ""),
    )
