"""Generates a value that satisfies a schema. The same schema, hint and seed always give the same value."""

import json
import math
import re
from collections.abc import Callable, Iterator
from itertools import count, islice
from typing import Any

from bedrock_simulator.models import text
from bedrock_simulator.models.json_schema import numeric, texts
from bedrock_simulator.models.json_schema.check import (
    Schema,
    is_valid,
    item_schemas,
    member_schemas,
    same,
)
from bedrock_simulator.models.json_schema.descriptions import described_bounds
from bedrock_simulator.models.json_schema.merge import alternatives
from bedrock_simulator.models.json_schema.numeric import NoValue

_ATTEMPTS = 40  # whole values
_CHOICES = 64  # alternatives of one schema
_FULL = 3  # levels with optional members and items
_DEEPEST = 40  # levels
_MOST = 20_000  # values within a value
_LONGEST = 10_000  # characters or items that a schema may require
_KINDS = {
    "object": ("properties", "required", "additionalProperties", "minProperties", "patternProperties"),
    "array": ("items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains"),
    "string": ("minLength", "maxLength", "pattern", "format"),
    "number": numeric.KEYWORDS,
}


class Unsatisfiable(ValueError):
    """No value was found that satisfies the schema; the text says why."""


def generate(schema: Schema, hint: str, *seed: str) -> Any:
    """Returns a value.

    Args:
        schema: The schema.
        hint: A text that strings have where the schema lets them, and the member of an enum to prefer.
        seed: What the value depends on, besides schema and hint.

    Raises:
        Unsatisfiable: The schema is invalid, or no value was found.
    """
    try:
        for attempt in range(_ATTEMPTS):
            try:
                value = _Generator(schema, hint, (*seed, str(attempt))).value(schema, "$", 0)
                if is_valid(value, schema, schema):
                    return value
            except NoValue:
                continue
    except RecursionError:
        raise Unsatisfiable("it is nested too deep") from None
    except LookupError as why:
        known = not isinstance(why, KeyError | IndexError) and why.args
        raise Unsatisfiable(str(why) if known else "it is not a JSON schema") from None
    except (TypeError, ValueError, AttributeError, ArithmeticError, re.error) as why:
        raise Unsatisfiable(f"it is not a JSON schema ({why})") from None
    raise Unsatisfiable("no value was found that satisfies it")


