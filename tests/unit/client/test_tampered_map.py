"""A tampered map: no generated program executes anything that its fields contain."""

import ast
import contextlib
import json
import re
import shlex
from typing import Any

import pytest
from botocore.session import Session
from hypothesis import given
from hypothesis import strategies as st

from distillery.cli.snippet_templates import SNIPPETS, RouteCall
from distillery.client.converse import ResolvedStep
from distillery.client.errors import AllStepsFailed
from distillery.client.route_map import DOCUMENT_MAX, LATENCIES, TIERS, RouteMap, UnreadableMap
from tests.unit.client.harness import ALIAS, ENDPOINT, MESSAGES, STANDARD, STUDENT, ClientHarness, route_map

SOUND: dict[str, Any] = {
    "version": 1,
    "environment": "dev",
    "route": "fast",
    "description": "Nova Pro",
    "max_tokens": 256,
    "tags": {"distillery:route": "fast"},
    "steps": [
        {
            "model": "amazon.nova-pro-v1:0",
            "region": "us-east-2",
            "identifier": "us.amazon.nova-pro-v1:0",
            "latency": "optimized",
            "tier": "priority",
            "prices": {"input": "1.00", "output": "4.00", "as_of": "2026-11-20"},
        }
    ],
}
FIELDS = ("environment", "route", "description", "max_tokens", "tags", "model", "region", "identifier", "alias",
          "latency", "tier", "application", "cost_centres", "prices")  # fmt: skip
PAYLOADS = st.one_of(
    st.sampled_from(
        ['us-east-2"); import os; os.system("x', "1}, **__import__('os').environ, **{", "a\nimport os", "$(id)",
         "';id;'", "`id`", "x\r\nid", "\u2028import os", "\x1b]52;c;x\x07", {"k": "v"}, {"k\nimport os": "v\nid"},
         True, -1, 1e9, ["import os"], "flexible", "standards", {"distillery:route": "a$b"}, {"a": "<script>"}]
    ),
    st.text(max_size=40),
    st.from_regex(r"[a-z]{1,32}", fullmatch=True),
    st.integers(),
    st.dictionaries(st.text(max_size=10), st.text(max_size=20), max_size=3),
)  # fmt: skip


def _tampered(field: str, value: Any) -> str:
    told = json.loads(json.dumps(SOUND))
    within = told if field in ("environment", "route", "description", "max_tokens", "tags") else told["steps"][0]
    within[field] = value
    return json.dumps(told)


def _shape(program: str) -> str:
    """Returns a Python program without its constants. A dictionary of constants counts as one constant."""
    tree = ast.parse(program)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant):
            node.value = 0
        if isinstance(node, ast.Dict) and all(isinstance(part, ast.Constant) for part in (*node.keys, *node.values)):
            node.keys, node.values = [], []
    return re.sub(r"\b(performance_?[cC]onfig|service_?[tT]ier)\b", "mode", ast.dump(tree))


def _programs(text: str) -> dict[str, str]:
    found = RouteMap.from_json(text)
    step = found.steps[0]
    call = RouteCall.of(found, ResolvedStep(0, step, str(step.identifier), step.model))
    return {name: make(call) for name, make in SNIPPETS.items()}


@given(st.sampled_from(FIELDS), PAYLOADS)
def test_no_field_of_a_map_becomes_code(field: str, value: Any) -> None:
    try:
        programs = _programs(_tampered(field, value))
    except UnreadableMap:
        return
    sound = _programs(json.dumps(SOUND))
    if field in ("latency", "tier", "identifier", "alias"):  # these decide which arguments the program has
        shapes = {name: ast.parse(program) for name, program in programs.items() if name != "cli"}
        calls = [node for tree in shapes.values() for node in ast.walk(tree) if isinstance(node, ast.Import)]
        assert {name.name for node in calls for name in node.names} <= {"boto3", "litellm"}
    else:
        for name in sound.keys() - {"cli"}:
            assert _shape(programs[name]) == _shape(sound[name])
    words = shlex.split(programs["cli"].replace("\\\n", ""), comments=True)
    assert words[:3] == ["aws", "bedrock-runtime", "converse"]
    assert all(word.startswith("--") for word in words[3::2])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("region", 'us-east-2"); import os; os.system("x'),
        ("region", "us-east-2\nimport os"),
        ("max_tokens", "1}, **__import__('os').environ, **{"),
        ("max_tokens", True),
        ("max_tokens", 0),
        ("model", "a\nimport os"),
        ("identifier", "--endpoint-url=http://evil.example"),
        ("alias", "/x\nimport os"),
        ("route", "fast\nimport os"),
        ("description", "x\x1b]52;c;aGk=\x07"),
        ("tags", {"a": "b\nc"}),
        ("tags", {"a": "$(id)"}),
        ("tags", {"a": "<b>"}),
        ("tags", {"": "a"}),
        ("tags", {"a;id": "b"}),
        ("tags", {"a" * 129: "b"}),
        ("tags", {"a": "b" * 257}),
        ("tags", {"a": "gr\u00fc\u00df"}),
        ("latency", "fast"),
        ("latency", "optimizeds"),
        ("latency", ["standard"]),
        ("tier", "free"),
        ("tier", "standard"),
        ("tier", None),
        ("prices", {"input": "NaN", "output": "-1", "as_of": "2026-11-20"}),
        ("cost_centres", {"shop": "a b"}),
        ("cost_centres", {"shop --debug": "a"}),
        ("probed", "true"),
    ],
)
def test_a_field_that_may_not_hold_that_makes_a_map_unreadable_and_is_named(field: str, value: Any) -> None:
    with pytest.raises(UnreadableMap, match="holds an invalid value"):
        RouteMap.from_json(_tampered(field, value))


