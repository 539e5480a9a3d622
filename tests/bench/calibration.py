"""Size and power of the verdict's tests, and the bootstrap's time. A size is the share of bad candidates that pass."""

import time
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from rich.console import Console
from rich.table import Table

from distillery.evaluation.statistics.families import MIN_VARYING, discordant, mean_difference
from distillery.evaluation.statistics.interval import ALPHA
from distillery.evaluation.statistics.paired import MAX_EXACT, p_value, score_statistic
from distillery.evaluation.statistics.proportion import at_least, log_factorials
from distillery.evaluation.statistics.resampling import Families, from_ratios, studentized
from tests.bench.bar import Bar

SIZES, LARGE_SIZES = (20, 30, 40, 59, 80, 100, 150, 200), (201, 300, 500, 1000)
THRESHOLDS = tuple(Fraction(each, 100) for each in (-10, -5, -2, 0, 5, 20))
ACCURACIES = tuple(each / 100 for each in (50, 60, 70, 80, 85, 90, 95, 97, 99))
SIMULATED, BATCH = 2000, 100
SIMULATION_ERROR = 3 * (0.05 * 0.95 / SIMULATED) ** 0.5
SHAPES = ("rare losses", "word F1", "shared passages", "one large family")
FAMILIES = (30, 60, 150)
MARGIN = Fraction(1, 20)


def passing(n: int, threshold: Fraction) -> np.ndarray:
    """Which outcomes pass, by gains (rows) and losses (columns).

    The p-value falls as the statistic grows, so it is enough to find the least statistic that passes.
    """
    gains, losses = np.meshgrid(np.arange(n + 1), np.arange(n + 1), indexing="ij")
    possible = gains + losses <= n
    statistic = np.where(possible, score_statistic(gains, losses, n, float(threshold)), -np.inf)
    order = np.argsort(-statistic, axis=None, kind="stable")[: int(possible.sum())]
    low, high = 0, len(order)
    while low < high:
        middle = (low + high) // 2
        b, c = divmod(int(order[middle]), n + 1)
        low, high = (middle + 1, high) if p_value(b, c, n, float(threshold)) <= ALPHA else (low, middle)
    found = np.zeros((n + 1) ** 2, bool)
    found[order[:low]] = True
    return found.reshape(n + 1, n + 1) & possible


def models(threshold: float) -> Iterator[tuple[float, float]]:
    """Probabilities of a gain and of a loss with exactly that difference, for baselines of every accuracy."""
    for accuracy in ACCURACIES:
        candidate = accuracy + threshold
        if not 0 <= candidate <= 1:
            continue
        least, most = max(0.0, accuracy + candidate - 1), min(accuracy, candidate)
        for part in range(11):
            both = least + (most - least) * part / 10
            yield candidate - both, accuracy - both


def chance(passes: np.ndarray, gain: float, loss: float) -> float:
    """The probability of the passing outcomes, term by term."""
    n = len(passes) - 1
    logs, (b, c) = log_factorials(n), np.nonzero(passes)
    rest = n - b - c
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = [
            np.where(k > 0, k * np.log(max(p, 0.0)), 0.0) for k, p in ((b, gain), (c, loss), (rest, 1 - gain - loss))
        ]
    return float(np.exp(logs[n] - logs[b] - logs[c] - logs[rest] + sum(terms)).sum())


def size(n: int, threshold: Fraction) -> float:
    """The largest share of candidates exactly at the threshold that pass."""
    passes = passing(n, threshold)
    return max(chance(passes, *model) for model in models(float(threshold)))


def score_size(n: int, threshold: Fraction) -> float:
    """The same of the exact binomial test."""
    least = next((k for k in range(n + 1) if at_least(k, n, threshold) <= ALPHA), n + 1)
    return float(at_least(least, n, threshold))


def power(n: int = 400, discordant_share: float = 0.1, margin: Fraction = MARGIN) -> float:
    """How often a candidate as good as the baseline passes."""
    return chance(passing(n, -margin), discordant_share / 2, discordant_share / 2)


