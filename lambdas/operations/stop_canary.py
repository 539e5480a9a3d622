"""Stops a canary: its execution ends at once, and another one withdraws it.

The alias goes first, callers know of it within a minute, and only then the endpoint is deleted. The ledger is told
before anything else: where this function breaks off, a second request or the sweep continues.
"""

from typing import Any

from distillery.core.canary_start import CanaryStarter
from distillery.core.errors import NothingToStop, RunStopped
from distillery.core.executions import Executions
from distillery.core.ledger.canaries import Canaries, CanaryRecord
from distillery.core.pipeline import Outcome


def stop_canary(
    canary: CanaryRecord, canaries: Canaries, executions: Executions, *, by: str, reason: str
) -> dict[str, Any]:
    """What becomes of its run. Of several requests the first counts.

    Raises:
        NothingToStop: Its student is going live.
    """
    first = not canary.stopped_by
    if not canaries.stop(canary, by=by, why=reason):
        raise NothingToStop(
            f"the canary of run {canary.run!r} is over, and its student is going live; wait for it to end "
            f"(distillery watch {canary.run}), then roll back (distillery rollback {canary.recipe})"
        )
    stopped = canaries.find(canary.recipe, canary.holder)
    executions.stop(canary.holder, error=RunStopped.__name__, cause=f"stopped by {stopped.stopped_by}")
    CanaryStarter(canaries, executions).withdraw(stopped)
    return {
        "run": canary.run,
        "outcome": Outcome.DECLINED.value,
        "by": stopped.stopped_by,
        "at": stopped.stopped,
        "reason": stopped.stopped_why,
        "first": first,
        "spent_usd": None,
        "spent": [],
        "left": [f"its canary {canary.holder}, which is being withdrawn"],
    }
