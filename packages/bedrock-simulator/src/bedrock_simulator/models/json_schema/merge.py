"""Schemas without references and combinations: each alternative that a schema allows, as one flat schema."""

from collections.abc import Iterator
from itertools import count
from typing import Any

from bedrock_simulator.models.json_schema.check import same
from bedrock_simulator.models.json_schema.reference import resolve

Schema = Any
_MOST_STEPS = 5_000
_COMBINED = ("$ref", "allOf", "anyOf", "oneOf", "if", "then", "else")
_GREATEST = ("minimum", "minLength", "minItems", "minProperties")
_LEAST = ("maximum", "maxLength", "maxItems", "maxProperties")


class Contradiction(Exception):
    """No value satisfies both."""


def alternatives(schema: Schema, root: Schema) -> Iterator[dict[str, Any]]:
    """Yields the flat schemas whose values satisfy the schema, as far as merging can tell; none if it is false.

    Raises:
        LookupError: A reference names nothing, or there are too many combinations.
    """
    return _alternatives(schema, root, frozenset(), count())


def _alternatives(
    schema: Schema, root: Schema, passed: frozenset[str], steps: Iterator[int]
) -> Iterator[dict[str, Any]]:
    if next(steps) > _MOST_STEPS:
        raise LookupError("it has too many combinations of anyOf and oneOf")
    if isinstance(schema, bool):
        yield from [{}] if schema else []
        return
    reference = schema.get("$ref")
    if reference in passed:  # a circle without a value in between
        return
    own = {key: value for key, value in schema.items() if key not in _COMBINED}
    parts: list[list[Schema]] = [[each] for each in schema.get("allOf", [])]
    parts += [[resolve(root, reference)]] if reference is not None else []
    parts += [schema[key] for key in ("anyOf", "oneOf") if key in schema]
    if "if" in schema:
        chosen = {"allOf": [schema["if"], schema.get("then", True)]}
        parts.append([chosen, schema.get("else", True)])
    yield from _product(own, parts, root, passed | {str(reference)} if reference else passed, steps)


def _product(
    own: dict[str, Any], parts: list[list[Schema]], root: Schema, passed: frozenset[str], steps: Iterator[int]
) -> Iterator[dict[str, Any]]:
    if not parts:
        yield own
        return
    first, *others = parts
    for choice in first:
        for flat in _alternatives(choice, root, passed, steps):
            try:
                merged = merge(own, flat)
            except Contradiction:
                continue
            yield from _product(merged, others, root, passed, steps)


def merge(left: dict[str, Any], right: dict[str, Any]) -> dict[str, Any]:
    """Returns a schema whose values satisfy both. Raises Contradiction if it is plain that none does."""
    merged = {**left, **right}
    for key in left.keys() & right.keys():
        merged[key] = _both(key, left[key], right[key])
    return merged


def _both(key: str, left: Any, right: Any) -> Any:
    if key in _GREATEST:
        return max(left, right)
    if key in _LEAST:
        return min(left, right)
    match key:
        case "type":
            return _types(left, right)
        case "enum":
            return _some([one for one in left if any(same(one, other) for other in right)])
        case "required":
            return list(dict.fromkeys([*left, *right]))
        case "properties" | "patternProperties":
            both = {name: {"allOf": [left[name], right[name]]} for name in left.keys() & right.keys()}
            return {**left, **right, **both}
        case "additionalProperties" | "items" | "not" | "contains" if left != right:
            return {"anyOf": [left, right]} if key == "not" else {"allOf": [left, right]}
        case _:
            return right


def _types(left: str | list[str], right: str | list[str]) -> list[str]:
    one, other = ({each} if isinstance(each, str) else set(each) for each in (left, right))
    if "integer" in one | other:  # a number that is an integer is one
        one, other = (each | {"integer"} if "number" in each else each for each in (one, other))
    return _some(sorted(one & other))


def _some(found: list[Any]) -> list[Any]:
    if not found:
        raise Contradiction
    return found
