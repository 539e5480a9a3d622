"""Runs customization jobs: their status over time, their work, and their events.

Keys of the event's detail: User Guide, "Monitor Bedrock job state changes using EventBridge".
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from bedrock_simulator.control_plane import customization_jobs, training
from bedrock_simulator.control_plane.call import Services, without_none
from bedrock_simulator.control_plane.job_runner import (
    FAILED,
    JobContext,
    StatusChange,
    is_profile,
    missing_permission,
)
from bedrock_simulator.control_plane.training import TrainingContext, TrainingWork
from bedrock_simulator.fault_kinds import STAGES
from bedrock_simulator.faults import FaultContext, Faults
from bedrock_simulator.models.storage import Bucket
from bedrock_simulator.models.teacher import Teacher
from bedrock_simulator.protocol.service_model import iso
from bedrock_simulator.records import CustomModel, Job, RegionResources

DETAIL_TYPE = "Model Customization Job State Change"


class CustomizationRunner:
    """Runs the customization jobs of all accounts and Regions."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._work: dict[str, TrainingWork] = {}

    def clear(self) -> None:
        """Discards all work."""
        self._work.clear()

    def advance(self, resources: RegionResources, now: datetime, faults: Faults) -> None:
        """Moves every job as far as its time and its finished work allow."""
        for arn in list(resources.jobs):
            before, job = None, resources.jobs[arn]
            while job is not before and _is_due(resources, job, now, faults):
                self._advance_job(resources, job)
                before, job = job, resources.jobs[arn]

    def _advance_job(self, resources: RegionResources, job: Job) -> None:
        work = self._work.setdefault(job.arn, TrainingWork())
        if job.status == "Stopping":
            moved = customization_jobs.finish_stop(job)
        elif work.done < job.stage:
            return
        elif work.failure is not None:
            moved = customization_jobs.fail(job, work.failure)
        elif job.stage < customization_jobs.TRAINING:
            moved = customization_jobs.next_stage(job, len(work.examples))
        elif work.done < training.PUBLISHED:
            return
        else:
            moved = _complete(resources, job, work)
        resources.jobs[job.arn] = moved
        if moved.ended:
            self._work.pop(job.arn, None)

    def pending(self, resources: RegionResources, context: JobContext) -> list[Callable[[], None]]:
        """The work that jobs need now, to be run without the engine's lock."""
        now, faults = context.now, context.faults
        tasks: list[Callable[[], None]] = []
        for job in resources.jobs.values():
            work = self._work.setdefault(job.arn, TrainingWork()) if job.status == "InProgress" else None
            if work is None or work.failure is not None:
                continue
            fault_context = _fault_context(resources, job)
            if work.done < job.stage and (fault := faults.match("failed-job", fault_context)):
                tasks.append(partial(self._fail, job, work, fault.message or FAILED))
            elif work.done < job.stage or self._may_publish(resources, job, work, now, faults):
                stage = max(job.stage, work.done + 1)
                training_context = self._training_context(resources, job, context.teacher)
                tasks.append(partial(self._run_stages, job, work, stage, training_context))
        return tasks

    def _run_stages(self, job: Job, work: TrainingWork, stage: int, context: TrainingContext) -> None:
        worked = work.copied()
        training.run_stages(worked, stage, context)
        self._put(job, worked)

    def _fail(self, job: Job, work: TrainingWork, message: str) -> None:
        self._put(job, replace(work, failure=message, done=job.stage))

    def _put(self, job: Job, work: TrainingWork) -> None:
        """Publishes the work of a stage in one step, so that nobody reads half of it."""
        if job.arn in self._work:  # else the job was stopped or discarded meanwhile
            self._work[job.arn] = work

    def _training_context(self, resources: RegionResources, job: Job, teacher: Teacher) -> TrainingContext:
        role, settings = job.request["roleArn"], job.request.get("customizationConfig", {}).get("distillationConfig")
        bucket = Bucket(self._services.objects, resources.account, resources.region, role)
        teacher_id = settings["teacherModelConfig"]["teacherModelIdentifier"] if settings else ""

        def missing() -> str | None:
            if not is_profile(teacher_id):
                return None
            return missing_permission(self._services.roles, resources, role, teacher_id)

        return TrainingContext(job, bucket, teacher, missing)

    def _may_publish(
        self, resources: RegionResources, job: Job, work: TrainingWork, now: datetime, faults: Faults
    ) -> bool:
        """Whether training and its time are over, so that only the metrics are left to write."""
        over = work.done == customization_jobs.TRAINING and job.due <= now
        return over and not faults.match("stuck-job", _fault_context(resources, job))

    def changes(self, resources: RegionResources, _: datetime) -> Iterator[StatusChange]:
        """Every job's status with the event that reports it."""
        for job in resources.jobs.values():
            yield StatusChange(job.arn, job.name, job.status, job.changed, DETAIL_TYPE, _detail(job))

    def snapshot(self) -> dict[str, TrainingWork]:
        """The work of the jobs that run, by ARN."""
        return {**self._work}

    def restore(self, work: dict[str, TrainingWork]) -> None:
        """Continues from a snapshot."""
        self._work = work


def _is_due(resources: RegionResources, job: Job, now: datetime, faults: Faults) -> bool:
    if job.status not in ("InProgress", "Stopping") or now < job.due:
        return False
    return job.status == "Stopping" or not faults.match("stuck-job", _fault_context(resources, job))


def _fault_context(resources: RegionResources, job: Job) -> FaultContext:
    stage = STAGES[job.stage]
    return FaultContext(resources.account, resources.region, named=job.name, stage=stage, subject=f"{job.arn} {stage}")


def _complete(resources: RegionResources, job: Job, work: TrainingWork) -> Job:
    assert work.student is not None, "a job without a failure has trained its student"
    base = job.base.rsplit("/", 1)[1]
    arn = f"arn:aws:bedrock:{resources.region}:{resources.account}:custom-model/{base}/{job.arn[-12:]}"
    name = job.request["customModelName"]
    losses, validated = work.loss, work.validation_losses
    resources.models[arn] = CustomModel(
        arn, name, job.base, job.arn, job.name, job.request, job.due, losses, work.student, validated, job.key
    )
    resources.tags[arn] = {tag["key"]: tag["value"] for tag in job.request.get("customModelTags", [])}
    return replace(customization_jobs.complete(job, arn, losses), validation_losses=validated)


def _detail(job: Job) -> dict[str, Any]:
    return without_none(
        version="1.0",
        jobName=job.name,
        jobArn=job.arn,
        outputModelName=job.request["customModelName"],
        outputModelArn=job.model_arn,
        roleArn=job.request["roleArn"],
        jobStatus=job.status,
        failureMessage=job.failure,
        creationTime=iso(job.created),
        lastModifiedTime=iso(job.changed),
        endTime=iso(job.ended) if job.ended else None,
        baseModelArn=job.base,
        hyperParameters=job.request.get("hyperParameters", {}),
        trainingDataConfig=job.request["trainingDataConfig"],
        validationDataConfig=job.request.get("validationDataConfig"),
        outputDataConfig=job.request["outputDataConfig"],
    )
