"""How customization jobs move on, what they still have to work out, and the events that tell of it.

Event detail keys: User Guide, "Monitor Bedrock job state changes using EventBridge".
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from bedrock_simulator.control_plane import customization_jobs, job_runner, training
from bedrock_simulator.control_plane.call import Services, without_none
from bedrock_simulator.control_plane.job_runner import JobContext, StatusChange
from bedrock_simulator.control_plane.training import TrainingContext, TrainingWork
from bedrock_simulator.faults import STAGES, FaultContext, Faults
from bedrock_simulator.models.storage import Bucket
from bedrock_simulator.models.teacher import Teacher
from bedrock_simulator.protocol.service_model import iso
from bedrock_simulator.records import CustomModel, Job, RegionResources

DETAIL_TYPE = "Model Customization Job State Change"
FAILED = "Internal error (this simulated account was told to fail the job)."


class CustomizationRunner:
    """The customization jobs of all estates, with the lessons of those that run."""

    def __init__(self, around: Services) -> None:
        self._around = around
        self._lessons: dict[str, TrainingWork] = {}

    def clear(self) -> None:
        """Forgets every lesson."""
        self._lessons.clear()

    def advance(self, estate: RegionResources, now: datetime, faults: Faults) -> None:
        """Moves every job as far as its time and its finished work allow."""
        for job in list(estate.jobs.values()):
            if job.status not in ("InProgress", "Stopping") or now < job.due:
                continue
            if job.status == "Stopping" or not faults.strikes("stuck-job", _occasion(estate, job)):
                self._step(estate, job)

    def _step(self, estate: RegionResources, job: Job) -> None:
        lesson = self._lessons.setdefault(job.arn, TrainingWork())
        if job.status == "Stopping":
            moved = customization_jobs.finish_stop(job)
        elif lesson.done < job.stage:
            return
        elif lesson.failure is not None:
            moved = customization_jobs.fail(job, lesson.failure)
        elif job.stage < customization_jobs.TRAINING:
            moved = customization_jobs.next_stage(job, len(lesson.examples))
        elif lesson.done < training.PUBLISHED:
            return
        else:
            moved = _completed(estate, job, lesson)
        estate.jobs[job.arn] = moved
        if moved.ended:
            self._lessons.pop(job.arn, None)

    def pending(self, estate: RegionResources, means: JobContext) -> list[Callable[[], None]]:
        """The work that jobs in progress need done, to be run without the lock."""
        now, faults = means.now, means.faults
        tasks: list[Callable[[], None]] = []
        for job in estate.jobs.values():
            lesson = self._lessons.setdefault(job.arn, TrainingWork()) if job.status == "InProgress" else None
            if lesson is None or lesson.failure is not None:
                continue
            if lesson.done < job.stage and (fault := faults.strikes("failed-job", _occasion(estate, job))):
                tasks.append(partial(self._fail, job, lesson, fault.message or FAILED))
            elif lesson.done < job.stage or self._may_publish(estate, job, lesson, now, faults):
                stage = max(job.stage, lesson.done + 1)
                tasks.append(partial(self._work, job, lesson, stage, self._desk(estate, job, means.teacher)))
        return tasks

    def _work(self, job: Job, lesson: TrainingWork, stage: int, desk: TrainingContext) -> None:
        worked = lesson.copied()
        training.run_stages(worked, stage, desk)
        self._put(job, worked)

    def _fail(self, job: Job, lesson: TrainingWork, why: str) -> None:
        self._put(job, replace(lesson, failure=why, done=job.stage))

    def _put(self, job: Job, lesson: TrainingWork) -> None:
        """Whoever looks at a lesson sees the work of a stage whole, or nothing of it."""
        if job.arn in self._lessons:  # else the job was stopped, or forgotten, meanwhile
            self._lessons[job.arn] = lesson

    def _desk(self, estate: RegionResources, job: Job, teacher: Teacher) -> TrainingContext:
        role, settings = job.request["roleArn"], job.request.get("customizationConfig", {}).get("distillationConfig")
        bucket = Bucket(self._around.objects, estate.account, estate.region, role)
        named = settings["teacherModelConfig"]["teacherModelIdentifier"] if settings else ""

        def refusal() -> str | None:
            return (
                job_runner.missing_permission(self._around.roles, estate, role, named)
                if job_runner.is_profile(named)
                else None
            )

        return TrainingContext(job, bucket, teacher, refusal)

    def _may_publish(
        self, estate: RegionResources, job: Job, lesson: TrainingWork, now: datetime, faults: Faults
    ) -> bool:
        """Training is done and its time is over: what is left is to write the metrics."""
        over = lesson.done == customization_jobs.TRAINING and job.due <= now
        return over and not faults.strikes("stuck-job", _occasion(estate, job))

    def changes(self, estate: RegionResources, _: datetime) -> Iterator[StatusChange]:
        """Every job's status with the event that tells of it."""
        for job in estate.jobs.values():
            yield StatusChange(job.arn, job.name, job.status, job.changed, DETAIL_TYPE, _detail(job))

    def remembered(self) -> dict[str, TrainingWork]:
        """The lessons of the jobs that run."""
        return {**self._lessons}

    def restore(self, lessons: dict[str, TrainingWork]) -> None:
        """Goes on with them."""
        self._lessons = lessons


def _occasion(estate: RegionResources, job: Job) -> FaultContext:
    stage = STAGES[job.stage]
    return FaultContext(estate.account, estate.region, named=job.name, stage=stage, subject=f"{job.arn} {stage}")


def _completed(estate: RegionResources, job: Job, lesson: TrainingWork) -> Job:
    assert lesson.student is not None, "a job without a failure has trained its student"
    base = job.base.rsplit("/", 1)[1]
    arn = f"arn:aws:bedrock:{estate.region}:{estate.account}:custom-model/{base}/{job.arn[-12:]}"
    name = job.request["customModelName"]
    losses, validated = lesson.loss, lesson.validation_losses
    estate.models[arn] = CustomModel(
        arn, name, job.base, job.arn, job.name, job.request, job.due, losses, lesson.student, validated, job.key
    )
    estate.tags[arn] = {tag["key"]: tag["value"] for tag in job.request.get("customModelTags", [])}
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
