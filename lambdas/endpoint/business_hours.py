"""Business hours: compares what each alias says with the hours of its recipe, and starts a change where they differ.

It looks at the time and not at the event that woke it, so an event that is lost, late or delivered twice changes
nothing. Nothing starts while a run asks the live model or makes a student live, or while a person's decision has the
recipe: the next pass looks again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from distillery.core import clock
from distillery.core.aliases import Aliases
from distillery.core.attempts import attempt_each
from distillery.core.aws import ClientError
from distillery.core.executions import ON_ITS_WAY, Executions
from distillery.core.hosting_mode import HostingMode
from distillery.core.ledger.holders import HolderKind, kind_of, new_holder
from distillery.core.ledger.hours_changes import HoursAction, HoursChange, HoursChanges
from distillery.core.ledger.ledger import Ledger
from distillery.core.names import Names
from distillery.core.pipeline import Alias, Stage
from distillery.core.recipe import Recipe
from lambdas.endpoint.stale_runs import PATIENCE

DAY = timedelta(days=1)
AGAIN = timedelta(minutes=10)
"""How long after its beginning a change that failed is repeated. A failed execution wakes the guard at once: without a
pause, an account without capacity would start one execution after the other."""


@dataclass(frozen=True, slots=True)
class BusinessHoursKeeper:
    """Keeps the business hours of an environment's recipes."""

    names: Names
    recipes: Mapping[str, Recipe]
    aliases: Aliases
    ledger: Ledger
    changes: HoursChanges
    executions: Executions
    is_committed: Callable[[str], bool] = lambda _arn: False
    """Whether the endpoint with that ARN has a commitment: it cannot be deleted, so it is not paused."""

    def settle(self) -> list[str]:
        """Ends changes whose execution has ended without closing them. Returns their holders. Raises ExceptionGroup
        after the last one."""
        changes = self.changes.all()
        settled = attempt_each("business hours that ended badly", changes, self._settled)
        return [change.holder for change, ended in zip(changes, settled, strict=True) if ended]

    def keep(self) -> dict[str, str]:
        """Starts what is due. Returns the action by recipe. Raises ExceptionGroup after the last recipe: an endpoint
        must not bill at night because another recipe cannot be read."""
        hourly = [(name, recipe) for name, recipe in self.recipes.items() if recipe.is_hourly]
        started = attempt_each("business hours", hourly, lambda each: (each[0], self._started(*each)))
        return {name: action.value for name, action in started if action}

    def _settled(self, change: HoursChange) -> bool:
        status = self.executions.status(change.holder)
        missing = clock.now() - datetime.fromisoformat(change.opened)
        if status in ON_ITS_WAY or (status is None and missing <= PATIENCE):
            return False
        self.ledger.leases.release_all(owner=change.holder)
        self.changes.end(change, f"the execution ended as {status}" if status else "no execution", failed=True)
        return True

    def _started(self, name: str, recipe: Recipe) -> HoursAction | None:
        now, hours = clock.now(), recipe.business_hours
        alias = self.aliases.read(self.names.alias(name))
        if alias is None or alias.endpoint.mode is not HostingMode.PROVISIONED:
            return None
        action = _due(alias, is_open=hours is None or hours.is_open(now))
        holder = new_holder(HolderKind.HOURS, name, now)
        if action is HoursAction.PAUSE and self.is_committed(alias.endpoint.arn):
            return None
        if action is None or self.changes.failed_since(name, now - AGAIN):
            return None
        if (change := self.changes.begin(name, holder, action)) is None:
            return None
        if not self._may(change):  # read after the change was begun: what begins now sees it
            self.changes.withdraw(change)
            return None
        since = hours.opened(now) if hours and action is HoursAction.OPEN else now - DAY
        until = hours.next_change(now) if hours else now
        try:
            self.executions.start(
                holder,
                {
                    "action": action.value,
                    "recipe": name,
                    "holder": holder,
                    "opened": change.opened,
                    "until": until.isoformat(timespec="seconds"),
                    "notify": not self.changes.notified_since(name, since),
                },
            )
        except ClientError:
            self.changes.withdraw(change)
            raise
        return action

    def _may(self, change: HoursChange) -> bool:
        holder = self.ledger.active().get(change.recipe)
        if holder is None:
            return True
        if kind_of(holder):  # a person's decision
            return False
        lease, record = self.ledger.leases.of(holder), self.ledger.run(holder)
        asks = lease is not None and not lease.has_expired
        return Stage.PROMOTION not in record.stages and not (asks and change.action is HoursAction.PAUSE)


def _due(alias: Alias, *, is_open: bool) -> HoursAction | None:
    if is_open:
        return HoursAction.OPEN if alias.paused else None
    return None if alias.paused else HoursAction.PAUSE
