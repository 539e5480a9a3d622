"""The test of each bar: which prompts count, what a missing answer counts as, and which method applies."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from distillery.core.errors import BadRequest
from distillery.evaluation.bars import Bar, Kind
from distillery.evaluation.contestants import called
from distillery.evaluation.sample import HeldOutSample, Numbers
from distillery.evaluation.statistics import families as by_family
from distillery.evaluation.statistics.families import MIN_FAMILIES, grouped
from distillery.evaluation.statistics.interval import Interval
from distillery.evaluation.statistics.order import median
from distillery.evaluation.statistics.paired import paired_difference
from distillery.evaluation.statistics.proportion import mcnemar, proportion
from distillery.evaluation.statistics.resampling import Families

MIN_LEFT = 30
"""Prompts that a comparison needs besides those that the baseline was trained on."""
MAX_MISSING = Fraction(2, 100)
THOUSAND = 1000
UNPRICED = "what an answer costs is unknown: the catalog has no price of the model"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A bar with its test.

    Attributes:
        obstacle: Why the bar can neither hold nor be refuted, whatever its interval; may be empty.
        shortfall: How many prompts remove the obstacle; 0 without one.
        incomplete: Which side has too many missing answers; may be empty.
    """

    bar: Bar
    interval: Interval
    scored: int
    asked: int
    excluded: int
    families: int
    discordant: int | None = None
    mcnemar: float | None = None
    obstacle: str = ""
    shortfall: int = 0
    incomplete: str = ""

    @property
    def p_holds(self) -> float:
        """The p-value of "the bar is missed"."""
        return self._p(self.interval.p_below if self.bar.at_most else self.interval.p_above)

    @property
    def p_refuted(self) -> float:
        """The p-value of "the bar is kept"."""
        return self._p(self.interval.p_above if self.bar.at_most else self.interval.p_below)

    def _p(self, value: float) -> float:
        return 1.0 if self.obstacle or self.incomplete else value


def measured(bars: Sequence[Bar], sample: HeldOutSample, *, seed: int) -> tuple[Measured, ...]:
    """The test of each bar. Raises BadRequest where there is none, or its role was not measured."""
    if not bars:
        raise BadRequest("there is no bar; a verdict needs one or more; set one, such as min_score")
    return tuple(_measured(bar, sample, seed) for bar in bars)


def _measured(bar: Bar, sample: HeldOutSample, seed: int) -> Measured:
    out = sample.left_out(bar.against) if bar.against else frozenset()
    kept = [index for index in range(sample.asked) if index not in out]
    names = [sample.families[index] for index in kept] if sample.families else []
    sides = [_numbers(bar, sample, role, kept) for role in ((bar.role, bar.against) if bar.against else (bar.role,))]
    scored = sum(all(number is not None for number in row) for row in zip(*sides, strict=True))
    test = Measured(
        bar=bar,
        interval=_nothing("too few prompts"),
        scored=scored,
        asked=len(kept),
        excluded=len(out),
        families=len(set(names)) if names else len(kept),
        incomplete=_incomplete(bar, sides),
    )
    if bar.kind is Kind.COST and _is_unpriced(sample, bar.role):
        return replace(test, obstacle=UNPRICED, incomplete="")
    if not kept or (bar.kind in (Kind.LATENCY, Kind.COST) and not scored):
        return replace(test, obstacle="nothing was measured", shortfall=MIN_LEFT)
    test = _tested(test, sides, names, sample.binary and sample.single, seed)
    if out and len(kept) < MIN_LEFT:
        reason = f"{len(kept)} prompts are left that {called(bar.against)} was not trained on, {MIN_LEFT} are needed"
        return replace(test, obstacle=reason, shortfall=MIN_LEFT - len(kept))
    return test


def _is_unpriced(sample: HeldOutSample, role: str) -> bool:
    """Whether there are answers, and none has a known cost."""
    return any(sample.latency_ms.get(role, ())) and not any(cost is not None for cost in sample.usd.get(role, ()))


def _numbers(bar: Bar, sample: HeldOutSample, role: str, kept: Sequence[int]) -> list[Fraction | None]:
    groups = {Kind.LATENCY: sample.latency_ms, Kind.COST: sample.usd}
    group = groups.get(bar.kind, sample.scores)
    if role not in group:
        raise BadRequest(
            f"{bar.name} is about {called(role)}, which was not measured; measured are {sorted(map(called, group))}; "
            "ask that model too, or remove the bar"
        )
    numbers: Numbers = group[role]
    return [None if (number := numbers[index]) is None else Fraction(number) for index in kept]


