"""What a native body is checked against, and how the service says that it does not fit.

The form of the sentences is that of reports by users: `#: required key [prompt] not found#: extraneous key [messages]
is not permitted`; a single extraneous key stands without `#: `.
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
}


@dataclass(frozen=True, slots=True)
class Field:
    """A member of a body: its types (any of them), its bounds, the values it may have; `texts`: an array of strings."""

    types: tuple[str, ...]
    least: float | None = None
    most: float | None = None
    required: bool = False
    values: tuple[str, ...] = ()
    texts: bool = False


Fields = Mapping[str, Field]


def malformed(problems: list[str]) -> str:
    """The sentence for a body that breaks the model's schema."""
    placed = [problem if problem.startswith("#") else f"#: {problem}" for problem in problems]
    alone = len(problems) == 1 and problems[0].startswith("extraneous key")
    told = problems[0] if alone else "".join(placed)
    return f"Malformed input request: {told}, please reformat your input and try again."


def check(body: Any, fields: Fields, where: str = "#") -> None:
    """ValidationException with everything that is wrong in the body."""
    if not isinstance(body, dict):
        raise errors.validation(malformed([f"{where}: expected type: JSONObject, found: {_name(body)}"]))
    found = [
        *(f"required key [{name}] not found" for name, field in fields.items() if field.required and name not in body),
        *(f"extraneous key [{name}] is not permitted" for name in body if name not in fields),
        *(
            f"{where}/{name}{problem}"
            for name, field in fields.items()
            if name in body
            for problem in _value(body[name], field)
        ),
    ]
    if found:
        raise errors.validation(malformed(found))


def _value(value: Any, field: Field) -> Iterator[str]:
    allowed = {kind for name in field.types for kind in _TYPES[name]}
    if isinstance(value, bool) or not isinstance(value, tuple(allowed)):
        yield f": expected type: {' or '.join(field.types)}, found: {_name(value)}"
        return
    if field.values and value not in field.values:
        yield f": {value} is not a valid enum value"
    if field.texts and isinstance(value, list):
        yield from _texts(value)
    if isinstance(value, int | float):
        if field.least is not None and value < field.least:
            yield f": {value} is not greater or equal to {field.least:g}"
        if field.most is not None and value > field.most:
            yield f": {value} is not less or equal to {field.most:g}"


def _texts(value: list[Any]) -> Iterator[str]:
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
