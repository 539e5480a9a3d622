"""Closes runs, roll-backs and acceptances that lock their recipe although no execution works on them any more."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from distillery.core import clock
from distillery.core.broken_promotions import PromotionRemains
from distillery.core.errors import RunStopped
from distillery.core.executions import ON_ITS_WAY, Executions
from distillery.core.ledger.acceptances import Acceptances
from distillery.core.ledger.holders import HolderKind, kind_of, started_at
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.rollbacks import Rollbacks
from distillery.core.notices import Notices
from distillery.core.pipeline import Outcome

PATIENCE = timedelta(hours=1)
"""How long an execution may be missing. Between the lock and the start of the execution lie seconds."""


@dataclass(frozen=True, slots=True)
class StaleRuns:
    """Closes stale runs, which releases their recipes, and notifies people."""

    ledger: Ledger
    rollbacks: Rollbacks
    acceptances: Acceptances
    executions: Executions
    notices: Notices
    examine: Callable[[str, str], PromotionRemains] = lambda _recipe, _holder: PromotionRemains()
    """What a holder of a recipe's lock has left, by the names of both."""

    def settle(self, recipe: str, holder: str) -> str | None:
        """Closes the holder of a lock if it is stale. Returns the reason, or None where it is active."""
        reason = None if kind_of(holder) is HolderKind.CANARY else self._reason(holder)
        if reason is None:  # canaries have an execution that ends them: `stale_canaries`
            return None
        kind, left = kind_of(holder), self.examine(recipe, holder)
        outcome, reason = _outcome(kind, left), left.after(reason)
        if kind:
            kept = self.rollbacks if kind is HolderKind.ROLLBACK else self.acceptances
            kept.end(recipe, holder, outcome, reason)
            self.ledger.unlock(recipe, holder)
        elif not self.ledger.close(holder, outcome, reason):
            return reason  # closed and reported before
        elif (record := self.ledger.run(holder)).was_stopped and record.stop is not None:
            reason = f"{record.stop.by} stopped it ({record.stop.reason}), and {reason}"
        outcome = outcome if kind else self.ledger.run(holder).outcome
        self.notices.publish(
            f"Distillery: {recipe} {outcome}", f"{holder} was closed: {reason}. The recipe is unlocked."
        )
        return reason

    def _reason(self, holder: str) -> str | None:
        execution = self._execution(holder)
        status = self.executions.status(execution)
        if status in ON_ITS_WAY:
            if not kind_of(holder) and self.ledger.run(holder).is_stopping:
                # the function that was to stop it ended before; the next sweep, upon this event, closes the run
                self.executions.stop(execution, error=RunStopped.__name__, cause="a person stopped the run")
            return None
        if status is not None:
            return f"the execution ended as {status} without closing it"
        missing = clock.now() - self._begun(holder)
        return f"no execution was started within {PATIENCE}" if missing > PATIENCE else None

    def _begun(self, holder: str) -> datetime:
        if kind_of(holder):
            return started_at(holder)
        record = self.ledger.run(holder)
        return datetime.fromisoformat(record.reopened or record.started_at)

    def _execution(self, holder: str) -> str:
        """The execution that works for the holder: a run may have a later one than its own."""
        return holder if kind_of(holder) else self.ledger.run(holder).latest_execution


def _outcome(kind: HolderKind | None, left: PromotionRemains) -> Outcome:
    """That of a holder whose execution did not close it."""
    if left.live is None:
        return Outcome.FAILED
    return Outcome.ROLLED_BACK if kind is HolderKind.ROLLBACK else Outcome.PROMOTED
