"""The work of a customization job: reads training data, asks the teacher, trains the student, writes the results.

The work of a stage is done once, when the stage starts, without the engine's lock because it reads S3 and trains. The
job moves on when both the work and the stage's time are over. Work that was lost, for example by a restart, is done
again from its start.

The student is trained on all pairs. The validation loss is measured on the validation files of the request, or on pairs
that another student was not trained on.
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
    """The results of a job's work so far; `done` is the last stage whose work is finished."""

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
        """Returns a copy to work on."""
        return replace(self, checks=[*self.checks], insights=[*self.insights], learnt=[*self.learnt])

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The prompts and answers that the student is trained on."""
        return [(example.prompt.text, example.answer or "") for example in self.learnt]


@dataclass(frozen=True, slots=True)
class TrainingContext:
    """What the work needs: the job, its bucket, the teacher, and whether the role may call the teacher."""

    job: Job
    bucket: Bucket
    teacher: Teacher
    missing_permission: Callable[[], str | None]

    @property
    def variant(self) -> str:
        """The student's variant."""
        return self.job.base.rsplit("/", 1)[1]


def run_stages(work: TrainingWork, stage: int, context: TrainingContext) -> None:
    """Does the work up to and including a stage. An error becomes the job's failure."""
    for each in range(work.done + 1, stage + 1):
        try:
            _STAGES[each](work, context)
        except (JobInputError, ObjectDenied, ObjectMissing) as why:
            work.failure = str(why)
        except Exception as why:  # an error in the work fails this job, never the account
            work.failure = f"Internal error: {type(why).__name__}: {why}"
        work.done = each
        if work.failure is not None:
            work.done = stage
            return


def _validate(work: TrainingWork, context: TrainingContext) -> None:
    request, source = context.job.request, context.job.request["trainingDataConfig"]
    validators = [each["s3Uri"] for each in request.get("validationDataConfig", {}).get("validators", [])]
    if context.job.teacher is None:
        _validate_completions(work, context, source["s3Uri"], validators)
        return
    multi_turn = supported_models.VARIANTS[context.variant].multi_turn
    for uri in validators:
        checked = training_data.parse_conversations(context.bucket.read(uri), multi_turn=multi_turn, what="validation")
        work.checks.append([(each.prompt.text, each.answer) for each in checked if each.answer is not None])
    if "s3Uri" in source:
        work.examples = training_data.read_distillation(context.bucket.read(source["s3Uri"]), multi_turn=multi_turn)
    else:
        _validate_logs(work, context, source["invocationLogsConfig"])
    if (refused := context.missing_permission()) is not None:
        raise JobInputError(refused)


def _validate_logs(work: TrainingWork, context: TrainingContext, config: Mapping[str, Any]) -> None:
    teacher = context.job.teacher if config.get("usePromptResponse") else None
    prefix = config["invocationLogSource"]["s3Uri"]
    selection = log_reader.LogSelection(prefix, config.get("requestMetadataFilters"), teacher)
    work.examples, work.insights = log_reader.read_logs(context.bucket, selection)


def _validate_completions(work: TrainingWork, context: TrainingContext, uri: str, validators: list[str]) -> None:
    rules, nova = fine_tuning.FINE_TUNING[context.variant], context.variant.startswith("amazon.")
    work.examples = training_data.read_fine_tuning(context.bucket.read(uri), rules, nova=nova)
    checked = [
        training_data.read_fine_tuning(context.bucket.read(each), rules, nova=nova, what="validation")
        for each in validators
    ]
    training_data.check_record_count(len(work.examples), sum(map(len, checked)), rules)
    work.checks = [[(each.prompt.text, each.answer or "") for each in examples] for examples in checked]


def _process(work: TrainingWork, context: TrainingContext) -> None:
    if context.job.teacher is None:
        work.learnt = list(work.examples)
        return
    config = context.job.request["trainingDataConfig"].get("invocationLogsConfig", {})
    if config.get("usePromptResponse"):
        answered = list(work.examples)
    else:
        context.teacher.add_examples(work.examples)
        taught = context.teacher.training_pairs(work.examples, context.job.teacher or "")
        answered = [
            Example(example.prompt, _cut(answer, context))
            for example, (_, answer) in zip(work.examples, taught, strict=True)
        ]
    _accept(work, answered, fine_tuning.student_context(context.variant))


def _cut(answer: str, context: TrainingContext) -> str:
    """Truncates a teacher's answer to the tokens that the job requests."""
    teacher = context.job.request["customizationConfig"]["distillationConfig"]["teacherModelConfig"]
    most = teacher.get("maxResponseLengthForInference")
    return answer if most is None else answer[: most * text.CHARACTERS_PER_TOKEN]


def _accept(work: TrainingWork, answered: list[Example], context: int) -> None:
    for example in answered:
        used = sum(map(text.tokens, (example.prompt.system, example.prompt.text, example.answer or "")))
        reason = None
        if used > context:
            reason = f"The prompt and its response have {used} tokens; the student takes at most {context}."
        elif not (example.answer or "").strip():
            reason = "The teacher's response is empty."
        work.insights.append(Insight(example.prompt.text, reason))
        if reason is None:
            work.learnt.append(example)
    if not work.learnt:
        raise JobInputError("Every prompt was rejected: see the prompt insights.")


def _train(work: TrainingWork, context: TrainingContext) -> None:
    work.student = students.LazyStudent(work.pairs)
    pairs = work.student.pairs
    work.loss = students.training_loss(pairs)
    if checks := [check for check in work.checks if check]:
        work.validation_losses = tuple(students.loss(work.student, check) for check in checks)
    elif context.job.teacher is not None and len(pairs) >= students.HELD_OUT:
        work.validation_losses = (students.held_out_loss(pairs),)


def _publish(work: TrainingWork, context: TrainingContext) -> None:
    request = context.job.request
    root = f"{request['outputDataConfig']['s3Uri'].rstrip('/')}/model-customization-job-{context.job.arn[-12:]}"
    answers, epochs = (
        len(dict.fromkeys(answer for _, answer in work.pairs)),
        int(request.get("hyperParameters", {}).get("epochCount", 2)),
    )
    files = {artifacts.TRAINING: artifacts.curve("training_loss", work.loss, answers, epochs)}
    for loss in work.validation_losses[:1]:
        files[artifacts.VALIDATION] = artifacts.curve("validation_loss", loss, answers, epochs)
        files[artifacts.VALIDATION_OBSERVED] = files[artifacts.VALIDATION]
    if context.job.teacher is not None:
        files[artifacts.SYNTHETIC] = artifacts.samples(work.learnt)
        files[artifacts.INSIGHTS] = artifacts.report(work.insights)
    for name, body in files.items():
        context.bucket.write(f"{root}/{name}", body)


_STAGES: tuple[Callable[[TrainingWork, TrainingContext], None], ...] = (_validate, _process, _train, _publish)
