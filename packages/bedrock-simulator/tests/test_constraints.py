"""Every constraint that botocore's model states for a request is enforced, wherever in a request its member travels:
patterns, enums, lengths, ranges, unions, types, and what is required.

botocore itself checks none of the first four before it sends.
"""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from hypothesis import Phase, find, settings
from hypothesis import strategies as st

from bedrock_simulator.control_plane.dispatch import CONTROL
from bedrock_simulator.errors import ServiceError
from bedrock_simulator.ports import Request
from bedrock_simulator.protocol.service_model import Operation, operations, parameters
from bedrock_simulator.protocol.shapes import problems
from bedrock_simulator.runtime.dispatch import RUNTIME
from simulator_support.fakes import ACCOUNT

ALL_MATCH = (r"[\S\s]+", r"[\s\S]+")  # patterns that only the empty text violates, which violates the length
ANYTHING = ("blob", "timestamp")  # what is not a value of these types is read as one
GARBAGE = ("\x00", " ", "é!", "-", "/", "a\nb", "é! " * 10)


def _shapes() -> dict[str, Any]:
    """Every shape of the supported requests, by name."""
    found: dict[str, Any] = {}
    for service, offered in (("bedrock", CONTROL), ("bedrock-runtime", RUNTIME)):
        for operation in operations(service):
            if operation.name in offered and operation.model.input_shape is not None:
                _walk(operation.model.input_shape, found)
    return found


def _walk(shape: Any, found: dict[str, Any]) -> None:
    if shape.name in found or getattr(shape, "is_document_type", False):
        return
    found[shape.name] = shape
    match shape.type_name:
        case "structure":
            inner = list(shape.members.values())
        case "list":
            inner = [shape.member]
        case "map":
            inner = [shape.key, shape.value]
        case _:
            inner = []
    for one in inner:
        _walk(one, found)


def _broken(shape: Any) -> Iterator[tuple[str, Any, str]]:
    """(the constraint, a value that violates it alone, a word of the message)."""
    kind, stated = shape.type_name, shape.metadata
    if "enum" in stated:
        yield "enum", "NOT-ONE-OF-THEM", "enum value set"
    if kind == "string" and (pattern := stated.get("pattern")) and pattern not in ALL_MATCH:
        yield f"pattern {pattern[:60]}", _against(shape), "regular expression"
    if 0 < (most := stated.get("max", 0)) <= 100_000 and (longer := _of_length(shape, most + 1)) is not None:
        yield f"at most {most} long", longer, "length less than"
    if (least := stated.get("min", 0)) > 0 and (shorter := _of_length(shape, least - 1)) is not None:
        yield f"at least {least} long", shorter, "length"
    if kind in ("integer", "long", "float", "double"):
        yield from ((f"at least {stated['min']}", stated["min"] - 1, ""),) if "min" in stated else ()
        yield from ((f"at most {stated['max']}", stated["max"] + 1, "value less than"),) if "max" in stated else ()
    if getattr(shape, "is_tagged_union", False) and len(shape.members) > 1:
        both = {name: smallest(member) for name, member in list(shape.members.items())[:2]}
        yield "one member of a union", both, "tagged union"
    if getattr(shape, "is_tagged_union", False):
        yield "one member of a union, not none", {}, "Must set one of"
    if kind == "structure":
        for missing in shape.required_members:
            rest = {name: value for name, value in smallest(shape).items() if name != missing}
            yield f"requires {missing}", rest, f'Missing required parameter in input: "{missing}"'
    if kind not in ANYTHING:
        yield f"type {kind}", 1 if kind == "string" else "text", "Invalid type"
    if kind in ("integer", "long") and stated.get("min", 0) <= 1:  # True is 1 in Python
        yield f"type {kind}, no truth", True, f"be of type {kind}"


def _against(shape: Any) -> str:
    """A text of valid length that violates the pattern."""
    return next(text for text in GARBAGE if any("regular expression" in problem for problem in problems(text, shape)))


def _of_length(shape: Any, length: int) -> Any:
    match shape.type_name:
        case "string":
            return "a" * length
        case "blob":
            return b"a" * length
        case "list":
            return [smallest(shape.member)] * length
        case "map":
            return {f"{number:0>3}": smallest(shape.value) for number in range(length)}
    return None


