"""JSON schemas, each with a judge of its own: a function that says whether a value satisfies it.

The judges share no code with the simulator. Every drawn schema has a value.
"""

import ipaddress
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

from hypothesis import strategies as st

Judge = Callable[[Any], bool]
Judged = tuple[dict[str, Any], Judge]


def _is_whole(value: Any) -> bool:
    return not isinstance(value, bool) and (isinstance(value, int) or (isinstance(value, float) and value.is_integer()))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


@st.composite
def _integers(draw: st.DrawFn) -> Judged:
    low, width, step = draw(st.integers(-(2**40), 2**40)), draw(st.integers(0, 500)), draw(st.integers(1, 9))
    form = draw(st.sampled_from(["none", "minimum", "maximum", "both", "exclusive", "multiple"]))
    high = low + width
    match form:
        case "minimum":
            return {"type": "integer", "minimum": low}, lambda v: _is_whole(v) and v >= low
        case "maximum":
            return {"type": "integer", "maximum": high}, lambda v: _is_whole(v) and v <= high
        case "both":
            return {"type": "integer", "minimum": low, "maximum": high}, lambda v: _is_whole(v) and low <= v <= high
        case "exclusive":
            schema = {"type": "integer", "exclusiveMinimum": low, "exclusiveMaximum": high + 2}
            return schema, lambda v: _is_whole(v) and low < v < high + 2
        case "multiple":
            schema = {"type": "integer", "minimum": low, "maximum": high + step, "multipleOf": step}
            return schema, lambda v: _is_whole(v) and low <= v <= high + step and v % step == 0
    return {"type": "integer"}, _is_whole


@st.composite
def _numbers(draw: st.DrawFn) -> Judged:
    low = draw(st.floats(-1e6, 1e6))
    width = draw(st.floats(1e-3, 1e6))
    high = low + width
    if draw(st.booleans()):
        schema = {"type": "number", "exclusiveMinimum": low, "exclusiveMaximum": high}
        return schema, lambda v: _is_number(v) and low < v < high
    return {"type": "number", "minimum": low, "maximum": high}, lambda v: _is_number(v) and low <= v <= high


PATTERNS = (
    r"^[A-Z]{2}-\d{4}$", r"^\+?[0-9]{3,5}$", r"^(red|green|blue)$", r"[aeiou]", r"^\w+@\w+\.(com|org)$", r"^[^x]{4}$",
    r"^(?P<a>ab|cd)-(?:x|y)?z*$", r"^.{2,5}$", r"^[\w.-]+$", r"^(ab)+\1$", r"^[äöü]{2}$", r"^\S+ \S+$",
)  # fmt: skip


@st.composite
def _strings(draw: st.DrawFn) -> Judged:
    form = draw(st.sampled_from(["none", "length", "pattern", "enum", "const"]))
    if form == "length":
        low, more = draw(st.integers(0, 300)), draw(st.integers(0, 50))
        schema = {"type": "string", "minLength": low, "maxLength": low + more}
        return schema, lambda v: isinstance(v, str) and low <= len(v) <= low + more
    if form == "pattern":
        pattern = draw(st.sampled_from(PATTERNS))
        return {"type": "string", "pattern": pattern}, lambda v: isinstance(v, str) and bool(re.search(pattern, v))
    if form == "enum":
        allowed = draw(st.lists(st.text(max_size=8), min_size=1, max_size=5, unique=True))
        return {"enum": allowed}, lambda v: v in allowed
    if form == "const":
        only = draw(st.text(max_size=8))
        return {"const": only}, lambda v: v == only
    return {"type": "string"}, lambda v: isinstance(v, str)


def _parses(parse: Callable[[str], Any]) -> Judge:
    def judge(value: Any) -> bool:
        if not isinstance(value, str):
            return False
        try:
            parse(value)
        except (ValueError, TypeError):
            return False
        return True

    return judge


def _matches(pattern: str) -> Judge:
    return lambda v: isinstance(v, str) and re.fullmatch(pattern, v) is not None


FORMATS: Mapping[str, Judge] = {
    "date-time": _parses(lambda v: datetime.fromisoformat(v).utcoffset()),
    "date": _parses(date.fromisoformat),
    "time": _parses(time.fromisoformat),
    "duration": _matches(r"P(?=.)(\d+Y)?(\d+M)?(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+S)?)?"),
    "email": _matches(r"[^@\s]+@[^@\s]+\.[a-z]+"),
    "hostname": _matches(r"([a-z0-9-]{1,63}\.)*[a-z0-9-]{1,63}"),
    "uri": _matches(r"[a-z]+://[^\s]+"),
    "ipv4": _parses(ipaddress.IPv4Address),
    "ipv6": _parses(ipaddress.IPv6Address),
    "uuid": _parses(uuid.UUID),
}
_formats = st.sampled_from(sorted(FORMATS)).map(lambda name: ({"type": "string", "format": name}, FORMATS[name]))
_others: st.SearchStrategy[Judged] = st.sampled_from(
    [
        ({"type": "boolean"}, lambda v: isinstance(v, bool)),
        ({"type": "null"}, lambda v: v is None),
        ({"enum": [1, None, "a", True]}, lambda v: v is True or v is None or v == "a" or (_is_number(v) and v == 1)),
        ({"type": ["string", "null"]}, lambda v: v is None or isinstance(v, str)),
        ({}, lambda _: True),
    ]
)
leaves: st.SearchStrategy[Judged] = st.one_of(_integers(), _numbers(), _strings(), _formats, _others)


