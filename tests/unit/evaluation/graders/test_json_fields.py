"""JSON field by field: known answers, rules for fields, and properties."""

import json
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distillery.core.errors import BadRequest
from distillery.core.serialization import from_wire
from distillery.evaluation.graders.json_fields import Json
from distillery.evaluation.graders.json_rules import Compare, Field
from tests.unit.evaluation.graders.given import CHARACTERS, HOSTILE, PROMPT, TEXTS
from tests.unit.evaluation.graders.work import is_linear, work

TICKET = '{"type":"late","order":"A-1","items":[{"sku":"x","n":1},{"sku":"y","n":2}],"note":null}'

KNOWN = [
    (TICKET, TICKET, "1"),
    (f"```json\n{TICKET}\n```", TICKET, "1"),
    (f"```\n{TICKET}\n```", TICKET, "1"),
    (f" \ufeff{TICKET}\n".strip(), TICKET, "1"),
    (f"Here it is:\n```json\n{TICKET}\n```", TICKET, "0"),
    (f"```json\n{TICKET}\n```\n```json\n{TICKET}\n```", TICKET, "0"),
    (f"{TICKET} {TICKET}", TICKET, "0"),
    ('{"a":1}', '{"a":1.0}', "1"),
    ('{"a":10}', '{"a":1e1}', "1"),
    ('{"a":-0.0}', '{"a":0}', "1"),
    ('{"a":0.1}', '{"a":0.1000000000000000000000000000001}', "0"),
    ('{"a":9007199254740993}', '{"a":9007199254740992}', "0"),
    ('{"a":"1"}', '{"a":1}', "0"),
    ('{"a":true}', '{"a":1}', "0"),
    ('{"a":false}', '{"a":0}', "0"),
    ('{"a":null}', "{}", "0"),
    ("{}", '{"a":null}', "0"),
    ('{"a":1}', '{"a":1,"b":null}', "1/2"),
    ('{"a":1,"b":2}', '{"a":1}', "1/2"),
    ('{"b":2,"a":1}', '{"a":1,"b":2}', "1"),
    ('{"a":1,"a":1}', '{"a":1}', "0"),
    ('{"a":NaN}', '{"a":1}', "0"),
    ('{"a":-Infinity}', '{"a":1}', "0"),
    ("{'a':1}", '{"a":1}', "0"),
    ('{"a":1,}', '{"a":1}', "0"),
    ('{"a":"Late"}', '{"a":"late"}', "0"),
    ('{"a":"cafe\\u0301"}', '{"a":"café"}', "1"),
    ('{"a":"C"}', '{"a":"C++"}', "0"),
    ('{"名":"東京","都":"x"}', '{"名":"東京","都":"y"}', "1/2"),
    ('{"दिन":"सोम"}', '{"दिन":"सोम"}', "1"),
    ('{"اسم":"علي","ب":1}', '{"اسم":"علي"}', "1/2"),
    ("[1,2,3]", "[1,2,3]", "1"),
    ("[1,2]", "[1,2,3]", "2/3"),
    ("[2,3]", "[1,2,3]", "2/3"),
    ("[1,9,3]", "[1,2,3]", "2/3"),
    ("[1,3]", "[1,2,3]", "2/3"),
    ("[3,2,1]", "[1,2,3]", "1/3"),
    ("[1,1]", "[1]", "1/2"),
    ("[0,1,2,3]", "[1,2,3]", "3/4"),
    ("[1,2,9,3,4]", "[1,2,3,4]", "4/5"),
    ("[]", "[]", "1"),
    ("[]", "{}", "0"),
    ("{}", "{}", "1"),
    ("[[1,2],[3]]", "[[1,2],[4]]", "2/3"),
    ('{"a":[1,2]}', '{"a":{"b":1}}', "0"),
    ('{"a":{"b":1,"c":2},"d":3}', '{"a":{"b":1,"c":0},"d":3}', "2/3"),
    ('{"d":3}', '{"a":{"b":1,"c":2},"d":3}', "1/3"),
    ("42", "42", "1"),
    ("", TICKET, "0"),
    ("null", TICKET, "0"),
    ("{}", "not JSON", "0"),
    ('{"a":"\\ud800"}', '{"a":"\\ud801"}', "0"),
    ('{"a":1e400}', '{"a":1e400}', "1"),
]


