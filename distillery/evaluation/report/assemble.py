"""Describes a judgement for people: the document of its report."""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from fractions import Fraction

from distillery.core.judging import GraderKind, VerdictOutcome
from distillery.core.pipeline import Student
from distillery.evaluation.bars import Kind
from distillery.evaluation.contestants import STUDENT, Priced, called
from distillery.evaluation.decision import BarResult, BarState
from distillery.evaluation.graded_prompts import GradedPrompt
from distillery.evaluation.graders.grade import Grade
from distillery.evaluation.graders.label import Label
from distillery.evaluation.graders.registry import build_one
from distillery.evaluation.judgement import Judgement, score_of
from distillery.evaluation.measuring import Measured
from distillery.evaluation.report import breakdown
from distillery.evaluation.report.document import Document
from distillery.evaluation.report.lineage import Looks, Training
from distillery.evaluation.report.provenance import lineage, method
from distillery.evaluation.report.rows import (
    AnswerRow,
    BarRow,
    Bounds,
    ComparisonRow,
    ContestantRow,
    GoldenRow,
    Message,
    PriceRow,
    PromptRow,
    Text,
    Unit,
)
from distillery.evaluation.report.sentence import sentence

LEVEL = 0.9
"""The level of an interval with two one-sided bounds of 95 %."""
_UNITS = {
    Kind.SCORE: Unit.SHARE,
    Kind.DIFFERENCE: Unit.POINTS,
    Kind.LATENCY: Unit.MILLISECONDS,
    Kind.COST: Unit.USD_PER_THOUSAND,
}
_OUTCOMES = {
    BarState.HOLDS: VerdictOutcome.PASSED,
    BarState.REFUTED: VerdictOutcome.FAILED,
    BarState.OPEN: VerdictOutcome.INCONCLUSIVE,
}


def assemble(
    judgement: Judgement,
    student: Student,
    *,
    judged: datetime,
    report_uri: str,
    training: Training | None = None,
    looks: Looks | None = None,
    exploratory: str = "",
) -> Document:
    """The document of a judgement.

    Args:
        student: The distilled model and its job.
        judged: When it was judged.
        report_uri: Where the document will be stored.
        training: The job's own output, if it was read.
        looks: How often candidates were judged on this held-out set, if that is known.
        exploratory: Why the verdict does not promote the student by itself; empty for the confirmatory one.
    """
    run, contestants = judgement.run, [_contestant(judgement, one) for one in judgement.contestants]
    prompts = tuple(_prompt(judgement, row) for row in judgement.graded)
    labels, roles = _same_label(judgement), [one.role for one in judgement.contestants]
    document = Document(
        run=run.id,
        recipe=run.recipe.name,
        measure=judgement.measure,
        outcome=judgement.outcome,
        contestants=tuple(contestants),
        bars=tuple(map(_bar, judgement.decision.bars)),
        prompts=prompts,
        reasons=judgement.reasons,
        judged=judged.isoformat(timespec="seconds"),
        report_uri=report_uri,
        comparisons=tuple(_comparisons(judgement)),
        breakdowns=tuple(breakdown.breakdowns(prompts, labels)),
        confusion=breakdown.confusions(prompts, roles, labels) if labels else {},
        once_usd=run.dataset.estimate_usd,
        training=training,
        lineage=lineage(judgement, student),
        method=method(judgement, exploratory),
        looks=looks,
        golden=tuple(_golden(judgement)),
        more_prompts=judgement.decision.more_prompts,
        exploratory=bool(exploratory),
    )
    return replace(document, break_even=tuple(breakdown.break_evens(document)), sentence=sentence(document))


def _contestant(judgement: Judgement, one: Priced) -> ContestantRow:
    own, score = judgement.shown[one.role][0], score_of(judgement, one)
    answers = [answer for row in judgement.graded if (answer := row.answers.get(one.role))]
    latencies = sorted(answer.latency_ms for answer in answers)
    return ContestantRow(
        role=one.role,
        model=one.model,
        value=score.value if score.scored else None,
        scored=score.scored,
        asked=score.asked,
        interval=_bounds(own),
        missing=sum(one.role in row.missing for row in judgement.graded),
        unscored=sum(one.role in row.unscored for row in judgement.graded),
        truncated=sum(answer.is_truncated for answer in answers),
        refused=sum(answer.is_refused for answer in answers),
        left_out=len(one.left_out),
        latency_ms=score.latency_ms if latencies else None,
        p95_latency_ms=latencies[math.ceil(0.95 * len(latencies)) - 1] if latencies else None,
        usd=score.usd,
        price=_price(one),
    )


