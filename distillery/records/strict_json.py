"""Reads JSON that others wrote, so that two readers of the same bytes cannot understand different things.

RFC 8259 leaves open what a repeated name means, and Python's reader takes the last one. It also takes NaN, which is no
JSON, and guesses the encoding.
"""

import json
from typing import Any

LARGEST_BYTES = 1_000_000
"""Bytes of the largest envelope that is read. A record has some kilobytes."""
DEEPEST = 32
"""Levels of nesting. A record has six."""


class NotStrict(ValueError):
    """The bytes are not such JSON. The text says why, and quotes nothing."""


def read_object(text: bytes) -> dict[str, Any]:
    """The object in the bytes of a JSON text.

    Raises:
        NotStrict: It is larger than `LARGEST_BYTES` or deeper than `DEEPEST`, not UTF-8, not JSON, no object, has a
            name twice in one object, a lone surrogate, or a number that is no number.
    """
    if len(text) > LARGEST_BYTES:
        raise NotStrict(f"it has {len(text):,} bytes, and at most {LARGEST_BYTES:,} are read")
    try:
        value = json.loads(text.decode("utf-8"), object_pairs_hook=_once, parse_constant=_refuse, parse_float=_number)
    except UnicodeDecodeError as error:
        raise NotStrict(f"byte {error.start} is not UTF-8") from None
    except RecursionError:
        raise NotStrict(f"it is nested more than {DEEPEST} levels deep") from None
    except json.JSONDecodeError as error:
        raise NotStrict(f"it is not JSON: {error.msg} at character {error.pos}") from None
    except NotStrict:
        raise
    except ValueError:  # an integer of more digits than Python converts
        raise NotStrict("it has a number that is too long") from None
    if not isinstance(value, dict):
        raise NotStrict(f"it is a JSON {type(value).__name__}, not an object")
    _check(value, 1)
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotStrict("an object has the same name twice")
    return found


def _refuse(_constant: str) -> None:
    raise NotStrict("it has NaN or an infinity, which are no JSON numbers")


def _number(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise NotStrict("it has a number that is too large")
    return value


def _check(value: Any, level: int) -> None:
    """Raises NotStrict for what is nested too deeply, and for half of a surrogate pair, which UTF-8 cannot hold."""
    if level > DEEPEST:
        raise NotStrict(f"it is nested more than {DEEPEST} levels deep")
    if isinstance(value, str):
        if any("\ud800" <= letter <= "\udfff" for letter in value):
            raise NotStrict("it has half of a surrogate pair")
    elif isinstance(value, dict):
        for name, inner in value.items():
            _check(name, level)
            _check(inner, level + 1)
    elif isinstance(value, list):
        for inner in value:
            _check(inner, level + 1)
