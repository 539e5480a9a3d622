"""Whether a value satisfies a schema."""

import math
import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from bedrock_simulator.models.json_schema.reference import resolve

Schema = Any


def is_valid(value: Any, schema: Schema, root: Schema) -> bool:
    """Whether the value satisfies a schema within `root`. Raises LookupError for a reference that names nothing."""
    if isinstance(schema, bool):
        return schema
    if "$ref" in schema and not is_valid(value, resolve(root, schema["$ref"]), root):
        return False
    if "type" in schema and not is_of_type(value, schema["type"]):
        return False
    if "enum" in schema and not any(same(value, one) for one in schema["enum"]):
        return False
    if "const" in schema and not same(value, schema["const"]):
        return False
    return _combined(value, schema, root) and _of_kind(value, schema, root)


def same(left: Any, right: Any) -> bool:
    """Equality of JSON: true is not 1."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    return bool(left == right)


def is_of_type(value: Any, wanted: str | list[str]) -> bool:
    """Whether the value is of one of the types."""
    return any(_TYPES[each](value) for each in ([wanted] if isinstance(wanted, str) else wanted))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "null": lambda value: value is None,
    "boolean": lambda value: isinstance(value, bool),
    "string": lambda value: isinstance(value, str),
    "number": _is_number,
    "integer": lambda value: _is_number(value) and math.isfinite(value) and value == int(value),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}


def _combined(value: Any, schema: Schema, root: Schema) -> bool:
    def fits(each: Schema) -> bool:
        return is_valid(value, each, root)

    if not all(map(fits, schema.get("allOf", []))):
        return False
    if "anyOf" in schema and not any(map(fits, schema["anyOf"])):
        return False
    if "oneOf" in schema and sum(map(fits, schema["oneOf"])) != 1:
        return False
    if "not" in schema and fits(schema["not"]):
        return False
    if "if" in schema:
        return fits(schema.get("then" if fits(schema["if"]) else "else", True))
    return True


def _of_kind(value: Any, schema: Schema, root: Schema) -> bool:
    if isinstance(value, str):
        return _string(value, schema)
    if isinstance(value, list):
        return _array(value, schema, root)
    if isinstance(value, dict):
        return _object(value, schema, root)
    return _number(value, schema) if _is_number(value) else True


def _string(value: str, schema: Schema) -> bool:
    if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", math.inf):
        return False
    return "pattern" not in schema or re.search(schema["pattern"], value) is not None


def bounds(schema: Schema) -> tuple[float, float, bool, bool]:
    """The least and the greatest number, and whether each of them is excluded."""
    low, high = schema.get("minimum", -math.inf), schema.get("maximum", math.inf)
    above, below = schema.get("exclusiveMinimum", False), schema.get("exclusiveMaximum", False)
    if not isinstance(above, bool):
        low, above = (above, True) if above >= low else (low, False)
    if not isinstance(below, bool):
        high, below = (below, True) if below <= high else (high, False)
    return low, high, above, below


def _number(value: float, schema: Schema) -> bool:
    low, high, above, below = bounds(schema)
    if value < low or value > high or (above and value == low) or (below and value == high):
        return False
    step = schema.get("multipleOf")
    return step is None or is_multiple(value, step)


def is_multiple(value: float, step: float) -> bool:
    """Whether the value is a multiple of the step, as their decimal digits read."""
    return Fraction(str(value)) % Fraction(str(step)) == 0


def _array(value: list[Any], schema: Schema, root: Schema) -> bool:
    if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", math.inf):
        return False
    first, rest = item_schemas(schema)
    for at, item in enumerate(value):
        if not is_valid(item, first[at] if at < len(first) else rest, root):
            return False
    if schema.get("uniqueItems") and any(same(one, other) for at, one in enumerate(value) for other in value[:at]):
        return False
    if "contains" in schema:
        held = sum(is_valid(item, schema["contains"], root) for item in value)
        return bool(schema.get("minContains", 1) <= held <= schema.get("maxContains", math.inf))
    return True


def item_schemas(schema: Schema) -> tuple[list[Schema], Schema]:
    """The schemas of the first items, and that of the others."""
    items = schema.get("items", True)
    if isinstance(items, list):
        return items, schema.get("additionalItems", True)
    return schema.get("prefixItems", []), items


def _object(value: dict[str, Any], schema: Schema, root: Schema) -> bool:
    if not schema.get("minProperties", 0) <= len(value) <= schema.get("maxProperties", math.inf):
        return False
    if any(name not in value for name in schema.get("required", [])):
        return False
    for name, needed in schema.get("dependentRequired", {}).items():
        if name in value and any(each not in value for each in needed):
            return False
    if "propertyNames" in schema and not all(is_valid(name, schema["propertyNames"], root) for name in value):
        return False
    return all(is_valid(member, each, root) for name, member in value.items() for each in member_schemas(name, schema))


def member_schemas(name: str, schema: Schema) -> list[Schema]:
    """Every schema that a member of that name must satisfy."""
    found = [schema["properties"][name]] if name in schema.get("properties", {}) else []
    found += [each for pattern, each in schema.get("patternProperties", {}).items() if re.search(pattern, name)]
    return found or [schema.get("additionalProperties", True)]
