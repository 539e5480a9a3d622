"""Evaluation jobs of runs that are not active: what nobody reads must not bill."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from distillery.core.aws import ClientError, code
from distillery.core.ledger.ledger import Ledger
from distillery.core.names import TAG_ENVIRONMENT, TAG_RECIPE, TAG_RUN, Names
from distillery.core.started_jobs import stop_evaluation_job

if TYPE_CHECKING:
    from mypy_boto3_bedrock import BedrockClient


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeJob:
    """A job by its ARN and name."""

    arn: str
    name: str


@dataclass(frozen=True, slots=True)
class OrphanedJudges:
    """The environment's judge jobs that no active run waits for. Executions that are aborted or time out stop none."""

    names: Names
    ledger: Ledger
    bedrock: "BedrockClient"

    def find(self) -> Iterator[JudgeJob]:
        """The orphans. Jobs are listed before active runs: one that is created meanwhile is not in the list."""
        prefix = self.names.judge_prefix
        pages = self.bedrock.get_paginator("list_evaluation_jobs").paginate(
            nameContains=prefix.rstrip("-"),  # the API takes no hyphen at the end
            statusEquals="InProgress",
        )
        ours = [
            JudgeJob(arn=job["jobArn"], name=job["jobName"])
            for page in pages
            for job in page.get("jobSummaries", [])
            if job["jobName"].startswith(prefix)
        ]
        tagged = [(job, self._tags(job)) for job in ours]
        active = self.ledger.active()
        for job, tags in tagged:
            is_ours = tags.get(TAG_ENVIRONMENT) == self.names.environment
            if is_ours and active.get(tags.get(TAG_RECIPE, "")) != tags.get(TAG_RUN):
                yield job

    def stop(self, job: JudgeJob) -> bool:
        """Stops the job; False where it ended meanwhile."""
        return stop_evaluation_job(self.bedrock, job.arn)

    def _tags(self, job: JudgeJob) -> dict[str, str]:
        try:
            found = self.bedrock.list_tags_for_resource(resourceARN=job.arn)["tags"]
        except ClientError as error:
            if code(error) == "ResourceNotFoundException":
                return {}
            raise
        return {tag["key"]: tag["value"] for tag in found}