def differences(shape: str, count: int, rng: np.random.Generator) -> Families:
    """Families of a candidate that is worse by exactly the margin."""
    sizes = np.ones(count, int)
    each: np.ndarray
    if shape == "rare losses":
        each = -12 * (rng.random(count) < 0.05)
    elif shape == "word F1":
        each = rng.integers(-4, 5, count) * (rng.random(count) < 0.5)
        each = each - (rng.random(count) < 0.1) * 6
    else:
        sizes = 1 + np.arange(count) % 6
        if shape == "one large family":
            sizes[0] = int(((sizes[1:] ** 2).sum() / 4) ** 0.5)  # the largest that may pass
        each = (rng.random(count) < 0.1) * 12 - (rng.random(count) < 0.15) * 12
    return Families(
        tuple(Fraction(int(v), 12) * int(s) for v, s in zip(each, sizes, strict=True)), tuple(map(int, sizes))
    )


def _batches(shape: str, count: int, simulated: int, rng: np.random.Generator) -> Iterator[list[Families]]:
    for _ in range(0, simulated, BATCH):
        yield [differences(shape, count, rng) for _ in range(BATCH)]


def family_size(shape: str, count: int, *, simulated: int = SIMULATED, seed: int = 7) -> float:
    """The share of simulated bad candidates that pass the tests over families."""
    rng = np.random.Generator(np.random.PCG64(seed))
    passed = 0
    for batch in _batches(shape, count, simulated, rng):
        many = [values for values in batch if discordant(values) >= MIN_VARYING]
        passed += sum(
            mean_difference(values, -MARGIN).p_above <= ALPHA for values in batch if discordant(values) < MIN_VARYING
        )
        if many:
            ratios = studentized(many)
            tests = (from_ratios(values, *found, -MARGIN) for values, found in zip(many, ratios, strict=True))
            passed += sum(test.p_above <= ALPHA for test in tests)
    return passed / simulated


def resampling_seconds() -> float:
    """The processor's time for 10,000 resamples over 2,000 prompts and six models."""
    rng = np.random.Generator(np.random.PCG64(1))
    models = [Families(tuple(Fraction(int(v), 6) for v in rng.integers(0, 7, 2000)), (1,) * 2000) for _ in range(6)]
    began = time.process_time()
    studentized(models)
    return time.process_time() - began


def bench(console: Console) -> list[Bar]:
    table = Table("test", "n or families", "threshold or shape", "size", title="Size: bad candidates that pass")
    found: dict[str, float] = {"exact": 0.0, "score": 0.0, "binomial": 0.0, "families": 0.0}

    def note(kind: str, n: int, what: str, value: float) -> None:
        table.add_row(kind, str(n), what, f"{value:.2%}")
        found[kind] = max(found[kind], value)

    for n in SIZES:
        for score in (Fraction(1, 2), Fraction(4, 5), Fraction(99, 100)):
            note("binomial", n, f"{float(score):.2f}", score_size(n, score))
    for n in SIZES + LARGE_SIZES:
        for threshold in THRESHOLDS:
            note("exact" if n <= MAX_EXACT else "score", n, f"{float(threshold):+.2f}", size(n, threshold))
    for shape in SHAPES:
        for count in FAMILIES:
            note("families", count, shape, family_size(shape, count))
    console.print(table)
    passed = power()
    console.print(f"Power: n = 400, 10 % discordant, no difference, margin of 5 points: {passed:.1%} pass")
    limit = 100 * (0.05 + SIMULATION_ERROR)
    return [
        Bar(what="size, exact binomial", measured=100 * found["binomial"], limit=5, floor="enumerated", unit="%"),
        Bar(what="size, exact paired to n = 200", measured=100 * found["exact"], limit=5, floor="enumerated", unit="%"),
        Bar(what="size, score interval", measured=100 * found["score"], limit=5, floor="enumerated", unit="%"),
        Bar(what="size, families", measured=100 * found["families"], limit=limit, floor="simulated", unit="%"),
        Bar(
            what="good candidates that do not pass", measured=100 * (1 - passed), limit=10, floor="enumerated", unit="%"
        ),
        Bar(what="10,000 resamples, 2,000 × 6", measured=resampling_seconds(), limit=2, floor="processor", unit="s"),
    ]
