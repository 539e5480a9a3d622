"""Converts values to JSON data and back: frozen dataclasses, enums, decimals, dates, tuples, nested ones."""

import dataclasses
import functools
import types
import typing
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any, TypeVar, Union

from distillery.core.errors import BadRequest
from distillery.core.escaping import quoted

T = TypeVar("T")
Decoder = Callable[[Any, str], Any]
"""Reads JSON data; the text says where they are, for an error."""


def to_wire(value: Any) -> Any:
    """The value as JSON data. A Decimal becomes a string, so it stays exact."""
    kind: Any = type(value)
    encode: Callable[[Any], Any] = _encoder(kind)
    return encode(value)


@functools.cache
def _encoder(kind: Any) -> Callable[[Any], Any]:
    """Looks at a type once, as `_decoder` does."""
    if dataclasses.is_dataclass(kind):
        names = tuple(f.name for f in dataclasses.fields(kind))
        return lambda value: {name: to_wire(getattr(value, name)) for name in names}
    if issubclass(kind, Mapping):
        return lambda value: {str(k): to_wire(v) for k, v in value.items()}
    if issubclass(kind, (tuple, list)):
        return lambda value: [to_wire(v) for v in value]
    if issubclass(kind, Enum):
        return lambda value: value.value
    return str if issubclass(kind, (Decimal, date)) else lambda value: value


def from_wire(kind: type[T], data: Any) -> T:
    """The value of type `kind` in JSON data. A float for a Decimal is what was written: 0.3 is 0.3.

    Raises:
        BadRequest: A field does not fit; the text names it.
    """
    decode: Decoder = _decoder(kind)  # type: ignore[arg-type]  # a type can be hashed
    return typing.cast(T, decode(data, kind.__name__))


@functools.cache
def _decoder(kind: Any) -> Decoder:
    """Looks at a type once: most data has the same few types, and `typing` is slow."""
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin in (Union, types.UnionType):
        inner = _decoder(next(a for a in args if a is not type(None)))
        return lambda data, where: None if data is None else inner(data, where)
    if origin is tuple:
        item = _decoder(args[0])
        return lambda data, where: tuple(item(v, f"{where}[{i}]") for i, v in enumerate(_a(list, data, where)))
    if origin in (dict, Mapping):
        value = _decoder(args[1])
        return lambda data, where: {k: value(v, f"{where}.{k}") for k, v in _a(dict, data, where).items()}
    return functools.partial(_record if dataclasses.is_dataclass(kind) else _scalar, kind)


@functools.cache
def _fields(kind: Any) -> tuple[Mapping[str, Decoder], frozenset[str]]:
    """The decoders of a dataclass's fields, and which of them are required."""
    hints, fields = typing.get_type_hints(kind), dataclasses.fields(kind)
    required = (f.name for f in fields if f.default is f.default_factory is dataclasses.MISSING)
    return {f.name: _decoder(hints[f.name]) for f in fields}, frozenset(required)


def _record(kind: Any, data: Any, where: str) -> Any:
    given: dict[str, Any] = _a(dict, data, where)
    decoders, required = _fields(kind)
    if unknown := given.keys() - decoders.keys():
        raise BadRequest(f"{where} has unknown fields {quoted(sorted(unknown))}; allowed: {sorted(decoders)}")
    if missing := required - given.keys():
        raise BadRequest(f"{where} lacks {sorted(missing)}; add them")
    return kind(**{name: decoders[name](value, f"{where}.{name}") for name, value in given.items()})


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
