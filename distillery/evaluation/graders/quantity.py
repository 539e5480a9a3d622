"""Finds the quantities of a text: numbers with sign, scale, percent, currency and unit, in the digits of every script.

A quantity is exact: a fraction. Digit runs of more than 60 characters are no quantities, so that work is bounded.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from distillery.evaluation.graders import units
from distillery.evaluation.graders.signs import plain_signs
from distillery.evaluation.graders.suffix import suffix

RUN_MAX = 60
QUANTITIES_MAX = 2000
"""The maximum number of quantities that are read; a text with more is not an answer."""


class DecimalMark(StrEnum):
    """How 1.234 and 1,234 are read. 1.234,56 and 1,234.56 are read alike under all of them."""

    AUTO = "auto"
    """A comma before exactly three digits groups thousands; every other single separator is a decimal mark."""
    POINT = "point"
    """1.5 is one and a half; a comma groups thousands or separates two numbers."""
    COMMA = "comma"
    """1,5 is one and a half; a point before exactly three digits groups thousands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A quantity and where it stands in the text.

    Attributes:
        number: The signed number as written, without its scale.
        decimals: The digits behind its decimal mark.
        digits: Its significant digits.
        scale: The factor of its scale words and of percent; None if nothing of the kind is written.
        percent: Whether it is a percentage.
        currency: The sign of its currency; empty if none is written.
        dimension: What its unit measures, such as `time`; empty if it has none that is known.
        unit: How many base units its unit is.
        plain: Whether it consists of digits alone, as a year does.
    """

    number: Fraction
    decimals: int
    digits: int
    scale: Fraction | None
    percent: bool
    currency: str
    dimension: str
    unit: Fraction
    plain: bool
    begin: int
    end: int

    @property
    def value(self) -> Fraction:
        """The number with its scale, in its own unit."""
        return self.number if self.scale is None else self.number * self.scale

    @property
    def year(self) -> bool:
        """Whether it looks like a year."""
        return self.like_year and self.end - self.begin == 4

    @property
    def like_year(self) -> bool:
        """Whether its digits are those of a year, whatever stands behind them."""
        return self.plain and 1900 <= self.number <= 2100


_RUN = re.compile(r"(?<![0-9])(?:[0-9]+(?:[.,'][0-9]+| [0-9]{3}(?![0-9]))*|\.[0-9]+)|(?<![0-9] )(?<![0-9])[¼-¾⅐-⅞]")
_MONEY = r"US\$|[AC]\$|[$€£¥₹₩₽元]|(?<![A-Za-z])(?:[A-Z]{3}|Rs\.?)"
_BEFORE = re.compile(
    rf"(?P<sign>[-+])?(?P<money>{_MONEY})? {{0,2}}(?P<open>\( ?)?(?P<inner>{_MONEY})? {{0,2}}(?P<near>[-+] ?)?$"
)
_FRACTION = re.compile(r" ?(?P<vulgar>[¼-¾⅐-⅞])|(?P<over> [0-9]{1,6})?/(?P<below>[0-9]{1,6})(?![0-9/])")
_EXPONENT = re.compile(
    r"[eE](?P<e>[-+]?[0-9]{1,2})(?![\w.])| ?[x×*·] ?10 ?(?:\^|\*\*) ?(?P<power>-?[0-9]{1,2})(?![0-9])"
)
_CLOSE = re.compile(r" {0,2}\)")


def quantities(text: str, mark: DecimalMark = DecimalMark.AUTO) -> tuple[Quantity, ...]:
    """The quantities of the text, in order, as far as the limit."""
    found: list[Quantity] = []
    end = 0
    text = plain_signs(text)
    for run in _RUN.finditer(text):
        if run.start() < end or run.end() - run.start() > RUN_MAX or _in_word(text, run.start()):
            continue
        for begin, stop in _pieces(run[0], run.start(), mark):
            if begin >= end and (quantity := _quantity(text, begin, stop, mark)):
                found.append(quantity)
                end = quantity.end
        if len(found) >= QUANTITIES_MAX:
            break
    return tuple(found)


def _in_word(text: str, begin: int) -> bool:
    """Whether the digits belong to a name such as Q1, ISO9001 or v2.0: a cased letter stands before them."""
    if not begin or not (
        text[begin - 1] == "_" or (text[begin - 1].isalpha() and text[begin - 1].lower() != text[begin - 1].upper())
    ):
        return False
    word = re.search(r"[^\W\d_]{1,4}$", text[max(0, begin - 5) : begin])
    return word is None or word[0].casefold() not in units.CURRENCIES


def _pieces(run: str, at: int, mark: DecimalMark) -> Iterator[tuple[int, int]]:
    """Where the numbers of a run of digits and separators stand: one, or those of a list."""
    if not run.isascii() or _number(run, mark) is not None:
        yield at, at + len(run)
        return
    for separator in " ,'":
        if separator in run:
            for part in run.split(separator):
                yield from _pieces(part, at, mark)
                at += len(part) + 1
            return


def _number(run: str, mark: DecimalMark) -> tuple[Fraction, int, bool] | None:
    """The number of a run, its decimals, and whether it has digits alone; None if it is not one number."""
    separators = re.sub("[0-9]", "", run)
    groups = re.split("[.,' ]", run)
    if not separators:
        return Fraction(int(run)), 0, True
    last = separators[-1]
    if len(set(separators)) == 1:
        grouped = _grouped(groups, last) and not (last == "." and len(groups) == 2 and mark is not DecimalMark.COMMA)
        if last == "," and len(groups) == 2 and mark is DecimalMark.COMMA:
            grouped = False
        if grouped:
            return Fraction(int("".join(groups))), 0, False
        if len(groups) > 2 or last in " '" or (last == "," and mark is DecimalMark.POINT):
            return None
    elif (
        len(set(separators[:-1])) > 1
        or last in separators[:-1]
        or last not in ".,"
        or not _grouped(groups[:-1], separators[0])
    ):
        return None
    whole = "".join(groups[:-1]) or "0"
    return Fraction(int(whole + groups[-1]), 10 ** len(groups[-1])), len(groups[-1]), False


def _grouped(groups: list[str], separator: str) -> bool:
    """Whether the groups are thousands; in India, groups of two follow the first three."""
    sizes = [len(group) for group in groups]
    western = 1 <= sizes[0] <= 3 and all(size == 3 for size in sizes[1:])
    indian = separator == "," and len(sizes) > 2 and 1 <= sizes[0] <= 2 and set(sizes[1:-1]) == {2} and sizes[-1] == 3
    return (western or indian) and (len(sizes) == 1 or groups[0][0] != "0")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Digits:
    """The value of the digits, without their context."""

    number: Fraction
    decimals: int
    digits: int
    plain: bool
    end: int


def _quantity(text: str, begin: int, end: int, mark: DecimalMark) -> Quantity | None:
    """The quantity of the digits from begin to end, or None if they are a version or a date."""
    digits = _digits(text, begin, end, mark)
    before = _BEFORE.search(text, max(0, begin - 12), begin)
    if digits is None or before is None:
        return None
    prefix = before["inner"] or before["money"] or ""
    currency = units.CURRENCIES.get(prefix.casefold().rstrip("."), "")
    if prefix.isalpha() and not currency:
        before = re.compile("(?P<sign>)(?P<money>)(?P<open>)(?P<near>)").match(text, begin)
        assert before is not None
    behind = suffix(text, digits.end, money=bool(currency))
    negative, aside = _is_negative(text, before), False
    prefixed, opened = before[0], bool(before["open"])
    close = _CLOSE.match(text, behind.end) if opened else None
    if close:
        worded = behind.scale is not None and not behind.percent and not before["money"]
        aside = (
            digits.plain and not currency and text[max(0, before.start() - 2) : before.start()].strip()[-1:].isalnum()
        )
        negative ^= not (worded or aside)
        outside = suffix(text, close.end(), money=bool(currency))
        behind = behind.joined(outside)
    elif opened:  # it opens an aside, and is none itself
        prefixed = text[before.end("open") : begin]
    return Quantity(
        number=-digits.number if negative else digits.number,
        decimals=digits.decimals,
        digits=digits.digits,
        scale=behind.scale,
        percent=behind.percent,
        currency=currency or behind.currency,
        dimension=behind.dimension,
        unit=behind.unit,
        plain=digits.plain and not before[0].strip(" (") and (not before["open"] or aside),
        begin=begin - len(prefixed.lstrip()),
        end=behind.end,
    )


def _digits(text: str, begin: int, end: int, mark: DecimalMark) -> _Digits | None:
    run = text[begin:end]
    if not run.isascii():
        return _Digits(number=_vulgar(run), decimals=0, digits=1, plain=False, end=end)
    read = _number(run, mark)
    if read is None:
        return None
    number, decimals, plain = read
    digits = len(re.sub("[^0-9]", "", run).lstrip("0"))
    if (fraction := _FRACTION.match(text, end)) and text[begin - 1 : begin] != "/":
        if fraction["vulgar"]:
            number, plain, end = number + _vulgar(fraction["vulgar"]), False, fraction.end()
        elif below := int(fraction["below"]):
            over = int(fraction["over"] or 0)
            number = number + Fraction(over, below) if fraction["over"] else number / below
            plain, end = False, fraction.end()
    if exponent := _EXPONENT.match(text, end):
        number *= Fraction(10) ** int(exponent["e"] or exponent["power"])
        plain, end = False, exponent.end()
    return _Digits(number=number, decimals=decimals, digits=digits, plain=plain, end=end)


def _vulgar(char: str) -> Fraction:
    return Fraction(unicodedata.numeric(char)).limit_denominator(10)


def _is_negative(text: str, before: re.Match[str]) -> bool:
    """Whether a minus stands before the number that is neither a hyphen, nor a range, nor an operator."""
    minus = next((name for name in ("near", "sign") if (before[name] or "").startswith("-")), None)
    if minus is None:
        return False
    left = text[max(0, before.start(minus) - 2) : before.start(minus)]
    apart = before[minus].endswith(" ")
    return not (left.rstrip() if apart else left)[-1:].isalnum() and not left.endswith(")")
