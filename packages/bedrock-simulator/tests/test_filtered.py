"""A content filter ends the answer of a model: a fault, as callers see it in each API and metric."""

import json
from typing import Any

import pytest

from bedrock_simulator.fault_kinds import Fault
from simulator_support.fakes import TODAY, World, answer, say

MICRO = "amazon.nova-micro-v1:0"
HAIKU = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
LLAMA = "us.meta.llama3-1-70b-instruct-v1:0"
TEXT = "Nothing is said of this."
BODIES: dict[str, dict[str, Any]] = {
    MICRO: {"messages": [{"role": "user", "content": [{"text": "hello"}]}]},
    HAIKU: {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 50,
        "messages": [{"role": "user", "content": "hello"}],
    },
    LLAMA: {"prompt": "hello"},
}


def _world(**fields: Any) -> World:
    return World(TODAY, Fault("filtered", **fields))


@pytest.mark.parametrize("model", BODIES)
def test_converse_answers_with_the_filters_text_and_reason(model: str) -> None:
    reply = say(_world(message=TEXT), model, "hello")
    assert (reply["stopReason"], answer(reply)) == ("content_filtered", TEXT)
    assert reply["usage"]["outputTokens"] > 0


def test_a_forced_tool_is_not_called() -> None:
    tool = {"toolSpec": {"name": "label", "inputSchema": {"json": {"type": "object", "properties": {}}}}}
    forced = {"tools": [tool], "toolChoice": {"tool": {"name": "label"}}}
    reply = say(_world(message=TEXT), MICRO, "hello", toolConfig=forced)
    assert (reply["stopReason"], answer(reply)) == ("content_filtered", TEXT)


def test_a_stream_ends_with_the_reason() -> None:
    messages = [{"role": "user", "content": [{"text": "hello"}]}]
    stream = _world().client("bedrock-runtime").converse_stream(modelId=MICRO, messages=messages)["stream"]
    (stop,) = [event["messageStop"] for event in stream if "messageStop" in event]
    assert stop["stopReason"] == "content_filtered"


@pytest.mark.parametrize(
    ("model", "field", "reason"),
    [
        (MICRO, "stopReason", "content_filtered"),
        (HAIKU, "stop_reason", "refusal"),
        (LLAMA, "stop_reason", "stop"),
    ],
)
def test_a_body_has_the_reason_of_its_models_api(model: str, field: str, reason: str) -> None:
    runtime = _world().client("bedrock-runtime")
    found = json.loads(runtime.invoke_model(modelId=model, body=json.dumps(BODIES[model]))["body"].read())
    assert found[field] == reason
    streamed = runtime.invoke_model_with_response_stream(modelId=model, body=json.dumps(BODIES[model]))["body"]
    bodies = [json.loads(event["chunk"]["bytes"]) for event in streamed]
    assert f'"{field}": "{reason}"' in json.dumps(bodies)


def test_it_may_meet_some_calls_of_one_model_and_operation() -> None:
    world = _world(named=MICRO, times=1, after=1, operation="Converse")
    said = [say(world, model, "hello")["stopReason"] for model in (HAIKU, MICRO, MICRO, MICRO)]
    assert said == ["end_turn", "end_turn", "content_filtered", "end_turn"]
