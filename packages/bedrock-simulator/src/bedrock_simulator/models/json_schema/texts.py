"""Strings of a format or a pattern."""

import re
from collections.abc import Callable, Mapping
from re import _constants as sre  # type: ignore[attr-defined] # the parser of `re`, which has no public name
from re import _parser as sre_parser  # type: ignore[attr-defined] # the same
from typing import Any

Draw = Callable[[int], int]
"""Returns a number from 0 to below its argument."""

_PRINTABLE = [chr(code) for code in range(32, 127)]
_CATEGORIES: dict[Any, Callable[[str], bool]] = {
    sre.CATEGORY_DIGIT: str.isdigit,
    sre.CATEGORY_NOT_DIGIT: lambda c: not c.isdigit(),
    sre.CATEGORY_SPACE: str.isspace,
    sre.CATEGORY_NOT_SPACE: lambda c: not c.isspace(),
    sre.CATEGORY_WORD: lambda c: c.isalnum() or c == "_",
    sre.CATEGORY_NOT_WORD: lambda c: not (c.isalnum() or c == "_"),
}
_REPEATS = (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT)
_MORE = 3  # repetitions beyond the least


def matching(pattern: str, draw: Draw) -> str:
    """Returns a string that matches a pattern, unless its assertions forbid it. Raises ValueError for no pattern."""
    try:
        return _Sample(draw).sequence(sre_parser.parse(pattern))
    except (re.error, OverflowError, RecursionError) as why:
        raise ValueError(f"the pattern {pattern!r} cannot be read: {why}") from None


class _Sample:
    """One walk over a parsed pattern, with the groups so far."""

    def __init__(self, draw: Draw) -> None:
        self._draw, self._groups = draw, dict[int, str]()

    def sequence(self, parsed: Any) -> str:
        return "".join(self._part(kind, operand) for kind, operand in parsed)

    def _part(self, kind: Any, operand: Any) -> str:
        if kind is sre.LITERAL:
            return chr(operand)
        if kind in (sre.ANY, sre.NOT_LITERAL, sre.IN, sre.CATEGORY):
            fitting = [c for c in _PRINTABLE if _fits(c, kind, operand)] or _beyond(kind, operand)
            return fitting[self._draw(len(fitting))]
        if kind is sre.BRANCH:
            return self.sequence(operand[1][self._draw(len(operand[1]))])
        if kind is sre.SUBPATTERN:
            text = self.sequence(operand[3])
            if operand[0] is not None:
                self._groups[operand[0]] = text
            return text
        if kind in _REPEATS:
            least, most, inner = operand
            times = least + self._draw(min(int(most) - least, _MORE) + 1)
            return "".join(self.sequence(inner) for _ in range(min(times, 10_000)))
        if kind is sre.GROUPREF:
            return self._groups.get(operand, "")
        if kind is sre.ATOMIC_GROUP:
            return self.sequence(operand)
        return ""  # anchors and assertions, which the whole is checked against


def _fits(character: str, kind: Any, operand: Any) -> bool:
    if kind is sre.ANY:
        return True
    if kind is sre.NOT_LITERAL:
        return bool(ord(character) != operand)
    if kind is sre.CATEGORY:
        return _CATEGORIES[operand](character)
    negated = operand[0][0] is sre.NEGATE
    return negated != any(_in(character, each, inner) for each, inner in operand if each is not sre.NEGATE)


def _in(character: str, kind: Any, operand: Any) -> bool:
    if kind is sre.LITERAL:
        return bool(ord(character) == operand)
    if kind is sre.RANGE:
        return bool(operand[0] <= ord(character) <= operand[1])
    return kind is sre.CATEGORY and _CATEGORIES[operand](character)


def _beyond(kind: Any, operand: Any) -> list[str]:
    """The first characters of a class without a printable one of ASCII."""
    starts = [inner if each is sre.LITERAL else inner[0] for each, inner in operand if each in (sre.LITERAL, sre.RANGE)]
    if kind is not sre.IN or not starts:
        raise ValueError("a class of characters of the pattern is empty")
    return [chr(start) for start in starts]


def _hex(draw: Draw, digits: int) -> str:
    return "".join("0123456789abcdef"[draw(16)] for _ in range(digits))


def _date(draw: Draw) -> str:
    return f"20{20 + draw(7)}-{1 + draw(12):02}-{1 + draw(28):02}"


def _time(draw: Draw) -> str:
    return f"{draw(24):02}:{draw(60):02}:{draw(60):02}Z"


FORMATS: Mapping[str, Callable[[Draw], str]] = {
    "date-time": lambda draw: f"{_date(draw)}T{_time(draw)}",
    "date": _date,
    "time": _time,
    "duration": lambda draw: f"P{1 + draw(9)}DT{draw(24)}H",
    "email": lambda draw: f"person{draw(1000)}@example.com",
    "idn-email": lambda draw: f"person{draw(1000)}@example.com",
    "hostname": lambda draw: f"host{draw(1000)}.example.com",
    "idn-hostname": lambda draw: f"host{draw(1000)}.example.com",
    "ipv4": lambda draw: f"192.0.2.{draw(255)}",
    "ipv6": lambda draw: f"2001:db8::{_hex(draw, 3)}",
    "uri": lambda draw: f"https://example.com/{_hex(draw, 6)}",
    "uri-reference": lambda draw: f"/{_hex(draw, 6)}",
    "iri": lambda draw: f"https://example.com/{_hex(draw, 6)}",
    "url": lambda draw: f"https://example.com/{_hex(draw, 6)}",
    "uuid": lambda draw: f"{_hex(draw, 8)}-{_hex(draw, 4)}-4{_hex(draw, 3)}-a{_hex(draw, 3)}-{_hex(draw, 12)}",
    "json-pointer": lambda draw: f"/{_hex(draw, 4)}",
    "regex": lambda _: "^[a-z]+$",
}
