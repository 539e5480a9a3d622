"""Has a model judge the answers in Bedrock evaluation jobs, and follows the jobs until all have ended.

Bedrock sends no event about these jobs (UG monitoring-eventbridge), so they are looked at in intervals. A job is named
by its content: a repeated step finds the job that it started before, and other answers make another job.

evaluations/<run id>/judging/<job>.jsonl     what a job reads
                     judging/<job>.json      its ARN
                     judging/output/<job>/   what it writes
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from distillery.core import names
from distillery.core.aws import ClientError, ObjectStore, code
from distillery.core.judging import GraderKind, GraderSpec
from distillery.core.model_ids import identifier
from distillery.core.names import TAG_ENVIRONMENT, TAG_RECIPE, TAG_RUN, Names
from distillery.core.pipeline import Run
from distillery.core.redaction import redacted_message
from distillery.core.serialization import from_wire, to_wire
from distillery.evaluation.graders.grade import Grade
from distillery.evaluation.graders.judge import Judge
from distillery.evaluation.graders.stored import score_key
from distillery.evaluation.scoring.judging import METRIC, Job, JudgedModel, metric, planned
from distillery.evaluation.scoring.ratings import UnknownOutput, ratings, settled
from lambdas.evaluation.scores import StoredScores, answered

if TYPE_CHECKING:
    from mypy_boto3_bedrock import BedrockClient

FOLDER = "judging/"
OUTPUT = "_output.jsonl"
RUNNING = ("InProgress", "Stopping")
LATER = frozenset({"ServiceQuotaExceededException", "ThrottlingException", "TooManyRequestsException"})
"""Codes of CreateEvaluationJob after which the job is created in a later round: an account runs 20 at once."""
MOST_ROUNDS = 720
"""Looks at jobs, each two minutes after the one before: a day."""
UNFINISHED = "the judge's job has not ended within a day"


def specs(run: Run) -> list[GraderSpec]:
    """The recipe's graders that are judges."""
    return [spec for spec in run.recipe.grader_specs if spec.kind is GraderKind.JUDGE]


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeJobs:
    """The evaluation jobs of a run.

    Attributes:
        role: ARN of the role that a job has.
        model_key: ARN of the key that Bedrock encrypts a job's temporary copy of the answers with.
    """

    scores: StoredScores
    environment: str
    role: str
    model_key: str
    bedrock: "BedrockClient"

    def follow(self, spec: GraderSpec, prompts: list[Any], *, give_up: bool = False) -> int:
        """Starts the jobs that are not started, and stores the scores once all have ended.

        Args:
            give_up: Whether jobs that still run are waited for no longer.

        Returns:
            How many jobs have not ended.
        """
        judge = from_wire(Judge, spec.options)
        judged = planned(
            JudgedModel(
                key=score_key(spec, one.answer, one.prompt), role=one.role, prompt=one.prompt, answer=one.answer
            )
            for one in answered(self.scores.parts, prompts)
        )
        name = f"judge-{names.digest(to_wire(spec.options))[:16]}"
        if self.scores.completed(name).keys() == judged.keys:
            return 0
        said = [self._said(judge, self._name(judge, job), job, give_up) for job in judged.jobs]
        if pending := said.count(None):
            return pending
        self.scores.complete(name, settled(judged, [each for each in said if each is not None]))
        return 0

    def _said(self, judge: Judge, name: str, job: Job, give_up: bool) -> Mapping[str, Grade | str] | str | None:
        """The ratings of a job by code, or why it has none; None while it runs."""
        arn = self._arn(name) or self._create(judge, name, job)
        status = self.bedrock.get_evaluation_job(jobIdentifier=arn) if arn else None
        if status is None or status["status"] in RUNNING:
            return UNFINISHED if give_up else None
        if status["status"] != "Completed":
            told = redacted_message(" ".join(status.get("failureMessages", [])), "the job in the Bedrock console")
            return f"the judge's job {name} ended as {status['status']}: {told or 'without a message'}"
        try:
            return ratings(job, judge.scale, self._outputs(name))
        except UnknownOutput as error:
            return f"the judge's job {name} {error}"

    def _outputs(self, name: str) -> list[bytes]:
        """The bodies of the job's output. Their keys are listed, never built: pages and reports differ about them."""
        folder = self._uri(f"output/{name}/")
        return [self._store.read(f"{folder}{file}") for file in self._store.names(folder) if file.endswith(OUTPUT)]

    def _arn(self, name: str) -> str:
        """The ARN of a job that was started; empty if it was not."""
        uri = self._uri(f"{name}.json")
        return str(json.loads(self._store.read(uri))["jobArn"]) if self._store.exists(uri) else ""

    def _create(self, judge: Judge, name: str, job: Job) -> str:
        """Starts a job and keeps its ARN; empty if the account has too many at the time."""
        self._store.write(self._uri(f"{name}.jsonl"), job.dataset)
        try:
            arn = self.bedrock.create_evaluation_job(**self._request(judge, name, job))["jobArn"]
        except ClientError as error:
            if code(error) in LATER:
                return ""
            if code(error) != "ConflictException":
                raise
            arn = self._find(name)  # it was started, and the invocation ended before it kept the ARN
            if not arn:
                raise
        self._store.write_json(self._uri(f"{name}.json"), {"jobArn": arn})
        return arn

    def _find(self, name: str) -> str:
        for page in self.bedrock.get_paginator("list_evaluation_jobs").paginate(nameContains=name):
            for job in page.get("jobSummaries", []):
                if job["jobName"] == name:
                    return job["jobArn"]
        return ""

    def _request(self, judge: Judge, name: str, job: Job) -> Any:
        run = self.scores.parts.run
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

    def _name(self, judge: Judge, job: Job) -> str:
        """A name that is the same for the same answers and the same judge: lower-case, up to 63 characters."""
        run = self.scores.parts.run.id
        content = names.digest([run, judge.model, metric(judge), job.source, job.dataset.decode()])
        return f"{Names(self.environment).prefix}judge-{names.short(content, 26)}"

    @property
    def _store(self) -> ObjectStore:
        return self.scores.parts.store

    def _uri(self, name: str) -> str:
        return self.scores.parts.uri(f"{FOLDER}{name}")
