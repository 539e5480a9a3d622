"""How a field of JSON is compared: rules for paths, and what equal values share under a rule."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Any

from distillery.core.errors import BadRequest
from distillery.core.escaping import quoted
from distillery.evaluation.graders.json_text import exact_number
from distillery.evaluation.graders.text import composed, normalised, plain

Path = tuple[str, ...]
ITEM = "[]"
LONGEST_TEXT = 100
"""Characters of a text that may be a number or a date."""
_NAME = r"(?:\\.|[^.\\\[\]])+"
_PATH = re.compile(rf"(?:\$|{_NAME}|\[\])(?:\[\])*(?:\.{_NAME}(?:\[\])*)*", re.DOTALL)
_STEP = re.compile(rf"\[\]|{_NAME}", re.DOTALL)
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_DATE = re.compile(
    "[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"([T ]([01][0-9]|2[0-3]):[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?"
)


class Compare(StrEnum):
    """How a field is compared."""

    EXACT = "exact"
    """Texts as they are written, but for their Unicode form; numbers by value; arrays item by item, in order."""
    FOLDED = "folded"
    """Texts without differences in letter case, white space and typography."""
    NUMBER = "number"
    """Numbers, also those written as texts, within `tolerance` or `relative`."""
    DATE = "date"
    """Dates and times in ISO 8601 or one of `formats`, by what they mean."""
    SET = "set"
    """Arrays without their order and repetitions."""
    KEYED = "keyed"
    """Arrays of objects, matched by the value of `key`."""
    IGNORED = "ignored"
    """Not compared."""


OF_LEAVES = (Compare.EXACT, Compare.FOLDED, Compare.NUMBER, Compare.DATE)
"""The rules that also hold below the path, unless a longer path says otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """How the fields at a path are compared."""

    path: str
    """`total`, `customer.name` or `items[].price`; `$` is the whole value. A backslash escapes a dot in a name."""
    compare: Compare = Compare.EXACT
    """How the field is compared."""
    tolerance: Decimal = Decimal(0)
    """By how much a number may differ from the reference's."""
    relative: Decimal = Decimal(0)
    """By which share of the reference's a number may differ: 0.01 is one percent."""
    formats: tuple[str, ...] = ()
    """Forms of a date beside ISO 8601, in the notation of Python's strptime, such as `%d.%m.%Y`."""
    key: str = ""
    """The field that identifies an object of an array."""
    weight: int = 1
    """How much each value at or below the path counts."""

    def __post_init__(self) -> None:
        _refuse(not _PATH.fullmatch(self.path), "path", self.path, "names joined by dots, with [] after arrays")
        _refuse(self.weight < 1, "weight", self.weight, '1 and more; `compare` = "ignored" leaves a field out')
        for name, bound in (("tolerance", self.tolerance), ("relative", self.relative)):
            _refuse(not bound.is_finite() or bound < 0 or abs(bound.adjusted()) > 100, name, bound, "0 and more")
            _refuse(bool(bound) and self.compare is not Compare.NUMBER, name, bound, 'for `compare` = "number"')
        _refuse(bool(self.key) != (self.compare is Compare.KEYED), "key", self.key, 'a name for `compare` = "keyed"')
        _refuse(bool(self.formats) and self.compare is not Compare.DATE, "formats", self.formats, "for dates")
        for form in self.formats:
            _refuse(not _is_format(form), "formats", form, "strptime's directives of day, month and year")

    @property
    def steps(self) -> Path:
        """The names of the path. An array's items are `[]`."""
        path = self.path.removeprefix("$") if self.path[1:2] in ("", ".", "[") else self.path
        return tuple(re.sub(r"\\(.)", r"\1", step, flags=re.DOTALL) for step in _STEP.findall(path))

    @property
    def is_tolerant(self) -> bool:
        return bool(self.tolerance or self.relative)


def _refuse(wrong: bool, option: str, value: object, allowed: str) -> None:
    if wrong:
        shown = str(value) if isinstance(value, (int, Decimal)) else quoted(value)
        raise BadRequest(f"{option} of a field is {shown}; allowed: {allowed}; correct the grader's `fields`")


def _is_format(form: str) -> bool:
    """Whether a date can be written in the form and is the same when read."""
    try:
        day = datetime(2033, 12, 21, tzinfo=UTC)
        return datetime.strptime(day.strftime(form), form).date() == day.date()  # noqa: DTZ007  only the date
    except (ValueError, re.error):
        return False


def spelled(path: Path) -> str:
    """The path as a recipe names it."""
    text = "".join(step if step == ITEM else f".{step}" for step in path)
    return text.removeprefix(".") or "$"


def number(value: Any) -> Decimal | None:
    """The number that a value is, or that its text writes in plain digits of any script."""
    if isinstance(value, Decimal):
        return value
    if isinstance(value, str) and len(value) <= LONGEST_TEXT and _NUMBER.fullmatch(text := plain(value)):
        return Decimal(text)
    return None


def leaf_key(value: Any, rule: Field) -> tuple[str, Any]:
    """What equal scalars share under a rule. A value that is no number or date is compared exactly."""
    if rule.compare is Compare.NUMBER and (found := number(value)) is not None:
        value = found
    if isinstance(value, Decimal):
        return "number", exact_number(value)
    if not isinstance(value, str):
        return type(value).__name__, value
    if rule.compare is Compare.DATE and (moment := _moment(value, rule.formats)) is not None:
        return "date", moment
    return "text", normalised(value) if rule.compare is Compare.FOLDED else composed(value)


def _moment(text: str, formats: tuple[str, ...]) -> tuple[str, str] | None:
    """A date, a time as written, or a time in UTC. Midnight without an offset, or in UTC, is the date alone."""
    if len(text) > LONGEST_TEXT:
        return None
    text = plain(text)
    found = _parsed(text, formats)
    if found is None:
        return None
    if not found.utcoffset() and found.time() == time.min:
        return "on", found.date().isoformat()
    try:
        return ("at", found.isoformat()) if found.tzinfo is None else ("UTC", found.astimezone(UTC).isoformat())
    except OverflowError:
        return "at", found.isoformat()


def _parsed(text: str, formats: tuple[str, ...]) -> datetime | None:
    try:
        if _DATE.fullmatch(text):
            return datetime.fromisoformat(text)
    except ValueError:
        return None
    for form in formats:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007  a form without an offset means none
        except (ValueError, OverflowError):
            continue
    return None
