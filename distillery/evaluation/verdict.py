"""Grades the answers, compares the scores with the recipe's thresholds, and writes the verdict and its report."""

import statistics
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from distillery.core.conversation import Prompt, converse_request
from distillery.core.errors import EvaluationFailed
from distillery.core.judging import GraderKind
from distillery.core.pipeline import Run, Score, Verdict
from distillery.core.recipe import Recipe
from distillery.core.serialization import to_wire
from distillery.evaluation.answers import PromptAnswers
from distillery.evaluation.contestants import ALWAYS, BASE, STUDENT, TEACHER, Priced
from distillery.evaluation.graders.label import Label
from distillery.evaluation.graders.overlap import Overlap

ACCURACY = "accuracy"
AGREEMENT = "agreement with the teacher"
MOST_MISSING = 0.02
"""Share of the answers of one model that may be missing."""
ROUNDING = 1e-9
"""Scores are sums of floats: a difference in the last bit must not fail a threshold."""


def judge(
    run: Run,
    prompts: Sequence[Prompt],
    rows: Mapping[int, PromptAnswers],
    contestants: Sequence[Priced],
    *,
    report_uri: str,
) -> tuple[Verdict, dict[str, Any]]:
    """The verdict and its report.

    Args:
        prompts: The held-out prompts, in the order of their file.
        rows: The answers to each prompt, by its index.
        report_uri: Where the report will be written.

    Raises:
        EvaluationFailed: Answers or reference answers are missing.
    """
    graded = _graded(run, prompts, rows)
    scores = {one.role: _score(one, graded) for one in contestants}
    teacher, base, student = (scores[role] for role in (TEACHER, BASE, STUDENT))
    needed = thresholds(run.recipe, teacher=teacher.value, base=base.value, student=student.value)
    verdict = Verdict(
        passed=all(threshold.passed for threshold in needed),
        measure=ACCURACY if run.dataset.labelled else AGREEMENT,
        teacher=teacher,
        base=base,
        student=student,
        reasons=tuple(threshold.reason for threshold in needed if not threshold.passed),
        report_uri=report_uri,
    )
    return verdict, _report(run, verdict, needed, contestants, scores, graded)


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """One condition for passing.

    Attributes:
        name: The recipe's setting.
        needed: The lowest score that passes.
        value: The student's score.
    """

    name: str
    needed: float
    value: float
    meaning: str

    @property
    def passed(self) -> bool:
        return self.value >= self.needed - ROUNDING

    @property
    def reason(self) -> str:
        return f"{self.name}: the student has {self.value:.3f}, needed is {self.needed:.3f} ({self.meaning})"


def thresholds(recipe: Recipe, *, teacher: float, base: float, student: float) -> tuple[Threshold, ...]:
    """The recipe's conditions, for these scores of 0 to 1."""
    margin, gain = recipe.margin_to_teacher, recipe.min_gain
    return (
        Threshold(name="min_score", needed=recipe.min_score, value=student, meaning="the least score"),
        Threshold(
            name="teacher_margin",
            needed=teacher - margin,
            value=student,
            meaning=f"{margin:.2f} below the teacher's {teacher:.3f}",
        ),
        Threshold(
            name="min_gain",
            needed=base + gain,
            value=student,
            meaning=f"{gain:.2f} above the untrained student's {base:.3f}",
        ),
    )


NOTHING_ASKED = Prompt(system=None, messages=(), reference=None)
"""The prompt for graders that do not read it."""

GRADERS: Mapping[GraderKind, Callable[[str, str], float]] = {
    GraderKind.LABEL: lambda answer, reference: float(Label().grade(answer, reference, NOTHING_ASKED).score),
    GraderKind.OVERLAP: lambda answer, reference: float(Overlap().grade(answer, reference, NOTHING_ASKED).score),
}
"""Each grader returns a grade of 0 to 1 for (answer, reference)."""


@dataclass(frozen=True, slots=True)
class GradedPrompt:
    """A held-out prompt with its reference answer, the models' answers, and their grades by role.

    A missing answer has no grade. There is no reference where the teacher was to give it and its answer is missing.
    """

    prompt: Prompt
    reference: str | None
    row: PromptAnswers
    grades: Mapping[str, float]