@pytest.mark.parametrize(("answer", "reference", "score"), KNOWN)
def test_known_answers(answer: str, reference: str, score: str) -> None:
    grade = Json().grade(answer, reference, PROMPT)
    assert grade.score == Fraction(score)
    assert bool(grade.reason) == (grade.score < 1)


def rules(*fields: dict[str, Any]) -> Json:
    return from_wire(Json, {"fields": list(fields)})


BY_RULE = [
    (rules({"path": "a", "compare": "folded"}), '{"a":" LATE  now"}', '{"a":"late now"}', "1"),
    (rules({"path": "a", "compare": "folded"}), '{"a":"c"}', '{"a":"C++"}', "0"),
    (rules({"path": "$", "compare": "folded"}), '{"a":["X"],"b":"Y"}', '{"a":["x"],"b":"y"}', "1"),
    (rules({"path": "$", "compare": "folded"}, {"path": "b"}), '{"a":"X","b":"Y"}', '{"a":"x","b":"y"}', "1/2"),
    (rules({"path": "a", "compare": "number"}), '{"a":"12.50"}', '{"a":12.5}', "1"),
    (rules({"path": "a", "compare": "number"}), '{"a":"١٢"}', '{"a":12}', "1"),
    (rules({"path": "a", "compare": "number"}), '{"a":"twelve"}', '{"a":12}', "0"),
    (rules({"path": "a", "compare": "number"}), '{"a":"n/a"}', '{"a":"n/a"}', "1"),
    (rules({"path": "a", "compare": "number", "tolerance": "0.01"}), '{"a":1.01}', '{"a":1}', "1"),
    (rules({"path": "a", "compare": "number", "tolerance": "0.01"}), '{"a":1.0100001}', '{"a":1}', "0"),
    (rules({"path": "a", "compare": "number", "tolerance": "0.01"}), '{"a":true}', '{"a":1}', "0"),
    (rules({"path": "a", "compare": "number", "relative": "0.1"}), '{"a":-110}', '{"a":-100}', "1"),
    (rules({"path": "a", "compare": "number", "relative": "0.1"}), '{"a":111}', '{"a":100}', "0"),
    (rules({"path": "a", "compare": "number", "relative": "0.1"}), '{"a":1e900}', '{"a":100}', "0"),
    (rules({"path": "a", "compare": "date"}), '{"a":"2026-03-04T00:00:00Z"}', '{"a":"2026-03-04"}', "1"),
    (rules({"path": "a", "compare": "date"}), '{"a":"2026-03-04T10:00:00+02:00"}', '{"a":"2026-03-04T08:00:00Z"}', "1"),
    (rules({"path": "a", "compare": "date"}), '{"a":"2026-03-04T10:00"}', '{"a":"2026-03-04T10:00:00Z"}', "0"),
    (rules({"path": "a", "compare": "date"}), '{"a":"2026-03-04T00:00+09:00"}', '{"a":"2026-03-03T15:00Z"}', "1"),
    (rules({"path": "a", "compare": "date"}), '{"a":"2026-03-04T00:00+09:00"}', '{"a":"2026-03-04"}', "0"),
    (rules({"path": "a", "compare": "date"}), '{"a":"2026-02-30"}', '{"a":"2026-03-02"}', "0"),
    (rules({"path": "a", "compare": "date"}), '{"a":"04.03.2026"}', '{"a":"2026-03-04"}', "0"),
    (
        rules({"path": "a", "compare": "date", "formats": ["%d.%m.%Y", "%d %B %Y"]}),
        '{"a":"4.3.2026"}',
        '{"a":"4 March 2026"}',
        "1",
    ),
    (rules({"path": "a", "compare": "date"}), '{"a":"soon"}', '{"a":"soon"}', "1"),
    (rules({"path": "a", "compare": "set"}), '{"a":[3,1,2,2]}', '{"a":[1,2,3]}', "1"),
    (rules({"path": "a", "compare": "set"}), '{"a":[1,4]}', '{"a":[1,2]}', "1/3"),
    (rules({"path": "a", "compare": "set"}), '{"a":[{"x":1,"y":2}]}', '{"a":[{"y":2,"x":1}]}', "1"),
    (rules({"path": "a", "compare": "set"}), '{"a":"x"}', '{"a":["x"]}', "0"),
    (
        rules({"path": "a", "compare": "set"}, {"path": "a[]", "compare": "folded"}),
        '{"a":["B","a"]}',
        '{"a":["A","b"]}',
        "1",
    ),
    (rules({"path": "$", "compare": "set"}), "[2,1]", "[1,2]", "1"),
    (
        rules({"path": "a", "compare": "keyed", "key": "id"}),
        '{"a":[{"id":2,"n":5},{"id":1,"n":4}]}',
        '{"a":[{"id":1,"n":4},{"id":2,"n":6}]}',
        "3/4",
    ),
    (
        rules({"path": "a", "compare": "keyed", "key": "id"}),
        '{"a":[{"id":1,"n":4},{"id":1,"n":4}]}',
        '{"a":[{"id":1,"n":4}]}',
        "1/2",
    ),
    (
        rules({"path": "a", "compare": "keyed", "key": "id"}, {"path": "a[].id", "compare": "folded"}),
        '{"a":[{"id":"X"}]}',
        '{"a":[{"id":"x"}]}',
        "1",
    ),
    (rules({"path": "a", "compare": "keyed", "key": "id"}), '{"a":[1,{"n":1}]}', '{"a":[{"id":1}]}', "0"),
    (
        rules({"path": "[]", "weight": 1}, {"path": "[].p", "compare": "number", "tolerance": "1"}),
        '[{"p":2}]',
        '[{"p":1}]',
        "1",
    ),
    (rules({"path": "b", "compare": "ignored"}), '{"a":1,"b":2}', '{"a":1}', "1"),
    (rules({"path": "b", "compare": "ignored"}), '{"a":1}', '{"a":1,"b":{"c":3}}', "1"),
    (rules({"path": "$", "compare": "ignored"}, {"path": "a"}), '{"a":1}', '{"a":2}', "1"),
    (rules({"path": "a", "weight": 3}), '{"a":1,"b":0}', '{"a":1,"b":2}', "3/4"),
    (rules({"path": "a", "weight": 3}), '{"a":{"x":1},"b":0}', '{"a":{"x":2},"b":0}', "1/4"),
    (rules({"path": r"a\.b", "compare": "folded"}), '{"a.b":"X"}', '{"a.b":"x"}', "1"),
    (Json(whole=True), '{"a":1,"b":0}', '{"a":1,"b":2}', "0"),
    (Json(whole=True), '{"a":1,"b":2}', '{"a":1,"b":2}', "1"),
]


