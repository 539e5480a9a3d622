"""Runs evaluation jobs: reads the prompts, gets responses, scores them, and writes the report.

User Guide, "Create a prompt dataset for a model evaluation job that uses a model as judge": a line has a prompt,
optionally a reference response and a category, and for a job that brings its own responses exactly one of them, with
the same identifier throughout. Quotas: 1,000 prompts of 4 KB. That the identifier must equal the request's follows
AWS's samples. For such a job no model is called.

The report has the layout of model-evaluation-report-s3: a file for each dataset with a line for each prompt, and the
definitions of custom metrics beside it. The role needs bedrock:InvokeModel on every model that the job calls (User
Guide, automatic-service-roles and judge-service-roles); the S3 actions listed there are more than are used here. The
User Guide lists no EventBridge event for these jobs, so none is sent.

A fault with the stage Training affects jobs that are InProgress.
"""

import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from bedrock_simulator import json_text
from bedrock_simulator.catalog import builtin_datasets, job_limits, supported_models
from bedrock_simulator.control_plane.call import Params
from bedrock_simulator.control_plane.evaluations import request, scores
from bedrock_simulator.control_plane.evaluations.request import EvaluationRequest
from bedrock_simulator.control_plane.evaluations.scores import ScoredResponse
from bedrock_simulator.control_plane.job_runner import (
    MAX_MESSAGE,
    JobContext,
    JobRunner,
    JobWork,
    missing_permission,
)
from bedrock_simulator.models.storage import Bucket, JobInputError
from bedrock_simulator.models.text import Prompt
from bedrock_simulator.records import EvaluationJob, RegionResources
from bedrock_simulator.runtime import converse
from bedrock_simulator.runtime.call import RuntimeCall

SCORED, WRITTEN = range(2)


@dataclass(slots=True)
class EvaluationWork(JobWork):
    """The report's bodies by their URIs."""

    output: dict[str, str] = field(default_factory=dict)


class EvaluationRunner(JobRunner[EvaluationJob, EvaluationWork]):
    """Runs the evaluation jobs of all accounts and Regions."""

    def jobs(self, resources: RegionResources) -> dict[str, EvaluationJob]:
        """All evaluation jobs."""
        return resources.evaluations

    def new_work(self) -> EvaluationWork:
        """No report."""
        return EvaluationWork()

    def is_open(self, job: EvaluationJob) -> bool:
        """Whether the job runs, or is being stopped or deleted."""
        return job.status in ("InProgress", "Stopping", "Deleting")

    def stage(self, job: EvaluationJob) -> str:
        """Training while InProgress."""
        return "Training" if job.status == "InProgress" else ""

    def due_step(self, job: EvaluationJob, now: datetime) -> int | None:
        """Responses are scored while InProgress; the report is written when that time is over."""
        if job.status != "InProgress":
            return None
        return WRITTEN if job.due <= now else SCORED

    def advance_job(self, resources: RegionResources, job: EvaluationJob, work: EvaluationWork) -> None:
        """Ends or deletes the job."""
        if job.status == "Deleting":
            del resources.evaluations[job.arn]
            resources.tags.pop(job.arn, None)
        elif job.status == "Stopping":
            resources.evaluations[job.arn] = replace(job, status="Stopped", changed=job.due)
        elif work.failure:
            failure = work.failure[:MAX_MESSAGE]
            resources.evaluations[job.arn] = replace(job, status="Failed", changed=job.due, failure=failure)
        elif work.done >= WRITTEN:
            resources.evaluations[job.arn] = replace(job, status="Completed", changed=job.due)

    def run_step(
        self,
        step: int,
        work: EvaluationWork,
        job: EvaluationJob,
        resources: RegionResources,
        bucket: Bucket,
        context: JobContext,
    ) -> None:
        """Scores the responses, or writes the report."""
        if step == SCORED:
            work.output = self._score(job, resources, bucket, context)
        else:
            for uri, body in work.output.items():
                bucket.write(uri, body)

    def _score(
        self, job: EvaluationJob, resources: RegionResources, bucket: Bucket, context: JobContext
    ) -> dict[str, str]:
        evaluation = request.read(job.request)
        for model in called_models(evaluation):
            refused = missing_permission(self._services.roles, resources, job.request["roleArn"], model)
            if refused is not None:
                raise JobInputError(refused)
        root = f"{job.request['outputDataConfig']['s3Uri'].rstrip('/')}/{job.name}"
        return build_output(evaluation, root, job.arn, bucket, context)


@dataclass(frozen=True, slots=True)
class PromptRow:
    """One line of a dataset: `record` is repeated in the report; `response` is one that the job brings."""

    prompt: str
    reference: str | None
    record: Mapping[str, Any]
    response: str | None = None


def read_prompts(body: bytes, name: str, source: str | None) -> list[PromptRow]:
    """Reads a dataset in order.

    Args:
        body: The dataset file, JSON lines.
        name: The dataset's name, for messages.
        source: The identifier of the responses that the job brings, None if a model is called.

    Raises:
        JobInputError: A line is invalid, or there are too many of them.
    """
    rows = []
    for number, line in enumerate((line for line in body.split(b"\n") if line.strip()), start=1):
        try:
            rows.append(_row(line, source))
        except JobInputError as why:
            raise JobInputError(f"Line {number} of the dataset {name} is invalid: {why}") from None
    if not 0 < len(rows) <= job_limits.MAX_PROMPTS:
        raise JobInputError(f"The dataset {name} has {len(rows)} prompts; it may have 1 to {job_limits.MAX_PROMPTS}.")
    return rows


