"""Restarts stalled jobs where the recipe says so: the job is stopped, and its run starts another under a new name.

A run's job is restarted once. The new job starts when the old one has ended, so that a run never has two at once. What
the stopped job may have cost is reserved beside the run's own worst case before anything is stopped.
"""

from dataclasses import dataclass
from decimal import Decimal

from distillery.core import clock
from distillery.core.errors import BadRequest, OverBudget
from distillery.core.estimate import estimate, size_of
from distillery.core.ledger.items import RunRecord
from distillery.core.ledger.ledger import Ledger
from distillery.core.names import Names
from distillery.core.pipeline import Run
from distillery.core.recipe_options import StalledJobs
from distillery.core.spent import job_usd
from lambdas.distillation.job import CustomizationJobs
from lambdas.distillation.stalls import Restarted, Stall

COSTLESS = "No phase that costs something had begun, so nothing is billed for the stopped job."
REPORTED = (
    "Reports of such jobs say that they cost nothing, and so did failed jobs in nine of nine; a job that is stopped "
    "during training is billed until then."
)


@dataclass(frozen=True, slots=True)
class JobRestarts:
    """Restarts stalled jobs. `region`: where they run, for their prices."""

    names: Names
    ledger: Ledger
    jobs: CustomizationJobs
    region: str

    def restart(self, record: RunRecord, job: str, stall: Stall) -> Restarted:
        """Stops the job and lets the run start another, or says why not."""
        if why_not := _forbidden(record, stall):
            return Restarted(done=False, text=f"Nothing was stopped: {why_not}. {REPORTED}")
        try:
            usd = Decimal(0) if stall.is_costless else self._reserve(record.run)
        except (BadRequest, OverBudget) as refused:
            return Restarted(done=False, text=f"Nothing was stopped: {refused}. {REPORTED}")
        if not self.ledger.give_up_job(record.run.id, job, usd):
            return Restarted(done=False, text="Nothing was stopped: the run has ended, or a person is stopping it.")
        self.jobs.stop(job)
        cost = COSTLESS if stall.is_costless else f"It has cost up to ${usd}, and this sum is reserved. {REPORTED}"
        new = self.names.job(record.run.id, restarted=True)
        return Restarted(
            done=True, text=f"It is being stopped, and the run starts the job {new} as soon as it has ended. {cost}"
        )

    def _reserve(self, run: Run) -> Decimal:
        """Reserves the cost of the stopped job beside that of the run, and returns it. Reserving twice changes nothing.

        Raises:
            BadRequest: A price is unknown.
            OverBudget: Both are above the budget of the run, or above what is left of the month.
        """
        today = clock.now().date()
        usd = job_usd(run, region=self.region, on=today)
        both = usd + estimate(run.recipe, size_of(run.dataset), region=self.region, on=today).at_most_usd
        allowed = max(run.recipe.budget_usd, run.approved_usd or Decimal(0))
        if both > allowed:
            raise OverBudget(
                f"a second job may bring the cost of the run to ${both}, above its budget of ${allowed}; to permit "
                "restarts, raise budget_usd of the recipe for later runs"
            )
        self.ledger.reserve(run, both)
        return usd


def _forbidden(record: RunRecord, stall: Stall) -> str:
    """Why the job is not restarted; empty if it may be."""
    setting = record.run.recipe.stalled_jobs
    if setting is StalledJobs.REPORT:
        return f'the recipe has stalled_jobs = "{setting}"'
    if record.stalled_job:
        return f"a run restarts one job, and {record.stalled_job} stalled before"
    if stall.is_billed and setting is not StalledJobs.RESTART_BILLED:
        return (
            f"the phase {stall.phase} is billed, and would be billed again; only "
            f'stalled_jobs = "{StalledJobs.RESTART_BILLED}" restarts such a job'
        )
    return ""
