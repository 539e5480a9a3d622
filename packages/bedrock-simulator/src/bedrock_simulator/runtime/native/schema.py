"""The schemas of native bodies, and the service's messages for violations.

Messages have the form that users report: `#: required key [prompt] not found#: extraneous key [messages] is not
permitted`; a single extraneous key has no `#: `.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bedrock_simulator import errors

_TYPES: dict[str, tuple[type, ...]] = {
    "String": (str,),
    "Integer": (int,),
    "Number": (int, float),
    "JSONArray": (list,),
    "JSONObject": (dict,),
    "Boolean": (bool,),
    "Null": (type(None),),
}


@dataclass(frozen=True, slots=True)
class Field:
    """A member of a body: allowed types, bounds and values. With `strings`, it is an array of strings."""

    types: tuple[str, ...]
    minimum: float | None = None
    maximum: float | None = None
    required: bool = False
    values: tuple[str, ...] = ()
    strings: bool = False


Fields = Mapping[str, Field]


def malformed(problems: list[str]) -> str:
    """Returns the message for a body that violates the model's schema."""
    placed = [problem if problem.startswith("#") else f"#: {problem}" for problem in problems]
    alone = len(problems) == 1 and problems[0].startswith("extraneous key")
    joined = problems[0] if alone else "".join(placed)
    return f"Malformed input request: {joined}, please reformat your input and try again."


def check(body: Any, fields: Fields, path: str = "#") -> None:
    """Raises a ValidationException that names all violations in the body."""
    if not isinstance(body, dict):
        raise errors.validation(malformed([f"{path}: expected type: JSONObject, found: {_name(body)}"]))
    found = [
        *(f"required key [{name}] not found" for name, field in fields.items() if field.required and name not in body),
        *(f"extraneous key [{name}] is not permitted" for name in body if name not in fields),
        *(
            f"{path}/{name}{problem}"
            for name, field in fields.items()
            if name in body
            for problem in _value(body[name], field)
        ),
    ]
    if found:
        raise errors.validation(malformed(found))


def _value(value: Any, field: Field) -> Iterator[str]:
    allowed = {kind for name in field.types for kind in _TYPES[name]}
    if not isinstance(value, tuple(allowed)) or (isinstance(value, bool) and bool not in allowed):
        yield f": expected type: {' or '.join(field.types)}, found: {_name(value)}"
        return
    if field.values and value not in field.values:
        yield f": {value} is not a valid enum value"
    if field.strings and isinstance(value, list):
        yield from _strings(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        if field.minimum is not None and value < field.minimum:
            yield f": {value} is not greater or equal to {field.minimum:g}"
        if field.maximum is not None and value > field.maximum:
            yield f": {value} is not less or equal to {field.maximum:g}"


def _strings(value: list[Any]) -> Iterator[str]:
    for at, item in enumerate(value):
        if not isinstance(item, str):
            yield f"/{at}: expected type: String, found: {_name(item)}"
        elif not item:
            yield f"/{at}: expected minLength: 1, actual: 0"


def _name(value: Any) -> str:
    if value is None:
        return "Null"
    if isinstance(value, bool):
        return "Boolean"
    return next(name for name, kinds in _TYPES.items() if isinstance(value, kinds))
