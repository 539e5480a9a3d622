"""Reading an evaluation's prompt dataset.

User Guide, "Create a prompt dataset for a model evaluation job that uses a model as judge": a prompt, optionally a
reference and a category, and for given answers exactly one response whose identifier is the same throughout. Quotas:
1,000 prompts of 4 KB. That the identifier must be the request's own is how AWS's samples have it.

How evaluation jobs move on. EventBridge is told nothing of them: the User Guide lists no event of theirs.

The role must be allowed bedrock:InvokeModel on what the job calls (User Guide, automatic-service-roles and
judge-service-roles); the S3 actions listed there are more than are used here.

A fault of stage Training strikes while the job is InProgress.

The work of an evaluation job: read the prompts, have them answered, score the answers, lay out the output.

The layout is that of User Guide, model-evaluation-report-s3: one file a dataset, one line a prompt; definitions of
custom metrics beside them. Where answers were given, no model is called for them.
"""

import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any

from bedrock_simulator import errors
from bedrock_simulator.catalog import job_limits
from bedrock_simulator.control_plane import job_runner
from bedrock_simulator.control_plane.call import Params, Services
from bedrock_simulator.control_plane.evaluations import request, scores
from bedrock_simulator.control_plane.evaluations.request import EvaluationRequest
from bedrock_simulator.control_plane.evaluations.scores import ScoredResponse
from bedrock_simulator.control_plane.job_runner import JobContext, StatusChange
from bedrock_simulator.faults import FaultContext, Faults
from bedrock_simulator.models.storage import Bucket, JobInputError
from bedrock_simulator.models.text import Prompt
from bedrock_simulator.ports import ObjectDenied, ObjectMissing
from bedrock_simulator.records import EvaluationJob, RegionResources
from bedrock_simulator.runtime import converse
from bedrock_simulator.runtime.call import Call


@dataclass(frozen=True, slots=True)
class PromptRow:
    """One line: `record` is what the output repeats of it; `response` was given."""

    prompt: str
    reference: str | None
    record: Mapping[str, Any]
    response: str | None = None


def read_prompts(body: bytes, name: str, source: str | None) -> list[PromptRow]:
    """The rows in order; Rejected names the first line at fault. `source` is the identifier of given answers."""
    rows = []
    for number, line in enumerate((line for line in body.split(b"\n") if line.strip()), start=1):
        try:
            rows.append(_row(line, source))
        except JobInputError as why:
            raise JobInputError(f"Line {number} of the dataset {name} is invalid: {why}") from None
    if not 0 < len(rows) <= job_limits.MAX_PROMPTS:
        raise JobInputError(f"The dataset {name} has {len(rows)} prompts; it may have 1 to {job_limits.MAX_PROMPTS}.")
    return rows


def _row(line: bytes, source: str | None) -> PromptRow:
    try:
        record = json.loads(line)
    except ValueError:
        raise JobInputError("it is not JSON.") from None
    if not isinstance(record, dict) or not isinstance(record.get("prompt"), str) or not record["prompt"].strip():
        raise JobInputError("it must have a prompt, a text.")
    if len(record["prompt"].encode()) > job_limits.MAX_PROMPT_BYTES:
        raise JobInputError(f"its prompt has over {job_limits.MAX_PROMPT_BYTES} bytes.")
    for optional in ("referenceResponse", "category"):
        if not isinstance(record.get(optional, ""), str):
            raise JobInputError(f"{optional} must be a text.")
    kept = {key: record[key] for key in ("prompt", "referenceResponse", "category") if key in record}
    response = _given_response(record, source) if source is not None else None
    return PromptRow(record["prompt"], record.get("referenceResponse"), kept, response)


def _given_response(record: dict[str, Any], source: str) -> str:
    given = record.get("modelResponses")
    if not isinstance(given, list) or len(given) != 1 or not isinstance(given[0], dict):
        raise JobInputError("it must have exactly one of modelResponses.")
    if given[0].get("modelIdentifier") != source:
        raise JobInputError(f"its modelIdentifier must be {source}, as the request's.")
    if not isinstance(given[0].get("response"), str):
        raise JobInputError("its response must be a text.")
    return str(given[0]["response"])


SCORED, WRITTEN = range(2)
_FAILED = "Internal error (this simulated account was told to fail the job)."


@dataclass(slots=True)
class EvaluationWork:
    """What a job has worked out so far; `done` is the last step that is finished."""

    done: int = -1
    output: dict[str, str] = field(default_factory=dict)
    failure: str | None = None


