"""The verdict: graded answers, scores, and whether they pass the bars."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from distillery.core.conversation import Prompt
from distillery.core.errors import EvaluationFailed
from distillery.core.pipeline import Run, Score, Verdict
from distillery.evaluation.bars import bars
from distillery.evaluation.contenders import BASE, STUDENT, TEACHER, Contender
from distillery.evaluation.grading import GRADERS
from distillery.evaluation.report import Graded, report
from distillery.evaluation.row import Row

ACCURACY = "accuracy"
AGREEMENT = "agreement with the teacher"


def judge(
    run: Run,
    prompts: Sequence[Prompt],
    rows: Mapping[int, Row],
    contenders: Sequence[Contender],
    *,
    report_uri: str,
) -> tuple[Verdict, dict[str, Any]]:
    """The verdict and its report. Raises EvaluationFailed where answers are missing."""
    graded = _graded(run, prompts, rows)
    scores = {contender.role: _score(contender, graded) for contender in contenders}
    held = bars(run.recipe, teacher=scores[TEACHER].value, base=scores[BASE].value, student=scores[STUDENT].value)
    verdict = Verdict(
        passed=all(bar.passed for bar in held),
        measure=ACCURACY if run.dataset.labelled else AGREEMENT,
        teacher=scores[TEACHER],
        base=scores[BASE],
        student=scores[STUDENT],
        reasons=tuple(bar.reason for bar in held if not bar.passed),
        report_uri=report_uri,
    )
    return verdict, report(run, verdict, held, contenders, graded)


def _graded(run: Run, prompts: Sequence[Prompt], rows: Mapping[int, Row]) -> list[Graded]:
    missing = [index for index in range(len(prompts)) if index not in rows]
    if missing:
        raise EvaluationFailed(
            f"{len(missing)} of {len(prompts)} held-out prompts have no answers, the first is number {missing[0]}; "
            "run the recipe again"
        )
    grade = GRADERS[run.recipe.grader]
    return [_grade(grade, prompt, rows[i], run.dataset.labelled) for i, prompt in enumerate(prompts)]


def _grade(grade: Callable[[str, str], float], prompt: Prompt, row: Row, labelled: bool) -> Graded:
    if labelled and prompt.reference is None:
        raise EvaluationFailed(
            f"held-out prompt {row.index} has no reference answer though the data set says that all have; "
            "upload the prompts again"
        )
    right = prompt.reference if labelled and prompt.reference is not None else row.answers[TEACHER].text
    return Graded(prompt, right, row, {role: grade(reply.text, right) for role, reply in row.answers.items()})


def _score(contender: Contender, graded: Sequence[Graded]) -> Score:
    replies = [each.row.answers[contender.role] for each in graded]
    costs = (
        contender.price.cost(input_tokens=reply.input_tokens, output_tokens=reply.output_tokens) for reply in replies
    )
    return Score(
        model=contender.model,
        value=statistics.fmean(each.grades[contender.role] for each in graded),
        latency_ms=round(statistics.median(reply.latency_ms for reply in replies)),
        usd=sum(costs, Decimal(0)),
    )