def _incomplete(bar: Bar, sides: Sequence[Sequence[Fraction | None]]) -> str:
    """A sentence for each side of which more is missing than a verdict tolerates."""
    sentences = []
    for role, side in zip((bar.role, bar.against), sides, strict=False):
        missing = side.count(None)
        if missing > MAX_MISSING * len(side):
            has = f"{len(side) - missing} of {len(side)} answers"
            where = " on the golden set" if bar.golden else ""
            sentences.append(f"{_capitalized(called(role))} has {has}{where}; a verdict needs at least 98 %.")
    return " ".join(sentences)


def _capitalized(text: str) -> str:
    return text[:1].upper() + text[1:] if text.startswith("the ") else text


def _tested(
    test: Measured, sides: Sequence[Sequence[Fraction | None]], names: Sequence[str], counts: bool, seed: int
) -> Measured:
    bar, needed = test.bar, Fraction(test.bar.needed)
    if bar.kind is Kind.LATENCY:
        return replace(test, interval=median(_medians(sides[0], names), needed))
    if bar.kind is Kind.COST:
        present = [index for index, number in enumerate(sides[0]) if number is not None]
        costs = grouped(
            [THOUSAND * (sides[0][index] or Fraction(0)) for index in present],
            [names[index] for index in present] if names else [],
        )
        if costs.effective < MIN_FAMILIES:
            return _too_few(test, costs)
        return replace(test, interval=by_family.mean_cost(costs, needed, seed=seed))
    own = [Fraction(0) if number is None else number for number in sides[0]]
    if bar.census:
        return replace(test, interval=_census(Fraction(sum(own), len(own)), needed))
    if bar.kind is Kind.SCORE:
        if counts:
            return replace(test, interval=proportion(sum(map(int, own)), len(own), needed))
        values = grouped(own, names)
        if values.effective < MIN_FAMILIES:
            return _too_few(test, values)
        return replace(test, interval=by_family.mean_score(values, needed, seed=seed))
    other = [Fraction(1) if number is None else number for number in sides[1]]
    differences = [mine - theirs for mine, theirs in zip(own, other, strict=True)]
    values = grouped(differences, names)
    test = replace(test, discordant=by_family.discordant(values))
    if counts:
        gains, losses = differences.count(Fraction(1)), differences.count(Fraction(-1))
        interval = paired_difference(gains, losses, len(differences), needed)
        return replace(test, interval=interval, mcnemar=mcnemar(gains, losses))
    if values.effective < MIN_FAMILIES:
        return _too_few(test, values)
    return replace(test, interval=by_family.mean_difference(values, needed, seed=seed))


def _medians(side: Sequence[Fraction | None], names: Sequence[str]) -> list[Fraction]:
    """The median of each family: calls with nearly the same prompt are not independent."""
    found: dict[object, list[Fraction]] = {}
    for number, family in zip(side, names or range(len(side)), strict=True):
        if number is not None:
            found.setdefault(family, []).append(number)
    return [statistics.median(numbers) for numbers in found.values()]


def _too_few(test: Measured, values: Families) -> Measured:
    effective = values.effective
    return replace(
        test,
        interval=_nothing("too few families", float(values.mean)),
        obstacle=f"the families are equivalent to {float(effective):.3g} of equal size; {MIN_FAMILIES} are needed",
        shortfall=math.ceil((MIN_FAMILIES - effective) * test.asked / effective),
    )


def _census(mean: Fraction, needed: Fraction) -> Interval:
    """The score itself: nothing is inferred, so it is no interval, and the bar is kept or missed for certain."""
    kept = mean >= needed
    return Interval(
        estimate=float(mean),
        lower=float(mean),
        upper=float(mean),
        p_above=0.0 if kept else 1.0,
        p_below=1.0 if kept else 0.0,
        method="all prompts of the golden set, without inference",
    )


def _nothing(method: str, mean: float = 0.0) -> Interval:
    return Interval(estimate=mean, lower=-math.inf, upper=math.inf, p_above=1.0, p_below=1.0, method=method)
