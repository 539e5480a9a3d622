"""How batch inference jobs move on, the work behind them, and the events that tell of it.

Submitted → Validating → Scheduled → InProgress → Completed (or Failed, or Stopping and Stopped). How long each takes
is this simulator's assumption and never as long as the shortest time-out, so a job neither expires nor ends partially.
A record that a model refuses is an error in the output, and the job is Completed all the same. The role needs what the
User Guide lists for profiles (batch-iam-sr); for a model's own id nothing is listed, and nothing is asked.

A fault of stage Validation strikes while Validating, one of stage Training while InProgress.

A batch inference job's records answered by the runtime's own models: no quota, no waiting, no log.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from bedrock_simulator import errors
from bedrock_simulator.catalog import availability
from bedrock_simulator.control_plane import job_runner
from bedrock_simulator.control_plane.batches import files
from bedrock_simulator.control_plane.batches.files import File, Record
from bedrock_simulator.control_plane.call import Services
from bedrock_simulator.control_plane.job_runner import JobContext, StatusChange
from bedrock_simulator.faults import FaultContext, Faults
from bedrock_simulator.models.storage import Bucket, JobInputError
from bedrock_simulator.ports import ObjectDenied, ObjectMissing
from bedrock_simulator.protocol import service_model, shapes
from bedrock_simulator.records import BatchJob, RegionResources
from bedrock_simulator.runtime import converse, invoke
from bedrock_simulator.runtime.call import Call

DETAIL_TYPE = "Batch Inference Job State Change"
VALIDATING, SCHEDULED, MOST = timedelta(minutes=4), timedelta(minutes=5), timedelta(hours=20)
READ, ANSWERED, WRITTEN = range(3)
_STAGES = {"Validating": "Validation", "InProgress": "Training"}
_FAILED = "Internal error (this simulated account was told to fail the job)."


@dataclass(slots=True)
class BatchWork:
    """What a job has worked out so far; `done` is the last step that is finished."""

    done: int = -1
    files: list[File] = field(default_factory=list)
    output: dict[str, str] = field(default_factory=dict)
    refused: int = 0
    failure: str | None = None


class BatchRunner:
    """The batch inference jobs of all estates, with the errands of those under way."""

    def __init__(self, around: Services) -> None:
        self._around = around
        self._errands: dict[str, BatchWork] = {}

    def clear(self) -> None:
        """Forgets every errand."""
        self._errands.clear()

    def advance(self, estate: RegionResources, now: datetime, faults: Faults) -> None:
        """Moves every job as far as its time and its finished work allow."""
        for batch in list(estate.batches.values()):
            if not batch.ended and batch.due <= now and not faults.strikes("stuck-job", _occasion(estate, batch)):
                moved = self._step(batch)
                estate.batches[batch.arn] = moved
                if moved.ended:
                    self._errands.pop(batch.arn, None)

    def _step(self, batch: BatchJob) -> BatchJob:
        errand = self._errands.get(batch.arn, BatchWork())
        if errand.failure and batch.status in _STAGES:
            return _finish(batch, "Failed", errand.failure)
        match batch.status:
            case "Submitted":
                return _move_to(batch, "Validating", VALIDATING)
            case "Validating" if errand.done >= READ:
                total = sum(len(file.records) for file in errand.files)
                return _move_to(replace(batch, total=total), "Scheduled", SCHEDULED)
            case "Scheduled":
                return _move_to(batch, "InProgress", min(MOST, timedelta(minutes=5 + 0.02 * batch.total)))
            case "InProgress" if errand.done >= WRITTEN:
                return _finish(replace(batch, processed=batch.total, failed=errand.refused), "Completed")
            case "Stopping":
                return _finish(batch, "Stopped")
        return batch

    def pending(self, estate: RegionResources, means: JobContext) -> list[Callable[[], None]]:
        """The work that jobs need done, to be run without the lock."""
        tasks: list[Callable[[], None]] = []
        for batch in estate.batches.values():
            step, occasion = _due_step(batch, means.now), _occasion(estate, batch)
            errand = self._errands.setdefault(batch.arn, BatchWork()) if step is not None else BatchWork(WRITTEN)
            if step is None or errand.failure is not None or errand.done >= step:
                continue
            if fault := means.faults.strikes("failed-job", occasion):
                errand.failure = fault.message or _FAILED
            elif not means.faults.strikes("stuck-job", occasion):
                tasks.append(partial(self._work, errand, step, batch, estate, means))
        return tasks

    def _work(self, errand: BatchWork, step: int, batch: BatchJob, estate: RegionResources, means: JobContext) -> None:
        bucket = Bucket(self._around.objects, estate.account, estate.region, batch.request["roleArn"])
        try:
            for each in range(errand.done + 1, step + 1):
                if each == READ:
                    errand.files = self._read(batch, estate, bucket)
                elif each == ANSWERED:
                    errand.output, errand.refused = run_records(errand.files, batch, means)
                else:
                    _write(errand, batch, bucket)
                errand.done = each
        except (JobInputError, ObjectDenied, ObjectMissing, errors.ServiceError) as why:
            errand.failure = str(why)

    def _read(self, batch: BatchJob, estate: RegionResources, bucket: Bucket) -> list[File]:
        found = files.read(bucket, batch.request["inputDataConfig"]["s3InputDataConfig"]["s3Uri"])
        named = batch.request["modelId"]
        refused = job_runner.missing_permission(self._around.roles, estate, batch.request["roleArn"], named)
        if refused is not None and job_runner.is_profile(named):
            raise JobInputError(refused)
        return found

    def changes(self, estate: RegionResources, now: datetime) -> Iterator[StatusChange]:
        """Every job's status with the event that tells of it; there were batches before there were events of them."""
        for batch in estate.batches.values() if now.date() >= availability.BATCH_EVENTS else ():
            yield StatusChange(batch.arn, batch.name, batch.status, batch.changed, DETAIL_TYPE, _detail(batch, estate))


