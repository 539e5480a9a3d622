"""What the ledger knows of customization jobs: which runs requested one, and which wait for one."""

from dataclasses import dataclass
from decimal import Decimal

from distillery.core.errors import BadRequest, Unfinished
from distillery.core.ledger.items import read_run, run_key, run_record
from distillery.core.ledger.stops import check_wanted
from distillery.core.ledger.table import READS_MAX, Table
from distillery.core.pipeline import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingJob:
    """A run that waits for a customization job. `token` is the task token to answer when the job ends."""

    job: str
    token: str
    run: str


class JobLedger:
    """Counts requests, and keeps task tokens."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def count_job_request(self, run_id: str) -> None:
        """Counts a job before it is requested. From then on the run may cost, and its reservation stays.

        Raises BadRequest for a closed run, whose reservation was released, and RunStopped for a stopped one.
        """
        self._count(run_id, "asked", "attribute_not_exists(stop_request)")

    def count_job_refusal(self, run_id: str) -> None:
        """Counts that the service refused the latest request, so no job exists."""
        self._count(run_id, "refused")

    def give_up_job(self, run_id: str, job: str, usd: Decimal) -> bool:
        """Records that the run's job stalled and has cost up to `usd`: the run's next job has another name.

        False where the run has ended or is to be stopped, or where a job was given up before.
        """
        return self._table.set(
            *run_key(run_id),
            {"stalled_job": job, "stalled_usd": str(usd)},
            only_if="#outcome = :outcome AND attribute_not_exists(stop_request) AND attribute_not_exists(#stalled_job)",
            given={"outcome": Outcome.RUNNING.value},
        )

    def _count(self, run_id: str, what: str, *conditions: str) -> None:
        """Adds 1 to a counter of an active run."""
        for _ in range(READS_MAX):
            item = read_run(self._table, run_id)
            seen = {what: item[what]} if what in item else {}
            same = f"#{what} = :{what}" if seen else f"attribute_not_exists(#{what})"
            more, running = {what: str(int(item.get(what, "0")) + 1)}, {"outcome": Outcome.RUNNING.value}
            only_if = " AND ".join(("#outcome = :outcome", same, *conditions))
            if self._table.set(*run_key(run_id), more, only_if=only_if, given=running | seen):
                return
            check_wanted(record := run_record(item))
            if record.outcome is not Outcome.RUNNING:
                raise BadRequest(f"run {run_id!r} is {record.outcome}; no job is started for it")
        raise Unfinished(f"concurrent requests keep changing run {run_id!r}; try again")

    def add_waiting_job(self, waiting: WaitingJob) -> None:
        """Saves a task token. The token of a retried task replaces the previous one."""
        self._table.put({"pk": "waiting", "sk": waiting.job, "token": waiting.token, "run": waiting.run})

    def waiting_jobs(self) -> list[WaitingJob]:
        """Every run that waits for a customization job."""
        return [WaitingJob(job=i["sk"], token=i["token"], run=i["run"]) for i in self._table.query("waiting")]

    def remove_waiting_job(self, waiting: WaitingJob) -> None:
        """Removes the token after it was answered. A newer token of the same job stays."""
        self._table.delete("waiting", waiting.job, attribute="token", equal=waiting.token)
