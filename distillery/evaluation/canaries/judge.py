"""Decides about a canary by intervals.

A canary is worse as soon as one criterion is refuted. It is looked at many times, by several criteria, so each
refutation must hold at 5 % divided by all of them (Bonferroni): a canary as good as the live model is withdrawn by
chance in at most 5 of 100, if requests are independent: those with one key are not, so few keys void the bound. It
passes only at its end, if it had enough calls and every measured criterion holds at 5 %
(an intersection-union test), error rate and latency among them. Otherwise it is inconclusive: too little traffic is no
evidence of anything.
"""

from collections.abc import Callable, Iterator

from distillery.core.canary import (
    LOOKS_MAX,
    CanaryJudgement,
    CanaryOptions,
    CanaryOutcome,
    CriterionResult,
    CriterionState,
)
from distillery.evaluation.canaries.bounds import OneSidedBounds, difference, median_bounds
from distillery.evaluation.canaries.traffic import CanaryTraffic, Requests, Traffic, TrafficPeriod

ALPHA = 0.05
ERRORS, REFUSALS, FALLBACKS, LATENCY, COST = "error rate", "refusals", "fallback ratio", "latency", "cost"
CRITERIA = (ERRORS, REFUSALS, FALLBACKS, LATENCY, COST)
MEASURED_BY_BEDROCK = (ERRORS, LATENCY)
"""Whoever calls, whatever the hosting: without these, the service has counted no call of one of the two."""
REFUTE = ALPHA / (LOOKS_MAX * len(CRITERIA))
"""The error that one refutation at one look allows."""


def judge(options: CanaryOptions, measured: CanaryTraffic, *, is_last: bool) -> CanaryJudgement:
    """What the metrics say. Before the end (`is_last`), a canary is worse or nothing is decided."""
    results, calls = tuple(_criteria(options, measured)), measured.canary.answered
    if any(result.state is CriterionState.REFUTED for result in results):
        outcome = CanaryOutcome.WORSE
    elif not is_last:
        outcome = CanaryOutcome.RUNNING
    elif calls >= options.min_calls and all(map(_holds, results)):
        outcome = CanaryOutcome.PASSED
    else:
        outcome = CanaryOutcome.INCONCLUSIVE
    return CanaryJudgement(
        outcome=outcome,
        calls=calls,
        live_calls=measured.live.answered,
        criteria=results,
        sentence=_sentence(outcome, options, calls, results),
    )


def _holds(result: CriterionResult) -> bool:
    unmeasured = result.state is CriterionState.UNMEASURED and result.name not in MEASURED_BY_BEDROCK
    return result.state is CriterionState.HOLDS or unmeasured


def _criteria(options: CanaryOptions, measured: CanaryTraffic) -> Iterator[CriterionResult]:
    canary, live = measured.canary, measured.live
    yield _share(ERRORS, options.max_error_increase, *(_failed(each) for each in (canary, live)))
    requests = measured.canary_requests, measured.live_requests
    yield _share(REFUSALS, options.max_refusal_increase, *(_refused(each) for each in requests))
    yield _share(FALLBACKS, options.max_fallback_increase, *(_diverted(each) for each in requests))
    yield _ratio(LATENCY, options.max_latency_ratio, measured, lambda period: period.latency_ms, None)
    if measured.prices:
        of_canary, of_live = measured.prices
        yield _ratio(COST, options.max_cost_ratio, measured, of_canary.of, of_live.of)


def _failed(traffic: Traffic) -> tuple[int, int]:
    return traffic.failed, traffic.answered + traffic.failed


def _refused(requests: Requests) -> tuple[int, int]:
    return min(requests.refused, requests.answered), requests.answered


def _diverted(requests: Requests) -> tuple[int, int]:
    return min(requests.diverted, requests.assigned), requests.assigned


