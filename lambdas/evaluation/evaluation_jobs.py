"""The evaluation jobs of one run: started once, found again, read and stopped.

A job is named by its content: a repeated step finds the job that it started before, and other answers make another job.

evaluations/<run id>/judging/<job>.jsonl     what a job reads
                     judging/<job>.json      its ARN, and the evaluation that started it
                     judging/output/<job>/   what it writes
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

from distillery.core import names
from distillery.core.aws import ClientError, ObjectStore, code
from distillery.core.model_ids import identifier
from distillery.core.names import TAG_ENVIRONMENT, TAG_RECIPE, TAG_RUN, Names
from distillery.core.redaction import redacted_message
from distillery.core.started_jobs import stop_evaluation_job
from distillery.evaluation.graders.judge import Judge
from distillery.evaluation.scoring.judging import METRIC, Job, metric
from lambdas.evaluation.parts import Parts

if TYPE_CHECKING:
    from mypy_boto3_bedrock import BedrockClient

FOLDER = "judging/"
OUTPUT = "_output.jsonl"
RUNNING, STOPPING, COMPLETED = "InProgress", "Stopping", "Completed"
WAITING, DELETED = "Waiting", "Deleted"
"""Besides the states of the API: of a job that the account has no room for, and of one that no longer exists."""
LATER = frozenset({"ServiceQuotaExceededException", "ThrottlingException", "TooManyRequestsException"})
"""Codes of CreateEvaluationJob after which the job is created in a later round: an account runs 20 at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StartedJob:
    """A job as it is now.

    Attributes:
        name: Also that of its objects.
        arn: Empty while the account has no room for it.
        message: Why it failed, without what it may quote.
    """

    name: str
    arn: str
    status: str
    message: str = ""

    @property
    def is_running(self) -> bool:
        return self.status in (RUNNING, STOPPING, WAITING)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationJobs:
    """The evaluation jobs of a run.

    Attributes:
        role: ARN of the role that a job has.
        model_key: ARN of the key that Bedrock encrypts a job's temporary copy of the answers with.
    """

    parts: Parts
    environment: str
    role: str
    model_key: str
    bedrock: "BedrockClient"

    def look(self, judge: Judge, job: Job, attempt: int) -> StartedJob:
        """The job, which is started if it was not. One that an earlier execution started is used if it runs or is
        complete, since it is paid for; if it failed or was stopped, the answers are judged by another.

        Args:
            attempt: Zero, or how often answers were judged again that had no score.
        """
        for number in count():
            name = self._name(judge, job, attempt, number)
            record = self._record(name) or self._start(judge, name, job)
            if record is None:
                return StartedJob(name=name, arn="", status=WAITING)
            found = self._described(name, str(record["jobArn"]))
            if found.status in (RUNNING, COMPLETED) or record.get("execution", "") == self.parts.evaluation:
                return found
        raise AssertionError("unreachable")

    def outputs(self, name: str) -> list[bytes]:
        """The bodies of the job's output. Their keys are listed, never built: pages and reports differ about them."""
        folder = self._uri(f"output/{name}/")
        return [self._store.read(f"{folder}{file}") for file in self._store.names(folder) if file.endswith(OUTPUT)]

    def stop(self, arn: str) -> None:
        """Stops a job, if it still runs."""
        stop_evaluation_job(self.bedrock, arn)

    def stop_all(self) -> int:
        """Stops the run's jobs that are in progress. Returns how many there were."""
        prefix, suffix = Names(self.environment).judge_prefix, ".json"
        recorded = [name.removesuffix(suffix) for name in self._store.names(self._uri(prefix)) if name.endswith(suffix)]
        found = [self._described(name, self._arn(f"{prefix}{name}")) for name in recorded]
        running = [one for one in found if one.status == RUNNING]
        for one in running:
            self.stop(one.arn)
        return len(running)

    def _arn(self, name: str) -> str:
        return str((self._record(name) or {})["jobArn"])

    def _described(self, name: str, arn: str) -> StartedJob:
        try:
            found = self.bedrock.get_evaluation_job(jobIdentifier=arn)
        except ClientError as error:
            if code(error) != "ResourceNotFoundException":
                raise
            return StartedJob(name=name, arn=arn, status=DELETED)
        told = redacted_message(" ".join(found.get("failureMessages", [])), "the job in the Bedrock console")
        return StartedJob(name=name, arn=arn, status=found["status"], message=told)

    def _record(self, name: str) -> Mapping[str, Any] | None:
        """What was kept of a job that was started."""
        uri = self._uri(f"{name}.json")
        return dict(json.loads(self._store.read(uri))) if self._store.exists(uri) else None

    def _start(self, judge: Judge, name: str, job: Job) -> Mapping[str, Any] | None:
        """Starts a job and keeps its ARN; None if the account has too many at the time."""
        self._store.write(self._uri(f"{name}.jsonl"), job.dataset)
        try:
            arn = self.bedrock.create_evaluation_job(**self._request(judge, name, job))["jobArn"]
        except ClientError as error:
            if code(error) in LATER:
                return None
            if code(error) != "ConflictException":
                raise
            arn = self._find(name)  # it was started, and the invocation ended before it kept the ARN
            if not arn:
                raise
        record = {"jobArn": arn, "execution": self.parts.evaluation}
        self._store.write_json(self._uri(f"{name}.json"), record)
        return record

    def _find(self, name: str) -> str:
        for page in self.bedrock.get_paginator("list_evaluation_jobs").paginate(nameContains=name):
            for job in page.get("jobSummaries", []):
                if job["jobName"] == name:
                    return job["jobArn"]
        return ""

    def _request(self, judge: Judge, name: str, job: Job) -> Any:
        run = self.parts.run
        dataset = {"name": "answers", "datasetLocation": {"s3Uri": self._uri(f"{name}.jsonl")}}
        model = identifier(judge.model, self.bedrock.meta.region_name)
        tags = {TAG_ENVIRONMENT: self.environment, TAG_RECIPE: run.recipe.name, TAG_RUN: run.id, **run.recipe.tags}
        return {
            "jobName": name,
            "clientRequestToken": names.token(name),
            "roleArn": self.role,
            "customerEncryptionKeyId": self.model_key,
            "applicationType": "ModelEvaluation",
            "jobTags": [{"key": tag, "value": value} for tag, value in tags.items()],
            "evaluationConfig": {
                "automated": {
                    # General is what AWS's samples use with a judge; the API's documentation does not list it
                    "datasetMetricConfigs": [{"taskType": "General", "dataset": dataset, "metricNames": [METRIC]}],
                    "customMetricConfig": {
                        "customMetrics": [{"customMetricDefinition": metric(judge)}],
                        "evaluatorModelConfig": {"bedrockEvaluatorModels": [{"modelIdentifier": model}]},
                    },
                }
            },
            "inferenceConfig": {"models": [{"precomputedInferenceSource": {"inferenceSourceIdentifier": job.source}}]},
            "outputDataConfig": {"s3Uri": self._uri("output/")},
        }

    def _name(self, judge: Judge, job: Job, attempt: int, number: int) -> str:
        """A name that is the same for the same answers and the same judge: lower-case, up to 63 characters."""
        content = [self.parts.run.id, judge.model, metric(judge), job.source, job.dataset.decode()]
        repeated = [attempt, number] if attempt or number else []
        return f"{Names(self.environment).judge_prefix}{names.short(names.digest([*content, *repeated]), 26)}"

    @property
    def _store(self) -> ObjectStore:
        return self.parts.store

    def _uri(self, name: str) -> str:
        return self.parts.uri(f"{FOLDER}{name}")
