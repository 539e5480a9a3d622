"""Forced tools and structured output: JSON that satisfies the schema, in every API, whole and streamed."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings

from bedrock_simulator.settings import TeacherSettings
from simulator_support.fakes import World
from simulator_support.schema_strategies import Judged, schemas

PRO, HAIKU_45, HAIKU_55 = (
    "us.amazon.nova-pro-v1:0",
    "us.anthropic.claude-haiku-4-5-20251001-v1:0",
    "us.anthropic.claude-haiku-5-5",
)
LLAMA = "us.meta.llama3-1-8b-instruct-v1:0"
SYSTEM, SAID = "One of: refund, delivery, login", "where is my parcel"
SCHEMA = {
    "type": "object",
    "properties": {
        "label": {"type": "string", "enum": ["refund", "delivery", "login"]},
        "urgency": {"type": "integer", "minimum": 1, "maximum": 3},
        "customer": {"$ref": "#/$defs/Customer"},
    },
    "required": ["label", "urgency", "customer"],
    "$defs": {
        "Customer": {
            "type": "object", "properties": {"email": {"type": "string", "format": "email"}}, "required": ["email"]
        }
    },
}  # fmt: skip
STRICT = {
    "type": "object",
    "properties": {"label": {"enum": ["refund", "delivery", "login"]}, "why": {"type": "string"}},
    "required": ["label", "why"],
    "additionalProperties": False,
}


def world() -> World:
    return World(teacher=TeacherSettings(error_rate=0.0))


def tool(name: str = "classify", schema: Any = None) -> dict[str, Any]:
    return {"toolSpec": {"name": name, "inputSchema": {"json": schema or SCHEMA}}}


def own_tool(name: str = "classify", schema: Any = None) -> dict[str, Any]:
    return {"name": name, "description": "d", "input_schema": schema or SCHEMA}


def asked(**more: Any) -> dict[str, Any]:
    messages = [{"role": "user", "content": [{"text": SAID}]}]
    return {"system": [{"text": SYSTEM}], "messages": messages, **more}


def claude(**more: Any) -> dict[str, Any]:
    messages = [{"role": "user", "content": SAID}]
    return {"anthropic_version": "2026-10-21", "max_tokens": 500, "system": SYSTEM, "messages": messages, **more}


def converse(schema: Any, model: str = PRO) -> tuple[Any, str]:
    config = {"tools": [tool(schema=schema)], "toolChoice": {"tool": {"name": "classify"}}}
    reply = world().client("bedrock-runtime").converse(modelId=model, **asked(toolConfig=config))
    (block,) = reply["output"]["message"]["content"]
    assert block["toolUse"]["name"] == "classify"
    assert reply["usage"]["outputTokens"] > 0
    return block["toolUse"]["input"], reply["stopReason"]


def converse_stream(schema: Any, model: str = PRO) -> tuple[Any, str]:
    config = {"tools": [tool(schema=schema)], "toolChoice": {"any": {}}}
    events = list(
        world().client("bedrock-runtime").converse_stream(modelId=model, **asked(toolConfig=config))["stream"]
    )
    (start,) = [event["contentBlockStart"] for event in events if "contentBlockStart" in event]
    assert start["start"]["toolUse"]["name"] == "classify"
    deltas = [event["contentBlockDelta"] for event in events if "contentBlockDelta" in event]
    assert {delta["contentBlockIndex"] for delta in deltas} == {start["contentBlockIndex"]}
    written = "".join(delta["delta"]["toolUse"]["input"] for delta in deltas)
    (stop,) = [event["messageStop"]["stopReason"] for event in events if "messageStop" in event]
    return json.loads(written), stop


def invoke_claude(schema: Any) -> tuple[Any, str]:
    body = claude(tools=[own_tool(schema=schema)], tool_choice={"type": "tool", "name": "classify"})
    reply = world().client("bedrock-runtime").invoke_model(modelId=HAIKU_45, body=json.dumps(body))
    own = json.loads(reply["body"].read())
    (block,) = own["content"]
    assert (block["type"], block["name"]) == ("tool_use", "classify")
    assert block["id"].startswith("toolu_bdrk_")
    return block["input"], own["stop_reason"]


def stream_claude(schema: Any) -> tuple[Any, str]:
    body = claude(tools=[own_tool(schema=schema)], tool_choice={"type": "any"})
    client = world().client("bedrock-runtime")
    reply = client.invoke_model_with_response_stream(modelId=HAIKU_45, body=json.dumps(body))
    events = [json.loads(event["chunk"]["bytes"]) for event in reply["body"]]
    (start,) = [event["content_block"] for event in events if event["type"] == "content_block_start"]
    assert (start["type"], start["name"], start["input"]) == ("tool_use", "classify", {})
    written = "".join(event["delta"]["partial_json"] for event in events if event["type"] == "content_block_delta")
    (stop,) = [event["delta"]["stop_reason"] for event in events if event["type"] == "message_delta"]
    return json.loads(written), stop


def invoke_nova(schema: Any) -> tuple[Any, str]:
    body = asked(toolConfig={"tools": [tool(schema=schema)], "toolChoice": {"any": {}}})
    reply = world().client("bedrock-runtime").invoke_model(modelId=PRO, body=json.dumps(body))
    own = json.loads(reply["body"].read())
    (block,) = own["output"]["message"]["content"]
    return block["toolUse"]["input"], own["stopReason"]


FORCED = [converse, converse_stream, invoke_claude, stream_claude, invoke_nova]


@pytest.mark.parametrize("call", FORCED)
def test_a_forced_tool_is_called_with_the_models_answer_wherever_it_fits(call: Callable[[Any], Any]) -> None:
    found, stop = call(SCHEMA)
    assert stop == "tool_use"
    assert (found["label"], found["urgency"] in (1, 2, 3)) == ("delivery", True)
    assert "@" in found["customer"]["email"]
    assert call(SCHEMA) == (found, stop), "seeded"


@pytest.mark.parametrize("call", FORCED)
def test_every_api_satisfies_any_schema(call: Callable[[Any], Any]) -> None:
    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(schemas())
    def check(judged: Judged) -> None:
        schema, accepts = judged
        assert accepts(call(schema)[0])

    check()


def test_a_tool_is_called_after_reasoning_is_left_out() -> None:
    assert converse(SCHEMA, HAIKU_55)[1] == "tool_use"


def structured(text: str) -> dict[str, Any]:
    return {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": {"schema": text, "name": "answer"}}}}


def test_structured_output_is_json_of_its_schema_in_every_api() -> None:
    client = world().client("bedrock-runtime")
    config = structured(json.dumps(STRICT))
    reply = client.converse(modelId=HAIKU_45, **asked(outputConfig=config))
    (block,) = reply["output"]["message"]["content"]
    assert json.loads(block["text"]) == {"label": "delivery", "why": "delivery"}
    assert reply["stopReason"] == "end_turn"
    events = client.converse_stream(modelId=HAIKU_45, **asked(outputConfig=config))["stream"]
    pieces = [event["contentBlockDelta"]["delta"]["text"] for event in events if "contentBlockDelta" in event]
    assert "".join(pieces) == block["text"]
    own = {"output_config": {"format": {"type": "json_schema", "schema": STRICT}}}
    tunnelled = client.converse(modelId=HAIKU_45, **asked(additionalModelRequestFields=own))
    assert tunnelled["output"] == reply["output"]
    invoked = client.invoke_model(modelId=HAIKU_45, body=json.dumps(claude(**own)))
    assert json.loads(invoked["body"].read())["content"] == [{"type": "text", "text": block["text"]}]


def test_a_structured_output_that_is_cut_off_says_so() -> None:
    limits = {"maxTokens": 3}
    reply = (
        world()
        .client("bedrock-runtime")
        .converse(modelId=HAIKU_45, **asked(outputConfig=structured(json.dumps(STRICT)), inferenceConfig=limits))
    )
    assert (reply["stopReason"], reply["usage"]["outputTokens"]) == ("max_tokens", 3)
    config = {"tools": [tool()], "toolChoice": {"any": {}}}
    cut = world().client("bedrock-runtime").converse(modelId=PRO, **asked(toolConfig=config, inferenceConfig=limits))
    assert cut["stopReason"] == "max_tokens"
    assert cut["output"]["message"]["content"][0]["toolUse"]["input"] == {}


def test_an_agent_gets_from_one_tool_to_the_next_and_then_to_an_answer() -> None:
    client, config = world().client("bedrock-runtime"), {"tools": [tool("look_up"), tool("final_result")]}
    messages: list[Any] = [{"role": "user", "content": [{"text": SAID}]}]
    called = []
    for _ in range(2):
        forced = {**config, "toolChoice": {"any": {}}}
        reply = client.converse(modelId=PRO, system=[{"text": SYSTEM}], messages=messages, toolConfig=forced)
        message = reply["output"]["message"]
        use = message["content"][0]["toolUse"]
        called.append(use["name"])
        result = {"toolUseId": use["toolUseId"], "content": [{"json": {"found": True}}, {"text": "ok"}]}
        messages += [message, {"role": "user", "content": [{"toolResult": result}]}]
    assert sorted(called) == ["final_result", "look_up"]
    ended = client.converse(modelId=PRO, messages=messages, toolConfig=config)
    assert ended["stopReason"] == "end_turn"
    assert ended["output"]["message"]["content"][0]["text"]


def test_claude_reads_the_results_of_tools_in_its_own_body() -> None:
    messages = [
        {"role": "user", "content": SAID},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "classify", "input": {"a": 1}}]},
        {
            "role": "user",
            "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "done", "is_error": False}],
        },
    ]
    body = claude(messages=messages, tools=[own_tool()], tool_choice={"type": "auto"})
    reply = world().client("bedrock-runtime").invoke_model(modelId=HAIKU_45, body=json.dumps(body))
    assert json.loads(reply["body"].read())["stop_reason"] == "end_turn"


RESULT = {"toolResult": {"toolUseId": "t1", "content": [{"text": "x"}]}}
USE = {"role": "assistant", "content": [{"toolUse": {"toolUseId": "t1", "name": "classify", "input": {}}}]}
USER = {"role": "user", "content": [{"text": SAID}]}


@pytest.mark.parametrize(
    ("model", "params", "sentence"),
    [
        (PRO, {"toolConfig": {"tools": [tool(schema={"type": "array"})]}},
         "The value at toolConfig.tools.0.toolSpec.inputSchema.json.type must be one of the following: object."),
        (PRO, {"toolConfig": {"tools": [tool()], "toolChoice": {"tool": {"name": "other"}}}}, "names other, which"),
        (LLAMA, {"toolConfig": {"tools": [tool()], "toolChoice": {"tool": {"name": "classify"}}}},
         "doesn't support the toolConfig.toolChoice.tool field. Remove toolConfig.toolChoice.tool and try again."),
        (PRO, {"toolConfig": {"tools": [tool(schema={"type": "object", "required": ["a"], "properties": {"a": False}})],
                              "toolChoice": {"any": {}}}},
         "cannot satisfy the JSON schema of the tool classify: no value was found"),
        (PRO, {"messages": [USER, USE, USER], "toolConfig": {"tools": [tool()]}},
         "Expected toolResult blocks at messages.2.content for the following Ids: t1"),
        (PRO, {"messages": [{"role": "user", "content": [RESULT]}], "toolConfig": {"tools": [tool()]}},
         "The number of toolResult blocks at messages.0.content exceeds the number of toolUse blocks of prev"),
        (PRO, {"outputConfig": structured("{}")}, "doesn't support the outputConfig.textFormat field"),
        (LLAMA, {"outputConfig": structured("{}")}, "doesn't support the outputConfig.textFormat field"),
        (HAIKU_45, {"outputConfig": structured("{")}, "The JSON schema of outputConfig.textFormat cannot be read"),
        (HAIKU_45, {"outputConfig": structured("[]")}, "a JSON schema must be an object"),
        (HAIKU_45, {"outputConfig": structured(json.dumps({"type": "integer", "minimum": 1}))},
         "For 'integer' type, property 'minimum' is not supported"),
        (HAIKU_45, {"outputConfig": structured('{"type": "object", "properties": {}}')},
         "For 'object' type, 'additionalProperties' must be explicitly set to false"),
        (HAIKU_45, {"outputConfig": structured(json.dumps({"$ref": "#/a", "a": {"anyOf": [{"$ref": "#/a"}]}}))},
         "The schema is recursive at '#/a'"),
        (HAIKU_45, {"additionalModelRequestFields": {"thinking": {"type": "enabled", "budget_tokens": 1024}},
                    "toolConfig": {"tools": [tool()], "toolChoice": {"any": {}}}},
         "Thinking may not be enabled when tool_choice forces tool use."),
    ],
)  # fmt: skip
def test_what_cannot_be_demanded_is_refused(model: str, params: Any, sentence: str) -> None:
    with pytest.raises(ClientError, match=sentence) as refusal:
        world().client("bedrock-runtime").converse(modelId=model, **asked(**params))
    assert refusal.value.response["Error"]["Code"] == "ValidationException"


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"tools": [own_tool()], "tool_choice": {"type": "tool", "name": "x"}}, "Tool 'x' not found in provided tools"),
        ({"tool_choice": {"type": "any"}}, "tool_choice may only be specified while providing tools"),
        ({"tools": [own_tool()], "tool_choice": {"type": "some"}}, "#/tool_choice/type: some is not a valid enum"),
        ({"tools": [{"name": "x"}]}, "tools.0.custom.input_schema: Field required"),
        (
            {"tools": [own_tool(schema={"type": "string"})]},
            "tools.0.custom.input_schema.type: Input should be 'object'",
        ),
        ({"output_config": {"format": {"type": "text"}}}, "output_config.format: it must have the type json_schema"),
    ],
)
def test_claude_refuses_in_its_own_body(more: Any, sentence: str) -> None:
    with pytest.raises(ClientError, match=sentence):
        world().client("bedrock-runtime").invoke_model(modelId=HAIKU_45, body=json.dumps(claude(**more)))


@pytest.mark.parametrize("version", ["bedrock-2023-05-31", "2026-10-21"])
def test_both_versions_of_anthropics_api_are_answered_alike(version: str) -> None:
    body = json.dumps(claude(anthropic_version=version))
    reply = json.loads(world().client("bedrock-runtime").invoke_model(modelId=HAIKU_45, body=body)["body"].read())
    assert reply["content"] == [{"type": "text", "text": "delivery"}]
