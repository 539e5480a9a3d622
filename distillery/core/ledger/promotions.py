"""Promotions from other environments: which record each has consumed, and the run that it led to.

    pk                 sk             what
    record#<digest>    promotion      the promotion that has consumed the record, for ever
    source-run#<environment>#<run>
                       promotion      the same by the run that the record is of, which could have been signed twice
    recipe#<recipe>    <promotion>    the promotion: its record, its way, who asked for it and why, and its run
    promotion          <recipe>       the latest promotion of the recipe, so that two cannot begin at the same time

The state of a promotion is that of its run, and is not stored.
"""

import json
from collections.abc import Mapping

from distillery.core import clock
from distillery.core.errors import BadRequest, RunActive
from distillery.core.escaping import NAME_MAX, address, one_line, quoted
from distillery.core.ledger.holders import HolderKind, promoted_recipe
from distillery.core.ledger.items import RunRecord, partition, run_key, run_record
from distillery.core.ledger.student_promotion import (
    StudentPromotion,
    awaits_prompts,
    ended_without_student,
    is_open,
    read_promotion,
    state_of,
)
from distillery.core.ledger.table import NEW, Item, Table
from distillery.core.serialization import to_wire

PARTITION = "promotion"
CONSUMED = "promotion"
"""The sort key of a record that was consumed."""

