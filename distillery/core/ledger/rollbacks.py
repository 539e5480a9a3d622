"""Roll-backs, which are no runs: who asked for each, how it ended, and the lock that it takes on its recipe."""

from dataclasses import dataclass
from datetime import UTC, datetime

from distillery.core import clock
from distillery.core.escaping import one_line
from distillery.core.ledger.items import partition
from distillery.core.ledger.table import Table
from distillery.core.pipeline import Alias, Outcome

PREFIX = "rollback-"
STAMP = "%Y%m%dT%H%M%SZ"


def rollback_holder(recipe: str, begun: datetime) -> str:
    """`rollback-support-20261123T090807Z`: also the execution's name, so one per second and recipe."""
    return f"{PREFIX}{recipe}-{begun.astimezone(UTC).strftime(STAMP)}"


def is_rollback(holder: str) -> bool:
    """A run's id ends in an attempt number, a roll-back's holder in a time: a recipe may be named `rollback`."""
    return holder.startswith(PREFIX) and _stamp(holder) is not None


def rollback_begun(holder: str) -> datetime:
    """When the roll-back took the recipe."""
    begun = _stamp(holder)
    if begun is None:
        raise ValueError(f"{holder!r} is not a roll-back's holder; they look like {PREFIX}<recipe>-<time>")
    return begun


def _stamp(holder: str) -> datetime | None:
    try:
        return datetime.strptime(holder.rpartition("-")[2], STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackRecord:
    """by: the ARN of who asked; left, to: models' ARNs; opened, closed: ISO 8601."""

    holder: str
    by: str
    left: str
    to: str
    opened: str
    outcome: Outcome
    closed: str | None = None
    reason: str = ""


class Rollbacks:
    """Of every recipe; each write may be repeated."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def begin(self, alias: Alias, holder: str, *, by: str) -> None:
        """Somebody asked for the way back from what the alias names."""
        pk = partition(alias.recipe)
        models = {"left": alias.current, "to": alias.previous or ""}
        self._table.put_new({"pk": pk, "sk": holder, "by": by, "opened": clock.stamp(), **models})

    def end(self, recipe: str, holder: str, outcome: Outcome, reason: str) -> None:
        """How it ended; a second call, or one of a roll-back that nobody asked for here, changes nothing."""
        ending = {"outcome": outcome.value, "closed": clock.stamp(), "reason": one_line(reason)}
        self._table.set(partition(recipe), holder, ending, only_if="attribute_not_exists(#closed)", given={})

    def of(self, recipe: str) -> list[RollbackRecord]:
        """The newest first."""
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
            for item in self._table.query(partition(recipe), PREFIX)
        ]
        return sorted(found, key=lambda record: record.opened, reverse=True)