def _share(name: str, limit: float, canary: tuple[int, int], live: tuple[int, int]) -> CriterionResult:
    """A difference of shares. Each side: events, and of how many."""
    if not canary[1] or not live[1]:
        return _unmeasured(name, limit)
    events, of = (canary[0], live[0]), (canary[1], live[1])
    shown, refuting = difference(events, of, ALPHA), difference(events, of, REFUTE)
    first, second = canary[0] / canary[1], live[0] / live[1]
    text = (
        f"{name} {first:.1%} against {second:.1%} of the live model: {shown.estimate * 100:+.1f} points, "
        f"[{shown.lower * 100:+.1f}, {shown.upper * 100:+.1f}], at most {limit * 100:+.1f} allowed"
    )
    return _result(name, limit, (first, second), shown, refuting, text)


def _ratio(
    name: str,
    limit: float,
    measured: CanaryTraffic,
    of_canary: Callable[[TrafficPeriod], float],
    of_live: Callable[[TrafficPeriod], float] | None,
) -> CriterionResult:
    """The median ratio over the periods in which both answered: what changes during the day changes for both."""
    of_live = of_live or of_canary
    both = sorted(measured.canary.periods.keys() & measured.live.periods.keys())
    pairs = [(of_canary(measured.canary.periods[at]), of_live(measured.live.periods[at])) for at in both]
    pairs = [(first, second) for first, second in pairs if second > 0]
    ratios = [first / second for first, second in pairs]
    shown, refuting = median_bounds(ratios, ALPHA), median_bounds(ratios, REFUTE)
    if shown is None or refuting is None:
        return _unmeasured(name, limit)
    text = (
        f"{name} {shown.estimate:.2f} times that of the live model, [{shown.lower:.2f}, {shown.upper:.2f}] over "
        f"{len(ratios)} periods, at most {limit:.2f} allowed"
    )
    means = sum(first for first, _ in pairs) / len(pairs), sum(second for _, second in pairs) / len(pairs)
    return _result(name, limit, means, shown, refuting, text)


def _result(
    name: str, limit: float, values: tuple[float, float], shown: OneSidedBounds, refuting: OneSidedBounds, text: str
) -> CriterionResult:
    refuted, holds = refuting.lower > limit, shown.upper <= limit
    finite = [each if abs(each) < float("inf") else None for each in (shown.lower, shown.upper)]
    return CriterionResult(
        name=name,
        state=CriterionState.REFUTED if refuted else CriterionState.HOLDS if holds else CriterionState.OPEN,
        limit=limit,
        canary=values[0],
        live=values[1],
        estimate=shown.estimate,
        lower=finite[0],
        upper=finite[1],
        text=text,
    )


def _unmeasured(name: str, limit: float) -> CriterionResult:
    return CriterionResult(
        name=name, state=CriterionState.UNMEASURED, limit=limit, text=f"{name} was not measured of both models"
    )


def _sentence(outcome: CanaryOutcome, options: CanaryOptions, calls: int, results: tuple[CriterionResult, ...]) -> str:
    by_state = {state: [each for each in results if each.state is state] for state in CriterionState}
    if outcome is CanaryOutcome.WORSE:
        return "It is worse than the live model: " + "; ".join(each.text for each in by_state[CriterionState.REFUTED])
    if outcome is CanaryOutcome.PASSED:
        held = "; ".join(each.text for each in by_state[CriterionState.HOLDS])
        missing = ", ".join(each.name for each in by_state[CriterionState.UNMEASURED])
        return f"It passed with {calls} answers: {held}" + (f". Not measured: {missing}" if missing else "")
    if outcome is CanaryOutcome.INCONCLUSIVE and calls < options.min_calls:
        return f"It is inconclusive: it answered {calls} requests, and {options.min_calls} are needed"
    if outcome is CanaryOutcome.INCONCLUSIVE:
        return "It is inconclusive: " + "; ".join(each.text for each in results if not _holds(each))
    return f"Nothing is decided after {calls} answers"