def test_modes_are_all_that_converse_takes() -> None:
    model = Session().get_service_model("bedrock-runtime")
    told: list[Any] = [
        model.shape_for(shape).metadata["enum"] for shape in ("PerformanceConfigLatency", "ServiceTierType")
    ]
    assert [set(LATENCIES), set(TIERS)] == list(map(set, told))


@pytest.mark.parametrize("version", [True, 1.0, "1", None, [1], {"1": 1}, 2, 0])
def test_a_version_that_only_equals_ours_is_another(version: Any) -> None:
    with pytest.raises(UnreadableMap, match="version"):
        RouteMap.from_json(json.dumps(SOUND | {"version": version}))


DEEP = ["[" * 20_000, '{"a":' * 6_000, json.dumps(SOUND)[:-1] + ', "newer": ' + "[" * 15_000 + "]" * 15_000 + "}"]
LONG = json.dumps(SOUND)[:-1] + f', "newer": "{"x" * DOCUMENT_MAX}"' + "}"


@pytest.mark.parametrize("text", [*DEEP, LONG, "[]", "1", "null", '"x"'], ids=range(8))
def test_what_is_too_deep_or_too_long_or_no_object_is_no_map(text: str) -> None:
    with pytest.raises(UnreadableMap):
        RouteMap.from_json(text)


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(max_size=8), st.lists, max_leaves=9), PAYLOADS)
def test_whatever_a_document_is_it_is_a_map_or_it_is_unreadable(said: Any, value: Any) -> None:
    for document in (said, {"version": 1, "steps": said}, SOUND | {"steps": [value]}, SOUND | {"version": value}):
        with contextlib.suppress(UnreadableMap):
            assert isinstance(RouteMap.from_json(json.dumps(document)), RouteMap)


ELSEWHERE = ENDPOINT.replace("us-east-1", "us-west-2")
PROMPT = ENDPOINT.replace("custom-model-deployment", "prompt")
ALIASES = {
    "a model of somebody's": {"endpoint": {"arn": "us.amazon.nova-pro-v1:0"}, "current": "m"},
    "another service": {"endpoint": {"arn": ENDPOINT.replace(":bedrock:", ":sagemaker:")}, "current": "m"},
    "another kind of resource": {"endpoint": {"arn": PROMPT}, "current": "m"},
    "another Region": {"endpoint": {"arn": ELSEWHERE}, "current": "m"},
    "a line more": {"endpoint": {"arn": f"{ENDPOINT}\n"}, "current": "m"},
    "a path more": {"endpoint": {"arn": f"{ENDPOINT}/../x"}, "current": "m"},
    "an option": {"endpoint": {"arn": "--endpoint-url=http://evil.example"}, "current": "m"},
    "no text": {"endpoint": {"arn": [ENDPOINT]}, "current": "m"},
    "a model that moves the cursor": {"endpoint": {"arn": ENDPOINT}, "current": "m\x1b[2J"},
    "no model": {"endpoint": {"arn": ENDPOINT}},
    "no ARN": {"endpoint": {}, "current": "m"},
    "no endpoint": {"endpoint": ENDPOINT, "current": "m"},
    "a list": [ENDPOINT],
    "no JSON": None,
}  # fmt: skip


@pytest.mark.parametrize("said", ALIASES.values(), ids=ALIASES.keys())
def test_an_alias_that_promotion_did_not_write_is_never_called(said: Any) -> None:
    harness = ClientHarness(route_map(STUDENT, STANDARD))
    harness.homes["us-east-1"].parameters[ALIAS] = "{" if said is None else json.dumps(said)
    reply = harness.route().converse(messages=MESSAGES)
    assert (reply.index, reply.attempts[0].error, harness.called) == (1, "UnreadableAlias", ["app-pro"])
    harness.publish(route_map(STUDENT))
    with pytest.raises(AllStepsFailed, match="UnreadableAlias"):
        harness.route().converse(messages=MESSAGES)


@given(PAYLOADS | st.recursive(st.none() | st.text(max_size=8), lambda inner: st.lists(inner, max_size=2)))
def test_no_alias_says_what_else_is_called(value: Any) -> None:
    harness = ClientHarness(route_map(STUDENT))
    for said in (value, {"endpoint": value, "current": "m"}, {"endpoint": {"arn": value}, "current": "m"}):
        harness.homes["us-east-1"].parameters[ALIAS] = json.dumps(said)
        with pytest.raises(AllStepsFailed):
            harness.route().converse(messages=MESSAGES)
    assert harness.called == []


@pytest.mark.parametrize("text", DEEP, ids=range(len(DEEP)))
def test_an_alias_that_is_too_deep_does_not_take_the_place_of_the_one_before(text: str) -> None:
    harness = ClientHarness(route_map(STUDENT))
    harness.promote()
    route = harness.route()
    route.converse(messages=MESSAGES)
    harness.homes["us-east-1"].parameters[ALIAS] = text
    harness.at += 61
    assert route.converse(messages=MESSAGES).identifier == ENDPOINT


def test_a_field_of_a_newer_writer_is_left_alone() -> None:
    assert RouteMap.from_json(_tampered("tags", SOUND["tags"])[:-1] + ', "newer": [1]}').route == "fast"