def _occasion(estate: RegionResources, batch: BatchJob) -> FaultContext:
    stage = _STAGES.get(batch.status, "")
    return FaultContext(estate.account, estate.region, named=batch.name, stage=stage, subject=f"{batch.arn} {stage}")


def _move_to(batch: BatchJob, status: str, took: timedelta) -> BatchJob:
    return replace(batch, status=status, changed=batch.due, due=batch.due + took)


def _finish(batch: BatchJob, status: str, failure: str | None = None) -> BatchJob:
    message = failure[:2048] if failure else None
    return replace(batch, status=status, changed=batch.due, ended=batch.due, failure=message)


def _due_step(batch: BatchJob, now: datetime) -> int | None:
    """The step that a job's work should have reached; output is written when its time is over."""
    if batch.status == "InProgress":
        return WRITTEN if batch.due <= now else ANSWERED
    return READ if batch.status == "Validating" else None


def _write(errand: BatchWork, batch: BatchJob, bucket: Bucket) -> None:
    root = batch.request["outputDataConfig"]["s3OutputDataConfig"]["s3Uri"].rstrip("/")
    for name, body in errand.output.items():
        bucket.write(f"{root}/{batch.arn.rsplit('/', 1)[1]}/{name}.out", body)


def _detail(batch: BatchJob, estate: RegionResources) -> dict[str, Any]:
    named = batch.request["modelId"]
    model = named if named.startswith("arn:") else f"arn:aws:bedrock:{estate.region}::foundation-model/{named}"
    return {
        "version": "0.0",
        "accountId": estate.account,
        "batchJobName": batch.name,
        "batchJobArn": batch.arn,
        "batchModelId": model,
        "status": batch.status,
        "failureMessage": batch.failure or "",
        "creationTime": f"{batch.created:%b} {batch.created.day}, {batch.created:%Y, %I:%M:%S %p}",
    }


Params = dict[str, Any]
Invoker = Callable[[Call, Params], tuple[Params, tuple[int, int]]]


def run_records(given: Sequence[File], batch: BatchJob, means: JobContext) -> tuple[dict[str, str], int]:
    """The bodies of the output by their names, the manifest among them, and how many records were refused."""
    answer = _INVOKERS[batch.request.get("modelInvocationType", "InvokeModel")]
    call = means.call(batch.request["modelId"])
    output, used, refused = {}, [0, 0], 0
    for file in given:
        rows = []
        for record in file.records:
            row, tokens = _output_row(record, call, answer)
            refused += "error" in row
            used = [sum(pair) for pair in zip(used, tokens, strict=True)]
            rows.append(row)
        output[file.name] = files.lines(rows)
    output["manifest.json"] = _manifest(sum(len(file.records) for file in given), refused, used)
    return output, refused


def _manifest(total: int, refused: int, used: Sequence[int]) -> str:
    counts = {"totalRecordCount": total, "processedRecordCount": total, "successRecordCount": total - refused}
    return json.dumps({**counts, "errorRecordCount": refused, "inputTokenCount": used[0], "outputTokenCount": used[1]})


def _output_row(record: Record, call: Call, answer: Invoker) -> tuple[Params, tuple[int, int]]:
    kept = {"recordId": record.id, "modelInput": record.input}
    try:
        said, used = answer(call, record.input)
    except errors.ServiceError as refusal:
        return {**kept, "error": {"errorCode": refusal.status, "errorMessage": refusal.message}}, (0, 0)
    return {**kept, "modelOutput": said}, used


def _converse(call: Call, body: Params) -> tuple[Params, tuple[int, int]]:
    shape = service_model.operation("bedrock-runtime", "Converse").model.input_shape
    params = {"modelId": call.params["modelId"], **body}
    if found := shapes.problems(params, shape):
        raise errors.validation(f"{len(found)} validation error(s) detected: {'; '.join(found)}")
    outcome = converse.converse(replace(call, params=params))
    return outcome.members, outcome.used


def _invoke(call: Call, body: Params) -> tuple[Params, tuple[int, int]]:
    params = {"modelId": call.params["modelId"], "body": json.dumps(body).encode()}
    outcome = invoke.invoke(replace(call, params=params))
    return json.loads(outcome.members["body"]), outcome.used


_INVOKERS: dict[str, Invoker] = {"Converse": _converse, "InvokeModel": _invoke}
