"""InvokeModel, its stream, and CountTokens: the body formats of each model family, and invalid bodies."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError, EventStreamError

from bedrock_simulator.ports import Request
from bedrock_simulator.settings import TeacherSettings
from simulator_support.fakes import ACCOUNT, DECEMBER, TODAY, World

PRO = "us.amazon.nova-pro-v1:0"
HAIKU_35 = "us.anthropic.claude-3-5-haiku-20241022-v1:0"
HAIKU_55 = "us.anthropic.claude-haiku-5-5"
LLAMA = "us.meta.llama3-3-70b-instruct-v1:0"
SYSTEM, SAID = "One of: login, delivery", "where is my parcel"
TOKENS = len(SYSTEM) // 4 + 1 + len(SAID) // 4 + 1
NOVA: dict[str, Any] = {
    "schemaVersion": "messages-v1",
    "system": [{"text": SYSTEM}],
    "messages": [{"role": "user", "content": [{"text": SAID}]}],
}
CLAUDE: dict[str, Any] = {
    "anthropic_version": "bedrock-2023-05-31",
    "max_tokens": 100,
    "system": SYSTEM,
    "messages": [{"role": "user", "content": SAID}],
}
PROMPT: dict[str, Any] = {
    "prompt": f"<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\n{SYSTEM}<|eot_id|>"
    f"<|start_header_id|>user<|end_header_id|>\n\n{SAID}<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n"
}
ANSWER = {"role": "assistant", "content": "a"}
SURE = TeacherSettings(error_rate=0.0)


def invoke(model: str, body: Any, at: datetime = TODAY, region: str = "us-east-1", **params: Any) -> Any:
    runtime = World(at, teacher=SURE).client("bedrock-runtime", region)
    return runtime.invoke_model(modelId=model, body=body if isinstance(body, bytes) else json.dumps(body), **params)


def chunks(model: str, body: Any, at: datetime = TODAY, **params: Any) -> list[dict[str, Any]]:
    runtime = World(at, teacher=SURE).client("bedrock-runtime")
    reply = runtime.invoke_model_with_response_stream(modelId=model, body=json.dumps(body), **params)
    assert reply["contentType"] == "application/json"
    return [json.loads(event["chunk"]["bytes"]) for event in reply["body"]]


@pytest.mark.parametrize(
    ("model", "at", "body", "expected"),
    [
        (PRO, TODAY, NOVA, {
            "output": {"message": {"content": [{"text": "delivery"}], "role": "assistant"}}, "stopReason": "end_turn",
            "usage": {"inputTokens": TOKENS, "outputTokens": 2, "totalTokens": TOKENS + 2}}),
        (HAIKU_35, DECEMBER, CLAUDE, {
            "type": "message", "role": "assistant", "model": "claude-3-5-haiku-20241022",
            "content": [{"type": "text", "text": "delivery"}], "stop_reason": "end_turn", "stop_sequence": None,
            "usage": {"input_tokens": TOKENS, "output_tokens": 2}}),
        (LLAMA, TODAY, PROMPT, {
            "generation": "delivery", "prompt_token_count": TOKENS, "generation_token_count": 2,
            "stop_reason": "stop"}),
    ],
)  # fmt: skip
def test_each_family_answers_in_its_own_form(model: str, at: datetime, body: Any, expected: dict[str, Any]) -> None:
    reply = invoke(model, body, at)
    own, headers = json.loads(reply["body"].read()), reply["ResponseMetadata"]["HTTPHeaders"]
    assert {name: value for name, value in own.items() if name != "id"} == expected
    assert own.get("id", "msg_bdrk_").startswith("msg_bdrk_")
    assert headers["x-amzn-bedrock-input-token-count"] == str(TOKENS)
    assert headers["x-amzn-bedrock-output-token-count"] == "2"
    assert int(headers["x-amzn-bedrock-invocation-latency"]) > 50
    assert reply["contentType"] == headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("model", "body", "text", "ended"),
    [
        (PRO, NOVA | {"inferenceConfig": {"maxTokens": 1}}, ("output", "message", "content", 0, "text"), "max_tokens"),
        (PRO, NOVA | {"inferenceConfig": {"stopSequences": ["very"]}}, ("output", "message", "content", 0, "text"),
         "stop_sequence"),
        (HAIKU_55, CLAUDE | {"max_tokens": 8}, ("content", 1, "text"), "max_tokens"),
        (HAIKU_55, CLAUDE | {"stop_sequences": ["very"]}, ("content", 1, "text"), "stop_sequence"),
        (LLAMA, PROMPT | {"max_gen_len": 1}, ("generation",), "length"),
    ],
)  # fmt: skip
def test_a_body_says_where_its_answer_ends(model: str, body: Any, text: tuple[Any, ...], ended: str) -> None:
    own = json.loads(invoke(model, body)["body"].read())
    assert own.get("stopReason", own.get("stop_reason")) == ended
    for step in text:
        own = own[step]
    assert own == "deli"


def test_the_mode_and_the_tier_go_in_and_come_back_as_headers() -> None:
    metadata = json.dumps({"team": "orders"})
    asked: Any = {"performanceConfigLatency": "optimized", "serviceTier": "priority", "requestMetadata": metadata}
    reply = invoke(PRO, NOVA, **asked)
    assert (reply["performanceConfigLatency"], reply["serviceTier"]) == ("optimized", "priority")
    guarded = invoke(PRO, NOVA, guardrailIdentifier="abc123", guardrailVersion="1", trace="ENABLED")
    assert json.loads(guarded["body"].read())["amazon-bedrock-guardrailAction"] == "NONE"
    assert "performanceConfigLatency" not in guarded


@pytest.mark.parametrize(
    ("model", "body", "sentence"),
    [
        (PRO, b"{", r"Malformed input request, please reformat your input and try again\."),
        (PRO, {}, r"Malformed input request: #: required key \[messages\] not found, please reformat your input and"),
        (PRO, [], "#: expected type: JSONObject, found: JSONArray"),
        (LLAMA, CLAUDE, r"#: required key \[prompt\] not found#: extraneous key \[anthropic_version\] is not perm"),
        (LLAMA, PROMPT | {"stop": "x"}, r"Malformed input request: extraneous key \[stop\] is not permitted"),
        (LLAMA, PROMPT | {"max_gen_len": 4096}, "#/max_gen_len: 4096 is not less or equal to 2048"),
        (LLAMA, PROMPT | {"max_gen_len": True}, "#/max_gen_len: expected type: Integer, found: Boolean"),
        (LLAMA, PROMPT | {"temperature": -1}, "#/temperature: -1 is not greater or equal to 0"),
        (LLAMA, PROMPT | {"images": []}, "text only"),
        (PRO, NOVA | {"schemaVersion": "messages-v2"}, "#/schemaVersion: messages-v2 is not a valid enum value"),
        (PRO, NOVA | {"inferenceConfig": {"maxTokens": 0}}, "#/inferenceConfig/maxTokens: 0 is not greater"),
        (PRO, NOVA | {"messages": [{"role": "user"}]}, "#/messages: .*content"),
        (PRO, NOVA | {"messages": []}, "must start with a user message"),
        (PRO, NOVA | {"toolConfig": {}}, '#/toolConfig: .*"tools"'),
        (HAIKU_55, CLAUDE | {"anthropic_version": "2023-06-01"}, "#/anthropic_version: 2023-06-01 is not a valid enum"),
        (HAIKU_55, CLAUDE | {"max_tokens": 128_001}, "max_tokens: 128001 > 128000, which is the maximum"),
        (HAIKU_55, CLAUDE | {"messages": []}, "at least one message is required"),
        (HAIKU_55, CLAUDE | {"messages": [ANSWER]}, 'first message must use the "user" role'),
        (HAIKU_55, CLAUDE | {"messages": CLAUDE["messages"] * 2}, 'alternate .* found multiple "user" roles'),
        (HAIKU_55, CLAUDE | {"messages": [*CLAUDE["messages"], ANSWER]}, "prefill"),
        (HAIKU_55, CLAUDE | {"messages": [{"role": "user", "content": " "}]}, "must contain non-whitespace text"),
        (HAIKU_55, CLAUDE | {"messages": [{"role": "user", "content": [{"type": "image"}]}]}, "text only, not image"),
        (HAIKU_55, CLAUDE | {"messages": [{"role": "user", "content": [{"text": "a"}]}]}, r"required key \[type\]"),
        (HAIKU_55, CLAUDE | {"messages": ["a"]}, "#/messages/0: expected type: JSONObject, found: String"),
        (HAIKU_55, CLAUDE | {"stop_sequences": [1]}, "#/stop_sequences/0: expected type: String, found: Integer"),
        (PRO, NOVA | {"inferenceConfig": {"stopSequences": [""]}}, "stopSequences/0: expected minLength: 1"),
        (HAIKU_55, CLAUDE | {"tools": [{}]}, "tools.0.name: Field required"),
        (HAIKU_55, CLAUDE | {"model": "x"}, r"extraneous key \[model\] is not permitted"),
    ],
)  # fmt: skip
def test_a_body_of_another_form_is_refused_in_the_services_words(model: str, body: Any, sentence: str) -> None:
    with pytest.raises(ClientError, match=sentence) as refusal:
        invoke(model, body)
    assert refusal.value.response["Error"]["Code"] == "ValidationException"


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({"requestMetadata": "x"}, "not a JSON object of strings"),
        ({"requestMetadata": "[]"}, "Invalid type"),
        ({"requestMetadata": json.dumps({"k": "v" * 257})}, "length less than or equal to 256"),
        ({"requestMetadata": "{}"}, "length greater than or equal to 1"),
        ({"serviceTier": "flex", "performanceConfigLatency": "fast"}, "performanceConfigLatency"),
        ({"guardrailIdentifier": f"arn:aws:bedrock:us-west-2:{ACCOUNT}:guardrail/a", "guardrailVersion": "1"},
         "does not exist"),
    ],
)  # fmt: skip
def test_headers_are_checked_as_fields_are(params: Any, sentence: str) -> None:
    with pytest.raises(ClientError, match=sentence):
        invoke(PRO, NOVA, **params)


def test_nova_streams_the_events_of_converse() -> None:
    found = chunks(PRO, NOVA)
    assert "".join(c["contentBlockDelta"]["delta"]["text"] for c in found if "contentBlockDelta" in c) == "delivery"
    assert [next(iter(chunk)) for chunk in found][-3:] == ["contentBlockStop", "messageStop", "metadata"]
    assert found[-1]["metadata"]["usage"]["outputTokens"] == 2
    assert found[-1]["amazon-bedrock-invocationMetrics"]["inputTokenCount"] == TOKENS


def test_claude_streams_its_own_events() -> None:
    found = chunks(HAIKU_55, CLAUDE | {"stop_sequences": ["very"]})
    kinds = [chunk["type"] for chunk in found]
    assert kinds[0] == "message_start"
    assert kinds[-3:] == ["content_block_stop", "message_delta", "message_stop"]
    deltas = [chunk["delta"] for chunk in found if chunk["type"] == "content_block_delta"]
    assert [delta["type"] for delta in deltas] == ["thinking_delta", "signature_delta", "text_delta"]
    assert found[-2]["delta"] == {"stop_reason": "stop_sequence", "stop_sequence": "very"}
    metrics = found[-1]["amazon-bedrock-invocationMetrics"]
    assert 0 < metrics["firstByteLatency"] <= metrics["invocationLatency"]


def test_llama_streams_its_generation() -> None:
    found = chunks(LLAMA, PROMPT)
    assert "".join(chunk["generation"] for chunk in found) == "delivery"
    assert [chunk["stop_reason"] for chunk in found] == [None] * (len(found) - 1) + ["stop"]
    assert found[0]["prompt_token_count"] == TOKENS
    assert "amazon-bedrock-invocationMetrics" in found[-1]


def test_a_stream_begins_and_then_says_that_the_input_is_too_long() -> None:
    with pytest.raises(EventStreamError, match=r"validationException.*: Input is too long for requested model"):
        chunks(HAIKU_35, CLAUDE | {"messages": [{"role": "user", "content": "x" * 800_001}]}, DECEMBER)


def test_a_prompt_without_turns_is_a_users() -> None:
    own = json.loads(invoke(LLAMA, {"prompt": "where is my parcel"})["body"].read())
    assert (own["generation"], own["prompt_token_count"]) == ("topic.delivery", 5)


SUMMER = datetime(2025, 9, 1, tzinfo=UTC)


def test_tokens_are_counted_as_they_would_be_used() -> None:
    runtime = World(SUMMER).client("bedrock-runtime", "us-west-2")
    own = "anthropic.claude-3-5-haiku-20241022-v1:0"
    talk = {"system": [{"text": SYSTEM}], "messages": NOVA["messages"]}
    used = runtime.converse(modelId=own, **talk)["usage"]["inputTokens"]
    assert runtime.count_tokens(modelId=own, input={"converse": talk})["inputTokens"] == used == TOKENS
    body = {"invokeModel": {"body": json.dumps(CLAUDE)}}
    assert runtime.count_tokens(modelId=own, input=body)["inputTokens"] == TOKENS


@pytest.mark.parametrize(("model", "region"), [(HAIKU_35, "us-west-2"), ("amazon.nova-pro-v1:0", "us-east-1")])
def test_only_some_models_are_counted_and_by_their_own_id(model: str, region: str) -> None:
    runtime = World(SUMMER).client("bedrock-runtime", region)
    with pytest.raises(ClientError, match="The provided model doesn't support counting tokens"):
        runtime.count_tokens(modelId=model, input={"converse": {"messages": NOVA["messages"]}})


def test_a_body_to_count_is_base64() -> None:
    asked = b'{"input": {"invokeModel": {"body": "{}"}}}'
    path = "/model/anthropic.claude-3-5-haiku-20241022-v1%3A0/count-tokens"
    reply = World(SUMMER).bedrock.handle(Request("bedrock-runtime", ACCOUNT, "us-west-2", "POST", path, {}, {}, asked))
    assert (reply.status, b"The body is not Base64" in reply.body) == (400, True)


def test_an_operation_that_is_not_simulated_says_so() -> None:
    runtime = World().client("bedrock-runtime")
    with pytest.raises(ClientError, match="The local Bedrock does not simulate ApplyGuardrail"):
        runtime.apply_guardrail(guardrailIdentifier="a", guardrailVersion="1", source="INPUT", content=[])
