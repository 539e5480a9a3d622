"""Roll-backs: who requested each, how it ended, and the recipe lock that it takes. They are not runs."""

from dataclasses import dataclass

from distillery.core import clock
from distillery.core.escaping import one_line
from distillery.core.ledger.holders import HolderKind
from distillery.core.ledger.items import partition
from distillery.core.ledger.table import Table
from distillery.core.pipeline import Alias, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackRecord:
    """A roll-back. `by`: the requester's ARN; `left`, `to`: ARNs of models; `opened`, `closed`: ISO 8601."""

    holder: str
    by: str
    left: str
    to: str
    opened: str
    outcome: Outcome
    closed: str | None = None
    reason: str = ""


class Rollbacks:
    """The roll-backs of all recipes. Each write may be repeated."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def begin(self, alias: Alias, holder: str, *, by: str) -> None:
        """Records a requested roll-back from what the alias names."""
        pk = partition(alias.recipe)
        models = {"left": alias.current, "to": alias.previous or ""}
        self._table.put_new({"pk": pk, "sk": holder, "by": by, "opened": clock.stamp(), **models})

    def end(self, recipe: str, holder: str, outcome: Outcome, reason: str) -> None:
        """Records how it ended. A second call, or one for an unrecorded roll-back, changes nothing."""
        ending = {"outcome": outcome.value, "closed": clock.stamp(), "reason": one_line(reason)}
        self._table.set(partition(recipe), holder, ending, only_if="attribute_not_exists(#closed)", given={})

    def of(self, recipe: str) -> list[RollbackRecord]:
        """The roll-backs of a recipe, the latest first."""
        found = [
            RollbackRecord(
                holder=item["sk"],
                by=item["by"],
                left=item["left"],
                to=item["to"],
                opened=item["opened"],
                outcome=Outcome(item.get("outcome", Outcome.RUNNING)),
                closed=item.get("closed"),
                reason=item.get("reason", ""),
            )
            for item in self._table.query(partition(recipe), HolderKind.ROLLBACK)
        ]
        return sorted(found, key=lambda record: record.opened, reverse=True)
