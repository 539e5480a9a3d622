"""The verdict: graded answers, scores, bars, and the report that shows them all."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from lambdas.evaluation.bars import Bar, bars
from lambdas.evaluation.contenders import BASE, STUDENT, TEACHER, Contender
from lambdas.evaluation.grading import GRADERS
from lambdas.evaluation.parts import Row
from lambdas.shared.conversation import Prompt, converse_request
from lambdas.shared.errors import EvaluationFailed
from lambdas.shared.road import Run, Score, Verdict
from lambdas.shared.wire import to_wire

ACCURACY = "accuracy"
AGREEMENT = "agreement with the teacher"


@dataclass(frozen=True, slots=True)
class Graded:
    """One held-out prompt with the answer that is held right, three answers, and their grades by role."""

    prompt: Prompt
    right: str
    row: Row
    grades: Mapping[str, float]


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
    return verdict, _report(run, verdict, held, contenders, graded)


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


def _report(
    run: Run, verdict: Verdict, held: Sequence[Bar], contenders: Sequence[Contender], graded: Sequence[Graded]
) -> dict[str, Any]:
    return {
        "run": run.id,
        "grader": run.recipe.grader.value,
        **to_wire(verdict),
        "bars": [to_wire(bar) | {"passed": bar.passed} for bar in held],
        "prices": {contender.role: _price(contender) for contender in contenders},
        "prompts": [_shown(each) for each in graded],
    }


def _price(contender: Contender) -> dict[str, str]:
    price = contender.price
    return {
        "usd_per_million_input": str(price.per_million_input),
        "usd_per_million_output": str(price.per_million_output),
        "as_of": price.as_of.isoformat(),
        "source": price.source,
        "note": contender.price_note,
    }


def _shown(each: Graded) -> dict[str, Any]:
    return {
        "index": each.row.index,
        **converse_request(each.prompt),
        "reference": each.prompt.reference,
        "answers": to_wire(each.row.answers),
        "grades": dict(each.grades),
    }
