"""The verdict in one sentence.

Bounds are rounded against the student: "better by 31 to 44 points" never says more than the interval.
"""

from collections.abc import Iterator
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal

from distillery.core.judging import VerdictOutcome
from distillery.evaluation.contestants import BASE, LIVE, STUDENT, TEACHER, called
from distillery.evaluation.report.document import Document
from distillery.evaluation.report.rows import BarRow, Bounds, ComparisonRow, Unit, name

_FLOOR = "min_teacher_score"
_EXAM = "golden_min_score"
_ORDER = (BASE, TEACHER, LIVE)
_OPENING = {
    VerdictOutcome.PASSED: "Passed",
    VerdictOutcome.FAILED: "Failed",
    VerdictOutcome.INCONCLUSIVE: "Inconclusive",
}
_UNITS = {Unit.MILLISECONDS: "{} ms", Unit.USD_PER_THOUSAND: "${} per 1,000 answers"}


def sentence(document: Document) -> str:
    """`Passed: better than untrained by 31 to 44 points; not worse than the teacher by more than 2 points; …`."""
    clauses = list(_clauses(document))
    opening = _OPENING[document.outcome] + (", exploratory" if document.exploratory else "")
    return f"{opening}: {'; '.join(clauses)}" if clauses else opening


def _clauses(document: Document) -> Iterator[str]:
    bars = {bar.against: bar for bar in document.bars if bar.against and not bar.golden}
    refuted_first = sorted(document.bars, key=lambda bar: bar.outcome is not VerdictOutcome.FAILED)
    yield from (clause for bar in refuted_first if (bar.golden or not bar.against) and (clause := _alone(bar)))
    refuted = {role for role, bar in bars.items() if bar.outcome is VerdictOutcome.FAILED}
    for comparison in sorted(document.comparisons, key=lambda one: (one.against not in refuted, _place(one.against))):
        if comparison.pairs:
            yield compared(comparison, bars.get(comparison.against))
        elif (bar := bars.get(comparison.against)) and bar.outcome is VerdictOutcome.INCONCLUSIVE:
            yield f"no prompts are left to compare with {the(comparison.against)}"
    if document.more_prompts and document.outcome is VerdictOutcome.INCONCLUSIVE:
        yield f"about {document.more_prompts:,} more held-out prompts would decide"


def _place(role: str) -> tuple[int, str]:
    return (_ORDER.index(role) if role in _ORDER else len(_ORDER), role)


def compared(comparison: ComparisonRow, bar: BarRow | None = None) -> str:
    """The student against one model, in a clause.

    Args:
        comparison: The paired difference with its interval.
        bar: The bar against the same model. If it passed, its one-sided bound says how much worse the student can be.
    """
    other, interval = the(comparison.against), comparison.interval
    if interval is None or interval.low is None or interval.high is None:
        return _without_interval(comparison, other)
    low, high = interval.low, interval.high
    if low > 0:
        return f"better than {other} by {_range(low, high)}"
    if high < 0:
        return f"worse than {other} by {_range(-high, -low)}"
    if bar is not None and bar.passed and (bound := _bound(bar.interval, low)) <= 0:
        return f"not worse than {other} by more than {in_points(-bound, ROUND_CEILING)}"
    return f"the interval against {other} includes zero ({signed(low, ROUND_FLOOR)} to {signed(high, ROUND_CEILING)})"


def _bound(one_sided: Bounds | None, low: float) -> float:
    return low if one_sided is None or one_sided.low is None else one_sided.low


def _without_interval(comparison: ComparisonRow, other: str) -> str:
    difference = comparison.difference
    if difference == 0:
        return f"the same score as {other} (no interval)"
    word = "above" if difference > 0 else "below"
    return f"{in_points(abs(difference))} {word} {other} (no interval)"


def _alone(bar: BarRow) -> str:
    """A bar that compares with no model is mentioned where it does not hold."""
    if bar.passed:
        return f"{exact_percent(bar.value)} on the golden set" if bar.name == _EXAM and bar.value is not None else ""
    whose = the(TEACHER if bar.name == _FLOOR else STUDENT)
    needed, has = _in_unit(bar.unit, bar.needed), "nothing" if bar.value is None else _in_unit(bar.unit, bar.value)
    bound = "at most" if bar.at_most else "at least"
    verb = "does not hold" if bar.outcome is VerdictOutcome.FAILED else "is undecided"
    where = " on the golden set" if bar.golden else ""
    if bar.against:
        gap, least = ("nothing" if bar.value is None else signed(bar.value)), signed(bar.needed)
        return f"{bar.name} {verb}{where}: {gap} points against {the(bar.against)}, needed is {bound} {least}"
    return f"{bar.name} {verb}: {whose} has {has}{where}, needed is {bound} {needed}"


def _in_unit(unit: Unit, value: float) -> str:
    form = _UNITS.get(unit)
    return exact_percent(value) if form is None else form.format(f"{value:,g}")


def the(role: str) -> str:
    """A role within a sentence: `untrained`, `the teacher`, or the id of a contender."""
    return name(role) if role == BASE else called(role)


def in_points(share: float, rounding: str = ROUND_HALF_EVEN) -> str:
    """A difference of scores: `2 points`, `1 point`, `0.4 points`."""
    number = _number(share, rounding)
    return f"{number} point" if number == "1" else f"{number} points"


def signed(share: float, rounding: str = ROUND_HALF_EVEN) -> str:
    """`+5`, `−3` or `0`."""
    number = _number(share, rounding)
    return number if number == "0" else f"−{number[1:]}" if number.startswith("-") else f"+{number}"


def exact_percent(share: float) -> str:
    """`89.7%`."""
    return f"{_exact(share).quantize(Decimal('0.1'))}%"


def _range(low: float, high: float) -> str:
    least, most = _number(low, ROUND_FLOOR), _number(high, ROUND_CEILING)
    return in_points(low, ROUND_FLOOR) if least == most else f"{least} to {in_points(high, ROUND_CEILING)}"


def _number(share: float, rounding: str) -> str:
    """Points, whole ones from 1 up, tenths below."""
    exact = _exact(share)
    step = Decimal(1) if abs(exact) >= 1 else Decimal("0.1")
    rounded = exact.quantize(step, rounding=rounding)
    return f"{rounded.normalize() + 0:f}"


def _exact(share: float) -> Decimal:
    """Points of the number as it is written, so that 0.31 is 31 and no more."""
    return Decimal(repr(share)) * 100