def smallest(shape: Any) -> Any:
    """A valid value."""
    match shape.type_name:
        case "structure" if getattr(shape, "is_tagged_union", False):
            name, member = next(iter(shape.members.items()))
            return {name: smallest(member)}
        case "structure":
            return {name: smallest(shape.members[name]) for name in shape.required_members}
        case "list" | "map":
            return _of_length(shape, shape.metadata.get("min", 0))
        case "string" if "enum" in shape.metadata:
            return shape.metadata["enum"][0]
        case "string" if "pattern" in shape.metadata:
            return _fitting(shape)
        case "string" | "blob":
            return _of_length(shape, max(1, shape.metadata.get("min", 1)))
        case "boolean":
            return True
    return shape.metadata.get("min", 0)


@cache
def _fitting(shape: Any) -> str:
    quick = settings(max_examples=100, database=None, phases=[Phase.generate])
    drawn = st.from_regex(shape.metadata["pattern"], fullmatch=True)
    return str(find(drawn, lambda text: not problems(text, shape), settings=quick))


CASES = [(shape, *case) for shape in _shapes().values() for case in _broken(shape)]


@pytest.mark.parametrize(
    ("shape", "value", "word"),
    [(shape, value, word) for shape, _, value, word in CASES],
    ids=[f"{shape.name}: {constraint}" for shape, constraint, *_ in CASES],
)
def test_a_value_that_breaks_it_is_refused(shape: Any, value: Any, word: str) -> None:
    found = problems(value, shape)
    assert any(word in problem for problem in found), found


def test_there_are_constraints_of_every_kind() -> None:
    kinds = {constraint.split()[0] for _, constraint, *_ in CASES}
    assert kinds == {"enum", "pattern", "at", "one", "requires", "type"}
    assert len(CASES) > 600


OFFERED = [
    (service, operation)
    for service, offered in (("bedrock", CONTROL), ("bedrock-runtime", RUNTIME))
    for operation in operations(service)
    if operation.name in offered
]
MEMBERS = [
    (service, operation, name)
    for service, operation in OFFERED
    if operation.model.input_shape is not None
    for name, member in operation.model.input_shape.members.items()
    if any(case[0].split()[0] in ("enum", "pattern") for case in _broken(member))
]


def _sent(service: str, operation: Operation, params: dict[str, Any]) -> tuple[Request, dict[str, str]]:
    """The request that has these parameters where botocore puts them, and its path parameters, decoded."""
    members = operation.model.input_shape.members
    put: dict[str, dict[str, Any]] = {"uri": {}, "querystring": {}, "header": {}, "body": {}}
    for name, value in params.items():
        location = members[name].serialization
        put[location.get("location", "body")][location.get("name", name)] = value
    headers = {name.lower(): str(value) for name, value in put["header"].items()}
    path = {name: str(value) for name, value in put["uri"].items()}
    body = json.dumps(put["body"], default=str).encode()
    return Request(service, ACCOUNT, "us-east-1", operation.method, "", put["querystring"], headers, body), path


@pytest.mark.parametrize(
    ("service", "operation", "name"),
    MEMBERS,
    ids=[f"{operation.name}.{name}" for _, operation, name in MEMBERS],
)
def test_a_member_is_checked_where_it_travels(service: str, operation: Operation, name: str) -> None:
    shape = operation.model.input_shape
    wrong = next(case[1] for case in _broken(shape.members[name]) if case[0].split()[0] in ("enum", "pattern"))
    with pytest.raises(ServiceError, match=name) as refusal:
        parameters(operation, *_sent(service, operation, {**smallest(shape), name: wrong}))
    assert refusal.value.code == "ValidationException"


@pytest.mark.parametrize(
    ("service", "operation"),
    [(service, operation) for service, operation in OFFERED if operation.model.input_shape is not None],
    ids=lambda value: getattr(value, "name", value),
)
def test_the_smallest_request_that_fits_is_let_through(service: str, operation: Operation) -> None:
    requested = smallest(operation.model.input_shape)
    assert set(requested) <= set(parameters(operation, *_sent(service, operation, requested)))
