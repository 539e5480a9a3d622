"""Business hours: pauses the alias and deletes its endpoint, or lets it name a new one.

The version of the alias stays: what is live is the same after the pause. `lambdas/endpoint/business_hours.py` says
when.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

from distillery.core import clock
from distillery.core.errors import BadRequest, NothingToRollBack
from distillery.core.ledger.alias_writes import AliasWrites
from distillery.core.ledger.hours_changes import HoursAction, HoursChange, HoursChanges
from distillery.core.ledger.leases import Leases
from distillery.core.ledger.ledger import Ledger
from distillery.core.notices import Notices
from distillery.core.operational_metrics import OperationalMetric, emit
from distillery.core.pipeline import Alias, Endpoint, Pause
from distillery.core.step_errors import describe_error
from distillery.core.steps import Event, state_of
from lambdas.promotion.live import LiveEndpoint
from lambdas.promotion.target import PromotionTarget, is_opening

LEASE = timedelta(hours=2)
"""Longer than a change can take; the lease ends with the change."""


@dataclass(frozen=True, slots=True)
class BusinessHoursChanger:
    """The steps of one change. Every call may be repeated."""

    live: LiveEndpoint
    ledger: Ledger
    changes: HoursChanges
    leases: Leases
    notices: Notices
    writes: AliasWrites

    def pause(self, event: Event) -> Alias:
        """Writes the paused alias, without a canary. The endpoint still exists: callers have the old alias a minute.

        Raises:
            BadRequest: The change is not in progress, or nothing is live.
            EndpointChanging: Another step writes the alias.
        """
        change = self._checked(event)
        with self.writes.of(change.recipe, change.holder):
            alias = self._alias(change.recipe)
            if alias.paused:
                return alias
            self.hold(change, alias.endpoint.name)
            until = str(state_of(event)["until"])
            paused = replace(alias, paused=Pause(since=clock.stamp(), until=until), canary=None)
            self.live.aliases.write(self.live.names.alias(change.recipe), paused)
        return paused

    def delete(self, event: Event) -> bool:
        """Deletes the endpoint of a paused alias; False where there is none. Raises EndpointChanging while it is being
        created."""
        change = self._checked(event)
        alias = self.live.aliases.read(self.live.names.alias(change.recipe))
        if alias is None or not alias.paused:
            return False
        return self.live.hosting[alias.endpoint.mode].delete(alias.endpoint.name)

    def open(self, event: Event) -> Endpoint:
        """The live endpoint, created with the model that the alias names."""
        target = self.opening(event)
        self.hold(self._checked(event), self.live.name(target))
        return self.live.promote(target)

    def opening(self, event: Event) -> PromotionTarget:
        """What the alias names, with the recipe that its run had.

        Raises:
            BadRequest: The change is not in progress, or nothing is live.
            NothingToRollBack: No run in the ledger made the model.
        """
        change = self._checked(event)
        alias = self._alias(change.recipe)
        try:
            run = self.ledger.run(alias.run).run
        except BadRequest as error:
            raise NothingToRollBack(
                f"the live model {alias.current} of {change.recipe!r} has no run: {error}"
            ) from error
        return PromotionTarget(
            recipe=run.recipe,
            model_arn=alias.current,
            run=run.id,
            mover=change.holder,
            is_stage=False,
            system=alias.system,
            learned=run.dataset.system,
        )

    def hold(self, change: HoursChange, endpoint: str) -> None:
        """Takes the lease that keeps the guard away during the change."""
        self.leases.hold(endpoint, owner=change.holder, purpose=f"business hours: {change.action}", length=LEASE)

    def close(self, event: Event) -> dict[str, str]:
        """Ends the change. Notifies people of the first failure of the hours, and raises the guard's alarm."""
        state, error = state_of(event), state_of(event).get("error")
        change = HoursChange(
            recipe=str(state["recipe"]),
            holder=str(state["holder"]),
            action=HoursAction(str(state["action"])),
            opened=str(state["opened"]),
        )
        reason = describe_error(error) if error else ""
        self.leases.release_all(owner=change.holder)
        self.changes.end(change, reason, failed=bool(error))
        if error and state.get("notify"):
            self.changes.keep_notice(change.recipe)
            emit(self.live.names, OperationalMetric.GUARD_ACTED, 1)
            self.notices.publish(*_failure(change, reason))
        return {"outcome": "failed" if error else "done", "reason": reason}

    def _alias(self, recipe: str) -> Alias:
        alias = self.live.aliases.read(self.live.names.alias(recipe))
        if alias is None:
            raise BadRequest(f"recipe {recipe!r} has no alias; nothing is live that business hours could change")
        return alias

    def _checked(self, event: Event) -> HoursChange:
        """The change, if it is in progress: what starts an execution cannot invent one."""
        recipe, holder = str(state_of(event)["recipe"]), str(state_of(event)["holder"])
        change = self.changes.current(recipe)
        if change is None or change.holder != holder or (change.action is HoursAction.OPEN) is not is_opening(event):
            raise BadRequest(f"{holder!r} is no change in progress of recipe {recipe!r}; the guard starts changes")
        return change


def _failure(change: HoursChange, reason: str) -> tuple[str, str, str]:
    if change.action is HoursAction.OPEN:
        return (
            f"Distillery: {change.recipe} does not serve",
            f"{change.holder}: its endpoint could not be created for its business hours: {reason}.",
            "Callers of its route get the route's fallback. The guard tries again every quarter of an hour, and does "
            "not repeat this notice during these hours: docs/business-hours.md.",
        )
    return (
        f"Distillery: {change.recipe} was not paused",
        f"{change.holder}: its endpoint still bills after its business hours: {reason}.",
        "The guard tries again every quarter of an hour: docs/business-hours.md.",
    )
