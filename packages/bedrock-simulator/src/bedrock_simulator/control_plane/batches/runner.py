"""Runs batch inference jobs: their status over time, their work, and their events.

Submitted → Validating → Scheduled → InProgress → Completed (or Failed, or Stopping and Stopped). The durations are an
ASSUMPTION. They are shorter than the shortest time-out, so a job neither expires nor completes partially. A record that
the model rejects becomes an error in the output; the job is Completed all the same. The role needs the permissions that
the User Guide lists for inference profiles (batch-iam-sr); for a model's own ID none are listed, so none are checked.

Records are answered by the runtime's models, without quotas, latency and invocation logs.

A fault with the stage Validation affects jobs that are Validating, one with the stage Training those InProgress.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from bedrock_simulator import errors
from bedrock_simulator.catalog import availability
from bedrock_simulator.control_plane.batches import files
from bedrock_simulator.control_plane.batches.files import File, Record
from bedrock_simulator.control_plane.job_runner import (
    MAX_MESSAGE,
    JobContext,
    JobRunner,
    JobWork,
    StatusChange,
    is_profile,
    missing_permission,
)
from bedrock_simulator.models.storage import Bucket, JobInputError
from bedrock_simulator.protocol import service_model, shapes
from bedrock_simulator.records import BatchJob, RegionResources
from bedrock_simulator.runtime import converse, invoke
from bedrock_simulator.runtime.call import RuntimeCall

DETAIL_TYPE = "Batch Inference Job State Change"
VALIDATING, SCHEDULED, MAX_DURATION = timedelta(minutes=4), timedelta(minutes=5), timedelta(hours=20)
READ, INVOKED, WRITTEN = range(3)
_STAGES = {"Validating": "Validation", "InProgress": "Training"}


@dataclass(slots=True)
class BatchWork(JobWork):
    """The files that were read, and the output that they gave."""

    files: list[File] = field(default_factory=list)
    output: dict[str, str] = field(default_factory=dict)
    rejected: int = 0


class BatchRunner(JobRunner[BatchJob, BatchWork]):
    """Runs the batch inference jobs of all accounts and Regions."""

    def jobs(self, resources: RegionResources) -> dict[str, BatchJob]:
        """All batch inference jobs."""
        return resources.batches

    def new_work(self) -> BatchWork:
        """No files, no output."""
        return BatchWork()

    def is_open(self, job: BatchJob) -> bool:
        """Whether the job has not ended."""
        return job.ended is None

    def stage(self, job: BatchJob) -> str:
        """Validation while Validating, Training while InProgress."""
        return _STAGES.get(job.status, "")

    def due_step(self, job: BatchJob, now: datetime) -> int | None:
        """Input is read while Validating; output is written when the time InProgress is over."""
        if job.status == "InProgress":
            return WRITTEN if job.due <= now else INVOKED
        return READ if job.status == "Validating" else None

    def advance_job(self, resources: RegionResources, job: BatchJob, work: BatchWork) -> None:
        """Moves the job to its next status."""
        resources.batches[job.arn] = _next(job, work)

    def run_step(
        self, step: int, work: BatchWork, job: BatchJob, resources: RegionResources, bucket: Bucket, context: JobContext
    ) -> None:
        """Reads the input, invokes the model, or writes the output."""
        if step == READ:
            work.files = self._read(job, resources, bucket)
        elif step == INVOKED:
            work.output, work.rejected = run_records(work.files, job, context)
        else:
            root = job.request["outputDataConfig"]["s3OutputDataConfig"]["s3Uri"].rstrip("/")
            for name, body in work.output.items():
                bucket.write(f"{root}/{job.arn.rsplit('/', 1)[1]}/{name}.out", body)

    def _read(self, job: BatchJob, resources: RegionResources, bucket: Bucket) -> list[File]:
        found = files.read(bucket, job.request["inputDataConfig"]["s3InputDataConfig"]["s3Uri"])
        model_id = job.request["modelId"]
        refused = missing_permission(self._services.roles, resources, job.request["roleArn"], model_id)
        if refused is not None and is_profile(model_id):
            raise JobInputError(refused)
        return found

    def changes(self, resources: RegionResources, now: datetime) -> Iterator[StatusChange]:
        """Every job's status. Bedrock had batch inference jobs before it sent events about them."""
        for job in resources.batches.values() if now.date() >= availability.BATCH_EVENTS else ():
            yield StatusChange(job.arn, job.name, job.status, job.changed, DETAIL_TYPE, _detail(job, resources))


