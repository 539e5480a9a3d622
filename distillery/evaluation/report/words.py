"""Numbers of a report as people read them, for the page and for the terminal. What is not known is a dash."""

from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal

from distillery.evaluation.report.rows import BarRow, Bounds, Unit
from distillery.evaluation.report.sentence import exact_percent as exact_percent

UNKNOWN = "–"


def percent(share: float | None) -> str:
    """`89.7%`."""
    return UNKNOWN if share is None else exact_percent(share)


def score(value: float | None) -> str:
    """A score of one answer: `1`, `0.5` or `0.333`."""
    return UNKNOWN if value is None else f"{value:.3f}".rstrip("0").rstrip(".") or "0"


def signed_points(share: float | None, rounding: str = ROUND_HALF_EVEN) -> str:
    """A difference of scores: `+1.4`, `−5.0` or `0.0`."""
    if share is None:
        return UNKNOWN
    tenths = (Decimal(repr(share)) * 100).quantize(Decimal("0.1"), rounding=rounding)
    return f"{tenths:+.1f}".replace("-", "−") if tenths else "0.0"


def interval(found: Bounds | None) -> str:
    """`85.8% to 92.9%`, or one side of it."""
    return _span(found, percent, percent)


def difference(found: Bounds | None) -> str:
    """`−3.1 to +5.0`, in points and rounded outwards, or one side of it."""
    return _span(found, lambda low: signed_points(low, ROUND_FLOOR), lambda high: signed_points(high, ROUND_CEILING))


def _span(found: Bounds | None, low: Callable[[float], str], high: Callable[[float], str]) -> str:
    if found is None or (found.low is None and found.high is None):
        return UNKNOWN
    if found.low is None:
        return f"at most {high(found.high or 0.0)}"
    if found.high is None:
        return f"at least {low(found.low)}"
    return f"{low(found.low)} to {high(found.high)}"


def usd(amount: Decimal | None) -> str:
    """`$0.0431`, `$1.50` or `$1,204`."""
    if amount is None:
        return UNKNOWN
    digits = 0 if abs(amount) >= 1000 else 2 if abs(amount) >= 1 or not amount else 4
    return f"{'−' if amount < 0 else ''}${abs(amount):,.{digits}f}"


def count(number: int | None) -> str:
    """`1,204`."""
    return UNKNOWN if number is None else f"{number:,}"


def bar_value(bar: BarRow) -> str:
    """What was measured for a bar."""
    return UNKNOWN if bar.value is None else _in_unit(bar, bar.value)


def needed(bar: BarRow) -> str:
    """What a bar asks for: `at least 75.0%`."""
    return f"{'at most' if bar.at_most else 'at least'} {_in_unit(bar, bar.needed)}"


def bar_interval(bar: BarRow) -> str:
    """The interval of what was measured for a bar."""
    match bar.unit:
        case Unit.SHARE:
            return interval(bar.interval)
        case Unit.POINTS:
            return difference(bar.interval)
    return _span(bar.interval, lambda value: _in_unit(bar, value), lambda value: _in_unit(bar, value))


def more(bar: BarRow) -> str:
    """`about 140 more prompts would decide`; empty if that is not known."""
    return f"about {bar.more_prompts:,} more prompts would decide" if bar.more_prompts else ""


def _in_unit(bar: BarRow, value: float) -> str:
    match bar.unit:
        case Unit.MILLISECONDS:
            return f"{value:,.0f} ms"
        case Unit.USD_PER_THOUSAND:
            return f"{usd(Decimal(repr(value)))} per 1,000 answers"
        case Unit.POINTS:
            return f"{signed_points(value)} points"
        case Unit.SHARE:
            return percent(value)