def _builtin_prompts(name: str) -> list[PromptRow]:
    found = builtin_datasets.find(name)
    rows = found.rows if found else ()
    return [
        PromptRow(prompt, reference, {"prompt": prompt, **({"referenceResponse": reference} if reference else {})})
        for prompt, reference in rows
    ]


def _row(line: bytes, source: str | None) -> PromptRow:
    try:
        record = json_text.parse(line)
    except ValueError:
        raise JobInputError("it is not JSON.") from None
    if not isinstance(record, dict) or not isinstance(record.get("prompt"), str) or not record["prompt"].strip():
        raise JobInputError("it must have a prompt, a non-empty string.")
    if len(record["prompt"].encode()) > job_limits.MAX_PROMPT_BYTES:
        raise JobInputError(f"its prompt has more than {job_limits.MAX_PROMPT_BYTES} bytes.")
    for optional in ("referenceResponse", "category"):
        if not isinstance(record.get(optional, ""), str):
            raise JobInputError(f"{optional} must be a string.")
    repeated = {key: record[key] for key in ("prompt", "referenceResponse", "category") if key in record}
    response = _given_response(record, source) if source is not None else None
    return PromptRow(record["prompt"], record.get("referenceResponse"), repeated, response)


def _given_response(record: dict[str, Any], source: str) -> str:
    responses = record.get("modelResponses")
    if not isinstance(responses, list) or len(responses) != 1 or not isinstance(responses[0], dict):
        raise JobInputError("it must have exactly one of modelResponses.")
    if responses[0].get("modelIdentifier") != source:
        raise JobInputError(f"its modelIdentifier must be {source}, as the request's.")
    if not isinstance(responses[0].get("response"), str):
        raise JobInputError("its response must be a string.")
    return str(responses[0]["response"])


def build_output(
    evaluation: EvaluationRequest, root: str, arn: str, bucket: Bucket, context: JobContext
) -> dict[str, str]:
    """Returns the report's bodies by their URIs under `root`, the job's own folder."""
    folder, model = f"{root}/{uuid.uuid5(uuid.NAMESPACE_URL, arn)}", evaluation.model or evaluation.source or ""
    call = context.call(evaluation.model) if evaluation.model else None
    found = {}
    for config in evaluation.datasets:
        name = config["dataset"]["name"]
        location = config["dataset"].get("datasetLocation", {}).get("s3Uri")
        rows = read_prompts(bucket.read(location), name, evaluation.source) if location else _builtin_prompts(name)
        lines = [_output_line(row, config, model, evaluation, call, context) for row in rows]
        path = f"models/{model.rsplit('/', 1)[-1]}/taskTypes/{config['taskType']}/datasets/{name}"
        file = uuid.uuid5(uuid.NAMESPACE_URL, f"{arn}/{name}")
        found[f"{folder}/{path}/{file}_output.jsonl"] = "".join(json.dumps(line) + "\n" for line in lines)
    for name, definition in evaluation.custom.items():
        found[f"{folder}/custom_metrics/{name}.json"] = json.dumps({"customMetricDefinition": definition})
    return found


def _output_line(
    row: PromptRow,
    config: Params,
    model: str,
    evaluation: EvaluationRequest,
    call: RuntimeCall | None,
    context: JobContext,
) -> Params:
    response = _call_model(call, row.prompt, evaluation) if call else row.response or ""
    judge = supported_models.model_of(evaluation.judge or evaluation.custom_judge or "")
    judges_own = context.teacher.answer(Prompt("", row.prompt), judge.id if judge else "")
    answer = ScoredResponse(row.prompt, response, row.reference, judges_own)
    if call and "Builtin.Robustness" in config["metricNames"]:
        answer = replace(answer, again=_call_model(call, row.prompt.lower(), evaluation))
    return {
        "automatedEvaluationResult": {"scores": list(_scores(answer, config, evaluation, context))},
        "inputRecord": row.record,
        "modelResponses": [{"modelIdentifier": model, "response": response}],
    }


def _scores(
    answer: ScoredResponse, config: Params, evaluation: EvaluationRequest, context: JobContext
) -> Iterator[Params]:
    for name in config["metricNames"]:
        if name in evaluation.custom:
            metric = evaluation.custom[name]
            judge = evaluation.custom_judge or ""
            yield scores.judged(name, answer, judge, metric.get("ratingScale"), metric["instructions"], context.judges)
        elif evaluation.judge:
            yield scores.judged(name, answer, evaluation.judge, None, settings=context.judges)
        else:
            yield scores.computed(name, answer, config["taskType"])


def _call_model(call: RuntimeCall, prompt: str, evaluation: EvaluationRequest) -> str:
    params = {
        **call.params,
        "messages": [{"role": "user", "content": [{"text": prompt}]}],
        **(
            {"inferenceConfig": evaluation.parameters["inferenceConfig"]}
            if "inferenceConfig" in evaluation.parameters
            else {}
        ),
        **({"performanceConfig": {"latency": evaluation.latency}} if evaluation.latency else {}),
    }
    outcome = converse.converse(replace(call, params=params))
    return "".join(block.get("text", "") for block in outcome.members["output"]["message"]["content"])


def called_models(evaluation: EvaluationRequest) -> list[str]:
    """Returns every model that the job calls, each once."""
    return list(dict.fromkeys(each for each in (evaluation.model, evaluation.judge, evaluation.custom_judge) if each))
