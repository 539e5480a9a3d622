"""Grades each model's answer to each held-out prompt."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from distillery.core.conversation import Prompt
from distillery.core.errors import EvaluationFailed
from distillery.core.pipeline import Run
from distillery.evaluation.answers import ModelAnswer, PromptAnswers
from distillery.evaluation.contestants import STUDENT, TEACHER, Priced, called
from distillery.evaluation.graders.grade import Grade, Grader, Unscored

CUT_OFF = "it was cut off before any text; raise max_answer_tokens"


@dataclass(frozen=True, slots=True, kw_only=True)
class GradedPrompt:
    """A held-out prompt with its answers and grades by role.

    Attributes:
        reference: What the answers were compared with; None if there was nothing.
        grades: None where there is no answer, no score, or where the model is not compared on this prompt.
        unscored: Why a judge or a function gave an answer no score.
    """

    index: int
    prompt: Prompt
    reference: str | None
    answers: Mapping[str, ModelAnswer]
    missing: Mapping[str, str]
    grades: Mapping[str, Grade | None]
    unscored: Mapping[str, str] = field(default_factory=dict)


def grade_prompts(
    run: Run,
    grader: Grader,
    prompts: Sequence[Prompt],
    rows: Mapping[int, PromptAnswers],
    contestants: Sequence[Priced],
    *,
    golden: bool = False,
) -> list[GradedPrompt]:
    """The prompts with their answers and grades.

    Args:
        golden: Whether the prompts are those of the golden set. Their rows follow those of the held-out prompts.

    Raises:
        EvaluationFailed: Rows or reference answers are missing.
    """
    first, what = (run.dataset.heldout, "golden") if golden else (0, "held-out")
    if absent := [index for index in range(len(prompts)) if first + index not in rows]:
        raise EvaluationFailed(
            f"{len(absent)} of {len(prompts)} {what} prompts have no answers, the first is number {absent[0]}; "
            "evaluate the run again (distillery evaluate)"
        )
    if run.dataset.labelled and not golden:
        _check_references(prompts)
    return [_grade(grader, prompt, rows[first + index], contestants) for index, prompt in enumerate(prompts)]


def _check_references(prompts: Sequence[Prompt]) -> None:
    for index, prompt in enumerate(prompts):
        if prompt.reference is None:
            raise EvaluationFailed(
                f"held-out prompt {index} has no reference answer though the data set says that all have; "
                "upload the prompts again"
            )


def _grade(grader: Grader, prompt: Prompt, row: PromptAnswers, contestants: Sequence[Priced]) -> GradedPrompt:
    reference = prompt.reference
    if reference is None and grader.needs_reference and (taught := row.answers.get(TEACHER)):
        reference = taught.text
    judged = {one.role for one in contestants if row.index not in one.left_out and one.role in row.answers}
    if reference is None and grader.needs_reference:  # the teacher's answer is missing: nothing to agree with
        judged = set()
    grades: dict[str, Grade | None] = {one.role: None for one in contestants}
    unscored: dict[str, str] = {}
    for role in sorted(judged):
        if role != STUDENT and _ended_before_text(row.answers[role]):
            unscored[role] = CUT_OFF
            continue
        try:
            grades[role] = grader.grade(row.answers[role].text, reference or "", prompt)
        except Unscored as why:
            unscored[role] = str(why)
    return GradedPrompt(
        index=row.index,
        prompt=prompt,
        reference=reference,
        answers=row.answers,
        missing=row.missing,
        grades=grades,
        unscored=unscored,
    )


def _ended_before_text(answer: ModelAnswer) -> bool:
    """Whether reasoning took all tokens, so that the model never answered. Graded as wrong, it would lower the bar."""
    return answer.is_truncated and not answer.text.strip()


def unscored(graded: Sequence[GradedPrompt], where: str = "") -> Iterator[str]:
    """A sentence for each role that has answers without a score, with the most frequent reason."""
    roles = sorted({role for row in graded for role in row.unscored})
    for role in roles:
        why = Counter(row.unscored[role] for row in graded if role in row.unscored)
        (reason, _), *_ = why.most_common(1)
        yield f"{why.total()} of {len(graded)} answers of {called(role)}{where} have no score: {reason}."