class EvaluationRunner:
    """The evaluation jobs of all estates, with the errands of those that run."""

    def __init__(self, around: Services) -> None:
        self._around = around
        self._errands: dict[str, EvaluationWork] = {}

    def clear(self) -> None:
        """Forgets every errand."""
        self._errands.clear()

    def advance(self, estate: RegionResources, now: datetime, faults: Faults) -> None:
        """Moves every job as far as its time and its finished work allow."""
        for job in list(estate.evaluations.values()):
            if now < job.due or (job.status == "InProgress" and faults.strikes("stuck-job", _occasion(estate, job))):
                continue
            if job.status == "Deleting":
                del estate.evaluations[job.arn]
                estate.tags.pop(job.arn, None)
            else:
                estate.evaluations[job.arn] = self._step(job)

    def _step(self, job: EvaluationJob) -> EvaluationJob:
        errand = self._errands.get(job.arn, EvaluationWork())
        if job.status == "Stopping":
            return replace(job, status="Stopped", changed=job.due)
        if job.status == "InProgress" and errand.failure:
            return replace(job, status="Failed", changed=job.due, failure=errand.failure[:2048])
        if job.status == "InProgress" and errand.done >= WRITTEN:
            return replace(job, status="Completed", changed=job.due)
        return job

    def pending(self, estate: RegionResources, means: JobContext) -> list[Callable[[], None]]:
        """The work that jobs need done, to be run without the lock."""
        tasks: list[Callable[[], None]] = []
        for job in estate.evaluations.values():
            if job.status != "InProgress":
                self._errands.pop(job.arn, None)
                continue
            errand, occasion = self._errands.setdefault(job.arn, EvaluationWork()), _occasion(estate, job)
            step = WRITTEN if job.due <= means.now else SCORED
            if errand.failure is not None or errand.done >= step:
                continue
            if fault := means.faults.strikes("failed-job", occasion):
                errand.failure = fault.message or _FAILED
            elif not means.faults.strikes("stuck-job", occasion):
                tasks.append(partial(self._work, errand, step, job, estate, means))
        return tasks

    def _work(
        self, errand: EvaluationWork, step: int, job: EvaluationJob, estate: RegionResources, means: JobContext
    ) -> None:
        bucket = Bucket(self._around.objects, estate.account, estate.region, job.request["roleArn"])
        try:
            for each in range(errand.done + 1, step + 1):
                if each == SCORED:
                    errand.output = self._scored(job, estate, bucket, means)
                else:
                    for uri, body in errand.output.items():
                        bucket.write(uri, body)
                errand.done = each
        except (JobInputError, ObjectDenied, ObjectMissing, errors.ServiceError) as why:
            errand.failure = str(why)

    def _scored(self, job: EvaluationJob, estate: RegionResources, bucket: Bucket, means: JobContext) -> dict[str, str]:
        asked = request.read(job.request)
        for model in called_models(asked):
            refused = job_runner.missing_permission(self._around.roles, estate, job.request["roleArn"], model)
            if refused is not None:
                raise JobInputError(refused)
        root = f"{job.request['outputDataConfig']['s3Uri'].rstrip('/')}/{job.name}"
        return build_output(asked, root, job.arn, bucket, means)

    def changes(self, _estate: RegionResources, _now: datetime) -> Iterator[StatusChange]:
        """None that anybody is told of."""
        yield from ()


def _occasion(estate: RegionResources, job: EvaluationJob) -> FaultContext:
    return FaultContext(estate.account, estate.region, named=job.name, stage="Training", subject=f"{job.arn} Training")


def build_output(asked: EvaluationRequest, root: str, arn: str, bucket: Bucket, means: JobContext) -> dict[str, str]:
    """The bodies of the output by their URIs under `root`, the job's own folder."""
    folder, model = f"{root}/{uuid.uuid5(uuid.NAMESPACE_URL, arn)}", asked.model or asked.source or ""
    call = means.call(asked.model) if asked.model else None
    found = {}
    for config in asked.datasets:
        name = config["dataset"]["name"]
        rows = read_prompts(bucket.read(config["dataset"]["datasetLocation"]["s3Uri"]), name, asked.source)
        lines = [_output_line(row, config, model, asked, call, means) for row in rows]
        place = f"models/{model.rsplit('/', 1)[-1]}/taskTypes/{config['taskType']}/datasets/{name}"
        file = uuid.uuid5(uuid.NAMESPACE_URL, f"{arn}/{name}")
        found[f"{folder}/{place}/{file}_output.jsonl"] = "".join(json.dumps(line) + "\n" for line in lines)
    for name, definition in asked.custom.items():
        found[f"{folder}/custom_metrics/{name}.json"] = json.dumps({"customMetricDefinition": definition})
    return found


def _output_line(
    row: PromptRow, config: Params, model: str, asked: EvaluationRequest, call: Call | None, means: JobContext
) -> Params:
    said = _call_model(call, row.prompt, asked) if call else row.response or ""
    answer = ScoredResponse(row.prompt, said, row.reference, means.teacher.answer(Prompt("", row.prompt)))
    if call and "Builtin.Robustness" in config["metricNames"]:
        answer = replace(answer, again=_call_model(call, row.prompt.lower(), asked))
    return {
        "automatedEvaluationResult": {"scores": list(_scores(answer, config, asked))},
        "inputRecord": row.record,
        "modelResponses": [{"modelIdentifier": model, "response": said}],
    }


def _scores(answer: ScoredResponse, config: Params, asked: EvaluationRequest) -> Iterator[Params]:
    for name in config["metricNames"]:
        if name in asked.custom:
            yield scores.judged(name, answer, asked.custom_judge or "", asked.custom[name].get("ratingScale"))
        elif asked.judge:
            yield scores.judged(name, answer, asked.judge, None)
        else:
            yield scores.computed(name, answer, config["taskType"])


def _call_model(call: Call, prompt: str, asked: EvaluationRequest) -> str:
    params = {
        **call.params,
        "messages": [{"role": "user", "content": [{"text": prompt}]}],
        **({"inferenceConfig": asked.parameters["inferenceConfig"]} if "inferenceConfig" in asked.parameters else {}),
        **({"performanceConfig": {"latency": asked.latency}} if asked.latency else {}),
    }
    outcome = converse.converse(replace(call, params=params))
    return "".join(block.get("text", "") for block in outcome.members["output"]["message"]["content"])


def called_models(asked: EvaluationRequest) -> list[str]:
    """Every model that the job calls, each once."""
    return list(dict.fromkeys(each for each in (asked.model, asked.judge, asked.custom_judge) if each))
