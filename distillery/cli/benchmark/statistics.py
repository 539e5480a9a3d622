"""Percentiles, and how sure they are: 95 % intervals by the bootstrap, the same every time for the same samples."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

RESAMPLES = 2000
SEED = 20241204
_LOW, _HIGH = 2.5, 97.5


@dataclass(frozen=True, slots=True)
class Figure:
    """A value and the interval around it."""

    value: float
    low: float
    high: float

    @property
    def document(self) -> dict[str, Any]:
        return {"value": _rounded(self.value), "interval_95": [_rounded(self.low), _rounded(self.high)]}


def percentile(values: Sequence[float], which: float) -> Figure:
    """which: 50, 90, 99. Raises ValueError without a value."""
    if not values:
        raise ValueError("no values")
    drawn = np.percentile(_resampled(values, np.random.default_rng(SEED)), which, axis=1)
    return _figure(float(np.percentile(values, which)), drawn)


def change(values: Sequence[float], against: Sequence[float]) -> Figure:
    """Of the median: -0.42 is 42 % less than `against`. The two are drawn apart from each other."""
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
