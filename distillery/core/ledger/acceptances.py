"""Acceptances: a person makes a run's student live, or declines one that waits. They are kept for ever.

The run's item names the latest acceptance. Each has an item of its own, which also keeps how the run had ended.
"""

from dataclasses import dataclass

from distillery.core import clock
from distillery.core.errors import BadRequest
from distillery.core.escaping import one_line, quoted
from distillery.core.ledger.holders import HolderKind
from distillery.core.ledger.items import RunRecord, model_of, partition, run_key
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.table import NEW, Item, Table
from distillery.core.pipeline import Outcome

WITHOUT_CANARY = "without_canary"


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """An acceptance. `by`: the person's ARN; `reason`: theirs; `left`, `to`: ARNs of models; `was`: how the run had
    ended; `opened`, `closed`: ISO 8601; `ending`: why it ended as it did; `without_canary`: whether the student was
    to go live without the canary of its recipe."""

    holder: str
    run: str
    by: str
    reason: str
    was: Outcome
    left: str
    to: str
    opened: str
    outcome: Outcome
    closed: str | None = None
    ending: str = ""
    without_canary: bool = False


class Acceptances:
    """The acceptances of all recipes. Each write may be repeated."""

    def __init__(self, table: Table) -> None:
        self._table, self._ledger = table, Ledger(table)

    def begin(
        self, record: RunRecord, holder: str, by: str, reason: str, *, left: str | None, without_canary: bool = False
    ) -> bool:
        """Records a person's acceptance, which holds the recipe lock already.

        Args:
            record: The run as it was read.
            holder: The acceptance.
            by: The person's ARN.
            reason: The person's reason.
            left: ARN of the live model, if there is one.
            without_canary: Whether the student is to go live without the canary of its recipe.

        Returns:
            False if the run has changed since it was read; then nothing is recorded.
        """
        pk, sk = run_key(record.run.id)
        now, reason = clock.stamp(), one_line(reason)
        item: Item = {
            "pk": pk,
            "sk": holder,
            "accepted_run": record.run.id,
            "by": by,
            "reason": reason,
            "was": record.outcome.value,
            "was_reason": record.reason,
            "left": left or "",
            "to": model_of(record) or "",
            "opened": now,
            **({WITHOUT_CANARY: "true"} if without_canary else {}),
        }
        run = {name: value for name, value in (self._table.get(pk, sk) or {}).items() if name != "acceptance_ended"}
        run |= {"acceptance": holder, "accepted": now, "accepted_by": by, "accepted_reason": reason}
        condition, given = _no_later_acceptance(record)
        values = {":outcome": record.outcome.value} | {f":{name}": value for name, value in given.items()}
        return self._table.put_all((item, NEW, {}), (run, f"outcome = :outcome AND {condition}", values))

    def end(self, recipe: str, holder: str, outcome: Outcome, reason: str) -> None:
        """Records how it ended. The run is promoted, or stays what it was. A second call, or one for an unrecorded
        acceptance, changes nothing."""
        pk, now, ending = partition(recipe), clock.stamp(), one_line(reason)
        item = self._table.get(pk, holder)
        if item is None:
            return
        closing = {"outcome": outcome.value, "closed": now, "ending": ending}
        self._table.set(pk, holder, closing, only_if="attribute_not_exists(#closed)", given={})
        ended = {"acceptance_ended": now}
        if outcome is Outcome.PROMOTED:
            ended |= {"outcome": outcome.value, "reason": ending}
        only_if = "#acceptance = :acceptance AND attribute_not_exists(#acceptance_ended)"
        self._table.set(*run_key(item["accepted_run"]), ended, only_if=only_if, given={"acceptance": holder})

    def find(self, recipe: str, holder: str) -> Acceptance:
        """Raises BadRequest where the ledger does not have it."""
        item = self._table.get(partition(recipe), holder)
        if item is None or "accepted_run" not in item:
            raise BadRequest(
                f"there is no acceptance {quoted(holder)} in the ledger; a student is promoted by its own run, or "
                "after somebody has accepted it"
            )
        return _acceptance(item)

    def of(self, recipe: str) -> list[Acceptance]:
        """The acceptances of a recipe, the latest first."""
        found = [_acceptance(item) for item in self._table.query(partition(recipe), HolderKind.ACCEPTANCE)]
        return sorted(found, key=lambda each: each.opened, reverse=True)

    def decline(self, run_id: str, reason: str, *, by: str | None) -> RunRecord:
        """Closes a run whose student waits. `by` is None where no person decided. Raises BadRequest unless it waits."""
        record = self._ledger.run(run_id)
        if record.outcome is Outcome.DECLINED:
            return record
        if record.promoting:
            raise BadRequest(
                f"the student of run {run_id!r} is going live: {record.accepted_by} accepted it; only a student that "
                "waits can be declined: roll back once it is live"
            )
        closing = {"outcome": Outcome.DECLINED.value, "reason": one_line(reason), "closed": clock.stamp()}
        condition, given = _no_later_acceptance(record)
        only_if, given = f"#outcome = :outcome AND {condition}", {**given, "outcome": Outcome.AWAITING_ACCEPTANCE.value}
        closing |= {"closed_by": by} if by else {}
        if not self._table.set(*run_key(run_id), closing, only_if=only_if, given=given):
            record = self._ledger.run(run_id)
            raise BadRequest(
                f"run {run_id!r} is {record.outcome}; only a run that is {Outcome.AWAITING_ACCEPTANCE} can be "
                "declined: `distillery status` lists the runs"
            )
        return self._ledger.run(run_id)


def _no_later_acceptance(record: RunRecord) -> tuple[str, dict[str, str]]:
    """Condition and values: nobody has accepted the run since it was read."""
    if record.acceptance:
        return "acceptance = :acceptance", {"acceptance": record.acceptance}
    return "attribute_not_exists(acceptance)", {}


def _acceptance(item: Item) -> Acceptance:
    return Acceptance(
        holder=item["sk"],
        run=item["accepted_run"],
        by=item["by"],
        reason=item["reason"],
        was=Outcome(item["was"]),
        left=item["left"],
        to=item["to"],
        opened=item["opened"],
        outcome=Outcome(item.get("outcome", Outcome.RUNNING)),
        closed=item.get("closed"),
        ending=item.get("ending", ""),
        without_canary=WITHOUT_CANARY in item,
    )
