"""What was measured, as figures: of each arm, and of each against the usual one."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from distillery.cli.benchmark.run import Result
from distillery.cli.benchmark.sample import Sample
from distillery.cli.benchmark.statistics import Figure, change, percentile
from distillery.cli.benchmark.variant import Arm, baseline

PERCENTILES = (50, 90, 99)
FIRST, WHOLE, PACE = "first token, ms", "whole answer, ms", "tokens/s"
_KEYS = {FIRST: "time_to_first_token_ms", WHOLE: "end_to_end_ms", PACE: "output_tokens_per_second"}

_OF: dict[str, Callable[[Sample], float | None]] = {
    FIRST: lambda one: one.first_ms,
    WHOLE: lambda one: one.whole_ms,
    PACE: lambda one: one.pace,
}


@dataclass(frozen=True, slots=True)
class Summary:
    """Of one arm. figures: measure → percentile → figure; PACE is left out where answers are too short to tell.

    served: mode → answers; failed: name of the error → requests. usd: of 1,000 such answers.
    """

    arm: Arm
    samples: Sequence[Sample]
    figures: Mapping[str, Mapping[int, Figure]]
    served: Mapping[str, int]
    failed: Mapping[str, int]
    tokens: float
    usd: Decimal | None

    def values(self, measure: str) -> list[float]:
        return _values(self.samples, measure)


@dataclass(frozen=True, slots=True)
class Report:
    """changes: arm's name → measure → change of its median against `against`."""

    summaries: Sequence[Summary]
    against: str
    changes: Mapping[str, Mapping[str, Figure]]
    simulated: bool


def report(arms: Sequence[Arm], result: Result) -> Report | None:
    """None where nothing was answered."""
    summaries = [_summary(arm, result.samples[arm.name]) for arm in arms if _answers(result.samples[arm.name])]
    if not summaries:
        return None
    usual = baseline([one.arm for one in summaries]).name
    base = next(one for one in summaries if one.arm.name == usual)
    changes = {one.arm.name: _changes(one, base) for one in summaries if one is not base}
    simulated = any(taken.simulated for one in summaries for taken in one.samples)
    return Report(summaries, usual, changes, simulated)


def _summary(arm: Arm, samples: Sequence[Sample]) -> Summary:
    good = _answers(samples)
    figures = {
        measure: {which: percentile(values, which) for which in PERCENTILES}
        for measure in (FIRST, PACE, WHOLE)
        if (values := _values(samples, measure))
    }
    costs = [arm.usd(one.input_tokens, one.output_tokens) for one in good]
    known = [cost for cost in costs if cost is not None]
    return Summary(
        arm,
        samples,
        figures,
        Counter(one.served for one in good),
        Counter(one.error for one in samples if one.error),
        percentile([one.output_tokens for one in good], 50).value,
        sum(known, Decimal()) / len(known) * 1000 if known else None,
    )


def _answers(samples: Sequence[Sample]) -> list[Sample]:
    return [one for one in samples if one.error is None]


def _values(samples: Sequence[Sample], measure: str) -> list[float]:
    return [value for one in _answers(samples) if (value := _OF[measure](one)) is not None]


def _changes(one: Summary, base: Summary) -> dict[str, Figure]:
    both = [measure for measure in (FIRST, PACE, WHOLE) if measure in one.figures and measure in base.figures]
    return {measure: change(one.values(measure), base.values(measure)) for measure in both}


def document(told: Report) -> dict[str, Any]:
    """As JSON has it, with every sample."""
    return {
        "simulated": told.simulated,
        "arms": [_arm_document(one) for one in told.summaries],
        "against": told.against,
        "changes": {
            name: {_KEYS[measure]: figure.document for measure, figure in changes.items()}
            for name, changes in told.changes.items()
        },
    }


def _arm_document(one: Summary) -> dict[str, Any]:
    return {
        "name": one.arm.name,
        "requested": str(one.arm.target.requested),
        "model": one.arm.step.model,
        "identifier": one.arm.target.identifier,
        "region": one.arm.step.region,
        "served": dict(one.served),
        "failed": dict(one.failed),
        "output_tokens_p50": one.tokens,
        "usd_per_1000": str(one.usd) if one.usd is not None else None,
        **{
            _KEYS[measure]: {f"p{which}": figure.document for which, figure in figures.items()}
            for measure, figures in one.figures.items()
        },
        "samples": [{**asdict(taken), "output_tokens_per_second": taken.pace} for taken in one.samples],
    }
