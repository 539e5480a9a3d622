"""Sample reports: a small one to change, and one of every part, as a run of 120 held-out prompts would write it."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from distillery.core.judging import VerdictOutcome
from distillery.evaluation.contestants import BASE, CONTENDER, LIVE, STUDENT, TEACHER
from distillery.evaluation.report.breakdown import break_even, by_reference, comparison, confusion
from distillery.evaluation.report.document import Document
from distillery.evaluation.report.lineage import GraderUsed, Lineage, Looks, LossPoint, Method, Training
from distillery.evaluation.report.rows import (
    AnswerRow,
    BarRow,
    Bounds,
    ComparisonRow,
    ContestantRow,
    Message,
    PriceRow,
    PromptRow,
    Text,
    Unit,
)

RUN = "support-iibbd-4fewxm3g-1"
URI = f"s3://data/evaluations/{RUN}/report.json"
HAIKU = f"{CONTENDER}anthropic.claude-haiku-5-5"
LABELS = ("delivery.late", "delivery.damaged", "refund.status", "account.password")
PRICE = PriceRow(
    usd_per_million_input=Decimal("0.80"),
    usd_per_million_output=Decimal("3.20"),
    as_of="2026-11-01",
    source="https://aws.amazon.com/bedrock/pricing/",
)
_EVERY = {STUDENT: 9, TEACHER: 7, LIVE: 8, HAIKU: 10, BASE: 2}
"""A contestant errs on each prompt whose number this divides."""
_WIDTH = {STUDENT: 0.05, TEACHER: 0.06, LIVE: 0.06, HAIKU: 0.05, BASE: 0.09}


def row(index: int, question: str, reference: str | None, **texts: str | tuple[str, float]) -> PromptRow:
    """A prompt with an answer and a score by role; without a score, an answer is right if it is the reference."""
    answers = {role: _answer(given, reference) for role, given in texts.items()}
    messages = (Message(role="user", content=(Text(text=question),)),)
    return PromptRow(index=index, messages=messages, reference=reference, answers=answers)


def _answer(given: str | tuple[str, float], reference: str | None) -> AnswerRow:
    text, score = given if isinstance(given, tuple) else (given, float(given == reference))
    reason = "" if score == 1 else f"the reference is {reference!r}"
    return AnswerRow(
        text=text, stop_reason="end_turn", input_tokens=40, output_tokens=5, latency_ms=410, score=score, reason=reason
    )


def contestant(role: str, value: float | None, **more: Any) -> ContestantRow:
    given: dict[str, Any] = {"model": "amazon.nova-micro-v1:0", "scored": 120, "asked": 120, "latency_ms": 400, **more}
    return ContestantRow(role=role, value=value, usd=Decimal("0.0060"), price=PRICE, **given)


def document(**changes: Any) -> Document:
    """A small report: three prompts, three contestants, one bar."""
    prompts = (
        row(0, "Where is my parcel?", "late", student="late", teacher="late", base="lost"),
        row(1, "It is broken.", "damaged", student="late", teacher="damaged", base="damaged"),
        row(2, "I forgot it.", "password", student="password", teacher="late", base="late"),
    )
    small = Document(
        run=RUN,
        recipe="support",
        measure="accuracy",
        outcome=VerdictOutcome.PASSED,
        contestants=(contestant(STUDENT, 2 / 3), contestant(TEACHER, 2 / 3), contestant(BASE, 1 / 3)),
        bars=(BarRow(name="min_score", needed=0.5, value=2 / 3, outcome=VerdictOutcome.PASSED),),
        prompts=prompts,
        report_uri=URI,
    )
    return replace(small, **changes)


def full() -> Document:
    """A report with every part."""
    prompts = tuple(_prompt(index) for index in range(120))
    return Document(
        run=RUN,
        recipe="support",
        measure="accuracy",
        outcome=VerdictOutcome.INCONCLUSIVE,
        judged="2026-11-23 11:42 UTC",
        contestants=contestants(prompts),
        bars=BARS,
        prompts=prompts,
        report_uri=URI,
        comparisons=tuple(_compared(prompts, role, low, high) for role, low, high in _INTERVALS),
        breakdowns=(by_reference(prompts),),  # type: ignore[arg-type]  # there are labels
        confusion={role: confusion(prompts, role) for role in _EVERY},
        once_usd=Decimal("2.26"),
        break_even=_break_even(prompts),
        training=TRAINING,
        lineage=LINEAGE,
        method=METHOD,
        looks=Looks(total=7, candidates=5, warning="This is the 7th look at these held-out prompts."),
        more_prompts=140,
    )


def contestants(prompts: tuple[PromptRow, ...]) -> tuple[ContestantRow, ...]:
    return tuple(_contestant(role, place, prompts) for place, role in enumerate(_EVERY))


def _contestant(role: str, place: int, prompts: tuple[PromptRow, ...]) -> ContestantRow:
    answers = [one.answers[role] for one in prompts]
    value = sum(answer.score or 0 for answer in answers) / len(answers)
    width = _WIDTH[role]
    usd = Decimal("0.0051") if role in (STUDENT, LIVE, BASE) else Decimal("0.0912")
    return ContestantRow(
        role=role,
        model=role.removeprefix(CONTENDER) if "/" in role else "amazon.nova-micro-v1:0",
        value=value,
        scored=sum(not answer.missing for answer in answers),
        asked=len(answers),
        interval=Bounds(low=value - width, high=min(1.0, value + width * 0.8), method="exact binomial"),
        missing=sum(answer.missing for answer in answers),
        truncated=sum(answer.truncated for answer in answers),
        refused=sum(answer.refused for answer in answers),
        latency_ms=380 + 60 * place,
        p95_latency_ms=700 + 90 * place,
        usd=usd,
        price=PRICE,
    )


def _prompt(index: int) -> PromptRow:
    reference = LABELS[index % len(LABELS)]
    wrong = LABELS[(index + 1) % len(LABELS)]
    texts = {role: reference if index % every else wrong for role, every in _EVERY.items()}
    found = row(index, f"Order {4700 + index} has not arrived, and nobody answers my calls.", reference, **texts)
    answers = dict(found.answers)
    if index == 5:
        answers[HAIKU] = AnswerRow(text="", missing=True, score=1.0, reason="no answer after three attempts")
    if index == 6:
        answers[BASE] = replace(answers[BASE], text="The label could be any of", stop_reason="max_tokens", score=0.0)
    if index == 7:
        answers[TEACHER] = replace(answers[TEACHER], text="", stop_reason="refusal", score=0.0)
    return replace(found, answers=answers, system=(Text(text="Answer with one label."),))


def _compared(prompts: tuple[PromptRow, ...], role: str, low: float, high: float) -> ComparisonRow:
    return replace(comparison(prompts, role), interval=Bounds(low=low, high=high, method="exact"), mcnemar_p=0.42)


def _break_even(prompts: tuple[PromptRow, ...]) -> Any:
    student, *others = contestants(prompts)
    found = (break_even(Decimal("2.26"), student, one) for one in others if one.role in (TEACHER, HAIKU, BASE))
    return tuple(one for one in found if one)


_INTERVALS = ((BASE, 0.31, 0.44), (TEACHER, -0.02, 0.06), (LIVE, -0.04, 0.06))
BARS = (
    BarRow(
        name="min_score",
        needed=0.75,
        value=0.883,
        outcome=VerdictOutcome.PASSED,
        meaning="the least score",
        interval=Bounds(low=0.824, high=None, method="exact binomial"),
    ),
    BarRow(
        name="teacher_margin",
        needed=-0.05,
        value=0.025,
        outcome=VerdictOutcome.PASSED,
        meaning="not worse than the teacher by 5 points or more",
        unit=Unit.POINTS,
        against=TEACHER,
        interval=Bounds(low=-0.02, high=None, method="exact unconditional"),
    ),
    BarRow(
        name="min_gain",
        needed=0.02,
        value=0.383,
        outcome=VerdictOutcome.PASSED,
        meaning="better than untrained by more than 2 points",
        unit=Unit.POINTS,
        against=BASE,
        interval=Bounds(low=0.32, high=None, method="exact unconditional"),
    ),
    BarRow(
        name="live_margin",
        needed=-0.05,
        value=0.008,
        outcome=VerdictOutcome.INCONCLUSIVE,
        meaning="not worse than the live model by 5 points or more",
        unit=Unit.POINTS,
        against=LIVE,
        interval=Bounds(low=-0.053, high=None, method="exact unconditional"),
        more_prompts=140,
    ),
    BarRow(
        name="max_latency_ms",
        needed=800,
        value=380,
        outcome=VerdictOutcome.PASSED,
        meaning="the median latency",
        unit=Unit.MILLISECONDS,
        at_most=True,
    ),
)
TRAINING = Training(
    accepted=541,
    rejected=9,
    reasons={"the teacher's answer was empty": 9},
    loss=tuple(
        LossPoint(step=10 * step, training=2.1 / (1 + 0.35 * step) + 0.1, validation=2.2 / (1 + 0.3 * step) + 0.16)
        for step in range(1, 25)
    ),
)
LINEAGE = Lineage(
    recipe="support",
    attempt=1,
    teacher="amazon.nova-pro-v1:0",
    student="amazon.nova-micro-v1:0",
    dataset_uri="s3://data/datasets/support/0a1b/train.jsonl",
    heldout_uri="s3://data/datasets/support/0a1b/heldout.jsonl",
    dataset_digest="0a1b" * 16,
    prompts=550,
    job_arn="arn:aws:bedrock:us-east-1:111111111111:model-customization-job/amazon.nova-micro-v1:0:128k/abcdefghijkl",
    model_arn="arn:aws:bedrock:us-east-1:111111111111:custom-model/amazon.nova-micro-v1:0:128k/ha6xls9abcde",
    uploaded_by=("AROAEXAMPLE:ana",),
)
METHOD = Method(
    graders=(GraderUsed(kind="label", measure="accuracy"),),
    digest="5d41402abc4b2a76b9719d911017c592",
    seed=20261123,
    resamples=10_000,
    versions={"numpy": "2.4.6"},
    notes=("Each bar is a one-sided 5 % test.",),
)
