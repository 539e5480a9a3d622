"""A canary is withdrawn on evidence, passes on evidence, and is otherwise inconclusive."""

import random
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from distillery.core.canary import CanaryJudgement, CanaryOptions, CanaryOutcome, CriterionState, look_minutes
from distillery.evaluation.canaries.judge import COST, ERRORS, FALLBACKS, LATENCY, REFUSALS, judge
from distillery.evaluation.canaries.traffic import CanaryTraffic, Requests, TokenPrices, Traffic, TrafficPeriod

OPTIONS = CanaryOptions()
PRICES = TokenPrices(input=Decimal("0.035"), output=Decimal("0.14"))
HOUR = 1_800_000_000


def traffic(
    calls: int = 20,
    failed: int = 0,
    latency: float = 400.0,
    tokens: int = 60,
    minutes: int = 120,
    start: int = HOUR,
    phase: int = 0,
) -> Traffic:
    """Every minute the same, but for a latency that varies by a tenth."""
    periods = {
        start + 60 * minute: TrafficPeriod(
            calls=calls,
            latency_ms=latency * (1 + 0.1 * ((minute + phase) % 3 - 1)),
            input_tokens=500 * calls,
            output_tokens=tokens * calls,
        )
        for minute in range(minutes)
    }
    return Traffic(answered=calls * minutes, failed=failed, periods=periods)


def measured(canary: Traffic | None = None, live: Traffic | None = None, **more: Any) -> CanaryTraffic:
    requests = Requests(assigned=2400)
    said: dict[str, Any] = {"canary_requests": requests, "live_requests": requests, "prices": (PRICES, PRICES)}
    return CanaryTraffic(canary=canary or traffic(), live=live or traffic(), **(said | more))


def of(judgement: CanaryJudgement, name: str) -> CriterionState:
    return next(each.state for each in judgement.criteria if each.name == name)


def test_one_as_good_as_the_live_model_passes_at_its_end_and_not_before() -> None:
    assert judge(OPTIONS, measured(), is_last=False).outcome is CanaryOutcome.RUNNING
    judgement = judge(OPTIONS, measured(), is_last=True)
    assert judgement.outcome is CanaryOutcome.PASSED
    assert {each.state for each in judgement.criteria} == {CriterionState.HOLDS}
    assert judgement.sentence.startswith("It passed with 2400 answers: error rate 0.0% against 0.0%")


WORSE: dict[str, tuple[CanaryTraffic, str]] = {
    "errors": (measured(traffic(failed=240)), ERRORS),
    "latency": (measured(traffic(latency=800.0)), LATENCY),
    "tokens": (measured(traffic(tokens=600)), COST),
    "refusals": (measured(canary_requests=Requests(assigned=2400, refused=200)), REFUSALS),
    "fallbacks": (measured(canary_requests=Requests(assigned=2400, diverted=200)), FALLBACKS),
    "a price": (measured(prices=(TokenPrices(input=Decimal(1), output=Decimal(4)), PRICES)), COST),
}


@pytest.mark.parametrize(("given", "criterion"), WORSE.values(), ids=WORSE)
@pytest.mark.parametrize("is_last", [False, True])
def test_one_that_is_worse_is_withdrawn_at_any_look(given: CanaryTraffic, criterion: str, is_last: bool) -> None:
    judgement = judge(OPTIONS, given, is_last=is_last)
    assert judgement.outcome is CanaryOutcome.WORSE
    assert of(judgement, criterion) is CriterionState.REFUTED
    assert criterion in judgement.sentence


def test_one_that_answers_nothing_is_withdrawn_after_a_few_calls() -> None:
    broken = Traffic(failed=5)
    assert judge(OPTIONS, measured(broken), is_last=False).outcome is CanaryOutcome.WORSE


@pytest.mark.parametrize(
    "given",
    [
        measured(traffic(calls=1, minutes=100)),
        measured(Traffic()),
        measured(Traffic(), Traffic()),
        measured(live=Traffic()),
        measured(traffic(latency=552.0, phase=1)),  # a quarter more is allowed, and neither shown nor excluded
        measured(traffic(failed=48)),  # nor are two points of errors
    ],
    ids=["few calls", "no call", "no call of both", "no call of the live one", "latency", "errors"],
)
def test_without_evidence_it_is_inconclusive(given: CanaryTraffic) -> None:
    assert judge(OPTIONS, given, is_last=False).outcome is CanaryOutcome.RUNNING
    assert judge(OPTIONS, given, is_last=True).outcome is CanaryOutcome.INCONCLUSIVE


def test_what_nobody_measured_is_said_and_does_not_decide() -> None:
    """Callers that write no metrics, and models without a price for tokens."""
    judgement = judge(OPTIONS, replace(measured(), canary_requests=Requests(), prices=None), is_last=True)
    assert judgement.outcome is CanaryOutcome.PASSED
    assert judgement.sentence.endswith("Not measured: refusals, fallback ratio")
    assert [each.name for each in judgement.criteria] == [ERRORS, REFUSALS, FALLBACKS, LATENCY]


def test_a_busy_hour_slows_both() -> None:
    """Latency is compared minute by minute: the canary had its calls in the slow hour alone."""
    slow, fast = traffic(latency=2000.0, minutes=60), traffic(latency=200.0, minutes=600, start=HOUR + 3600)
    live = replace(slow, answered=slow.answered + fast.answered, periods={**slow.periods, **fast.periods})
    assert judge(OPTIONS, measured(slow, live), is_last=True).outcome is CanaryOutcome.PASSED


def test_one_as_good_is_rarely_withdrawn_by_chance() -> None:
    """288 looks at 40 canaries whose calls fail as often as the live model's. At most 5 of 100 may be withdrawn."""
    drawn, withdrawn = random.Random(7), 0
    for _ in range(40):
        canary, live = Traffic(), Traffic()
        for _look in range(288):
            canary = replace(canary, answered=canary.answered + 20, failed=canary.failed + _failures(drawn, 20))
            live = replace(live, answered=live.answered + 180, failed=live.failed + _failures(drawn, 180))
            if judge(CanaryOptions(max_error_increase=0.0), measured(canary, live), is_last=False).outcome is (
                CanaryOutcome.WORSE
            ):
                withdrawn += 1
                break
    assert withdrawn <= 2


def _failures(drawn: random.Random, calls: int) -> int:
    return sum(drawn.random() < 0.03 for _ in range(calls))


@pytest.mark.parametrize(("minutes", "between"), [(10, 5), (1440, 5), (1441, 6), (10_080, 35)])
def test_a_canary_is_looked_at_as_often_as_its_error_is_divided_by(minutes: int, between: int) -> None:
    assert look_minutes(CanaryOptions(minutes=minutes)) == between
