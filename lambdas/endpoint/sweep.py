"""The money guard, called the sweep in templates and logs: unlocks recipes of ended executions, deletes endpoints that
nobody needs, and stops judges' jobs that no active run waits for. It logs what bills by the hour, and reports what is
committed and cannot be deleted.

`claims` says what keeps an endpoint: its recipe's alias, an unexpired lease, or the lock of its recipe. Endpoints that
failed are no exception. Whenever the guard had to delete or stop something, it notifies people and raises an alarm: a
run releases its candidate itself, so something else went wrong before.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Self, TypeVar

from distillery.core.aliases import Aliases
from distillery.core.aws import ClientError, client, code
from distillery.core.borrowing import Borrowing
from distillery.core.boundary import get_logger
from distillery.core.broken_promotions import BrokenPromotions
from distillery.core.claims import Claims
from distillery.core.env_vars import Variable, is_set, read, read_number
from distillery.core.errors import Unfinished
from distillery.core.executions import Executions
from distillery.core.first_contact.answers import recorded
from distillery.core.first_contact.questions import THROUGHPUT_METRICS, YES
from distillery.core.hosting import Hosting, hosting_by_mode
from distillery.core.hosting_mode import HostingMode
from distillery.core.ledger.acceptances import Acceptances
from distillery.core.ledger.alias_writes import AliasWrites
from distillery.core.ledger.canaries import Canaries
from distillery.core.ledger.history import AliasHistory
from distillery.core.ledger.hours_changes import HoursChanges
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.rollbacks import Rollbacks
from distillery.core.ledger.table import Table
from distillery.core.model_shares import ModelShares
from distillery.core.names import TAG_ENVIRONMENT, TAG_RECIPE, TAG_RUN, Names
from distillery.core.notices import Notices
from distillery.core.operational_metrics import OperationalMetric, emit
from distillery.core.pipeline import Endpoint
from distillery.core.recipe import load_all
from lambdas.endpoint.borrowed import BorrowedModelsKeeper
from lambdas.endpoint.business_hours import BusinessHoursKeeper
from lambdas.endpoint.committed import CommittedEndpoints
from lambdas.endpoint.hourly import HourlyEndpoints
from lambdas.endpoint.idle import IdleEndpoints
from lambdas.endpoint.orphaned_judges import OrphanedJudges
from lambdas.endpoint.stale_canaries import StaleCanaries
from lambdas.endpoint.stale_runs import StaleRuns

log = get_logger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class OrphanedEndpoints:
    """The environment's orphaned endpoints. Tags identify the owner, because other environments or people may use
    the same name prefix."""

    names: Names
    ledger: Ledger
    aliases: Aliases

    def find(self, hosting: Hosting) -> Iterator[Endpoint]:
        """The orphans of one hosting mode.

        The order matters: endpoints are listed first, then locks, then leases, then aliases. What is created meanwhile
        is not in the list, and a run that ended meanwhile has written its alias before.
        """
        ours = [
            endpoint for endpoint in hosting.named(self.names.prefix) if endpoint.name.startswith(self.names.prefix)
        ]
        tagged = [(endpoint, _tags(hosting, endpoint)) for endpoint in ours]
        claims = self.claims()
        for endpoint, tags in tagged:
            recipe, run = tags.get(TAG_RECIPE, ""), tags.get(TAG_RUN, "")
            is_ours = tags.get(TAG_ENVIRONMENT) == self.names.environment
            if is_ours and claims.of(endpoint, recipe=recipe, run=run) is None:
                yield endpoint

    def claims(self) -> Claims:
        """What keeps endpoints, to be asked after they were listed."""
        active = self.ledger.active()
        return Claims(active=active, leases=self.ledger.leases.all(), live_arn=self._live_arn)

    def _live_arn(self, recipe: str) -> str | None:
        alias = self.aliases.read(self.names.alias(recipe))
        return alias.serving_arn if alias else None


def _tags(hosting: Hosting, endpoint: Endpoint) -> dict[str, str]:
    """The tags; empty where the endpoint has just been deleted."""
    try:
        return hosting.tags(endpoint)
    except ClientError as error:
        if code(error) == "ResourceNotFoundException":
            return {}
        raise


def counts_throughput(names: Names) -> bool:
    """Whether first contact has verified the metric of calls of Provisioned Throughput."""
    answer = recorded(client("ssm"), names, THROUGHPUT_METRICS)
    return answer is not None and answer.answer == YES


@dataclass(slots=True)
class Sweep:
    """Sweeps an environment. A failure does not stop the rest; failures are raised together, so that an alarm sees
    them."""

    ledger: Ledger
    stale_runs: StaleRuns
    orphans: OrphanedEndpoints
    hosting: Mapping[HostingMode, Hosting]
    notices: Notices
    hourly: HourlyEndpoints
    judges: OrphanedJudges | None = None
    """Where a recipe has a judge."""
    idle: IdleEndpoints | None = None
    """Where a recipe is hosted by the hour."""
    hours: BusinessHoursKeeper | None = None
    """The same."""
    committed: CommittedEndpoints | None = None
    borrowed: BorrowedModelsKeeper | None = None
    shares: ModelShares | None = None
    """Where its models may be shared."""
    canaries: StaleCanaries | None = None
    errors: list[Exception] = field(default_factory=list)

    @classmethod
    def of_environment(cls) -> Self:
        """The sweep that the function's environment variables configure."""
        names, table = Names(read(Variable.ENVIRONMENT)), Table(read(Variable.LEDGER))
        ledger, rollbacks, acceptances = Ledger(table), Rollbacks(table), Acceptances(table)
        executions, notices = Executions(read(Variable.STATE_MACHINE)), Notices(read(Variable.TOPIC))
        broken = BrokenPromotions(
            names, hosting_by_mode(), Aliases(), ledger, AliasHistory(table), acceptances, rollbacks
        )
        stale_runs, orphans = (
            StaleRuns(ledger, rollbacks, acceptances, executions, notices, broken.examine),
            OrphanedEndpoints(names, ledger, Aliases()),
        )
        hourly = HourlyEndpoints(names, ledger, client("bedrock"), orphans.claims)
        judges = OrphanedJudges(names, ledger, client("bedrock")) if is_set(Variable.JUDGES) else None
        days = read_number(Variable.IDLE_DAYS)
        idle = (
            IdleEndpoints(
                names, table, client("bedrock"), client("cloudwatch"), notices, days, partial(counts_throughput, names)
            )
            if days
            else None
        )
        committed = CommittedEndpoints(names, table, ledger, client("bedrock"), notices, orphans.claims)
        changes = HoursChanges(table)
        hours = (
            BusinessHoursKeeper(names, load_all(), Aliases(), ledger, changes, executions, committed.is_committed)
            if days
            else None
        )
        borrowed = BorrowedModelsKeeper(
            names, ledger, Aliases(), Borrowing.of_environment(), is_allowed=is_set(Variable.BORROWS)
        )
        shares = ModelShares(names, client("ram")) if is_set(Variable.SHARES) else None
        return cls(
            ledger,
            stale_runs,
            orphans,
            hosting_by_mode(),
            notices,
            hourly,
            judges,
            idle,
            hours,
            committed,
            borrowed,
            shares,
            StaleCanaries(
                names,
                Aliases(),
                AliasWrites(table),
                ledger,
                AliasHistory(table),
                Canaries(table),
                acceptances,
                executions,
                notices,
            ),
        )

    def run(self) -> dict[str, Any]:
        """What was closed (holder → reason), which endpoints were deleted and which judges' jobs stopped. Raises
        ExceptionGroup."""
        closed = self._close()
        canaries = self._tried("canaries that ended badly", self.canaries.settle) if self.canaries else None
        if self.hours:
            self._tried("business hours that ended badly", self.hours.settle)
        deleted = [name for hosting in self.hosting.values() for name in self._delete(hosting)]
        stopped = {"stopped": self._stop(self.judges)} if self.judges else {}
        self._report(deleted, stopped.get("stopped", []))
        idle = {"idle": self._tried("idle endpoints", self.idle.warn) or []} if self.idle else {}
        hours = {"hours": self._tried("business hours", self.hours.keep) or {}} if self.hours else {}
        committed = self._tried("commitments", self.committed.report) if self.committed else None
        borrowed = self._tried("leases of models", self.borrowed.keep) if self.borrowed else None
        unshared = self._tried("shares of models", self.shares.end_expired) if self.shares else None
        self._tried("the ledger of what bills by the hour", self.hourly.write)
        if self.errors:
            raise ExceptionGroup("the sweep failed in part; the next one tries again", self.errors)
        return {
            "closed": closed,
            "deleted": deleted,
            **stopped,
            **idle,
            **hours,
            **({"committed": committed} if committed else {}),
            **({"borrowed": borrowed} if borrowed else {}),
            **({"unshared": unshared} if unshared else {}),
            **({"canaries": canaries} if canaries else {}),
        }

    def _close(self) -> dict[str, str]:
        active = self._tried("active runs", self.ledger.active) or {}
        closed = {
            holder: self._tried(holder, partial(self.stale_runs.settle, recipe, holder))
            for recipe, holder in active.items()
        }
        return {holder: reason for holder, reason in closed.items() if reason}

    def _delete(self, hosting: Hosting) -> list[str]:
        orphans = self._tried(f"orphaned endpoints, {hosting.mode}", lambda: list(self.orphans.find(hosting))) or []
        if orphans and self.committed and hosting.mode is HostingMode.PROVISIONED:
            kept = self._tried("commitments", self.committed.undeletable) or frozenset()
            orphans = [each for each in orphans if each.name not in kept]
        return [each.name for each in orphans if self._tried(each.name, partial(hosting.delete, each.name))]

    def _stop(self, judges: OrphanedJudges) -> list[str]:
        orphans = self._tried("orphaned jobs of judges", lambda: list(judges.find())) or []
        return [each.name for each in orphans if self._tried(each.name, partial(judges.stop, each))]

    def _report(self, deleted: list[str], stopped: list[str]) -> None:
        """Notifies people of what was deleted or stopped, and counts it for the alarm."""
        if not (deleted or stopped):
            return
        environment = self.orphans.names.environment
        emit(self.orphans.names, OperationalMetric.GUARD_ACTED, len(deleted) + len(stopped))
        self._tried(
            "the notice",
            partial(
                self.notices.publish,
                f"Distillery: the guard of {environment} acted",
                f"Deleted endpoints, which no alias and no unexpired lease named: {', '.join(deleted)}."
                if deleted
                else "",
                f"Stopped jobs, which no active run waited for: {', '.join(stopped)}." if stopped else "",
                "Runs release what they use, so find out why this was left: docs/runbooks/attention/guard-acted.md.",
            ),
        )

    def _tried(self, what: str, call: Callable[[], T]) -> T | None:
        try:
            return call()
        except Unfinished as unfinished:  # such as an endpoint that is being created; left to the next sweep
            log.info("sweep: %s: %s", what, unfinished)
        except Exception as error:
            log.exception("sweep: %s", what)
            self.errors.append(error)
        return None
