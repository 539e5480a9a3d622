"""Changes by business hours: a recipe's alias is paused, or its endpoint serves again.

They take no recipe lock, because a run may have it for days. Each recipe has at most one change in progress, and what
else writes its alias or deletes its endpoint waits for it or refuses.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from distillery.core import clock
from distillery.core.errors import EndpointChanging, RunActive
from distillery.core.escaping import one_line
from distillery.core.ledger.items import busy_message, partition
from distillery.core.ledger.table import Item, Table

PARTITION, NOTICES, FAILURES = "hours", "hours-notice", "hours-failure"


class HoursAction(StrEnum):
    """The values are actions of the state machine."""

    PAUSE = "pause"
    """The alias is paused, and its endpoint deleted."""
    OPEN = "open"
    """The endpoint is created, and the alias names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursChange:
    """A change in progress. `holder`: its execution, too; `opened`: ISO 8601."""

    recipe: str
    holder: str
    action: HoursAction
    opened: str


class HoursChanges:
    """The changes of all recipes. Each write may be repeated."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def begin(self, recipe: str, holder: str, action: HoursAction) -> HoursChange | None:
        """The change that has begun; None where another change of the recipe is in progress."""
        item = {"pk": PARTITION, "sk": recipe, "holder": holder, "action": action.value, "opened": clock.stamp()}
        return _change(item) if self._table.put_new(item) else None

    def current(self, recipe: str) -> HoursChange | None:
        item = self._table.get(PARTITION, recipe)
        return _change(item) if item else None

    def all(self) -> list[HoursChange]:
        """The changes in progress."""
        return [_change(item) for item in self._table.query(PARTITION)]

    def check_free(self, recipe: str) -> None:
        """Raises RunActive where a change is in progress."""
        if change := self.current(recipe):
            raise RunActive(busy_message(recipe, change.holder))

    def wait_for(self, recipe: str) -> None:
        """Raises EndpointChanging where a change is in progress."""
        if change := self.current(recipe):
            raise EndpointChanging(f"{change.holder} changes the live endpoint of {recipe!r}; this is retried")

    def withdraw(self, change: HoursChange) -> None:
        """Ends a change that was not started."""
        self._table.delete(PARTITION, change.recipe, attribute="holder", equal=change.holder)

    def end(self, change: HoursChange, reason: str, *, failed: bool) -> None:
        """Keeps how a change ended. A second call changes nothing."""
        ended = {"pk": partition(change.recipe), "sk": change.holder, "hours_action": change.action.value}
        ended |= {"opened": change.opened, "closed": clock.stamp(), "reason": one_line(reason)}
        self._table.put_new(ended | {"outcome": "failed" if failed else "done"})
        if failed:
            self._table.put({"pk": FAILURES, "sk": change.recipe, "at": change.opened})
        self.withdraw(change)

    def failed_since(self, recipe: str, since: datetime) -> bool:
        """Whether a change that has failed began since then."""
        return self._is_since(FAILURES, recipe, since)

    def keep_notice(self, recipe: str) -> None:
        """Keeps that people are notified of a failure now."""
        self._table.put({"pk": NOTICES, "sk": recipe, "at": clock.stamp()})

    def notified_since(self, recipe: str, since: datetime) -> bool:
        """Whether people were notified of a failure since then."""
        return self._is_since(NOTICES, recipe, since)

    def _is_since(self, kind: str, recipe: str, since: datetime) -> bool:
        item = self._table.get(kind, recipe)
        return item is not None and datetime.fromisoformat(item["at"]) >= since


def _change(item: Item) -> HoursChange:
    return HoursChange(
        recipe=item["sk"], holder=item["holder"], action=HoursAction(item["action"]), opened=item["opened"]
    )
