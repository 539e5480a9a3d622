"""How jobs move on, what they still have to work out, and the events that tell of it.

Event detail keys: User Guide, "Monitor Bedrock job state changes using EventBridge". Events are told by `tick`,
never while the engine's lock is held.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from local.bedrock.control import access, schedule
from local.bedrock.control.call import Surroundings, present
from local.bedrock.control.outbox import Event, Outbox
from local.bedrock.fault import STAGES
from local.bedrock.faults import Faults, Occasion
from local.bedrock.learning import training
from local.bedrock.learning.storage import Bucket
from local.bedrock.learning.teacher import Teacher
from local.bedrock.learning.training import Desk, Lesson
from local.bedrock.offer import offers
from local.bedrock.ports import Events
from local.bedrock.records import CustomModel, Estate, Job
from local.bedrock.wire.service_model import iso

DETAIL_TYPE = "Model Customization Job State Change"
FAILED = "Internal error (this simulated account was told to fail the job)."


class Progress:
    """The lessons of running jobs and the events not yet delivered."""

    def __init__(self, around: Surroundings, events: Events) -> None:
        self._around, self._outbox = around, Outbox(events)
        self.clear()

    def clear(self) -> None:
        """Forgets everything."""
        self._lessons: dict[str, Lesson] = {}
        self._told: dict[str, str] = {}
        self._outbox.clear()

    def advance(self, estate: Estate, now: datetime, faults: Faults) -> None:
        """Moves every job as far as its time and its finished work allow."""
        for job in list(estate.jobs.values()):
            if job.status not in ("InProgress", "Stopping") or now < job.due:
                continue
            if job.status == "Stopping" or not faults.strikes("stuck-job", _occasion(estate, job)):
                self._step(estate, job)

    def _step(self, estate: Estate, job: Job) -> None:
        lesson = self._lessons.setdefault(job.arn, Lesson())
        if job.status == "Stopping":
            moved = schedule.stopped(job)
        elif lesson.done < job.stage:
            return
        elif lesson.failure is not None:
            moved = schedule.failed(job, lesson.failure)
        elif job.stage < schedule.TRAINING:
            moved = schedule.next_stage(job, len(lesson.examples))
        elif lesson.done < training.PUBLISHED:
            return
        else:
            moved = _completed(estate, job, lesson)
        estate.jobs[job.arn] = moved
        if moved.ended:
            self._lessons.pop(job.arn, None)

    def pending(self, estate: Estate, now: datetime, teacher: Teacher, faults: Faults) -> list[Callable[[], None]]:
        """The work that jobs in progress need done, to be run without the lock."""
        tasks: list[Callable[[], None]] = []
        for job in estate.jobs.values():
            lesson = self._lessons.setdefault(job.arn, Lesson()) if job.status == "InProgress" else None
            if lesson is None or lesson.failure is not None:
                continue
            if lesson.done < job.stage and (fault := faults.strikes("failed-job", _occasion(estate, job))):
                tasks.append(partial(self._fail, job, lesson, fault.message or FAILED))
            elif lesson.done < job.stage or self._may_publish(estate, job, lesson, now, faults):
                stage = max(job.stage, lesson.done + 1)
                tasks.append(partial(self._work, job, lesson, stage, self._desk(estate, job, teacher)))
        return tasks

    def _work(self, job: Job, lesson: Lesson, stage: int, desk: Desk) -> None:
        worked = lesson.copied()
        training.work(worked, stage, desk)
        self._put(job, worked)

    def _fail(self, job: Job, lesson: Lesson, why: str) -> None:
        self._put(job, replace(lesson, failure=why, done=job.stage))

    def _put(self, job: Job, lesson: Lesson) -> None:
        """Whoever looks at a lesson sees the work of a stage whole, or nothing of it."""
        if job.arn in self._lessons:  # else the job was stopped, or forgotten, meanwhile
            self._lessons[job.arn] = lesson

    def _desk(self, estate: Estate, job: Job, teacher: Teacher) -> Desk:
        role, settings = job.request["roleArn"], job.request.get("customizationConfig", {}).get("distillationConfig")
        bucket = Bucket(self._around.objects, estate.account, estate.region, role)
        named = settings["teacherModelConfig"]["teacherModelIdentifier"] if settings else ""
        through_profile = named.rsplit(":inference-profile/", 1)[-1] in offers.PROFILES

        def refusal() -> str | None:
            return access.refusal(self._around.roles, estate, role, named) if through_profile else None

        return Desk(job, bucket, teacher, refusal)

    def _may_publish(self, estate: Estate, job: Job, lesson: Lesson, now: datetime, faults: Faults) -> bool:
        """Training is done and its time is over: what is left is to write the metrics."""
        over = lesson.done == schedule.TRAINING and job.due <= now
        return over and not faults.strikes("stuck-job", _occasion(estate, job))

    def note(self, estate: Estate, faults: Faults) -> None:
        """Puts an event in the outbox for every job whose status has changed since the last."""
        for job in estate.jobs.values():
            if self._told.get(job.arn) != job.status:
                self._told[job.arn] = job.status
                event = Event(estate.account, estate.region, DETAIL_TYPE, job.arn, _detail(job), job.changed)
                self._outbox.put(event, job.name, faults)

    def deliver(self, now: datetime) -> bool:
        """Tells the bus what is due; whether there was anything."""
        return self._outbox.deliver(now)

    def remembered(self) -> tuple[dict[str, Lesson], dict[str, str], list[Event]]:
        """The lessons, what was told of every job, and what waits to be told."""
        return {**self._lessons}, {**self._told}, self._outbox.waiting()

    def restore(self, lessons: dict[str, Lesson], told: dict[str, str], waiting: list[Event]) -> None:
        """Goes on from there."""
        self._lessons, self._told = lessons, told
        self._outbox.clear(waiting)


def _occasion(estate: Estate, job: Job) -> Occasion:
    stage = STAGES[job.stage]
    return Occasion(estate.account, estate.region, named=job.name, stage=stage, subject=f"{job.arn} {stage}")


def _completed(estate: Estate, job: Job, lesson: Lesson) -> Job:
    assert lesson.student is not None, "a job without a failure has trained its student"
    base = job.base.rsplit("/", 1)[1]
    arn = f"arn:aws:bedrock:{estate.region}:{estate.account}:custom-model/{base}/{job.arn[-12:]}"
    name = job.request["customModelName"]
    losses, validated = lesson.loss, lesson.validation_losses
    estate.models[arn] = CustomModel(
        arn, name, job.base, job.arn, job.name, job.request, job.due, losses, lesson.student, validated, job.key
    )
    estate.tags[arn] = {tag["key"]: tag["value"] for tag in job.request.get("customModelTags", [])}
    return replace(schedule.completed(job, arn, losses), validation_losses=validated)


def _detail(job: Job) -> dict[str, Any]:
    return present(
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
