"""Stops a run: its execution, its jobs and its candidate; or the canary that it waits for.

{"run": "support-k3x9a-p0q2m7ab-1", "reason": "wrong prompts"}
→ {"run": …, "outcome": "stopped", "by": "arn:…", "at": …, "reason": …, "first": true, "spent_usd": "4.10",
   "spent": […], "left": […]}

The ledger is told first, and every call after that may be repeated, or be missing: a second request continues where the
first one broke off, and otherwise the sweep ends the execution, closes the run and releases what it holds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from distillery.core import clock
from distillery.core.aws import client
from distillery.core.decisions import require_reason
from distillery.core.env_vars import Variable, read
from distillery.core.errors import RunStopped, Unfinished
from distillery.core.executions import Executions
from distillery.core.function_url import Caller
from distillery.core.hosting import Hosting, hosting_by_mode
from distillery.core.hosting_mode import HostingMode
from distillery.core.inventory import judge_jobs
from distillery.core.ledger.canaries import Canaries
from distillery.core.ledger.items import RunRecord
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.stop_record import StopRecord
from distillery.core.ledger.stops import check_stoppable
from distillery.core.ledger.table import Table
from distillery.core.names import Names
from distillery.core.notices import Notices
from distillery.core.pipeline import Outcome
from distillery.core.serialization import to_wire
from distillery.core.spent import spent_by
from distillery.core.started_jobs import StartedJobs, stop_evaluation_job
from lambdas.operations.run_request import RunRequest
from lambdas.operations.stop_canary import stop_canary

if TYPE_CHECKING:
    from mypy_boto3_bedrock import BedrockClient


@dataclass(frozen=True, slots=True)
class Stopper:
    """Stops runs."""

    names: Names
    ledger: Ledger
    canaries: Canaries
    executions: Executions
    bedrock: "BedrockClient"
    notices: Notices

    @classmethod
    def of_environment(cls) -> Self:
        """What the function's environment variables configure."""
        table = Table(read(Variable.LEDGER))
        return cls(
            Names(read(Variable.ENVIRONMENT)),
            Ledger(table),
            Canaries(table),
            Executions(read(Variable.STATE_MACHINE)),
            client("bedrock"),
            Notices(read(Variable.TOPIC)),
        )

    def stop(self, request: RunRequest, by: Caller) -> dict[str, Any]:
        """How the run ended. Stopping it twice is one stop; the second request releases what the first left.

        Raises:
            BadRequest: There is no such run, or the reason is missing or too long.
            NothingToStop: The run has ended, waits for a decision, or is going live.
        """
        require_reason(request.reason, "the stop")
        record = self.ledger.run(request.run)
        canary = self.canaries.current(record.run.recipe.name)
        if canary is not None and canary.run == request.run:
            return stop_canary(canary, self.canaries, self.executions, by=by.arn, reason=request.reason)
        if not record.was_stopped:
            check_stoppable(record)  # before its cost is calculated
        spent = spent_by(record, region=self.bedrock.meta.region_name, now=clock.now())
        record, first = self.ledger.stops.request(
            request.run, by=by.arn, reason=request.reason, spent_usd=spent.usd, spent=spent.parts
        )
        assert record.stop is not None
        self._end_execution(record.stop)
        left = [what for release in self._releases(record) if (what := release())]
        if self.ledger.close(request.run, Outcome.STOPPED, record.stop.reason, execution=record.stop.execution):
            self._notify(self.ledger.run(request.run))
        return _answer(self.ledger.run(request.run), first=first, left=left)

    def _end_execution(self, stop: StopRecord) -> None:
        self.executions.stop(stop.execution, error=RunStopped.__name__, cause=f"stopped by {stop.by}")

    def _releases(self, record: RunRecord) -> list[Callable[[], str]]:
        """Calls that release what may be billed. Each returns what is left to the sweep; empty if nothing is."""
        run, recipe = record.run.id, record.run.recipe
        candidate = self.names.candidate(run)
        hosting: Hosting = hosting_by_mode(self.bedrock)[HostingMode(recipe.hosting)]

        def job() -> str:
            for name in record.job_names(self.names):
                StartedJobs(self.bedrock).stop(name)
            return ""

        def judges() -> str:
            for each in judge_jobs(self.names, self.bedrock) if recipe.judges else ():
                if each.run == run:
                    stop_evaluation_job(self.bedrock, each.arn)
            return ""

        def endpoint() -> str:
            try:
                hosting.delete(candidate)
            except Unfinished:
                return f"the endpoint {candidate}, which is being created or updated: the sweep deletes it"
            return ""

        return [job, judges, endpoint]

    def _notify(self, record: RunRecord) -> None:
        if (stop := record.stop) is None:
            return
        recipe, dollars = record.run.recipe.name, "unknown" if stop.spent_usd is None else f"up to ${stop.spent_usd}"
        self.notices.publish(
            f"Distillery: {recipe} {Outcome.STOPPED}",
            f"{record.run.id} was stopped by {stop.by}: {stop.reason}.",
            f"Its cost until then: {dollars}: {'; '.join(stop.spent)}.",
        )


def _answer(record: RunRecord, *, first: bool, left: list[str]) -> dict[str, Any]:
    stop = record.stop
    assert stop is not None
    return {
        "run": record.run.id,
        "outcome": record.outcome.value,
        "by": stop.by,
        "at": stop.at,
        "reason": stop.reason,
        "first": first,
        "spent_usd": to_wire(stop.spent_usd),
        "spent": list(stop.spent),
        "left": left,
    }