def _next(job: BatchJob, work: BatchWork) -> BatchJob:
    if work.failure and job.status in _STAGES:
        return _finish(job, "Failed", work.failure)
    match job.status:
        case "Submitted":
            return _move_to(job, "Validating", VALIDATING)
        case "Validating" if work.done >= READ:
            total = sum(len(file.records) for file in work.files)
            return _move_to(replace(job, total=total), "Scheduled", SCHEDULED)
        case "Scheduled":
            return _move_to(job, "InProgress", min(MAX_DURATION, timedelta(minutes=5 + 0.02 * job.total)))
        case "InProgress" if work.done >= WRITTEN:
            return _finish(replace(job, processed=job.total, failed=work.rejected), "Completed")
        case "Stopping":
            return _finish(job, "Stopped")
    return job


def _move_to(job: BatchJob, status: str, duration: timedelta) -> BatchJob:
    return replace(job, status=status, changed=job.due, due=job.due + duration)


def _finish(job: BatchJob, status: str, failure: str | None = None) -> BatchJob:
    message = failure[:MAX_MESSAGE] if failure else None
    return replace(job, status=status, changed=job.due, ended=job.due, failure=message)


def _detail(job: BatchJob, resources: RegionResources) -> dict[str, Any]:
    model_id = job.request["modelId"]
    model = (
        model_id if model_id.startswith("arn:") else f"arn:aws:bedrock:{resources.region}::foundation-model/{model_id}"
    )
    return {
        "version": "0.0",
        "accountId": resources.account,
        "batchJobName": job.name,
        "batchJobArn": job.arn,
        "batchModelId": model,
        "status": job.status,
        "failureMessage": job.failure or "",
        "creationTime": f"{job.created:%b} {job.created.day}, {job.created:%Y, %I:%M:%S %p}",
    }


Params = dict[str, Any]
Invoker = Callable[[RuntimeCall, Params], tuple[Params, tuple[int, int]]]


def run_records(inputs: Sequence[File], job: BatchJob, context: JobContext) -> tuple[dict[str, str], int]:
    """Answers all records. Returns the output files by name with the manifest, and the number of rejected records."""
    invoke_model = _INVOKERS[job.request.get("modelInvocationType", "InvokeModel")]
    call = context.call(job.request["modelId"])
    output, used, rejected = {}, [0, 0], 0
    for file in inputs:
        rows = []
        for record in file.records:
            row, tokens = _output_row(record, call, invoke_model)
            rejected += "error" in row
            used = [sum(pair) for pair in zip(used, tokens, strict=True)]
            rows.append(row)
        output[file.name] = files.lines(rows)
    output["manifest.json"] = _manifest(sum(len(file.records) for file in inputs), rejected, used)
    return output, rejected


def _manifest(total: int, rejected: int, used: Sequence[int]) -> str:
    counts = {"totalRecordCount": total, "processedRecordCount": total, "successRecordCount": total - rejected}
    return json.dumps({**counts, "errorRecordCount": rejected, "inputTokenCount": used[0], "outputTokenCount": used[1]})


def _output_row(record: Record, call: RuntimeCall, invoke_model: Invoker) -> tuple[Params, tuple[int, int]]:
    row = {"recordId": record.id, "modelInput": record.input}
    try:
        output, used = invoke_model(call, record.input)
    except errors.ServiceError as error:
        return {**row, "error": {"errorCode": error.status, "errorMessage": error.message}}, (0, 0)
    return {**row, "modelOutput": output}, used


def _converse(call: RuntimeCall, body: Params) -> tuple[Params, tuple[int, int]]:
    shape = service_model.operation("bedrock-runtime", "Converse").model.input_shape
    params = {"modelId": call.params["modelId"], **body}
    if found := shapes.problems(params, shape):
        raise errors.validation(f"{len(found)} validation error(s) detected: {'; '.join(found)}")
    outcome = converse.converse(replace(call, params=params))
    return outcome.members, outcome.used


def _invoke(call: RuntimeCall, body: Params) -> tuple[Params, tuple[int, int]]:
    params = {"modelId": call.params["modelId"], "body": json.dumps(body).encode()}
    outcome = invoke.invoke(replace(call, params=params))
    return json.loads(outcome.members["body"]), outcome.used


_INVOKERS: dict[str, Invoker] = {"Converse": _converse, "InvokeModel": _invoke}
