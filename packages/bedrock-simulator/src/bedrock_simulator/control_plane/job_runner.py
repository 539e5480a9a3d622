"""Runs jobs in steps: advances their status on virtual time, does their work, and checks what their role may invoke.

User Guide: invoking an inference profile needs bedrock:InvokeModel on the profile's ARN and, with the condition key
`bedrock:InferenceProfileArn`, on the model in every destination Region; batch-iam-sr and the service roles of
evaluation jobs say the same. No permission is documented for a distillation teacher that is named by its own model ID,
so none is checked.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Generic, TypeVar

from bedrock_simulator import errors
from bedrock_simulator.catalog import supported_models
from bedrock_simulator.control_plane import inference_profiles
from bedrock_simulator.control_plane.call import Services
from bedrock_simulator.faults import FaultContext, Faults
from bedrock_simulator.models.storage import Bucket, JobInputError
from bedrock_simulator.models.teacher import Teacher
from bedrock_simulator.ports import ObjectDenied, ObjectMissing, Roles
from bedrock_simulator.records import BatchJob, EvaluationJob, RegionResources, find_application_profile
from bedrock_simulator.runtime.call import RuntimeCall
from bedrock_simulator.settings import JudgeSettings

INVOKE = "bedrock:InvokeModel"
FAILED = "Internal error (injected by a fault of this simulator)."
MAX_MESSAGE = 2048  # characters of a job's failure message


@dataclass(frozen=True, slots=True)
class JobContext:
    """What the work of jobs may use.

    Attributes:
        now: The virtual time.
        teacher: The account's teacher model.
        faults: The faults to inject.
        judges: How models rate.
        call: Returns a runtime call to a model of the Region, with the model ID as its only parameter. It takes the
            engine's lock, and raises the runtime's own errors for a model that cannot be called.
    """

    now: datetime
    teacher: Teacher
    faults: Faults
    judges: JudgeSettings
    call: Callable[[str], RuntimeCall]


@dataclass(frozen=True, slots=True)
class StatusChange:
    """A job's current status, with the event that reports it when it is new."""

    arn: str
    name: str
    status: str
    changed: datetime
    detail_type: str
    detail: dict[str, Any]


@dataclass(slots=True)
class JobWork:
    """The results of a job's work so far; `done` is the last step that is finished."""

    done: int = -1
    failure: str | None = None


Job = TypeVar("Job", BatchJob, EvaluationJob)
Work = TypeVar("Work", bound=JobWork)


