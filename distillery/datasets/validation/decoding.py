"""Decodes one line to a JSON value, or identifies which of the usual mistakes prevents that."""

import codecs
import json
import re
from collections import Counter
from typing import Any, NamedTuple

from distillery.datasets.validation import line_rules as rules
from distillery.datasets.validation.finding import Problem, Rule, UnreadableLine

UTF_16_SHARE = 0.3
"""Share of NUL bytes from which a line counts as UTF-16: a half in Latin text, less in mixed text."""
_NUL_BLOCK = re.compile(rb"\0{8,}|\A\0+|\0+\Z")
"""NULs that no text in UTF-16 or UTF-32 has: at either end, as a crash leaves them, or more than two characters."""
_PART_OF_AN_OBJECT = re.compile(r'\s*+("[^"]*+"\s*+:|[\]}\[{]++\s*+,?\s*+$)')
"""Possessive, because a run of white space would otherwise take time that grows with its square."""
_BY_MESSAGE = (
    ("Invalid control character", rules.CONTROL_CHARACTER, "a string contains an unescaped control character"),
    ("Invalid \\", rules.BAD_ESCAPE, "a backslash does not begin an escape"),
)


class ObjectWithDuplicateKeys(dict[str, Any]):
    """An object that has keys twice; it holds their last values."""

    duplicate_keys: tuple[str, ...] = ()


class ParsedLine(NamedTuple):
    """has_duplicate_keys: an ObjectWithDuplicateKeys is somewhere in the value, unless a later key hides it."""

    value: Any
    has_duplicate_keys: bool


def decode_text(line: bytes, *, length: int, limit: int) -> str:
    """Decodes a line's bytes to text.

    Args:
        line: The line without its line end, or the beginning of a line that is too long.
        length: Length of the whole line in bytes.
        limit: Maximum length in bytes.

    Raises:
        UnreadableLine: The line is too long, blank, or not UTF-8.
    """
    if length > limit:
        raise UnreadableLine(rules.LINE_TOO_LONG, f"it has {length} bytes")
    if not line.strip():
        raise UnreadableLine(rules.BLANK_LINE, "it is empty")
    if line.startswith(codecs.BOM_UTF8):
        raise UnreadableLine(rules.BYTE_ORDER_MARK, "it begins with a byte order mark (EF BB BF)")
    if b"\0" in line:
        raise _nul_error(line)
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        wrong = f"byte {error.start + 1} is {line[error.start]:02X}, which is not valid UTF-8"
        raise UnreadableLine(rules.NOT_UTF_8, wrong) from error


def _nul_error(line: bytes) -> UnreadableLine:
    text = _NUL_BLOCK.sub(b"", line)
    if text.count(0) > UTF_16_SHARE * len(text):
        return UnreadableLine(rules.UTF_16, f"{line.count(0)} of its {len(line)} bytes are NUL, as in UTF-16 text")
    first, count = line.index(0) + 1, line.count(0)
    return UnreadableLine(
        rules.NUL_BYTE, f"{count} bytes are NUL, from byte {first} on" if count > 1 else f"byte {first} is NUL"
    )


def parse_json(text: str, *, cut_off: bool) -> ParsedLine:
    """Parses a line. cut_off: it is the last line of the file and has no line end. Raises UnreadableLine."""
    has_duplicate_keys = False

    def build(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal has_duplicate_keys
        found = dict(pairs)
        if len(found) == len(pairs):
            return found
        has_duplicate_keys = True
        return _with_duplicate_keys(found, pairs)

    try:
        value = json.loads(text, object_pairs_hook=build, parse_constant=_reject_constant)
        return ParsedLine(value, has_duplicate_keys)
    except json.JSONDecodeError as error:
        rule, wrong = _mistake(text, error, cut_off=cut_off)
        raise UnreadableLine(rule, f"{wrong}, at character {error.pos + 1}") from error
    except ValueError as error:  # an integer with thousands of digits, which Python does not parse
        raise UnreadableLine(rules.NOT_JSON, "it contains a number that is too long") from error


def nested_too_deeply() -> Problem:
    """The problem behind a RecursionError, in the parser or in a walk over the parsed value."""
    return Problem(rules.NESTED_TOO_DEEPLY, "", "its brackets are nested too deeply")


def _with_duplicate_keys(found: dict[str, Any], pairs: list[tuple[str, Any]]) -> ObjectWithDuplicateKeys:
    times = Counter(key for key, _ in pairs)
    result = ObjectWithDuplicateKeys(found)
    result.duplicate_keys = tuple(key for key in found if times[key] > 1)
    return result


def _reject_constant(name: str) -> Any:
    raise UnreadableLine(rules.NOT_A_NUMBER, f"it contains {name}")


def _mistake(text: str, error: json.JSONDecodeError, *, cut_off: bool) -> tuple[Rule, str]:
    before, rest = text[: error.pos].rstrip(), text[error.pos :].lstrip()
    for message, rule, wrong in _BY_MESSAGE:
        if error.msg.startswith(message):
            return rule, wrong
    if text[:1] == "[" or text.rstrip() in ("]", "],"):
        return rules.JSON_ARRAY, "it begins or ends a JSON array"
    if _has_trailing_comma(before, rest):
        return rules.TRAILING_COMMA, "nothing follows a comma"
    if error.msg == "Extra data" and rest[:1] == "{":
        return rules.SEVERAL_OBJECTS, "a second object begins"
    if rest[:1] == "'":
        return rules.SINGLE_QUOTES, "a string is in single quotes"
    if _ends_within_object(text, error):
        if cut_off:
            return rules.CUT_LINE, "the file ends within an object"
        return rules.SPREAD_OBJECT, "the line ends within an object"
    if _PART_OF_AN_OBJECT.match(text):
        return rules.SPREAD_OBJECT, "the line is part of an object"
    return rules.NOT_JSON, error.msg[:1].lower() + error.msg[1:]


def _has_trailing_comma(before: str, rest: str) -> bool:
    """Checks both before and at the position of the error, because Python versions differ in which they report."""
    at_end = rest == "," and before[-1:] in ("}", "]")
    inside = (before[-1:] == "," and rest[:1] in ("}", "]")) or re.match(r",\s*[}\]]", rest) is not None
    return at_end or inside


def _ends_within_object(text: str, error: json.JSONDecodeError) -> bool:
    return text.lstrip()[:1] == "{" and (error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string"))