@pytest.mark.parametrize(("grader", "answer", "reference", "score"), BY_RULE)
def test_rules_of_fields(grader: Json, answer: str, reference: str, score: str) -> None:
    assert grader.grade(answer, reference, PROMPT).score == Fraction(score)


def test_parts_are_named_by_paths_and_the_first_difference_is_told() -> None:
    answer = '{"type":"late","order":"A-2","items":[{"sku":"x","n":1},{"sku":"z","n":2}],"note":null,"more":1,"yet":2}'
    grade = Json().grade(answer, TICKET, PROMPT)
    assert grade.reason == "order is 'A-2', not 'A-1'"
    assert grade.parts == {
        "type": 1,
        "order": 0,
        "items[].sku": Fraction(1, 2),
        "items[].n": 1,
        "note": 1,
        "not in the reference": 0,
    }
    assert grade.score == Fraction(5, 9)
    assert Json().grade("{}", '{"a":1}', PROMPT).reason == "a is missing"
    assert Json().grade('{"a":1,"b":2}', '{"a":1}', PROMPT).reason == "b is not in the reference"


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.decimals(-9, 9, places=1).map(float)
    | st.text(CHARACTERS, max_size=3)
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abcd名"), inner, max_size=4)
)
GRADERS = [
    Json(),
    rules({"path": "$", "compare": "folded"}, {"path": "a", "compare": "set"}, {"path": "b", "weight": 2}),
    rules({"path": "$", "compare": "keyed", "key": "a"}, {"path": "b", "compare": "number", "tolerance": "1"}),
    rules({"path": "$", "compare": "set"}, {"path": "[].a", "compare": "ignored"}),
    rules({"path": "$", "compare": "date"}),
    Json(whole=True),
]