def _graded(run: Run, prompts: Sequence[Prompt], rows: Mapping[int, PromptAnswers]) -> list[GradedPrompt]:
    missing = [index for index in range(len(prompts)) if index not in rows]
    if missing:
        raise EvaluationFailed(
            f"{len(missing)} of {len(prompts)} held-out prompts have no answers, the first is number {missing[0]}; "
            "run the recipe again"
        )
    _check_missing(rows)
    grade = GRADERS[run.recipe.grader]
    return [_grade(grade, prompt, rows[i], run.dataset.labelled) for i, prompt in enumerate(prompts)]


def _check_missing(rows: Mapping[int, PromptAnswers]) -> None:
    for role in ALWAYS:
        reasons = [row.missing[role] for row in rows.values() if role in row.missing]
        if len(reasons) > MOST_MISSING * len(rows):
            raise EvaluationFailed(
                f"{len(reasons)} of {len(rows)} answers of the {role} are missing, more than {MOST_MISSING:.0%}; the "
                f"first because: {reasons[0]}. Run the recipe again"
            )


def _grade(grade: Callable[[str, str], float], prompt: Prompt, row: PromptAnswers, labelled: bool) -> GradedPrompt:
    if labelled and prompt.reference is None:
        raise EvaluationFailed(
            f"held-out prompt {row.index} has no reference answer though the data set says that all have; "
            "upload the prompts again"
        )
    teacher = row.answers.get(TEACHER)
    reference = prompt.reference if labelled else teacher.text if teacher else None
    if reference is None:
        return GradedPrompt(prompt, None, row, {})
    grades = {role: grade(answer.text, reference) for role, answer in row.answers.items()}
    return GradedPrompt(prompt, reference, row, grades)


def _score(one: Priced, graded: Sequence[GradedPrompt]) -> Score:
    """A missing answer counts against the student: as wrong for the student, as right for who it is compared with."""
    asked = [each for each in graded if each.row.index not in one.left_out]
    answers = [answer for each in asked if (answer := each.row.answers.get(one.role))]
    costs = (one.price.cost(input_tokens=answer.input_tokens, output_tokens=answer.output_tokens) for answer in answers)
    missing = float(one.role != STUDENT)
    return Score(
        model=one.model,
        value=statistics.fmean(each.grades.get(one.role, missing) for each in asked) if asked else missing,
        latency_ms=round(statistics.median(answer.latency_ms for answer in answers)) if answers else 0,
        usd=sum(costs, Decimal(0)),
    )


def _report(
    run: Run,
    verdict: Verdict,
    needed: Sequence[Threshold],
    contestants: Sequence[Priced],
    scores: Mapping[str, Score],
    graded: Sequence[GradedPrompt],
) -> dict[str, Any]:
    """The content of `report.json`: scores, thresholds, prices with sources, and every prompt with its answers."""
    return {
        "run": run.id,
        "grader": run.recipe.grader.value,
        **to_wire(verdict),
        "bars": [to_wire(threshold) | {"passed": threshold.passed} for threshold in needed],
        "others": {role: to_wire(score) for role, score in scores.items() if role not in ALWAYS},
        "answers": {one.role: _answer_facts(one, graded) for one in contestants},
        "prices": {one.role: _price_facts(one) for one in contestants},
        "prompts": [_prompt_facts(each) for each in graded],
    }


def _answer_facts(one: Priced, graded: Sequence[GradedPrompt]) -> dict[str, Any]:
    """How many prompts a model was asked, and what became of them."""
    answers = [answer for each in graded if (answer := each.row.answers.get(one.role))]
    reasons = Counter(each.row.missing[one.role] for each in graded if one.role in each.row.missing)
    return {
        "asked": len(answers) + reasons.total(),
        "answered": len(answers),
        "truncated": sum(answer.is_truncated for answer in answers),
        "refused": sum(answer.is_refused for answer in answers),
        "left_out": len(one.left_out),
        "missing": dict(reasons),
        "note": one.note,
    }


def _price_facts(one: Priced) -> dict[str, str]:
    price = one.price
    return {
        "usd_per_million_input": str(price.per_million_input),
        "usd_per_million_output": str(price.per_million_output),
        "as_of": price.as_of.isoformat(),
        "source": price.source,
        "note": one.price_note,
    }


def _prompt_facts(each: GradedPrompt) -> dict[str, Any]:
    return {
        "index": each.row.index,
        **converse_request(each.prompt),
        "reference": each.prompt.reference,
        "answers": to_wire(each.row.answers),
        "grades": dict(each.grades),
        **({"missing": dict(each.row.missing)} if each.row.missing else {}),
    }
