"""Roll-backs: who requested each, how it ended, and the recipe lock that it takes. They are not runs."""

from dataclasses import dataclass

from distillery.core import clock
from distillery.core.escaping import one_line
from distillery.core.ledger.history import LiveVersion
from distillery.core.ledger.holders import HolderKind
from distillery.core.ledger.items import partition
from distillery.core.ledger.table import Item, Table
from distillery.core.pipeline import Alias, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackRecord:
    """A roll-back.

    Attributes:
        by: The requester's ARN.
        left, to: ARNs of models.
        opened, closed: ISO 8601.
        reason: Why it ended as it did.
        why: The requester's reason; empty in old ledgers.
        left_version, to_version: Versions of the alias; None in old ledgers.
    """

    holder: str
    by: str
    left: str
    to: str
    opened: str
    outcome: Outcome
    closed: str | None = None
    reason: str = ""
    why: str = ""
    left_version: int | None = None
    to_version: int | None = None


class Rollbacks:
    """The roll-backs of all recipes. Each write may be repeated."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def begin(self, alias: Alias, holder: str, *, by: str, to: LiveVersion | None = None, why: str = "") -> bool:
        """Records a requested roll-back from what the alias names.

        Args:
            alias: What is live.
            holder: The roll-back.
            by: The requester's ARN.
            to: What becomes live; None for the previous model.
            why: The requester's reason.

        Returns:
            False if the ledger has the holder already; then nothing is recorded.
        """
        item = {"pk": partition(alias.recipe), "sk": holder, "by": by, "opened": clock.stamp(), "left": alias.current}
        item |= {"to": to.model if to else alias.previous or "", "left_version": str(alias.version)}
        item |= {"to_version": str(to.version)} if to else {}
        item |= {"why": one_line(why)} if why else {}
        return self._table.put_new(item)

    def find(self, recipe: str, holder: str) -> RollbackRecord | None:
        """A roll-back; None where the ledger does not have it."""
        item = self._table.get(partition(recipe), holder)
        return None if item is None or "left" not in item else _record(item)

    def end(self, recipe: str, holder: str, outcome: Outcome, reason: str) -> None:
        """Records how it ended. A second call, or one for an unrecorded roll-back, changes nothing."""
        ending = {"outcome": outcome.value, "closed": clock.stamp(), "reason": one_line(reason)}
        self._table.set(partition(recipe), holder, ending, only_if="attribute_not_exists(#closed)", given={})

    def of(self, recipe: str) -> list[RollbackRecord]:
        """The roll-backs of a recipe, the latest first."""
        found = [_record(item) for item in self._table.query(partition(recipe), HolderKind.ROLLBACK)]
        return sorted(found, key=lambda record: record.opened, reverse=True)


def _record(item: Item) -> RollbackRecord:
    return RollbackRecord(
        holder=item["sk"],
        by=item["by"],
        left=item["left"],
        to=item["to"],
        opened=item["opened"],
        outcome=Outcome(item.get("outcome", Outcome.RUNNING)),
        closed=item.get("closed"),
        reason=item.get("reason", ""),
        why=item.get("why", ""),
        left_version=_number(item.get("left_version")),
        to_version=_number(item.get("to_version")),
    )


def _number(text: str | None) -> int | None:
    return None if text is None else int(text)
