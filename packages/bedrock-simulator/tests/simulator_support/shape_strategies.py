"""Requests drawn from botocore's model of a service: every shape gives values that fit it.

Names and ARNs of things that exist are mixed in, so that a drawn request gets past "there is no such thing".
"""

import string
from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

DEEPEST = 5
LONGEST = 40
"""Of a drawn text: long ones are drawn where a bound is tested, not everywhere."""

Known = Mapping[str, Sequence[str]]
"""A member's name → values that exist, such as {"modelArn": […]}."""


def request(shape: Any, known: Known) -> st.SearchStrategy[dict[str, Any]]:
    """Parameters of one operation; most name an existing resource wherever there is one."""
    return st.just({}) if shape is None else _structure(shape, known, 0)


def _value(shape: Any, known: Known, depth: int, name: str = "") -> st.SearchStrategy[Any]:
    if getattr(shape, "is_document_type", False):
        return st.dictionaries(st.text(max_size=3), st.integers() | st.text(max_size=5), max_size=2)
    match shape.type_name:
        case "structure":
            return _structure(shape, known, depth)
        case "list":
            least, most = _bounds(shape, depth)
            return st.lists(_value(shape.member, known, depth + 1, name), min_size=least, max_size=most)
        case "map":
            least, most = _bounds(shape, depth)
            keys, values = _value(shape.key, known, depth + 1), _value(shape.value, known, depth + 1)
            return st.dictionaries(keys, values, min_size=least, max_size=most)
        case "string":
            exists = known.get(name, ())
            return st.sampled_from(exists) | _text(shape) if exists else _text(shape)
        case "integer" | "long":
            return st.integers(shape.metadata.get("min", -3), shape.metadata.get("max", 10_000))
        case "float" | "double":
            return st.floats(shape.metadata.get("min", -1), shape.metadata.get("max", 2))
        case "boolean":
            return st.booleans()
        case "timestamp":
            return st.datetimes()
        case "blob":
            return st.binary(max_size=LONGEST) | st.just(b'{"messages": [{"role": "user", "content": "hi"}]}')
    raise ValueError(f"{shape.type_name} is a kind of shape that nobody has drawn yet")


def _structure(shape: Any, known: Known, depth: int) -> st.SearchStrategy[dict[str, Any]]:
    is_union = getattr(shape, "is_tagged_union", False)
    members = {
        name: _value(member, known, depth + 1, name)
        for name, member in shape.members.items()
        if depth < DEEPEST or is_union or name in shape.required_members
    }
    if is_union:
        return st.one_of([st.fixed_dictionaries({name: drawn}) for name, drawn in members.items()])
    required = {name: drawn for name, drawn in members.items() if name in shape.required_members}
    optional = {name: drawn for name, drawn in members.items() if name not in required}
    return st.fixed_dictionaries(required, optional=optional)


def _bounds(shape: Any, depth: int) -> tuple[int, int]:
    least = shape.metadata.get("min", 0)
    return least, max(least, min(shape.metadata.get("max", 3), 1 if depth > 3 else 3))


def _text(shape: Any) -> st.SearchStrategy[str]:
    if allowed := shape.metadata.get("enum"):
        return st.sampled_from(allowed)
    if pattern := shape.metadata.get("pattern"):
        most = shape.metadata.get("max", 100_000)
        return st.from_regex(pattern, fullmatch=True, alphabet=string.printable.strip()).filter(
            lambda v: len(v) <= most
        )
    least = shape.metadata.get("min", 0)
    return st.text(min_size=least, max_size=max(least, min(shape.metadata.get("max", LONGEST), LONGEST)))
