"""Wrong answers as models give them.

A label is another label. In JSON one field is wrong, missing, or of another type. In a text with quotations a figure is
changed, or a sentence is added that the context does not have. In another text a figure is changed, or it is the answer
to another prompt.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from bedrock_simulator.models import text
from bedrock_simulator.models.learners import objects
from bedrock_simulator.models.learners.kinds import Kind

_ISO = re.compile(r"\d{4}-\d\d-\d\d")
_FIGURE = re.compile(r"\d+")
_UNSUPPORTED = (
    "Exceptions are decided case by case.",
    "This usually takes no more than two working days.",
    "A manager has to confirm this in writing.",
    "The same rule applies to gifts and vouchers.",
    "There is no charge for this in most cases.",
)


def wrong_answer(right: str, known: Sequence[str], kind: Kind, *key: str) -> str:
    """Returns a wrong answer in place of a right one: the same for the same key."""
    if kind is Kind.OBJECT and (whole := objects.parse(right)) is not None:
        changed = _wrong_object(whole, known, *key)
        return right if changed is None else objects.style_of([right]).write(changed)
    if kind is Kind.QUOTATION or (kind in (Kind.TEXT, Kind.NUMBER) and _FIGURE.search(right)):
        return _wrong_text(right, kind, *key)
    others = [answer for answer in known if answer != right]
    return text.pick(others, "which", *key) if others else right


def _wrong_text(right: str, kind: Kind, *key: str) -> str:
    figures = [*_FIGURE.finditer(right)]
    if figures and (kind is not Kind.QUOTATION or text.fraction("how", *key) < 0.6):
        found = figures[int(text.fraction("figure", *key) * len(figures))]
        return right[: found.start()] + _other_number(found[0], *key) + right[found.end() :]
    return f"{right.rstrip()} {text.pick(_UNSUPPORTED, 'sentence', *key)}"


def _other_number(figure: str, *key: str) -> str:
    value = int(figure)
    change = 1 + int(text.fraction("change", *key) * 9)
    return str(value + change) if value < 10 or text.fraction("sign", *key) < 0.5 else str(abs(value - change))


def _wrong_object(whole: dict[str, Any], known: Sequence[str], *key: str) -> dict[str, Any] | None:
    fields = [each for each in _fields(whole) if each[2] not in (None, "", [])]
    if not fields:
        return None
    owner, name, value = fields[int(text.fraction("field", *key) * len(fields))]
    how = text.fraction("how", *key)
    if how < 0.2:
        del owner[name]
    elif how < 0.4:
        owner[name] = _other_type(value)
    else:
        owner[name] = _other_value(name, value, known, *key)
    return whole


def _fields(value: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str, Any]]:
    """Returns all members that have no members: their object, name and value."""
    for name, member in value.items():
        inner = [member] if isinstance(member, dict) else member if isinstance(member, list) else []
        nested = [each for each in inner if isinstance(each, dict)]
        if nested:
            for each in nested:
                yield from _fields(each)
        else:
            yield value, name, member


def _other_type(value: Any) -> Any:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return str(value)
    return ", ".join(map(str, value)) if isinstance(value, list) else [value]


def _other_value(name: str, value: Any, known: Sequence[str], *key: str) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1 + int(text.fraction("change", *key) * 3)
    if isinstance(value, float):
        return round(value * 10, 2) if text.fraction("scale", *key) < 0.3 else round(value + 1, 2)
    if isinstance(value, str) and _ISO.fullmatch(value):
        return _other_day(value)
    taken = text.pick(known, "from", *key) if known else "{}"
    others = [
        each for _, other, each in _fields(objects.parse(taken) or {}) if other == name and each not in (None, value)
    ]
    if others:
        return others[0]
    return [*value[:-1]] if isinstance(value, list) else _shortened(str(value))


def _other_day(value: str) -> str:
    try:
        return (date.fromisoformat(value) + timedelta(days=1)).isoformat()
    except (ValueError, OverflowError):
        return ""


def _shortened(value: str) -> str:
    """A value without its last word, or without its last character."""
    return value.rsplit(" ", 1)[0] if " " in value else value[:-1]