@given(st.sampled_from(GRADERS), VALUES, VALUES)
def test_a_grade_is_bounded_and_symmetric(grader: Json, left: Any, right: Any) -> None:
    answer, reference = json.dumps(left), json.dumps(right)
    grade = grader.grade(answer, reference, PROMPT)
    assert 0 <= grade.score <= 1
    assert all(0 <= part <= 1 for part in grade.parts.values())
    assert grade == grader.grade(answer, reference, PROMPT)
    assert grade.score == grader.grade(reference, answer, PROMPT).score
    assert bool(grade.reason) == (grade.score < 1)


@given(st.sampled_from(GRADERS), VALUES)
def test_the_reference_itself_is_right(grader: Json, value: Any) -> None:
    text = json.dumps(value)
    assert grader.grade(json.dumps(value, indent=1, ensure_ascii=True), text, PROMPT).score == 1


@given(VALUES, VALUES)
def test_a_score_of_one_means_equal(left: Any, right: Any) -> None:
    if Json().grade(json.dumps(left), json.dumps(right), PROMPT).score == 1:
        assert _same(left, right)


def _same(left: Any, right: Any) -> bool:
    if isinstance(left, dict):
        return isinstance(right, dict) and left.keys() == right.keys() and all(_same(left[k], right[k]) for k in left)
    if isinstance(left, list):
        return isinstance(right, list) and len(left) == len(right) and all(map(_same, left, right))
    return isinstance(left, bool) == isinstance(right, bool) and (isinstance(left, str) or left == right)


@given(st.dictionaries(st.sampled_from("abcdef"), SCALARS, min_size=1), st.sampled_from("abcdef"))
def test_a_missing_field_and_an_extra_one_cost_one_field(value: dict[str, Any], name: str) -> None:
    more, less = value | {name: 1}, {key: each for key, each in value.items() if key != name}
    for answer, reference in ((more, less), (less, more)):
        score = Json().grade(json.dumps(answer), json.dumps(reference), PROMPT).score
        assert score == (Fraction(len(less), len(more)))


@given(TEXTS)
def test_any_text_is_graded(text: str) -> None:
    assert 0 <= Json().grade(text, TICKET, PROMPT).score <= 1
    assert 0 <= Json().grade(TICKET, text, PROMPT).score <= 1
    assert isinstance(Json().misfit(text, PROMPT), str)


LARGE = [
    "[" + ",".join(["[]"] * 30_000) + "]",
    "[" + ",".join(["{}"] * 30_000) + "]",
    json.dumps({str(i): i for i in range(7000)}),
    json.dumps([{"id": 1, "n": 1}] * 5000),
    "[" * 60 + ",".join(["1"] * 40_000) + "]" * 60,
    "[" + ",".join(["1e999"] * 15_000) + "]",
    "[" + ",".join(str(i * (2**61 - 1)) for i in range(1, 4000)) + "]",
]


