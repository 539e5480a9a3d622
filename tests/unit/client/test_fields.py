"""A tampered map: whatever its fields hold, no generated program executes any of it."""

import ast
import json
import re
import shlex
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distillery.client.document import RouteMap, UnreadableMap
from distillery.client.target import Target
from distillery.snippets import SNIPPETS, Call

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
         True, -1, 1e9, ["import os"]]
    ),
    st.text(max_size=40),
    st.integers(),
    st.dictionaries(st.text(max_size=10), st.text(max_size=20), max_size=3),
)  # fmt: skip


def _tampered(field: str, value: Any) -> str:
    told = json.loads(json.dumps(SOUND))
    within = told if field in ("environment", "route", "description", "max_tokens", "tags") else told["steps"][0]
    within[field] = value
    return json.dumps(told)


def _shape(program: str) -> str:
    """A Python program without its constants; a dictionary of constants is one, whatever it holds."""
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
    call = Call.of(found, Target(0, step, str(step.identifier), step.model))
    return {name: make(call) for name, make in SNIPPETS.items()}


@given(st.sampled_from(FIELDS), PAYLOADS)
def test_no_field_of_a_map_becomes_code(field: str, value: Any) -> None:
    try:
        programs = _programs(_tampered(field, value))
    except UnreadableMap:
        return
    sound = _programs(json.dumps(SOUND))
    if field in ("latency", "tier", "identifier", "alias"):  # they decide which arguments there are
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
        ("prices", {"input": "NaN", "output": "-1", "as_of": "2026-11-20"}),
        ("cost_centres", {"shop": "a b"}),
        ("probed", "true"),
    ],
)
def test_a_field_that_may_not_hold_that_makes_a_map_unreadable_and_is_named(field: str, value: Any) -> None:
    with pytest.raises(UnreadableMap, match="may not hold"):
        RouteMap.from_json(_tampered(field, value))


def test_a_field_of_a_newer_writer_is_left_alone() -> None:
    assert RouteMap.from_json(_tampered("tags", SOUND["tags"])[:-1] + ', "newer": [1]}').route == "fast"
