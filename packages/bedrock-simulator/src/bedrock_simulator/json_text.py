"""Reads JSON that others wrote. Whatever is read here can be validated, stored and written again.

Python's own parser takes more than JSON: NaN and infinities, lone surrogates (which no UTF-8 has), any depth, integers
of thousands of digits. Each of them breaks something later, so all are refused here, before anything is changed.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

MAX_DEPTH = 128
"""Arrays and objects within each other. No request of the services comes near; Python's own limit is 1,000 calls."""
_MARK = b"\xef\xbb\xbf"  # a byte order mark, which editors put before a file
_INTEGERS = range(-(2**1023), 2**1023)  # what a float can hold, into which some numbers are converted


def parse(body: bytes | str) -> Any:
    """Returns the value. Raises ValueError for what is not JSON, or cannot be handled."""
    try:
        value = msgspec.json.decode(body.removeprefix(_MARK) if isinstance(body, bytes) else body)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    except UnicodeError:  # a ValueError, whose text quotes the bytes
        raise ValueError("the text is not UTF-8; send JSON in UTF-8") from None
    except ValueError as why:
        raise ValueError(f"the text is not JSON that can be read ({why})") from None
    for part, depth in _parts(value):
        if depth > MAX_DEPTH:
            raise ValueError(_TOO_DEEP)
        if type(part) is int and part not in _INTEGERS:
            raise ValueError(f"an integer has {len(str(part))} digits; at most 308 can be handled")
    return value


_TOO_DEEP = f"arrays and objects are nested too deep; at most {MAX_DEPTH} may be within each other"


def _parts(value: Any) -> Iterator[tuple[Any, int]]:
    """Every value within a value, with the number of containers around it, without recursion."""
    waiting = [(value, 0)]
    while waiting:
        part, depth = waiting.pop()
        yield part, depth
        if depth > MAX_DEPTH:
            return
        if isinstance(part, dict):
            waiting += [(inner, depth + 1) for inner in part.values()]
        elif isinstance(part, list):
            waiting += [(inner, depth + 1) for inner in part]