@pytest.mark.slow
@pytest.mark.parametrize("hostile", [*HOSTILE, *LARGE])
def test_hostile_answers_are_wrong(hostile: str) -> None:
    keyed = rules({"path": "$", "compare": "keyed", "key": "id"})
    for grader in (Json(), keyed, rules({"path": "$", "compare": "set"})):
        grade = grader.grade(hostile, TICKET, PROMPT)
        assert grade.score == 0
        assert len(grade.reason) < 400
        assert len(grade.parts) < 10
        assert grader.grade(TICKET, hostile, PROMPT).score == 0


@pytest.mark.parametrize("grader", [Json(), *GRADERS[1:]])
def test_the_work_grows_with_the_answer_and_no_faster(grader: Json) -> None:
    reference = json.dumps([{"a": n, "b": [n]} for n in range(100)])
    assert is_linear(lambda inner: grader.grade(f"[{inner}0]", reference, PROMPT), '{"a":1,"b":[[],"é"]},')
    assert is_linear(lambda inner: grader.grade(f"[{inner}0]", f"[0,{inner}1]", PROMPT), '{"a":1,"b":[1]},')


SCHEMA = {
    "type": "object",
    "properties": {
        "type": {"enum": ["late", "lost"]},
        "price": {"type": "number", "multipleOf": 0.01, "minimum": 0.1},
        "code": {"type": "string", "pattern": "^[A-Z]+$"},
        "tags": {"type": "array", "uniqueItems": True, "items": {"$ref": "#/$defs/tag"}},
        "n": {"type": "integer"},
        "$ref": {"type": "string"},
    },
    "required": ["type"],
    "additionalProperties": False,
    "$defs": {"tag": {"type": ["string", "object", "number"]}},
}
VALID = [
    ('{"type":"late"}', ""),
    ('{"type":"late","price":0.1}', ""),
    ('{"type":"late","price":1.07}', ""),
    ('{"type":"late","price":1e30}', ""),
    ('{"type":"late","n":2.0,"$ref":"x"}', ""),
    ('{"type":"late","tags":["a",1,{"b":1}]}', ""),
    ('{"type":"early"}', "enum"),
    ("{}", "required"),
    ("[]", "type"),
    ('{"type":"late","other":1}', "additionalProperties"),
    ('{"type":"late","price":1.075}', "multipleOf"),
    ('{"type":"late","price":0.09}', "minimum"),
    ('{"type":"late","code":"A1"}', "pattern"),
    ('{"type":"late","code":"\\ud800"}', "pattern"),
    ('{"type":"late","tags":[1,1.0]}', "uniqueItems"),
    ('{"type":"late","tags":[{"b":1},{"b":1}]}', "uniqueItems"),
    ('{"type":"late","tags":[true]}', "type"),
    ('{"type":"late","n":1.5}', "type"),
    ('{"type":"late","n":true}', "type"),
]


@pytest.mark.parametrize(("answer", "broken"), VALID)
def test_an_answer_that_breaks_the_schema_is_wrong(answer: str, broken: str) -> None:
    grader = Json(schema=SCHEMA)
    assert not grader.needs_reference
    grade = grader.grade(answer, "", PROMPT)
    assert grade.score == (0 if broken else 1)
    assert broken in grade.reason
    assert grader.grade(answer, answer, PROMPT).score == grade.score
    assert broken in grader.misfit(answer, PROMPT)


def test_the_work_of_a_schema_grows_with_the_answer_and_no_faster() -> None:
    unique = Json(schema={"type": "array", "uniqueItems": True})
    items = [json.dumps({"a": n}) for n in range(200)]
    few, many = (work(lambda: unique.grade(f"[{','.join(items[:count])}]", "", PROMPT)) for count in (50, 200))  # noqa: B023
    assert many <= 5 * few


@pytest.mark.slow
def test_recursion_with_alternatives_ends() -> None:
    tree = {"items": {"$ref": "#/$defs/tree"}, "minItems": 1}
    grader = Json(schema={"$ref": "#/$defs/tree", "$defs": {"tree": {"type": "array", "anyOf": [tree, dict(tree)]}}})
    assert "too many steps" in grader.grade("[" * 40 + "1" + "]" * 40, "", PROMPT).reason


