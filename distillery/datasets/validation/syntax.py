"""From text to JSON, and if it is none, which of the usual mistakes was made."""

import json
import re
from typing import Any

from distillery.datasets.validation.problem import NoRecord, Problem
from distillery.datasets.validation.rules_table import Kind
from distillery.datasets.validation.rules_table import syntax as kinds

_PART_OF_AN_OBJECT = re.compile(r'\s*("[^"]*"\s*:|[\]}\[{]+\s*,?\s*$)')
_BY_MESSAGE = (
    ("Invalid control character", kinds.CONTROL_CHARACTER, "a control character stands in a string"),
    ("Invalid \\", kinds.BAD_ESCAPE, "a backslash begins no escape"),
)


class Twice(dict[str, Any]):
    """An object that named keys twice; of their values the last is kept."""

    keys_twice: tuple[str, ...] = ()


def parsed(text: str, *, cut_off: bool) -> Any:
    """The line's value. cut_off: it is the file's last and has no end. Raises NoRecord."""
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        kind, wrong = _mistake(text, error, cut_off=cut_off)
        raise NoRecord(kind, f"{wrong}, at character {error.pos + 1}") from error
    except ValueError as error:  # a number of thousands of digits, which Python will not read
        raise NoRecord(kinds.NOT_JSON, "it holds a number too long to be read") from error


def too_deep() -> Problem:
    """What a RecursionError means, here or where the value is walked."""
    return Problem(kinds.NESTED_TOO_DEEPLY, "", "its brackets are nested too deeply to be read")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    keys = [key for key, _ in pairs]
    twice = Twice(found)
    twice.keys_twice = tuple(key for key in found if keys.count(key) > 1)
    return twice


def _no_constant(name: str) -> Any:
    raise NoRecord(kinds.NOT_A_NUMBER, f"it holds {name}")


def _mistake(text: str, error: json.JSONDecodeError, *, cut_off: bool) -> tuple[Kind, str]:
    before, rest = text[: error.pos].rstrip(), text[error.pos :].lstrip()
    for message, kind, wrong in _BY_MESSAGE:
        if error.msg.startswith(message):
            return kind, wrong
    if text[:1] == "[" or text.rstrip() in ("]", "],"):
        return kinds.JSON_ARRAY, "it begins or ends a JSON array"
    if _comma_too_many(before, rest):
        return kinds.TRAILING_COMMA, "a comma stands where nothing follows"
    if error.msg == "Extra data" and rest[:1] == "{":
        return kinds.SEVERAL_OBJECTS, "a second object begins"
    if rest[:1] == "'":
        return kinds.SINGLE_QUOTES, "a string stands in single quotes"
    if _ends_too_early(text, error):
        if cut_off:
            return kinds.CUT_LINE, "the file ends inside of an object"
        return kinds.SPREAD_OBJECT, "the line ends inside of an object"
    if _PART_OF_AN_OBJECT.match(text):
        return kinds.SPREAD_OBJECT, "the line is a part of an object"
    return kinds.NOT_JSON, error.msg[:1].lower() + error.msg[1:]


def _comma_too_many(before: str, rest: str) -> bool:
    """Before or at the place where the parser gave up: its versions differ in which."""
    at_end = rest == "," and before[-1:] in ("}", "]")
    inside = (before[-1:] == "," and rest[:1] in ("}", "]")) or re.match(r",\s*[}\]]", rest) is not None
    return at_end or inside


def _ends_too_early(text: str, error: json.JSONDecodeError) -> bool:
    return text.lstrip()[:1] == "{" and (error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string"))
