"""The sweep: whatever happened to executions, it unlocks recipes and deletes what bills by the hour and is not
needed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Self, TypeVar

from distillery.core.aliases import Aliases
from distillery.core.boundary import get_logger
from distillery.core.catalog import HostingMode
from distillery.core.env_vars import Variable, read
from distillery.core.errors import Unfinished
from distillery.core.hosting import Hosting, hosting_by_mode
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.rollbacks import Rollbacks
from distillery.core.ledger.table import Table
from distillery.core.names import Names
from distillery.core.notices import Notices
from lambdas.endpoint.orphaned_endpoints import OrphanedEndpoints
from lambdas.endpoint.stale_runs import Executions, StaleRuns

log = get_logger(__name__)
T = TypeVar("T")


@dataclass(slots=True)
class Sweep:
    """Sweeps an environment. A failure does not stop the rest; failures are raised together, so that an alarm sees
    them."""

    ledger: Ledger
    stale_runs: StaleRuns
    orphans: OrphanedEndpoints
    hosting: Mapping[HostingMode, Hosting]
    errors: list[Exception] = field(default_factory=list)

    @classmethod
    def of_environment(cls) -> Self:
        """The sweep that the function's environment variables configure."""
        names, table = Names(read(Variable.ENVIRONMENT)), Table(read(Variable.LEDGER))
        ledger, rollbacks = Ledger(table), Rollbacks(table)
        executions, notices = Executions(read(Variable.STATE_MACHINE)), Notices(read(Variable.TOPIC))
        stale_runs, orphans = (
            StaleRuns(ledger, rollbacks, executions, notices),
            OrphanedEndpoints(names, ledger, Aliases()),
        )
        return cls(ledger, stale_runs, orphans, hosting_by_mode())

    def run(self) -> dict[str, Any]:
        """What was closed (holder → reason) and which endpoints were deleted. Raises ExceptionGroup."""
        closed = self._close()
        deleted = [name for hosting in self.hosting.values() for name in self._delete(hosting)]
        if self.errors:
            raise ExceptionGroup("the sweep failed in part; the next one tries again", self.errors)
        return {"closed": closed, "deleted": deleted}

    def _close(self) -> dict[str, str]:
        active = self._tried("active runs", self.ledger.active) or {}
        closed = {
            holder: self._tried(holder, partial(self.stale_runs.settle, recipe, holder))
            for recipe, holder in active.items()
        }
        return {holder: reason for holder, reason in closed.items() if reason}

    def _delete(self, hosting: Hosting) -> list[str]:
        orphans = self._tried(f"orphaned endpoints, {hosting.mode}", lambda: list(self.orphans.find(hosting))) or []
        return [each.name for each in orphans if self._tried(each.name, partial(hosting.delete, each.name))]

    def _tried(self, what: str, call: Callable[[], T]) -> T | None:
        try:
            return call()
        except Unfinished as unfinished:  # such as an endpoint that is being created; left to the next sweep
            log.info("sweep: %s: %s", what, unfinished)
        except Exception as error:
            log.exception("sweep: %s", what)
            self.errors.append(error)
        return None
