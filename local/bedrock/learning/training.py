"""The work behind a distillation job: read the file, ask the teacher, train the student, write the metrics.

Each stage's work is done once, when the stage begins, without the engine's lock (it reads S3 and trains). The job
moves on when that work is done and the stage's time is over, whichever comes later.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from local.bedrock.control import schedule
from local.bedrock.learning import dataset
from local.bedrock.learning import student as students
from local.bedrock.learning.teacher import Example, Teacher
from local.bedrock.offer import offers
from local.bedrock.ports import ObjectDenied, ObjectMissing, Objects
from local.bedrock.records import Job

PUBLISHED = schedule.TRAINING + 1
_STEPS = 10


@dataclass(slots=True)
class Lesson:
    """What a job has worked out so far; `done` is the last stage whose work is finished."""

    done: int = -1
    examples: Sequence[Example] = ()
    pairs: list[tuple[str, str]] = field(default_factory=list)
    student: students.Student | None = None
    loss: float = 0.0
    failure: str | None = None


def work(lesson: Lesson, stage: int, job: Job, teacher: Teacher, bucket: "Bucket") -> None:
    """Does the work of one stage; what goes wrong becomes the lesson's failure."""
    try:
        if stage == schedule.VALIDATION:
            multi_turn = offers.VARIANTS[job.base.rsplit("/", 1)[1]].multi_turn
            body = bucket.read(job.request["trainingDataConfig"]["s3Uri"])
            lesson.examples = dataset.read(body, multi_turn=multi_turn)
        elif stage == schedule.PROCESSING:
            teacher.learn(lesson.examples)
            lesson.pairs = teacher.lesson(lesson.examples)
        elif stage == schedule.TRAINING:
            lesson.student = students.train(lesson.pairs)
            lesson.loss = students.loss(lesson.student, lesson.pairs)
        else:
            _publish(lesson, job, bucket)
    except (dataset.Rejected, ObjectDenied, ObjectMissing) as why:
        lesson.failure = str(why)
    except Exception as why:  # whatever breaks in the work is this job's failure, never the account's
        lesson.failure = f"Internal error: {type(why).__name__}: {why}"
    lesson.done = stage


def fail(lesson: Lesson, stage: int, why: str) -> None:
    """Ends one stage's work with a failure."""
    lesson.failure, lesson.done = why, stage


def _publish(lesson: Lesson, job: Job, bucket: "Bucket") -> None:
    root = f"{job.request['outputDataConfig']['s3Uri'].rstrip('/')}/model-customization-job-{job.arn[-12:]}"
    bucket.write(f"{root}/training_artifacts/step_wise_training_metrics.csv", _curve("training_loss", lesson))
    bucket.write(
        f"{root}/validation_artifacts/post_fine_tuning_validation/validation_metrics.csv",
        _curve("validation_loss", lesson),
    )


def _curve(column: str, lesson: Lesson) -> str:
    """Modelled, like all curves here: from chance (the log of the number of answers) to the measured loss."""
    chance = math.log(max(2, len({answer for _, answer in lesson.pairs})))
    rows = [f"step_number,epoch_number,{column},perplexity"]
    for step in range(1, _STEPS + 1):
        value = lesson.loss + (chance - lesson.loss) * (1 - step / _STEPS) ** 2
        rows.append(f"{step},{(step - 1) // 5},{value:.6f},{math.exp(value):.6f}")
    return "\n".join(rows) + "\n"


@dataclass(frozen=True, slots=True)
class Bucket:
    """S3 under one job's service role."""

    objects: Objects
    account: str
    region: str
    role_arn: str

    def read(self, uri: str) -> bytes:
        """The object, or a sentence about why not."""
        bucket, key = _split(uri)
        if not key or key.endswith("/"):
            raise dataset.Rejected(f"trainingDataConfig.s3Uri must name one object, not {uri}.")
        try:
            return self.objects.get(self.account, self.region, self.role_arn, bucket, key)
        except ObjectMissing as why:
            raise ObjectMissing(f"The training data {uri} does not exist: {why}") from why
        except ObjectDenied as why:
            raise ObjectDenied(f"{self.role_arn} may not read {uri}: {why}") from why

    def write(self, uri: str, body: str) -> None:
        """Writes the object, or says why not."""
        bucket, key = _split(uri)
        try:
            self.objects.put(self.account, self.region, self.role_arn, bucket, key, body.encode())
        except ObjectMissing as why:
            raise ObjectMissing(f"The output location {uri} does not exist: {why}") from why
        except ObjectDenied as why:
            raise ObjectDenied(f"{self.role_arn} may not write {uri}: {why}") from why


def _split(uri: str) -> tuple[str, str]:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key