def _price(one: Priced) -> PriceRow | None:
    if (price := one.price) is None:
        return None
    return PriceRow(
        usd_per_million_input=price.per_million_input,
        usd_per_million_output=price.per_million_output,
        as_of=price.as_of.isoformat(),
        source=price.source,
        note=" ".join(filter(None, (one.price_note, one.note))),
    )


def _bounds(test: Measured) -> Bounds | None:
    low, high = test.interval.bounds
    if low is None and high is None:
        return None
    return Bounds(low=low, high=high, method=test.interval.method, level=LEVEL)


def _bar(result: BarResult) -> BarRow:
    is_census = result.golden and not result.against  # decided by the score itself
    found = not is_census and (result.lower is not None or result.upper is not None)
    return BarRow(
        name=result.name,
        needed=float(result.needed),
        value=result.value,
        outcome=_OUTCOMES[result.state],
        meaning=_meaning(result),
        unit=_UNITS[result.kind],
        at_most=result.at_most,
        against=result.against,
        interval=Bounds(low=result.lower, high=result.upper, method=result.method, level=LEVEL) if found else None,
        p_value=result.p_holds,
        more_prompts=result.more_prompts,
        golden=result.golden,
    )


def _golden(judgement: Judgement) -> Iterator[GoldenRow]:
    for one in judgement.contestants:
        if found := judgement.golden_scores.get(one.role):
            grades = [(number, row.grades[one.role]) for number, row in enumerate(judgement.golden, 1)]
            yield GoldenRow(
                role=one.role,
                model=one.model,
                value=found.value if found.scored else None,
                scored=found.scored,
                asked=found.asked,
                missed=tuple(number for number, grade in grades if grade is None or grade.score < 1),
            )


def _meaning(result: BarResult) -> str:
    """What is compared and, of an open bar, why it decides nothing."""
    whose = f"{called(result.role)}'s"
    match result.kind:
        case Kind.DIFFERENCE:
            text = f"{whose} score minus that of {called(result.against)}"
        case Kind.LATENCY:
            text = f"{whose} median latency"
        case Kind.COST:
            text = f"what a thousand of {whose} answers cost"
        case _:
            text = f"{whose} mean score"
    if result.golden:
        text += f" on the {result.asked} prompts of the golden set"
        text += "" if result.against else ", as measured"
    return f"{text}; {result.obstacle}" if result.obstacle else text


def _comparisons(judgement: Judgement) -> Iterator[ComparisonRow]:
    for one in judgement.contestants:
        _, gap = judgement.shown[one.role]
        if gap is None:
            continue
        pairs = [pair for row in judgement.graded if (pair := _pair(row, one.role))]
        yield ComparisonRow(
            against=one.role,
            difference=gap.interval.estimate,
            pairs=len(pairs),
            interval=_bounds(gap),
            wins=sum(own > other for own, other in pairs),
            losses=sum(own < other for own, other in pairs),
            mcnemar_p=gap.mcnemar,
        )


def _pair(row: GradedPrompt, role: str) -> tuple[Fraction, Fraction] | None:
    own, other = row.grades[STUDENT], row.grades[role]
    return (own.score, other.score) if own and other else None


def _prompt(judgement: Judgement, row: GradedPrompt) -> PromptRow:
    prompt = row.prompt
    return PromptRow(
        index=row.index,
        messages=tuple(Message(role=role, content=(Text(text=text),)) for role, text in prompt.messages),
        answers={one.role: _answer(row, one.role) for one in judgement.contestants if _was_asked(row, one)},
        system=() if prompt.system is None else (Text(text=prompt.system),),
        reference=prompt.reference,
        family=str(judgement.families[row.index]) if judgement.families else "",
    )


def _was_asked(row: GradedPrompt, one: Priced) -> bool:
    return one.role in row.answers or one.role in row.missing


def _answer(row: GradedPrompt, role: str) -> AnswerRow:
    if (answer := row.answers.get(role)) is None:
        return AnswerRow(text="", missing=True, reason=row.missing[role])
    grade = row.grades[role] or Grade(score=Fraction(0))
    return AnswerRow(
        text=answer.text,
        stop_reason=answer.stop_reason,
        input_tokens=answer.input_tokens,
        output_tokens=answer.output_tokens,
        latency_ms=answer.latency_ms,
        latency=answer.latency,
        score=float(grade.score) if row.grades[role] else None,
        reason=row.unscored.get(role, grade.reason),
        parts={name: float(score) for name, score in grade.parts.items()},
    )


def _same_label(judgement: Judgement) -> Callable[[str], str] | None:
    """Maps labels that count as equal to one text, if the recipe grades labels."""
    specs = judgement.run.recipe.grader_specs
    found = next((build_one(spec) for spec in specs if spec.kind is GraderKind.LABEL), None)
    return found.name if isinstance(found, Label) else None
