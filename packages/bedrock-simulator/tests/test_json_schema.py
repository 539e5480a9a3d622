"""Whatever schema is asked for, the stand-in's JSON satisfies it, or the schema is refused with a reason."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bedrock_simulator.models.json_schema import Unsatisfiable, generate
from simulator_support.schema_strategies import Judged, inner_schemas, schemas
from simulator_support.thoroughness import cases

QUICK = settings(max_examples=cases(300), deadline=None, suppress_health_check=list(HealthCheck))


@QUICK
@given(schemas() | inner_schemas, st.text(max_size=12))
def test_a_generated_value_satisfies_its_schema(judged: Judged, hint: str) -> None:
    schema, accepts = judged
    value = generate(schema, hint, "seed")
    assert accepts(value), (schema, value)
    assert json.loads(json.dumps(value)) == value
    assert generate(schema, hint, "seed") == value


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)
KEYWORDS = [
    "type", "enum", "const", "$ref", "anyOf", "allOf", "oneOf", "not", "if", "then", "properties", "required", "items",
    "prefixItems", "minItems", "maxItems", "uniqueItems", "contains", "pattern", "minLength", "format", "minimum",
    "multipleOf", "exclusiveMinimum", "additionalProperties", "patternProperties", "minProperties", "propertyNames",
    "dependentRequired",
]  # fmt: skip
strange = st.recursive(
    json_values
    | st.sampled_from(
        ["object", "array", "string", "integer", "#", "#/$defs/a", "#/properties/a", "(", "^[a-", "uuid"]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*KEYWORDS, "a"]), inner, max_size=4),
    max_leaves=12,
)


@QUICK
@given(strange)
def test_what_is_no_schema_is_refused_with_a_reason(schema: Any) -> None:
    try:
        json.dumps(generate(schema, "hint", "1"))
    except Unsatisfiable as why:
        assert str(why)  # noqa: PT017 # either is right, and the reason is never empty


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"enum": ["Refund", "delivery"]}, "Refund"),
        ({"type": "string"}, "refund"),
        ({"type": "object", "properties": {"label": {"$ref": "#/$defs/L"}}, "$defs": {"L": {"enum": ["refund", "b"]}}},
         {"label": "refund"}),
        ({"type": "string", "pattern": "^re"}, "refund"),
        ({"type": "string", "maxLength": 3}, "ref"),
        ({"type": "integer", "minimum": 7, "maximum": 7}, 7),
        ({"type": "number", "multipleOf": 0.01, "minimum": 1.005, "maximum": 1.015}, 1.01),
        ({"allOf": [{"required": ["a"]}, {"properties": {"a": {"type": "null"}}}], "type": "object"}, {"a": None}),
        ({"oneOf": [{"const": 1}, {"type": "integer", "maximum": 1, "minimum": 1}, {"const": "only"}]}, "only"),
        ({"type": "array", "items": {"enum": [*"ab"]}, "minItems": 2, "uniqueItems": True, "contains": {"const": "b"}},
         ["b", "a"]),
        ({"type": "integer", "minimum": 4, "exclusiveMinimum": True, "maximum": 5}, 5),
        ({"type": "integer", "description": "Their age.\n\n{minimum: 18, maximum: 18}"}, 18),
        ({"type": "string", "description": "{maxLength: 2, format: x}"}, "re"),
        ({"type": "integer", "description": "{minimum: 18, maximum: x}", "maximum": 18}, 18),
        ({"type": "object", "dependentRequired": {"a": ["b"]}, "properties": {"a": {"const": 1}}, "required": ["a"]},
         {"a": 1, "b": "refund"}),
    ],
)  # fmt: skip
def test_the_answer_of_the_model_is_kept_where_the_schema_lets_it(schema: Any, value: Any) -> None:
    assert generate(schema, "refund", "1") == value


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        (False, "no value was found that satisfies it"),
        ({"enum": []}, "no value was found"),
        ({"type": "string", "enum": [1]}, "no value was found"),
        ({"type": "integer", "minimum": 5, "maximum": 4}, "no value was found"),
        ({"$ref": "#"}, "no value was found"),
        ({"anyOf": [{"$ref": "#"}, {"$ref": "#"}]}, "no value was found"),
        ({"type": "object", "required": ["a"], "properties": {"a": {"$ref": "#"}}}, "no value was found"),
        (
            {"type": "object", "required": ["a", "b"], "properties": {"a": {"$ref": "#"}, "b": {"$ref": "#"}}},
            "no value",
        ),
        ({"$ref": "https://example.com/schema"}, "'https://example.com/schema' is not one within the schema"),
        ({"$ref": "#/$defs/Absent"}, "'#/$defs/Absent' names nothing"),
        ({"type": "strin"}, "'strin' is not a type"),
        ({"type": "string", "pattern": "("}, "is not a JSON schema"),
        ({"type": "array", "minItems": 10**12}, "no value was found"),
        ({"type": "string", "minLength": 10**12}, "no value was found"),
        ({"allOf": [{"oneOf": [{"minLength": n}, {"maxLength": n}]} for n in range(20)]}, "no value was found"),
    ],
)
def test_what_has_no_value_is_refused_in_time(schema: Any, why: str) -> None:
    with pytest.raises(Unsatisfiable) as refused:
        generate(schema, "refund", "1")
    assert why in str(refused.value)


def test_another_seed_gives_another_value() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"enum": [*"abcdef"]}}}
    assert len({json.dumps(generate(schema, "x", str(seed))) for seed in range(20)}) > 10
