"""Evaluation jobs of runs that are not active: what nobody reads must not bill."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from distillery.core.inventory import RunningJob, judge_jobs
from distillery.core.ledger.ledger import Ledger
from distillery.core.names import TAG_RUN, Names
from distillery.core.started_jobs import stop_evaluation_job

if TYPE_CHECKING:
    from mypy_boto3_bedrock import BedrockClient


@dataclass(frozen=True, slots=True)
class OrphanedJudges:
    """The environment's judge jobs that no active run waits for. Executions that are aborted or time out stop none."""

    names: Names
    ledger: Ledger
    bedrock: "BedrockClient"

    def find(self) -> Iterator[RunningJob]:
        """The orphans. Jobs are listed before active runs: one that is created meanwhile is not in the list."""
        jobs = judge_jobs(self.names, self.bedrock)
        active = self.ledger.active()
        return (job for job in jobs if active.get(job.recipe) != job.tags.get(TAG_RUN))

    def stop(self, job: RunningJob) -> bool:
        """Stops the job; False where it ended meanwhile."""
        return stop_evaluation_job(self.bedrock, job.arn)