REFUSED = [
    ({"schema": {"$ref": "https://example.com/a.json"}}, "grading makes no requests"),
    ({"schema": {"items": {"$ref": "other.json#/a"}}}, "grading makes no requests"),
    ({"schema": {"anyOf": [{"$ref": "file:///etc/passwd"}]}}, "grading makes no requests"),
    ({"schema": {"$schema": "https://example.com/schema"}}, "drafts 3 to 2020-12"),
    ({"schema": {"$ref": "#/$defs/none"}}, "does not define"),
    ({"schema": {"properties": {"a": {"$ref": "#none"}}}}, "does not define"),
    ({"schema": {"$ref": "#"}}, "refers to itself"),
    ({"schema": {"type": "strin"}}, "$.type of the schema is 'strin'"),
    ({"schema": {"pattern": "(?=a)"}}, "RE2's syntax"),
    ({"schema": {"patternProperties": {"a": {}}}}, "patternProperties"),
    ({"fields": [{"path": ""}]}, "path of a field is ''"),
    ({"fields": [{"path": "a..b"}]}, "path of a field"),
    ({"fields": [{"path": "a[0]"}]}, "path of a field"),
    ({"fields": [{"path": "a"}, {"path": "$.a"}]}, "twice"),
    ({"fields": [{"path": "a", "weight": 0}]}, "weight of a field is 0"),
    ({"fields": [{"path": "a", "compare": "number", "tolerance": "-1"}]}, "tolerance of a field is -1"),
    ({"fields": [{"path": "a", "compare": "number", "tolerance": "NaN"}]}, "tolerance of a field is NaN"),
    ({"fields": [{"path": "a", "tolerance": "1"}]}, 'for `compare` = "number"'),
    ({"fields": [{"path": "a", "compare": "keyed"}]}, "key of a field is ''"),
    ({"fields": [{"path": "a", "key": "b"}]}, "key of a field is 'b'"),
    ({"fields": [{"path": "a", "formats": ["%Y"]}]}, "formats of a field"),
    ({"fields": [{"path": "a", "compare": "date", "formats": ["%H"]}]}, "formats of a field is '%H'"),
    ({"fields": [{"path": "a", "compare": "sorted"}]}, "Compare is needed"),
    (
        {"fields": [{"path": "a", "compare": "set"}, {"path": "a[].b", "compare": "number", "tolerance": "1"}]},
        "items of a set are equal or not",
    ),
]


@pytest.mark.parametrize(("options", "why"), REFUSED)
def test_bad_options_are_refused(options: dict[str, Any], why: str) -> None:
    with pytest.raises(BadRequest) as refused:
        from_wire(Json, options)
    assert why in str(refused.value)


@pytest.mark.parametrize(
    ("path", "steps"),
    [
        ("a", ("a",)),
        ("$", ()),
        ("$.a.b", ("a", "b")),
        ("a[].b", ("a", "[]", "b")),
        ("[]", ("[]",)),
        ("$[][].x", ("[]", "[]", "x")),
        (r"a\.b.c\[\]", ("a.b", "c[]")),
        ("$ref", ("$ref",)),
        ("名.前", ("名", "前")),
    ],
)
def test_paths(path: str, steps: tuple[str, ...]) -> None:
    assert Field(path=path, compare=Compare.EXACT).steps == steps


def test_measures() -> None:
    assert (Json().measure, Json().binary) == ("field score", False)
    assert (Json(whole=True).measure, Json(whole=True).binary) == ("exact match", True)
    assert Field(path="a", compare=Compare.NUMBER, tolerance=Decimal("0.1")).is_tolerant


@pytest.mark.parametrize(
    ("reference", "why"),
    [(TICKET, ""), ("[]", ""), ("late", "is not JSON"), ("", "is empty"), ("42", "is a single value")],
)
def test_references_that_do_not_fit(reference: str, why: str) -> None:
    assert Json().misfit(reference, PROMPT).startswith(why)
    assert bool(why) == bool(Json().misfit(reference, PROMPT))
