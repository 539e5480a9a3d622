"""The probability of a set of outcomes of n pairs, each of them a gain, a loss or neither.

A set is given by the least number of gains for each number of losses.
"""

import functools
import math
from typing import Protocol

import numpy as np

from distillery.evaluation.statistics.proportion import log_factorials

NEGLECTED = 1e-12
"""Added to every probability: it exceeds the rounding errors, and what lies outside the windows of `LargeRegion`."""
WINDOW, MARGIN = 7.5, 10
TINY = 1e-300


class Region(Protocol):
    """A set of outcomes."""

    def probability(self, gain: np.ndarray, loss: np.ndarray) -> np.ndarray:
        """Its probability where a pair is a gain or a loss with these probabilities, elementwise."""


@functools.lru_cache(maxsize=8)
def _ways(n: int) -> np.ndarray:
    """The numbers of sequences with b gains (rows) and c losses (columns). At most 3**n, so n is limited."""
    logs = log_factorials(n)
    b, c = np.arange(n + 1)[:, None], np.arange(n + 1)
    rest = n - b - c
    return np.where(rest >= 0, np.exp(logs[n] - logs[b] - logs[c] - logs[np.maximum(rest, 0)]), 0.0)


class SmallRegion:
    """A set of outcomes of at most some 600 pairs, as a bilinear form.

    The probability of an outcome is a power of the largest of the three probabilities, times powers of two ratios of at
    most 1. So nothing overflows, and what underflows is negligible.
    """

    def __init__(self, n: int, least: np.ndarray) -> None:
        self._n = n
        k = np.arange(n + 1)
        rest = n - k[:, None] - k
        inside = np.where(k[:, None] >= least, _ways(n), 0.0)
        row = np.broadcast_to(k[:, None], rest.shape)
        valid, other = rest >= 0, np.maximum(rest, 0)
        self._forms = (
            inside,  # by gains and losses
            np.where(valid, inside[row, other], 0.0),  # by gains and neither
            np.where(valid, inside[other, row], 0.0),  # by losses and neither
        )

    def probability(self, gain: np.ndarray, loss: np.ndarray) -> np.ndarray:
        neither = np.maximum(1 - gain - loss, 0)
        found = np.empty(len(gain))
        largest = np.argmax([neither, loss, gain], axis=0)
        for i, (first, second, rest) in enumerate(
            ((gain, loss, neither), (gain, neither, loss), (loss, neither, gain))
        ):
            at = largest == i
            if at.any():
                found[at] = self._sum(self._forms[i], first[at], second[at], rest[at])
        return found + NEGLECTED

    def _sum(self, form: np.ndarray, first: np.ndarray, second: np.ndarray, largest: np.ndarray) -> np.ndarray:
        k = np.arange(self._n + 1)
        rows, columns = (first / largest)[:, None] ** k, (second / largest)[:, None] ** k
        total: np.ndarray = (np.einsum("kb,bc->kc", rows, form) * columns).sum(axis=1) * largest**self._n
        return total


class LargeRegion:
    """A set of outcomes of any number of pairs, summed where they are not too improbable."""

    def __init__(self, n: int, least: np.ndarray) -> None:
        self._n, self._least, self._logs = n, least, log_factorials(n)

    def probability(self, gain: np.ndarray, loss: np.ndarray) -> np.ndarray:
        return np.array([self._one(float(g), float(s)) for g, s in zip(gain, loss, strict=True)]) + NEGLECTED

    def _one(self, gain: float, loss: float) -> float:
        logs, c, b = self._logs, _window(self._n, loss), _window(self._n, gain)[:, None]
        rest = self._n - b - c
        inside = (b >= self._least[c]) & (rest >= 0)
        rest = np.maximum(rest, 0)
        chance = logs[self._n] - logs[b] - logs[c] - logs[rest]
        chance = chance + b * _log(gain) + c * _log(loss) + rest * _log(1 - gain - loss)
        return float(np.exp(np.where(inside, chance, -np.inf)).sum())


def _window(n: int, p: float) -> np.ndarray:
    reach = WINDOW * math.sqrt(n * p * (1 - p)) + MARGIN
    return np.arange(max(0, math.floor(n * p - reach)), min(n, math.ceil(n * p + reach)) + 1)


def _log(p: float) -> float:
    return math.log(max(p, TINY))