PARTITIONS = (partition("*"), "record#*", "source-run#*", PARTITION)
"""Patterns of the partition keys of everything that a promotion reads and writes."""


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
        used = (_record_key(promotion.record.digest), _run_key(promotion.record.environment, promotion.record.run))
        consumed = [{"pk": key, "sk": CONSUMED, "promotion": promotion.id} for key in used]
        item: Item = {
            "pk": partition(recipe),
            "sk": promotion.id,
            "way": promotion.way.value,
            "record": json.dumps(to_wire(promotion.record)),
            "by": promotion.by,
            "by_id": promotion.by_id,
            "reason": one_line(promotion.reason),
            "opened": promotion.opened,
        }
        pointer = {"pk": PARTITION, "sk": recipe, "latest": promotion.id}
        unchanged = ("latest = :seen", {":seen": latest.id}) if latest else (NEW, {})
        return self._table.put_all(*((one, NEW, {}) for one in (*consumed, item)), (pointer, *unchanged))

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
            f"promotion {latest.id} of recipe {latest.recipe!r} is still open ({state_of(latest, run)}); one "
            f"promotion of a recipe is open at a time: {fix}"
        )

    def run_of(self, promotion: StudentPromotion) -> RunRecord | None:
        """The record of the promotion's run; None before it has one."""
        item = self._table.get(*run_key(promotion.run)) if promotion.run else None
        return run_record(item) if item else None

    def own_run(self, promotion: str) -> RunRecord | None:
        """The run of the promotion that its prompts lead to again; None where they begin one, or where it was
        abandoned. Raises BadRequest where there is no such promotion."""
        found = self.find(promotion)
        run = self.run_of(found)
        return None if found.abandoned or awaits_prompts(found, run) else run

    def used_by(self, digest: str, environment: str, run: str) -> str:
        """The promotion that has consumed the record, or another record of the same run; empty if none has."""
        for key in (_record_key(digest), _run_key(environment, run)):
            if found := self._table.get(key, CONSUMED):
                return found["promotion"]
        return ""

    def find(self, promotion: str) -> StudentPromotion:
        """Raises BadRequest where the ledger does not have it."""
        item = self._item(promotion)
        if item is None:
            raise BadRequest(
                f"there is no promotion {quoted(address(promotion, NAME_MAX))} in the ledger; `distillery promotions` "
                "lists them"
            )
        return read_promotion(item)

    def latest(self, recipe: str) -> StudentPromotion | None:
        """The latest promotion of a recipe."""
        item = self._table.get(PARTITION, recipe)
        return self.find(item["latest"]) if item else None

    def of(self, recipe: str) -> list[StudentPromotion]:
        """The promotions of a recipe, the latest first."""
        found = [read_promotion(item) for item in self._table.query(partition(recipe), HolderKind.PROMOTION)]
        return sorted(found, key=lambda each: each.opened, reverse=True)

    def link(self, promotion: str, run: str) -> tuple[Item, str, Mapping[str, str]]:
        """The write that makes `run` the promotion's, for the transaction that opens the run.

        It fails where another run has become that meanwhile, or where the promotion was abandoned.

        Raises:
            BadRequest: There is no such promotion, or it was abandoned before.
        """
        found, item = self.find(promotion), self._item(promotion) or {}
        self._check_not_abandoned(found)
        before, not_abandoned = item.get("promoted_run"), "attribute_not_exists(abandoned)"
        unchanged = "promoted_run = :before" if before else "attribute_not_exists(promoted_run)"
        return {**item, "promoted_run": run}, f"{unchanged} AND {not_abandoned}", {":before": before} if before else {}

    def still_latest(self, promotion: str) -> tuple[Item, str, Mapping[str, str]]:
        """The write that fails where another promotion of the recipe has begun, for the transaction that opens a run.

        Raises:
            BadRequest: Another one has begun before.
        """
        recipe = promoted_recipe(promotion)
        item = self._table.get(PARTITION, recipe) or {}
        if item.get("latest") != promotion:
            raise BadRequest(
                f"promotion {item.get('latest')} of recipe {recipe!r} began after {promotion}; only the latest "
                "promotion of a recipe gets a run: promote another run of the source environment"
            )
        return item, "latest = :latest", {":latest": promotion}

    def check_resumable(self, promotion: str, run: str) -> None:
        """Raises BadRequest where the run may not continue: its promotion was abandoned or has another run, or a later
        promotion of the recipe has begun."""
        found = self.find(promotion)
        self._check_not_abandoned(found)
        if found.run != run:
            raise BadRequest(
                f"promotion {promotion} has had its record admitted again since run {run}, and its run is {found.run}; "
                "only its latest run can be continued: see `distillery promotions`"
            )
        self.still_latest(promotion)

    def _check_not_abandoned(self, found: StudentPromotion) -> None:
        if found.abandoned:
            raise BadRequest(
                f"promotion {found.id} was abandoned at {found.abandoned} by {found.abandoned_by}; only an open one "
                "gets a run: promote another run of the source environment"
            )

    def admit_again(self, promotion: StudentPromotion, *, by_id: str) -> StudentPromotion:
        """Lets another run follow the promotion's run, which has ended without a student. Changes nothing where another
        run has followed, or where the promotion was abandoned. `by_id`: the unique id of who sent the record."""
        only_if = "#promoted_run = :promoted_run AND attribute_not_exists(abandoned)"
        given = {"promoted_run": promotion.run}
        values = {"retry_of": promotion.run, "retry_by_id": by_id}
        self._table.set(partition(promotion.recipe), promotion.id, values, only_if=only_if, given=given)
        return self.find(promotion.id)

    def abandon(self, promotion: str, *, by: str, reason: str) -> StudentPromotion:
        """Gives up a promotion that waits for its prompts, or whose run has ended without a student. A second call
        changes nothing.

        Raises:
            BadRequest: It has a run that has not ended, or has a student.
        """
        found = self.find(promotion)
        if found.abandoned:
            return found
        run = self.run_of(found)
        if run is None or ended_without_student(run):
            values = {"abandoned": clock.stamp(), "abandoned_by": by, "abandoned_reason": one_line(reason)}
            without = "attribute_not_exists(#abandoned)"
            if run is None:
                only_if, given = f"attribute_not_exists(promoted_run) AND {without}", {}
            else:
                only_if, given = f"#promoted_run = :promoted_run AND {without}", {"promoted_run": found.run}
            self._table.set(partition(found.recipe), promotion, values, only_if=only_if, given=given)
            found = self.find(promotion)
        if not found.abandoned:
            raise BadRequest(
                f"promotion {promotion} has run {found.run}; only a promotion without a run, or whose run has ended "
                "without a student, can be abandoned: stop the run, or reject it (`distillery status` shows what it "
                "waits for)"
            )
        return found

    def _item(self, promotion: str) -> Item | None:
        """Raises BadRequest where it is the id of no promotion."""
        return self._table.get(partition(promoted_recipe(promotion)), promotion)


def _record_key(digest: str) -> str:
    return f"record#{digest}"


def _run_key(environment: str, run: str) -> str:
    return f"source-run#{environment}#{run}"
