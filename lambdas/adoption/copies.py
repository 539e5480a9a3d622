"""Copies a model of another environment into this account and Region (CreateModelCopyJob), once for a run.

A copy job cannot be stopped, and no event reports it (UG monitoring-eventbridge lists none), so the state machine looks
every few minutes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from distillery.core import clock
from distillery.core.aws import ClientError, code
from distillery.core.errors import JobFailed
from distillery.core.names import TAG_ENVIRONMENT, TAG_RECIPE, TAG_RUN, Names, token
from distillery.core.pipeline import Run, Student
from distillery.core.redaction import redacted_message

if TYPE_CHECKING:
    from mypy_boto3_bedrock import BedrockClient
    from mypy_boto3_bedrock.type_defs import GetModelCopyJobResponseTypeDef

LONGEST = timedelta(hours=24)
"""After which the run gives a copy up. How long one takes is not documented. UNVERIFIED: minutes to hours."""
DENIED = "AccessDeniedException"


@dataclass(frozen=True, slots=True)
class ModelCopies:
    """`key`: the ARN of the key that copies are encrypted with, this environment's own."""

    names: Names
    bedrock: "BedrockClient"
    key: str

    def copy(self, run: Run, source: str) -> Student | None:
        """The copy of the model with that ARN; None while it is being made. Described, else created.

        Raises:
            JobFailed: The copy failed or takes too long, or the account may not copy the model.
        """
        job = self._find(run, source) or self._create(run, source)
        status = job["status"]
        if status == "Completed":
            return Student(model_arn=job["targetModelArn"], job_arn=job["jobArn"])
        if status == "Failed":
            why = redacted_message(job.get("failureMessage", ""), "its failureMessage")
            raise JobFailed(f"the copy of {source} failed: {why or 'the service gave no reason'}; promote another run")
        if clock.now() > job["creationTime"] + LONGEST:
            raise JobFailed(
                f"the copy job {job['jobArn']} of {source} is not done after {LONGEST // timedelta(hours=1)} hours; "
                "once it is, delete the model that it makes, and promote another run"
            )
        return None

    def _find(self, run: Run, source: str) -> "GetModelCopyJobResponseTypeDef | None":
        """The run's job. Its target's name is that of a model that the run would train."""
        name = self.names.job(run.id)
        pages = self.bedrock.get_paginator("list_model_copy_jobs").paginate(
            sourceModelArnEquals=source, targetModelNameContains=name
        )
        found = [each for page in pages for each in page.get("modelCopyJobSummaries", [])]
        job = next((each["jobArn"] for each in found if each.get("targetModelName") == name), None)
        return self.bedrock.get_model_copy_job(jobArn=job) if job else None

    def _create(self, run: Run, source: str) -> "GetModelCopyJobResponseTypeDef":
        tags = self._tags(run)
        try:
            made = self.bedrock.create_model_copy_job(
                sourceModelArn=source,
                targetModelName=self.names.job(run.id),
                modelKmsKeyId=self.key,
                targetModelTags=[{"key": key, "value": value} for key, value in sorted(tags.items())],
                clientRequestToken=token(run.id, "copy"),
            )
        except ClientError as error:
            if code(error) != DENIED:
                raise
            raise JobFailed(
                f"this account may not copy {source} ({DENIED}): either the source does not share it with this account "
                "now, or the policy of its key does not admit the account; promote the "
                "record again, with --promotion: that shares the model again, and begins another run"
            ) from error
        return self.bedrock.get_model_copy_job(jobArn=made["jobArn"])

    def _tags(self, run: Run) -> Mapping[str, str]:
        """Those of a model that the run would train."""
        own = {TAG_ENVIRONMENT: self.names.environment, TAG_RECIPE: run.recipe.name, TAG_RUN: run.id}
        return {**run.recipe.tags, **own}
