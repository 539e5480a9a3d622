"""The work behind a customization job: read what it learns from, ask the teacher, train the student, write the results.

Each stage's work is done once, when the stage begins, without the engine's lock (it reads S3 and trains). The job
moves on when that work is done and the stage's time is over, whichever comes later. A lesson that was lost, as by a
restart, is worked out again from its beginning.

The student is trained on every pair; the loss of validation is measured on pairs that another one was not shown, or on
the validation files of the request.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bedrock_simulator.catalog import fine_tuning, supported_models
from bedrock_simulator.control_plane import customization_jobs
from bedrock_simulator.models import artifacts, log_reader, text, training_data
from bedrock_simulator.models import student as students
from bedrock_simulator.models.artifacts import Insight
from bedrock_simulator.models.storage import Bucket, JobInputError
from bedrock_simulator.models.teacher import Teacher
from bedrock_simulator.models.text import Example
from bedrock_simulator.ports import ObjectDenied, ObjectMissing
from bedrock_simulator.records import Job

PUBLISHED = customization_jobs.TRAINING + 1


@dataclass(slots=True)
class TrainingWork:
    """What a job has worked out so far; `done` is the last stage whose work is finished."""

    done: int = -1
    examples: Sequence[Example] = ()
    checks: list[list[tuple[str, str]]] = field(default_factory=list)
    insights: list[Insight] = field(default_factory=list)
    learnt: list[Example] = field(default_factory=list)
    student: students.LazyStudent | None = None
    loss: float = 0.0
    validation_losses: tuple[float, ...] = ()
    failure: str | None = None

    def copied(self) -> "TrainingWork":
        """One to work on."""
        return replace(self, checks=[*self.checks], insights=[*self.insights], learnt=[*self.learnt])

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """What the student is trained on: prompts and answers."""
        return [(example.prompt.text, example.answer or "") for example in self.learnt]


@dataclass(frozen=True, slots=True)
class TrainingContext:
    """Where a lesson is worked out: under which role, with whom, and whether the role may call the teacher."""

    job: Job
    bucket: Bucket
    teacher: Teacher
    refusal: Callable[[], str | None]

    @property
    def variant(self) -> str:
        """The student's variant."""
        return self.job.base.rsplit("/", 1)[1]


def run_stages(lesson: TrainingWork, stage: int, desk: TrainingContext) -> None:
    """Does the work up to and of one stage; what goes wrong becomes the lesson's failure."""
    for each in range(lesson.done + 1, stage + 1):
        try:
            _STAGES[each](lesson, desk)
        except (JobInputError, ObjectDenied, ObjectMissing) as why:
            lesson.failure = str(why)
        except Exception as why:  # whatever breaks in the work is this job's failure, never the account's
            lesson.failure = f"Internal error: {type(why).__name__}: {why}"
        lesson.done = each
        if lesson.failure is not None:
            lesson.done = stage
            return


def _validate(lesson: TrainingWork, desk: TrainingContext) -> None:
    request, source = desk.job.request, desk.job.request["trainingDataConfig"]
    validators = [each["s3Uri"] for each in request.get("validationDataConfig", {}).get("validators", [])]
    if desk.job.teacher is None:
        _validate_completions(lesson, desk, source["s3Uri"], validators)
        return
    multi_turn = supported_models.VARIANTS[desk.variant].multi_turn
    for uri in validators:
        checked = training_data.parse_conversations(desk.bucket.read(uri), multi_turn=multi_turn, what="validation")
        lesson.checks.append([(each.prompt.text, each.answer) for each in checked if each.answer is not None])
    if "s3Uri" in source:
        lesson.examples = training_data.read_distillation(desk.bucket.read(source["s3Uri"]), multi_turn=multi_turn)
    else:
        _validate_logs(lesson, desk, source["invocationLogsConfig"], multi_turn)
    if (refused := desk.refusal()) is not None:
        raise JobInputError(refused)


def _validate_logs(lesson: TrainingWork, desk: TrainingContext, config: Mapping[str, Any], multi_turn: bool) -> None:
    teacher = desk.job.teacher if config.get("usePromptResponse") else None
    prefix = config["invocationLogSource"]["s3Uri"]
    wanted = log_reader.LogSelection(prefix, config.get("requestMetadataFilters"), teacher, multi_turn)
    lesson.examples, lesson.insights = log_reader.read_logs(desk.bucket, wanted)


