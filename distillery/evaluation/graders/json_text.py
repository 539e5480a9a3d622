"""Reads JSON that a model wrote: strictly, in bounded depth, with exact numbers, with or without one code fence."""

import json
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

DEEPEST = 64
LONGEST_NUMBER = 100
LARGEST_EXPONENT = 1000
_FENCE = re.compile(r"```[\w+.-]*[ \t]*\n(.*)```", re.DOTALL)


class UnreadableJson(ValueError):
    """The text is not JSON that a grader reads. The message continues a sentence: "the answer …"."""


def read_json(text: str) -> Any:
    """The value. Numbers are Decimals.

    Raises UnreadableJson for anything but one JSON value, for a key that an object has twice, for NaN and Infinity, for
    nesting deeper than 64, and for numbers of more than 100 characters or with an exponent above 1,000.
    """
    text = text.removeprefix("\ufeff").strip()
    if fenced := _FENCE.fullmatch(text):
        text = fenced[1]
    if not text.strip():
        raise UnreadableJson("is empty")
    _refuse_depth(text)
    try:
        return json.loads(
            text, parse_int=_number, parse_float=_number, parse_constant=_no_number, object_pairs_hook=_object
        )
    except json.JSONDecodeError as error:
        raise UnreadableJson(f"is not JSON: {error.msg} in line {error.lineno}, column {error.colno}") from error


def _refuse_depth(text: str) -> None:
    """Every version of Python has a limit of its own."""
    depth = 0
    quoting = escaping = False
    for char in text:
        if quoting:
            quoting = escaping or char != '"'
            escaping = char == "\\" and not escaping
        elif char in "[{":
            depth += 1
            if depth > DEEPEST:
                raise UnreadableJson(f"nests arrays and objects deeper than {DEEPEST}")
        else:
            depth -= char in "]}"
            quoting = char == '"'


def _number(text: str) -> Decimal:
    if len(text) > LONGEST_NUMBER:
        raise UnreadableJson(f"has a number of {len(text)} characters; at most {LONGEST_NUMBER} are read")
    number = Decimal(text)
    if abs(number.adjusted()) > LARGEST_EXPONENT:
        raise UnreadableJson(f"has a number whose exponent is above {LARGEST_EXPONENT}")
    return number


def _no_number(text: str) -> Any:
    raise UnreadableJson(f"has {text}, which is not JSON")


def _object(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise UnreadableJson("has the same key twice in one object")
        found[key] = value
    return found


def exact_number(number: Decimal) -> str:
    """The number in a form that equal numbers share, as a hashable text."""
    sign, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)  # neither NaN nor Infinity is read
    written = "".join(map(str, digits)).lstrip("0")
    plain = written.rstrip("0")
    return f"{'-' if sign else ''}{plain}e{exponent + len(written) - len(plain)}" if plain else "0"
