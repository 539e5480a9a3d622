"""OneSidedBounds of the difference of two shares, and of the median of ratios.

Shares: Wilson's score interval of each, and from both Newcombe's hybrid score interval of the difference (Statistics in
Medicine 17, 1998, 873-890, method 10). Ratios: order statistics of their median, which assume no distribution.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist, median


@dataclass(frozen=True, slots=True)
class OneSidedBounds:
    """An estimate with its two one-sided bounds; infinite where the data give none."""

    estimate: float
    lower: float
    upper: float


def wilson(events: int, of: int, alpha: float) -> tuple[float, float]:
    """The two one-sided bounds of a share, each with the error alpha."""
    if of == 0:
        return 0.0, 1.0
    z, share = NormalDist().inv_cdf(1 - alpha), events / of
    middle = share + z * z / (2 * of)
    reach = z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    scale = 1 + z * z / of
    return min(share, max(0.0, (middle - reach) / scale)), max(share, min(1.0, (middle + reach) / scale))


def difference(events: tuple[int, int], of: tuple[int, int], alpha: float) -> OneSidedBounds:
    """The first share less the second, by Newcombe. Each bound has the error alpha."""
    first, second = (e / n if n else 0.0 for e, n in zip(events, of, strict=True))
    (low_1, high_1), (low_2, high_2) = (wilson(e, n, alpha) for e, n in zip(events, of, strict=True))
    estimate = first - second
    return OneSidedBounds(
        estimate,
        max(-1.0, estimate - math.hypot(first - low_1, high_2 - second)),
        min(1.0, estimate + math.hypot(high_1 - first, second - low_2)),
    )


def median_bounds(values: Sequence[float], alpha: float) -> OneSidedBounds | None:
    """The median, with bounds by the sign test; None without a value."""
    if not values:
        return None
    ordered, rank = sorted(values), _rank(len(values), alpha)
    lower = ordered[rank - 1] if rank else -math.inf
    upper = ordered[-rank] if rank else math.inf
    return OneSidedBounds(median(ordered), lower, upper)


def _rank(count: int, alpha: float) -> int:
    """The largest rank k for which fewer than k of `count` fair coins show heads with probability alpha or less."""
    term, total, rank = -count * math.log(2), 0.0, 0
    for heads in range(count // 2 + 1):
        total += math.exp(term)
        if total > alpha:
            break
        rank = heads + 1
        term += math.log(count - heads) - math.log(heads + 1)
    return rank