def _object_of(members: Mapping[str, Judged], required: Sequence[str], *, closed: bool) -> Judged:
    schema = {
        "type": "object",
        "properties": {name: each for name, (each, _) in members.items()},
        "required": [*required],
        **({"additionalProperties": False} if closed else {}),
    }

    def judge(value: Any) -> bool:
        if not isinstance(value, dict) or any(name not in value for name in required):
            return False
        if closed and value.keys() - members.keys():
            return False
        return all(members[name][1](member) for name, member in value.items() if name in members)

    return schema, judge


@st.composite
def _objects(draw: st.DrawFn, inner: st.SearchStrategy[Judged]) -> Judged:
    members = draw(st.dictionaries(st.text(max_size=6), inner, max_size=4))
    required = [name for name in members if draw(st.booleans())]
    return _object_of(members, required, closed=draw(st.booleans()))


@st.composite
def _arrays(draw: st.DrawFn, inner: st.SearchStrategy[Judged]) -> Judged:
    if draw(st.booleans()):
        firsts = draw(st.lists(inner, min_size=1, max_size=3))
        schema: dict[str, Any] = {
            "type": "array", "prefixItems": [each for each, _ in firsts], "items": False, "minItems": len(firsts),
        }  # fmt: skip
        return (
            schema,
            lambda v: (
                isinstance(v, list) and len(v) == len(firsts) and all(f[1](i) for f, i in zip(firsts, v, strict=True))
            ),
        )
    if draw(st.booleans()):
        low = draw(st.integers(0, 6))
        schema = {"type": "array", "items": {"type": "string"}, "minItems": low, "uniqueItems": True}
        return (
            schema,
            lambda v: (
                isinstance(v, list) and len(v) >= low and all(isinstance(i, str) for i in v) and len(set(v)) == len(v)
            ),
        )
    (item, accepts), low, more = draw(inner), draw(st.integers(0, 5)), draw(st.integers(0, 5))
    schema = {"type": "array", "items": item, "minItems": low, "maxItems": low + more}
    return schema, lambda v: isinstance(v, list) and low <= len(v) <= low + more and all(map(accepts, v))


@st.composite
def _choices(draw: st.DrawFn, inner: st.SearchStrategy[Judged]) -> Judged:
    options = draw(st.lists(inner, min_size=1, max_size=3))
    word = draw(st.sampled_from(["anyOf", "allOf of one", "anyOf with null"]))
    if word == "allOf of one":
        return {"allOf": [options[0][0], {"title": "the same"}]}, options[0][1]
    extra: list[Judged] = [({"type": "null"}, lambda v: v is None)] if word == "anyOf with null" else []
    both = [*extra, *options]
    return {"anyOf": [each for each, _ in both]}, lambda v: any(judge(v) for _, judge in both)


inner_schemas: st.SearchStrategy[Judged] = st.recursive(
    leaves, lambda inner: st.one_of(_objects(inner), _arrays(inner), _choices(inner)), max_leaves=8
)


def _chained(of: Judge) -> Judge:
    """Judges a chain of objects, each with the next one or null."""

    def judge(value: Any) -> bool:
        if not isinstance(value, dict) or value.keys() != {"next", "of"} or not of(value["of"]):
            return False
        return value["next"] is None or judge(value["next"])

    return judge


@st.composite
def schemas(draw: st.DrawFn) -> Judged:
    """An object schema, some of whose members are references to definitions, one of them recursive."""
    members = draw(st.dictionaries(st.text(max_size=6), inner_schemas, max_size=4))
    required = [name for name in members if draw(st.booleans())]
    shared, accepts = draw(inner_schemas)
    references: dict[str, Judged] = {
        "shared": ({"$ref": "#/$defs/Shared"}, accepts),
        "chain": ({"$ref": "#/$defs/Chain~1of~0it"}, _chained(accepts)),
    }
    members |= {name: references[name] for name in references if draw(st.booleans())}
    required += [name for name in references if name in members and draw(st.booleans())]
    schema, judge = _object_of(members, required, closed=draw(st.booleans()))
    chain = {
        "type": "object",
        "properties": {
            "next": {"anyOf": [{"$ref": "#/$defs/Chain~1of~0it"}, {"type": "null"}]},
            "of": {"$ref": "#/$defs/Shared"},
        },
        "required": ["next", "of"],
        "additionalProperties": False,
    }
    return {**schema, "$defs": {"Shared": shared, "Chain/of~it": chain}}, judge