def _validate_completions(lesson: TrainingWork, desk: TrainingContext, uri: str, validators: list[str]) -> None:
    rules, nova = fine_tuning.FINE_TUNING[desk.variant], desk.variant.startswith("amazon.")
    lesson.examples = training_data.read_fine_tuning(desk.bucket.read(uri), rules, nova=nova)
    checked = [
        training_data.read_fine_tuning(desk.bucket.read(each), rules, nova=nova, what="validation")
        for each in validators
    ]
    training_data.check_record_count(len(lesson.examples), sum(map(len, checked)), rules)
    lesson.checks = [[(each.prompt.text, each.answer or "") for each in examples] for examples in checked]


def _process(lesson: TrainingWork, desk: TrainingContext) -> None:
    if desk.job.teacher is None:
        lesson.learnt = list(lesson.examples)
        return
    config = desk.job.request["trainingDataConfig"].get("invocationLogsConfig", {})
    if config.get("usePromptResponse"):
        answered = list(lesson.examples)
    else:
        desk.teacher.learn(lesson.examples)
        taught = desk.teacher.lesson(lesson.examples)
        answered = [
            Example(example.prompt, _cut(answer, desk))
            for example, (_, answer) in zip(lesson.examples, taught, strict=True)
        ]
    _accept(lesson, answered, fine_tuning.student_context(desk.variant))


def _cut(answer: str, desk: TrainingContext) -> str:
    """A teacher gives no more tokens than the job requests of it."""
    teacher = desk.job.request["customizationConfig"]["distillationConfig"]["teacherModelConfig"]
    most = teacher.get("maxResponseLengthForInference")
    return answer if most is None else answer[: most * text.CHARACTERS_PER_TOKEN]


def _accept(lesson: TrainingWork, answered: list[Example], context: int) -> None:
    for example in answered:
        used = sum(map(text.tokens, (example.prompt.system, example.prompt.text, example.answer or "")))
        reason = None
        if used > context:
            reason = f"The prompt and its response have {used} tokens; the student takes at most {context}."
        elif not (example.answer or "").strip():
            reason = "The teacher's response is empty."
        lesson.insights.append(Insight(example.prompt.text, reason))
        if reason is None:
            lesson.learnt.append(example)
    if not lesson.learnt:
        raise JobInputError("Every prompt was rejected: see the prompt insights.")


def _train(lesson: TrainingWork, desk: TrainingContext) -> None:
    pairs = lesson.pairs
    lesson.student = students.LazyStudent(pairs)
    lesson.loss = students.loss(lesson.student, pairs)
    if checks := [check for check in lesson.checks if check]:
        lesson.validation_losses = tuple(students.loss(lesson.student, check) for check in checks)
    elif desk.job.teacher is not None and len(pairs) >= students.HELD_OUT:
        lesson.validation_losses = (students.held_out_loss(pairs),)


def _publish(lesson: TrainingWork, desk: TrainingContext) -> None:
    request = desk.job.request
    root = f"{request['outputDataConfig']['s3Uri'].rstrip('/')}/model-customization-job-{desk.job.arn[-12:]}"
    answers, epochs = (
        len(dict.fromkeys(answer for _, answer in lesson.pairs)),
        int(request.get("hyperParameters", {}).get("epochCount", 2)),
    )
    files = {artifacts.TRAINING: artifacts.curve("training_loss", lesson.loss, answers, epochs)}
    for loss in lesson.validation_losses[:1]:
        files[artifacts.VALIDATION] = artifacts.curve("validation_loss", loss, answers, epochs)
    if desk.job.teacher is not None:
        files[artifacts.SYNTHETIC] = artifacts.samples(lesson.learnt)
        files[artifacts.INSIGHTS] = artifacts.report(lesson.insights)
    for name, body in files.items():
        desk.bucket.write(f"{root}/{name}", body)


_STAGES: tuple[Callable[[TrainingWork, TrainingContext], None], ...] = (_validate, _process, _train, _publish)
