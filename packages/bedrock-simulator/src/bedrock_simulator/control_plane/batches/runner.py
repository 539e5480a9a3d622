"""How batch inference jobs move on, the work behind them, and the events that tell of it.

Submitted → Validating → Scheduled → InProgress → Completed (or Failed, or Stopping and Stopped). How long each takes
is this simulator's assumption and never as long as the shortest time-out, so a job neither expires nor ends partially.
A record that a model refuses is an error in the output, and the job is Completed all the same. The role needs what the
User Guide lists for profiles (batch-iam-sr); for a model's own id nothing is listed, and nothing is asked.

A fault of stage Validation strikes while Validating, one of stage Training while InProgress.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from bedrock_simulator import errors
from bedrock_simulator.catalog import availability
from bedrock_simulator.control_plane import access
from bedrock_simulator.control_plane.batches import answers, files
from bedrock_simulator.control_plane.batches.files import File
from bedrock_simulator.control_plane.call import Surroundings
from bedrock_simulator.control_plane.job_context import Change, Means
from bedrock_simulator.faults import Faults, Occasion
from bedrock_simulator.models.storage import Bucket, Rejected
from bedrock_simulator.ports import ObjectDenied, ObjectMissing
from bedrock_simulator.records import BatchJob, Estate

DETAIL_TYPE = "Batch Inference Job State Change"
VALIDATING, SCHEDULED, MOST = timedelta(minutes=4), timedelta(minutes=5), timedelta(hours=20)
READ, ANSWERED, WRITTEN = range(3)
_STAGES = {"Validating": "Validation", "InProgress": "Training"}
_FAILED = "Internal error (this simulated account was told to fail the job)."


@dataclass(slots=True)
class Errand:
    """What a job has worked out so far; `done` is the last step that is finished."""

    done: int = -1
    files: list[File] = field(default_factory=list)
    output: dict[str, str] = field(default_factory=dict)
    refused: int = 0
    failure: str | None = None


class Batches:
    """The batch inference jobs of all estates, with the errands of those under way."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._errands: dict[str, Errand] = {}

    def clear(self) -> None:
        """Forgets every errand."""
        self._errands.clear()

    def advance(self, estate: Estate, now: datetime, faults: Faults) -> None:
        """Moves every job as far as its time and its finished work allow."""
        for batch in list(estate.batches.values()):
            if not batch.ended and batch.due <= now and not faults.strikes("stuck-job", _occasion(estate, batch)):
                moved = self._step(batch)
                estate.batches[batch.arn] = moved
                if moved.ended:
                    self._errands.pop(batch.arn, None)

    def _step(self, batch: BatchJob) -> BatchJob:
        errand = self._errands.get(batch.arn, Errand())
        if errand.failure and batch.status in _STAGES:
            return _over(batch, "Failed", errand.failure)
        match batch.status:
            case "Submitted":
                return _on(batch, "Validating", VALIDATING)
            case "Validating" if errand.done >= READ:
                total = sum(len(file.records) for file in errand.files)
                return _on(replace(batch, total=total), "Scheduled", SCHEDULED)
            case "Scheduled":
                return _on(batch, "InProgress", min(MOST, timedelta(minutes=5 + 0.02 * batch.total)))
            case "InProgress" if errand.done >= WRITTEN:
                return _over(replace(batch, processed=batch.total, failed=errand.refused), "Completed")
            case "Stopping":
                return _over(batch, "Stopped")
        return batch

    def pending(self, estate: Estate, means: Means) -> list[Callable[[], None]]:
        """The work that jobs need done, to be run without the lock."""
        tasks: list[Callable[[], None]] = []
        for batch in estate.batches.values():
            step, occasion = _wanted(batch, means.now), _occasion(estate, batch)
            errand = self._errands.setdefault(batch.arn, Errand()) if step is not None else Errand(WRITTEN)
            if step is None or errand.failure is not None or errand.done >= step:
                continue
            if fault := means.faults.strikes("failed-job", occasion):
                errand.failure = fault.message or _FAILED
            elif not means.faults.strikes("stuck-job", occasion):
                tasks.append(partial(self._work, errand, step, batch, estate, means))
        return tasks

    def _work(self, errand: Errand, step: int, batch: BatchJob, estate: Estate, means: Means) -> None:
        bucket = Bucket(self._around.objects, estate.account, estate.region, batch.request["roleArn"])
        try:
            for each in range(errand.done + 1, step + 1):
                if each == READ:
                    errand.files = self._read(batch, estate, bucket)
                elif each == ANSWERED:
                    errand.output, errand.refused = answers.of(errand.files, batch, means)
                else:
                    _write(errand, batch, bucket)
                errand.done = each
        except (Rejected, ObjectDenied, ObjectMissing, errors.ServiceError) as why:
            errand.failure = str(why)

    def _read(self, batch: BatchJob, estate: Estate, bucket: Bucket) -> list[File]:
        found = files.read(bucket, batch.request["inputDataConfig"]["s3InputDataConfig"]["s3Uri"])
        named = batch.request["modelId"]
        refused = access.refusal(self._around.roles, estate, batch.request["roleArn"], named)
        if refused is not None and access.is_profile(named):
            raise Rejected(refused)
        return found

    def changes(self, estate: Estate, now: datetime) -> Iterator[Change]:
        """Every job's status with the event that tells of it; there were batches before there were events of them."""
        for batch in estate.batches.values() if now.date() >= availability.BATCH_EVENTS else ():
            yield Change(batch.arn, batch.name, batch.status, batch.changed, DETAIL_TYPE, _detail(batch, estate))


def _occasion(estate: Estate, batch: BatchJob) -> Occasion:
    stage = _STAGES.get(batch.status, "")
    return Occasion(estate.account, estate.region, named=batch.name, stage=stage, subject=f"{batch.arn} {stage}")


def _on(batch: BatchJob, status: str, took: timedelta) -> BatchJob:
    return replace(batch, status=status, changed=batch.due, due=batch.due + took)


def _over(batch: BatchJob, status: str, failure: str | None = None) -> BatchJob:
    message = failure[:2048] if failure else None
    return replace(batch, status=status, changed=batch.due, ended=batch.due, failure=message)


def _wanted(batch: BatchJob, now: datetime) -> int | None:
    """The step that a job's work should have reached; output is written when its time is over."""
    if batch.status == "InProgress":
        return WRITTEN if batch.due <= now else ANSWERED
    return READ if batch.status == "Validating" else None


def _write(errand: Errand, batch: BatchJob, bucket: Bucket) -> None:
    root = batch.request["outputDataConfig"]["s3OutputDataConfig"]["s3Uri"].rstrip("/")
    for name, body in errand.output.items():
        bucket.write(f"{root}/{batch.arn.rsplit('/', 1)[1]}/{name}.out", body)


def _detail(batch: BatchJob, estate: Estate) -> dict[str, Any]:
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