class JobRunner(ABC, Generic[Job, Work]):
    """Runs all jobs of one kind.

    `advance` changes their status under the engine's lock; the tasks of `pending` do their work without it.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._work: dict[str, Work] = {}

    @abstractmethod
    def jobs(self, resources: RegionResources) -> dict[str, Job]:
        """The jobs of this kind, by ARN."""

    @abstractmethod
    def new_work(self) -> Work:
        """The work of a job that has not started."""

    @abstractmethod
    def is_open(self, job: Job) -> bool:
        """Whether the job's status can still change."""

    @abstractmethod
    def advance_job(self, resources: RegionResources, job: Job, work: Work) -> None:
        """Moves a job whose time is over to its next status, if its work allows that."""

    @abstractmethod
    def stage(self, job: Job) -> str:
        """The stage that a fault names to affect the job now; empty if no fault can."""

    @abstractmethod
    def due_step(self, job: Job, now: datetime) -> int | None:
        """The step that the job's work must have finished; None if there is no work to do now."""

    @abstractmethod
    def run_step(
        self, step: int, work: Work, job: Job, resources: RegionResources, bucket: Bucket, context: JobContext
    ) -> None:
        """Does the work of one step."""

    def changes(self, resources: RegionResources, now: datetime) -> Iterator[StatusChange]:  # noqa: ARG002 # none
        """The status of every job whose changes are reported as events: by default of none."""
        yield from ()

    def clear(self) -> None:
        """Discards all work."""
        self._work.clear()

    def advance(self, resources: RegionResources, now: datetime, faults: Faults) -> None:
        """Moves every job as far as its time and its finished work allow, through more than one status if need be."""
        for arn in list(self.jobs(resources)):
            before, job = None, self.jobs(resources).get(arn)
            while job is not None and job is not before and self._is_due(resources, job, now, faults):
                self.advance_job(resources, job, self._work.get(arn, self.new_work()))
                before, job = job, self.jobs(resources).get(arn)
                if job is None or not self.is_open(job):
                    self._work.pop(arn, None)

    def _is_due(self, resources: RegionResources, job: Job, now: datetime, faults: Faults) -> bool:
        return self.is_open(job) and job.due <= now and not faults.match("stuck-job", self._fault(resources, job))

    def pending(self, resources: RegionResources, context: JobContext) -> list[Callable[[], None]]:
        """The work that jobs need now, to be run without the engine's lock."""
        tasks: list[Callable[[], None]] = []
        for job in self.jobs(resources).values():
            step, fault_context = self.due_step(job, context.now), self._fault(resources, job)
            if step is None:
                continue
            work = self._work.setdefault(job.arn, self.new_work())
            if work.failure is not None or work.done >= step:
                continue
            if fault := context.faults.match("failed-job", fault_context):
                tasks.append(partial(self._fail, work, fault.message or FAILED))
            elif not context.faults.match("stuck-job", fault_context):
                tasks.append(partial(self._run, work, step, job, resources, context))
        return tasks

    def _run(self, work: Work, step: int, job: Job, resources: RegionResources, context: JobContext) -> None:
        bucket = Bucket(self._services.objects, resources.account, resources.region, job.request["roleArn"])
        try:
            for each in range(work.done + 1, step + 1):
                self.run_step(each, work, job, resources, bucket, context)
                work.done = each
        except (JobInputError, ObjectDenied, ObjectMissing, errors.ServiceError) as why:
            work.failure = str(why)
        except Exception as why:  # an error in the work fails this job, never the account
            work.failure = f"Internal error: {type(why).__name__}: {why}"

    def _fail(self, work: Work, message: str) -> None:
        work.failure = message

    def _fault(self, resources: RegionResources, job: Job) -> FaultContext:
        stage = self.stage(job)
        subject = f"{job.arn} {stage}"
        return FaultContext(resources.account, resources.region, named=job.name, stage=stage, subject=subject)


@dataclass(frozen=True, slots=True)
class RequiredPermission:
    """One resource to invoke, with the condition keys of the request."""

    resource: str
    keys: Mapping[str, str]


def required_permissions(model_id: str, resources: RegionResources) -> list[RequiredPermission]:
    """Every resource that a call of the model invokes from this Region."""
    name = model_id.rsplit(":inference-profile/", 1)[-1]
    if name in supported_models.PROFILES:
        arn = f"arn:aws:bedrock:{resources.region}:{resources.account}:inference-profile/{name}"
        destinations = inference_profiles.destinations(*supported_models.PROFILES[name], resources.region)
        return _profile_permissions(arn, destinations)
    if ":application-inference-profile/" in model_id:
        return _profile_permissions(model_id, find_application_profile(resources, model_id).models)
    if model_id.startswith("arn:"):
        return [RequiredPermission(model_id, {})]
    return [RequiredPermission(f"arn:aws:bedrock:{resources.region}::foundation-model/{model_id}", {})]


def _profile_permissions(arn: str, models: tuple[str, ...]) -> list[RequiredPermission]:
    keys = {"bedrock:InferenceProfileArn": arn}
    return [RequiredPermission(arn, {}), *[RequiredPermission(model, keys) for model in models]]


def is_profile(model_id: str) -> bool:
    """Whether the ID or ARN is that of an inference profile."""
    name = model_id.rsplit(":inference-profile/", 1)[-1]
    return name in supported_models.PROFILES or ":application-inference-profile/" in model_id


def missing_permission(roles: Roles, resources: RegionResources, role_arn: str, model_id: str) -> str | None:
    """The service's message for the first resource that the role may not invoke; None if it may invoke all."""
    for need in required_permissions(model_id, resources):
        if not roles.is_allowed(resources.account, resources.region, role_arn, INVOKE, need.resource, need.keys):
            return f"{role_arn} is not authorized to perform: {INVOKE} on resource: {need.resource}"
    return None
