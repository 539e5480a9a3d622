"""Converts values to JSON data and back: frozen dataclasses, enums, decimals, dates, tuples, nested ones."""

import dataclasses
import functools
import types
import typing
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any, TypeVar, Union

from distillery.core.errors import BadRequest
from distillery.core.escaping import quoted

T = TypeVar("T")


def to_wire(value: Any) -> Any:
    """The value as JSON data. A Decimal becomes a string, so it stays exact."""
    if dataclasses.is_dataclass(value):
        return {f.name: to_wire(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(k): to_wire(v) for k, v in value.items()}
    if isinstance(value, (tuple, list)):
        return [to_wire(v) for v in value]
    if isinstance(value, Enum):
        return value.value
    return str(value) if isinstance(value, (Decimal, date)) else value


def from_wire(kind: type[T], data: Any) -> T:
    """The value of type `kind` in JSON data. A float for a Decimal is what was written: 0.3 is 0.3.

    Raises:
        BadRequest: A field does not fit; the text names it.
    """
    return typing.cast(T, _decode(kind, data, kind.__name__))


@functools.cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _decode(kind: Any, data: Any, where: str) -> Any:
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin in (Union, types.UnionType):
        inner = next(a for a in args if a is not type(None))
        return None if data is None else _decode(inner, data, where)
    if origin is tuple:
        return tuple(_decode(args[0], item, f"{where}[{i}]") for i, item in enumerate(_a(list, data, where)))
    if origin in (dict, Mapping):
        return {k: _decode(args[1], v, f"{where}.{k}") for k, v in _a(dict, data, where).items()}
    if dataclasses.is_dataclass(kind):
        return _record(typing.cast(type, kind), _a(dict, data, where), where)
    return _scalar(kind, data, where)


def _record(kind: type, data: dict[str, Any], where: str) -> Any:
    fields = {f.name: f for f in dataclasses.fields(kind)}
    if unknown := data.keys() - fields.keys():
        raise BadRequest(f"{where} has unknown fields {quoted(sorted(unknown))}; allowed: {sorted(fields)}")
    required = {n for n, f in fields.items() if f.default is f.default_factory is dataclasses.MISSING}
    if missing := required - data.keys():
        raise BadRequest(f"{where} lacks {sorted(missing)}; add them")
    hints = _hints(kind)
    return kind(**{name: _decode(hints[name], value, f"{where}.{name}") for name, value in data.items()})


def _scalar(kind: Any, data: Any, where: str) -> Any:
    if kind is Any or (isinstance(kind, type) and type(data) is kind):
        return data
    try:
        if kind is float and isinstance(data, int) and not isinstance(data, bool):
            return float(data)
        if kind is date and isinstance(data, str):
            return date.fromisoformat(data)
        if kind is Decimal and isinstance(data, (str, int, float)) and not isinstance(data, bool):
            return Decimal(str(data))  # of a float what was written: Decimal(0.3) is below 0.3
        if issubclass(kind, Enum):
            return kind(data)
    except (ArithmeticError, ValueError) as error:
        raise BadRequest(f"{where} is {quoted(data)}; a {kind.__name__} is needed") from error
    raise BadRequest(f"{where} is {quoted(data)}; a {kind.__name__} is needed")


def _a(kind: type[T], data: Any, where: str) -> T:
    if not isinstance(data, kind):
        raise BadRequest(f"{where} is {type(data).__name__}; a {kind.__name__} is needed")
    return data
