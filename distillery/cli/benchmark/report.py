"""The figures of a benchmark: percentiles of each variant, and the change of each against the baseline.

Intervals are 95 % intervals by the bootstrap, with a fixed seed: the same samples give the same figures.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from distillery.cli.benchmark.measurement import BenchmarkResult, Sample
from distillery.cli.benchmark.variant import Variant, baseline

PERCENTILES = (50, 90, 99)
FIRST, WHOLE, PACE = "first token, ms", "whole answer, ms", "tokens/s"
RESAMPLES = 2000
SEED = 20241204
_LOW, _HIGH = 2.5, 97.5
_KEYS = {FIRST: "time_to_first_token_ms", WHOLE: "end_to_end_ms", PACE: "output_tokens_per_second"}
_VALUE: dict[str, Callable[[Sample], float | None]] = {
    FIRST: lambda sample: sample.first_ms,
    WHOLE: lambda sample: sample.whole_ms,
    PACE: lambda sample: sample.pace,
}


@dataclass(frozen=True, slots=True)
class Figure:
    """A value and the ends of its interval."""

    value: float
    low: float
    high: float

    @property
    def as_json(self) -> dict[str, Any]:
        return {"value": _rounded(self.value), "interval_95": [_rounded(self.low), _rounded(self.high)]}


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures of one variant.

    Attributes:
        figures: Measure → percentile → figure. PACE is missing if the answers are too short.
        served: Mode → number of answers.
        failed: Name of the error → number of requests.
        tokens: Median of output tokens.
        usd: Cost of 1,000 such answers; None without a price.
    """

    variant: Variant
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
    """All figures; changes: name of a variant → measure → change of its median against the variant `against`."""

    summaries: Sequence[Summary]
    against: str
    changes: Mapping[str, Mapping[str, Figure]]
    simulated: bool


def build_report(variants: Sequence[Variant], result: BenchmarkResult) -> Report | None:
    """Returns the report; None if no variant was answered."""
    answered = [variant for variant in variants if _answers(result.samples[variant.name])]
    summaries = [_summary(variant, result.samples[variant.name]) for variant in answered]
    if not summaries:
        return None
    against = baseline(answered).name
    base = next(one for one in summaries if one.variant.name == against)
    changes = {one.variant.name: _changes(one, base) for one in summaries if one is not base}
    simulated = any(sample.simulated for one in summaries for sample in one.samples)
    return Report(summaries, against, changes, simulated)


def _summary(variant: Variant, samples: Sequence[Sample]) -> Summary:
    answers = _answers(samples)
    figures = {
        measure: {which: percentile(values, which) for which in PERCENTILES}
        for measure in (FIRST, PACE, WHOLE)
        if (values := _values(samples, measure))
    }
    costs = [variant.cost_usd(one.input_tokens, one.output_tokens) for one in answers]
    priced = [cost for cost in costs if cost is not None]
    return Summary(
        variant,
        samples,
        figures,
        Counter(one.served for one in answers),
        Counter(one.error for one in samples if one.error),
        percentile([one.output_tokens for one in answers], 50).value,
        sum(priced, Decimal()) / len(priced) * 1000 if priced else None,
    )


def _answers(samples: Sequence[Sample]) -> list[Sample]:
    return [one for one in samples if one.error is None]


def _values(samples: Sequence[Sample], measure: str) -> list[float]:
    return [value for one in _answers(samples) if (value := _VALUE[measure](one)) is not None]


def _changes(one: Summary, base: Summary) -> dict[str, Figure]:
    both = [measure for measure in (FIRST, PACE, WHOLE) if measure in one.figures and measure in base.figures]
    return {measure: change(one.values(measure), base.values(measure)) for measure in both}


def percentile(values: Sequence[float], which: float) -> Figure:
    """Returns a percentile, such as 50, 90 or 99. Raises ValueError if there are no values."""
    if not values:
        raise ValueError("no values")
    drawn = np.percentile(_resampled(values, np.random.default_rng(SEED)), which, axis=1)
    return _figure(float(np.percentile(values, which)), drawn)


def change(values: Sequence[float], against: Sequence[float]) -> Figure:
    """Returns the relative change of the median: -0.42 is 42 % less. The two sets are resampled independently."""
    rng = np.random.default_rng(SEED)
    ours, theirs = (np.median(_resampled(each, rng), axis=1) for each in (values, against))
    return _figure(float(np.median(values) / np.median(against)) - 1, ours / theirs - 1)


def _resampled(values: Sequence[float], rng: np.random.Generator) -> Any:
    return rng.choice(np.asarray(values, dtype=float), size=(RESAMPLES, len(values)))


def _figure(value: float, drawn: Any) -> Figure:
    low, high = np.percentile(drawn, [_LOW, _HIGH])
    return Figure(value, float(low), float(high))


def _rounded(number: float) -> float:
    return float(f"{number:.5g}")


def as_document(report: Report) -> dict[str, Any]:
    """Returns the report as JSON, with every sample."""
    return {
        "simulated": report.simulated,
        "arms": [_variant_document(one) for one in report.summaries],
        "against": report.against,
        "changes": {
            name: {_KEYS[measure]: figure.as_json for measure, figure in changes.items()}
            for name, changes in report.changes.items()
        },
    }


def _variant_document(one: Summary) -> dict[str, Any]:
    return {
        "name": one.variant.name,
        "requested": str(one.variant.target.requested),
        "model": one.variant.step.model,
        "identifier": one.variant.target.identifier,
        "region": one.variant.step.region,
        "served": dict(one.served),
        "failed": dict(one.failed),
        "output_tokens_p50": one.tokens,
        "usd_per_1000": str(one.usd) if one.usd is not None else None,
        **{
            _KEYS[measure]: {f"p{which}": figure.as_json for which, figure in figures.items()}
            for measure, figures in one.figures.items()
        },
        "samples": [{**asdict(sample), "output_tokens_per_second": sample.pace} for sample in one.samples],
    }
