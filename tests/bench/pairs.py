"""Interleaved pairs: a subject and its floor alternate, so that a busy machine slows both."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass

PAIRS = 9
MIN_PAIRS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """Seconds of each turn. The n-th subject ran beside the n-th floor."""

    subject: tuple[float, ...]
    floor: tuple[float, ...]

    @property
    def ratios(self) -> list[float]:
        return [subject / floor for subject, floor in zip(self.subject, self.floor, strict=True)]

    @property
    def ratio(self) -> float:
        """The median of the pairs' ratios, which one disturbed turn does not move."""
        return statistics.median(self.ratios)

    @property
    def summary(self) -> str:
        """The ratio, the middle half of the pairs, and the two medians."""
        low, _, high = statistics.quantiles(self.ratios, n=4)
        subject, floor = statistics.median(self.subject), statistics.median(self.floor)
        return f"{self.ratio:.2f} ×  (half of the pairs {low:.2f} to {high:.2f}; {subject:.2f} s against {floor:.2f} s)"


def interleaved(*, subject: Callable[[], float], floor: Callable[[], float], pairs: int = PAIRS) -> Pairs:
    """Runs both by turns, each first in every other pair, after one pair that only warms the caches up.

    The two give the seconds they took. Raises ValueError below `MIN_PAIRS`.
    """
    if pairs < MIN_PAIRS:
        raise ValueError(f"{pairs} pairs tell nothing; take at least {MIN_PAIRS}")
    subject(), floor()
    taken = [_pair(subject, floor, subject_first=turn % 2 == 0) for turn in range(pairs)]
    return Pairs(subject=tuple(one for one, _ in taken), floor=tuple(other for _, other in taken))


def _pair(subject: Callable[[], float], floor: Callable[[], float], *, subject_first: bool) -> tuple[float, float]:
    if subject_first:
        return subject(), floor()
    seconds = floor()
    return subject(), seconds
