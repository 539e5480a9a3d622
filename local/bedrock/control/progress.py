"""How jobs move on, what they still have to work out, and the events that tell of it.

Event detail keys: User Guide, "Monitor Bedrock job state changes using EventBridge". Events are told by `tick`,
never while the engine's lock is held.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from local.bedrock.control import schedule
from local.bedrock.control.call import present
from local.bedrock.learning import training
from local.bedrock.learning.teacher import Teacher
from local.bedrock.learning.training import Bucket, Lesson
from local.bedrock.ports import Events, Objects
from local.bedrock.records import CustomModel, Estate, Job
from local.bedrock.settings import Faults
from local.bedrock.wire.service_model import iso

DETAIL_TYPE = "Model Customization Job State Change"
_Event = tuple[str, str, str, dict[str, Any]]


class Progress:
    """The lessons of running jobs and the events not yet delivered."""

    def __init__(self, objects: Objects, events: Events) -> None:
        self._objects, self._events = objects, events
        self.clear()

    def clear(self) -> None:
        """Forgets everything."""
        self._lessons: dict[str, Lesson] = {}
        self._told: dict[str, str] = {}
        self._outbox: list[_Event] = []

    def advance(self, estate: Estate, now: datetime) -> None:
        """Moves every job as far as its time and its finished work allow."""
        for job in list(estate.jobs.values()):
            if job.status in ("InProgress", "Stopping") and job.due <= now:
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
            stage = job.stage if lesson.done < job.stage else job.stage + 1
            if stage == job.stage or (stage == training.PUBLISHED and job.due <= now):
                bucket = Bucket(self._objects, estate.account, estate.region, job.request["roleArn"])
                tasks.append(partial(training.work, lesson, stage, job, teacher, bucket, faults))
        return tasks

    def note(self, estate: Estate) -> None:
        """Puts an event in the outbox for every job whose status has changed since the last."""
        for job in estate.jobs.values():
            if self._told.get(job.arn) != job.status:
                self._told[job.arn] = job.status
                self._outbox.append((estate.account, estate.region, job.arn, _detail(job)))

    def deliver(self, *, lose: bool) -> None:
        """Empties the outbox, onto the bus or, as best effort allows, into nothing."""
        while self._outbox:
            account, region, arn, detail = self._outbox.pop(0)
            if not lose:
                self._events.emit(account, region, "aws.bedrock", DETAIL_TYPE, [arn], detail)


def _completed(estate: Estate, job: Job, lesson: Lesson) -> Job:
    assert lesson.student is not None, "a job without a failure has trained its student"
    base = job.base.rsplit("/", 1)[1]
    arn = f"arn:aws:bedrock:{estate.region}:{estate.account}:custom-model/{base}/{job.arn[-12:]}"
    name = job.request["customModelName"]
    estate.models[arn] = CustomModel(
        arn, name, job.base, job.arn, job.name, job.request, job.due, lesson.loss, lesson.student
    )
    estate.tags[arn] = {tag["key"]: tag["value"] for tag in job.request.get("customModelTags", [])}
    return schedule.completed(job, arn, lesson.loss)


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
