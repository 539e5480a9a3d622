"""How evaluation jobs move on. EventBridge is told nothing of them: the User Guide lists no event of theirs.

The role must be allowed bedrock:InvokeModel on what the job calls (User Guide, automatic-service-roles and
judge-service-roles); the S3 actions listed there are more than are used here.

A fault of stage Training strikes while the job is InProgress.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from bedrock_simulator import errors
from bedrock_simulator.control_plane import access
from bedrock_simulator.control_plane.call import Surroundings
from bedrock_simulator.control_plane.evaluations import request, work
from bedrock_simulator.control_plane.job_context import Change, Means
from bedrock_simulator.faults import Faults, Occasion
from bedrock_simulator.models.storage import Bucket, Rejected
from bedrock_simulator.ports import ObjectDenied, ObjectMissing
from bedrock_simulator.records import Estate, EvaluationJob

SCORED, WRITTEN = range(2)
_FAILED = "Internal error (this simulated account was told to fail the job)."


@dataclass(slots=True)
class Errand:
    """What a job has worked out so far; `done` is the last step that is finished."""

    done: int = -1
    output: dict[str, str] = field(default_factory=dict)
    failure: str | None = None


class Evaluations:
    """The evaluation jobs of all estates, with the errands of those that run."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._errands: dict[str, Errand] = {}

    def clear(self) -> None:
        """Forgets every errand."""
        self._errands.clear()

    def advance(self, estate: Estate, now: datetime, faults: Faults) -> None:
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
        errand = self._errands.get(job.arn, Errand())
        if job.status == "Stopping":
            return replace(job, status="Stopped", changed=job.due)
        if job.status == "InProgress" and errand.failure:
            return replace(job, status="Failed", changed=job.due, failure=errand.failure[:2048])
        if job.status == "InProgress" and errand.done >= WRITTEN:
            return replace(job, status="Completed", changed=job.due)
        return job

    def pending(self, estate: Estate, means: Means) -> list[Callable[[], None]]:
        """The work that jobs need done, to be run without the lock."""
        tasks: list[Callable[[], None]] = []
        for job in estate.evaluations.values():
            if job.status != "InProgress":
                self._errands.pop(job.arn, None)
                continue
            errand, occasion = self._errands.setdefault(job.arn, Errand()), _occasion(estate, job)
            step = WRITTEN if job.due <= means.now else SCORED
            if errand.failure is not None or errand.done >= step:
                continue
            if fault := means.faults.strikes("failed-job", occasion):
                errand.failure = fault.message or _FAILED
            elif not means.faults.strikes("stuck-job", occasion):
                tasks.append(partial(self._work, errand, step, job, estate, means))
        return tasks

    def _work(self, errand: Errand, step: int, job: EvaluationJob, estate: Estate, means: Means) -> None:
        bucket = Bucket(self._around.objects, estate.account, estate.region, job.request["roleArn"])
        try:
            for each in range(errand.done + 1, step + 1):
                if each == SCORED:
                    errand.output = self._scored(job, estate, bucket, means)
                else:
                    for uri, body in errand.output.items():
                        bucket.write(uri, body)
                errand.done = each
        except (Rejected, ObjectDenied, ObjectMissing, errors.ServiceError) as why:
            errand.failure = str(why)

    def _scored(self, job: EvaluationJob, estate: Estate, bucket: Bucket, means: Means) -> dict[str, str]:
        asked = request.read(job.request)
        for model in work.models(asked):
            refused = access.refusal(self._around.roles, estate, job.request["roleArn"], model)
            if refused is not None:
                raise Rejected(refused)
        root = f"{job.request['outputDataConfig']['s3Uri'].rstrip('/')}/{job.name}"
        return work.output(asked, root, job.arn, bucket, means)

    def changes(self, _estate: Estate, _now: datetime) -> Iterator[Change]:
        """None that anybody is told of."""
        yield from ()


def _occasion(estate: Estate, job: EvaluationJob) -> Occasion:
    return Occasion(estate.account, estate.region, named=job.name, stage="Training", subject=f"{job.arn} Training")