class _Generator:
    """One attempt."""

    def __init__(self, root: Schema, hint: str, seed: tuple[str, ...]) -> None:
        self._root, self._hint, self._seed, self._made = root, hint, seed, count()

    def _draw(self, path: str) -> Callable[[int], int]:
        draws = count()
        return lambda below: int(text.fraction(*self._seed, path, str(next(draws))) * below)

    def value(self, schema: Schema, path: str, depth: int) -> Any:
        if depth > _DEEPEST:
            raise NoValue
        if next(self._made) > _MOST:
            raise ValueError("its values are too large")
        found = list(islice(alternatives(schema, self._root), _CHOICES))
        if depth < _FULL:  # deeper, the first that ends: recursive schemas have one
            start = self._draw(f"{path}?")(len(found)) if found else 0
            found = found[start:] + found[:start]
        else:
            found.sort(key=_weight)
        for flat in found:
            try:
                return self._flat(flat, path, depth)
            except NoValue:
                continue
        raise NoValue

    def _flat(self, schema: dict[str, Any], path: str, depth: int) -> Any:
        schema = {**described_bounds(schema), **schema}
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self._one_of(schema, path)
        kinds = self._kinds(schema, path, depth)
        for kind in kinds:
            try:
                return self._of_kind(kind, schema, path, depth)
            except NoValue:
                continue
        raise NoValue

    def _one_of(self, schema: dict[str, Any], path: str) -> Any:
        fitting = [each for each in schema["enum"] if is_valid(each, schema, self._root)]
        if not fitting:
            raise NoValue
        preferred = [each for each in fitting if isinstance(each, str) and each.lower() == self._hint.strip().lower()]
        return (preferred or fitting)[self._draw(path)(len(preferred or fitting))]

    def _kinds(self, schema: dict[str, Any], path: str, depth: int) -> list[str]:
        stated = schema.get("type") or [kind for kind, words in _KINDS.items() if schema.keys() & set(words)][:1]
        kinds = [stated] if isinstance(stated, str) else list(stated) or ["string"]
        unknown = [kind for kind in kinds if kind not in (*_KINDS, "integer", "boolean", "null")]
        if unknown:
            raise ValueError(f"{unknown[0]!r} is not a type")
        others, nulls = [kind for kind in kinds if kind != "null"], [kind for kind in kinds if kind == "null"]
        if depth >= _FULL:
            return nulls + others
        start = self._draw(f"{path}!")(len(others)) if others else 0
        return others[start:] + others[:start] + nulls

    def _of_kind(self, kind: str, schema: dict[str, Any], path: str, depth: int) -> Any:
        match kind:
            case "object":
                return self._object(schema, path, depth)
            case "array":
                return self._array(schema, path, depth)
            case "string":
                return self._string(schema, path)
            case "boolean":
                return self._draw(path)(2) == 1
            case "null":
                return None
        return numeric.number(schema, self._draw(path), whole=kind == "integer")

    def _object(self, schema: dict[str, Any], path: str, depth: int) -> dict[str, Any]:
        required, known = schema.get("required", []), schema.get("properties", {})
        names = [name for name in known if name in required or depth < _FULL]
        names += [name for name in required if name not in known]
        for name in names:
            names += [each for each in schema.get("dependentRequired", {}).get(name, []) if each not in names]
        optional = [name for name in names if name not in required]
        while optional and len(names) > schema.get("maxProperties", math.inf):
            names.remove(optional.pop())
        names += islice(self._spare(schema, names), max(0, schema.get("minProperties", 0) - len(names)))
        made = {}
        for name in names:
            try:
                made[name] = self.value({"allOf": member_schemas(name, schema)}, f"{path}.{name}", depth + 1)
            except NoValue:
                if name in required:
                    raise
        return made

    def _spare(self, schema: dict[str, Any], names: list[str]) -> Iterator[str]:
        """Names of further members: those that the schema knows, and made ones."""
        yield from (name for name in schema.get("properties", {}) if name not in names)
        patterns = list(schema.get("patternProperties", {}))
        naming = schema.get("propertyNames", True)
        for number in range(_LONGEST):
            name = f"member{number}"
            if naming is not True:
                name = str(self.value({"allOf": [{"type": "string"}, naming]}, f"name{number}", 0))
            elif patterns and schema.get("additionalProperties", True) is False:
                name = texts.matching(patterns[0], self._draw(f"name{number}"))
            if name not in names:
                yield name

    def _array(self, schema: dict[str, Any], path: str, depth: int) -> list[Any]:
        first, rest = item_schemas(schema)
        contained = schema.get("minContains", 1) if "contains" in schema else 0
        least = max(schema.get("minItems", 0), contained)
        most = min(schema.get("maxItems", math.inf), math.inf if rest is not False else len(first))
        wished = max(least, len(first), 1 + self._draw(f"{path}#")(2)) if depth < _FULL else least
        if least > most or least > _LONGEST:
            raise NoValue
        made: list[Any] = []
        for at in range(int(min(wished, most))):
            own = first[at] if at < len(first) else rest
            wanted = {"allOf": [own, schema["contains"]]} if at < contained else own
            try:
                made.append(self._item(wanted, f"{path}[{at}]", depth, made if schema.get("uniqueItems") else []))
            except NoValue:
                if at < least:
                    raise
                break
        return made

    def _item(self, schema: Schema, path: str, depth: int, others: list[Any]) -> Any:
        """An item that differs from the others: without the hint at the second attempt, from an enum in its order."""
        for flat in islice(alternatives(schema, self._root), _CHOICES):
            for each in flat.get("enum", []) if others else []:
                if not any(same(each, other) for other in others) and is_valid(each, flat, self._root):
                    return each
        for number in range(_ATTEMPTS):
            maker = self if number == 0 else _Generator(self._root, f"{self._hint} {number}".strip(), self._seed)
            value = maker.value(schema, f"{path}/{number}" if number else path, depth + 1)
            if not any(same(value, other) for other in others):
                return value
        raise NoValue

    def _string(self, schema: dict[str, Any], path: str) -> str:
        least, most = schema.get("minLength", 0), schema.get("maxLength", math.inf)
        if least > min(most, _LONGEST):
            raise NoValue
        if schema.get("format") in texts.FORMATS:
            return texts.FORMATS[schema["format"]](self._draw(path))
        if "pattern" in schema:
            return self._matching(schema, path)
        made = self._hint or "text"
        made = made if len(made) <= most else made[: int(most)]
        return str(made + "x" * (least - len(made)))

    def _matching(self, schema: dict[str, Any], path: str) -> str:
        if is_valid(self._hint, {**schema, "type": "string"}, self._root):
            return str(self._hint)
        for number in range(_ATTEMPTS):
            made = texts.matching(schema["pattern"], self._draw(f"{path}/{number}"))
            least = schema.get("minLength", 0)
            for each in (made, made + made[-1:] * max(0, least - len(made)), made[: schema.get("maxLength")]):
                if is_valid(each, {key: value for key, value in schema.items() if key != "not"}, self._root):
                    return str(each)
        raise NoValue


def _weight(schema: dict[str, Any]) -> tuple[bool, int]:
    """Puts values that end before those with others within."""
    nested = bool(schema.keys() & {"properties", "items", "prefixItems", "additionalProperties"})
    return nested, len(json.dumps(schema, default=str))
