"""Converse and ConverseStream: conversations, limits, stop reasons, events, and the service's error messages."""

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError, EventStreamError

from bedrock_simulator.settings import TeacherSettings
from simulator_support.fakes import ACCOUNT, DECEMBER, TODAY, World, answer, say

PRO = "amazon.nova-pro-v1:0"
MICRO = "amazon.nova-micro-v1:0"
HAIKU_35 = "us.anthropic.claude-3-5-haiku-20241022-v1:0"
HAIKU_55 = "us.anthropic.claude-haiku-5-5"
LLAMA_8 = "us.meta.llama3-1-8b-instruct-v1:0"
LLAMA_1 = "us.meta.llama3-2-1b-instruct-v1:0"
TOOL = {"tools": [{"toolSpec": {"name": "look", "inputSchema": {"json": {"type": "object"}}}}]}
USER: dict[str, Any] = {"role": "user", "content": [{"text": "where is my parcel"}]}
PICTURE = {"image": {"format": "png", "source": {"bytes": b"png"}}}
SPRING = datetime(2026, 4, 1, tzinfo=UTC)


def turn(role: str, *content: Any) -> dict[str, Any]:
    return {"role": role, "content": list(content) or [{"text": f"said by the {role}"}]}


def ask(model: str, at: datetime = TODAY, **params: Any) -> Any:
    return World(at).client("bedrock-runtime").converse(modelId=model, **{"messages": [USER], **params})


def events(model: str, at: datetime = TODAY, **params: Any) -> list[dict[str, Any]]:
    given = {"messages": [USER], **params}
    return list(World(at).client("bedrock-runtime").converse_stream(modelId=model, **given)["stream"])


@pytest.mark.parametrize(
    ("messages", "sentence"),
    [
        ([], "must start with a user message"),
        ([turn("assistant"), USER], "must start with a user message"),
        ([USER, USER], "must alternate between user and assistant roles"),
        ([{"role": "user", "content": []}], "The content field in the Message object at messages.0 is empty"),
        ([turn("user", {"text": " "})], r"The text field in the ContentBlock object at messages.0.content.0 is blank"),
        ([turn("user", {"text": "a"}, {"guardContent": {"text": {"text": ""}}})],
         r"The guard content field in the ContentBlock object at messages.0.content.1 is blank"),
        ([turn("user", PICTURE)], "This model doesn't support the image content block that you provided"),
        ([turn("user", {"toolResult": {"toolUseId": "t", "content": []}})], "The toolConfig field must be defined"),
        ([turn("system"), USER], "does not simulate system messages"),
    ],
)  # fmt: skip
def test_a_conversation_is_refused_in_the_services_words(messages: list[Any], sentence: str) -> None:
    with pytest.raises(ClientError, match=sentence) as refusal:
        ask(MICRO, messages=messages)
    assert refusal.value.response["Error"]["Code"] == "ValidationException"


@pytest.mark.parametrize(
    ("model", "at", "params", "sentence"),
    [
        (MICRO, TODAY, {"inferenceConfig": {"maxTokens": 10_001}},
         "The maximum tokens you requested exceeds the model limit of 10000. Try again with a maximum tokens value"),
        (LLAMA_8, TODAY, {"inferenceConfig": {"stopSequences": ["x"]}}, "doesn't support the stopSequences field"),
        (LLAMA_1, SPRING, {"toolConfig": TOOL}, "This model doesn't support tool use."),
        (MICRO, TODAY, {"toolConfig": TOOL | {"toolChoice": {"any": {}}}}, "does not simulate a forced toolChoice"),
        (MICRO, TODAY, {"outputConfig": {"effort": "low"}}, "does not simulate outputConfig"),
        (MICRO, TODAY, {"inferenceConfig": {"temperature": 1.5}}, "temperature"),
        (MICRO, TODAY, {"requestMetadata": {f"key{n}": "v" for n in range(17)}}, "requestMetadata"),
        (MICRO, TODAY, {"requestMetadata": {}}, "requestMetadata"),
        (MICRO, TODAY, {"additionalModelRequestFields": {"topK": 1}},
         r"The model returned the following errors: Malformed input request: extraneous key \[topK\] is not permitted, "
         "please reformat your input and try again."),
        (MICRO, TODAY, {"additionalModelRequestFields": [1]}, "additionalModelRequestFields must be a JSON object"),
        (MICRO, TODAY, {"messages": [turn("user", {"guardContent": {"image": PICTURE["image"]}})]}, "images to guard"),
        (HAIKU_55, TODAY, {"additionalModelRequestFields": {"topK": 1}}, "topK: Extra inputs are not permitted"),
        (HAIKU_55, TODAY, {"messages": [USER, turn("assistant")]},
         "The model returned the following errors: This model does not support assistant message prefill."),
        (PRO, TODAY, {"messages": [turn("user", PICTURE)]}, "The local Bedrock takes text only, not image"),
        (MICRO, TODAY, {"guardrailConfig": {"guardrailIdentifier": "abc"}}, "must be provided together"),
        (MICRO, TODAY, {"guardrailConfig": {"guardrailVersion": "1", "guardrailIdentifier":
         f"arn:aws:bedrock:us-west-2:{ACCOUNT}:guardrail/abc"}},
         "The guardrail identifier or version provided in the request does not exist."),
    ],
)  # fmt: skip
def test_a_request_is_refused_in_the_services_words(model: str, at: Any, params: Any, sentence: str) -> None:
    with pytest.raises(ClientError, match=sentence) as refusal:
        ask(model, at, **params)
    assert refusal.value.response["Error"]["Code"] == "ValidationException"


@pytest.mark.parametrize(
    ("model", "region", "at", "characters", "sentence"),
    [
        (MICRO, "us-east-1", TODAY, 512_001, "errors: Input Tokens Exceeded: Number of input tokens exceeds"),
        (HAIKU_35, "us-east-1", DECEMBER, 800_001, "errors: Input is too long for requested model."),
        (LLAMA_8, "us-east-1", TODAY, 512_001, "errors: This model's maximum context length is 128000 tokens."),
    ],
)
def test_a_full_context_window_is_refused_by_the_model_itself(
    model: str, region: str, at: datetime, characters: int, sentence: str
) -> None:
    runtime = World(at).client("bedrock-runtime", region)
    full = [{"role": "user", "content": [{"text": "x" * characters}]}]
    with pytest.raises(ClientError, match=sentence):
        runtime.converse(modelId=model, messages=full)
    streamed = runtime.converse_stream(modelId=model, messages=full)  # accepted, and then rejected
    with pytest.raises(EventStreamError, match=sentence):
        list(streamed["stream"])
    assert runtime.converse(modelId=model, messages=[{"role": "user", "content": [{"text": "x" * 100_000}]}])


def test_turns_guards_and_a_prefilled_answer_are_read() -> None:
    guarded = turn(
        "user", {"guardContent": {"text": {"text": "where is my parcel"}}}, {"cachePoint": {"type": "default"}}
    )
    thought = {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "s"}}}
    spoken = [turn("user", {"text": "hello"}), turn("assistant", thought, {"text": "hello"}), guarded]
    reply = ask(
        PRO, messages=[*spoken, turn("assistant", {"text": "deli"})], system=[{"text": "One of: login, delivery"}]
    )
    assert answer(reply) == "delivery"
    assert reply["usage"]["inputTokens"] == 6 + len("hello\nhello\nwhere is my parcel") // 4 + 1


def test_an_answer_ends_at_a_stop_sequence_or_at_its_most_tokens_whichever_comes_first() -> None:
    sure = World(teacher=TeacherSettings(error_rate=0.0))
    stopped = say(sure, PRO, "where is my parcel", inferenceConfig={"stopSequences": ["z", "ry", "ver"]})
    assert (answer(stopped), stopped["stopReason"]) == ("deli", "stop_sequence")
    cut = say(sure, PRO, "where is my parcel", inferenceConfig={"stopSequences": ["y"], "maxTokens": 1})
    assert (answer(cut), cut["stopReason"], cut["usage"]["outputTokens"]) == ("deli", "max_tokens", 1)


def test_requested_fields_of_the_models_own_response_are_returned() -> None:
    paths = ["/stop_sequence", "/usage/output_tokens", "/nowhere/at/all", "x"]
    asked: Any = {"additionalModelResponseFieldPaths": paths, "inferenceConfig": {"stopSequences": ["ver"]}}
    reply = ask(HAIKU_55, system=[{"text": "One of: login, delivery"}], **asked)
    assert reply["additionalModelResponseFields"] == {"stop_sequence": "ver", "usage": {"output_tokens": 1}}
    ended = next(event for event in events(HAIKU_55, **asked) if "messageStop" in event)
    assert "additionalModelResponseFields" in ended["messageStop"]


@pytest.mark.parametrize(
    "params",
    [
        {"toolConfig": TOOL},
        {"toolConfig": TOOL | {"toolChoice": {"auto": {}}}},
        {"promptVariables": {"name": {"text": "ignored without a prompt"}}},
        {"additionalModelRequestFields": {"inferenceConfig": {"topK": 20}}},
        {"guardrailConfig": {"guardrailIdentifier": "abc123", "guardrailVersion": "DRAFT"}},
        {"inferenceConfig": {"maxTokens": 10_000, "temperature": 1.0, "topP": 0.0}},
    ],
)
def test_what_changes_nothing_is_accepted(params: dict[str, Any]) -> None:
    assert ask(MICRO, **params)["output"] == ask(MICRO)["output"]


def test_a_traced_guardrail_says_that_it_did_nothing() -> None:
    config = {"guardrailIdentifier": "abc123", "guardrailVersion": "1", "trace": "enabled"}
    assert ask(MICRO, guardrailConfig=config)["trace"] == {"guardrail": {"actionReason": "No action."}}


def test_a_stream_says_the_same_in_the_events_of_the_service() -> None:
    asked: dict[str, Any] = {"performanceConfig": {"latency": "optimized"}, "serviceTier": {"type": "priority"}}
    found = events(f"us.{PRO}", system=[{"text": "One of: login, delivery"}], **asked)
    names = [next(iter(event)) for event in found]
    whole = ask(f"us.{PRO}", system=[{"text": "One of: login, delivery"}], **asked)
    said = [event["contentBlockDelta"]["delta"]["text"] for event in found if "contentBlockDelta" in event]
    assert len(said) > 1
    assert "".join(said) == answer(whole) == "delivery"
    assert names == ["messageStart", *["contentBlockDelta"] * len(said), "contentBlockStop", "messageStop", "metadata"]
    told = {name: whole[name] for name in ("usage", "metrics", "performanceConfig", "serviceTier")}
    assert found[-1]["metadata"] == told


def test_a_model_that_reasons_aloud_streams_its_thought_first() -> None:
    deltas = [event["contentBlockDelta"] for event in events(HAIKU_55) if "contentBlockDelta" in event]
    assert [next(iter(d["delta"].get("reasoningContent", d["delta"]))) for d in deltas[:3]] == [
        "text",
        "signature",
        "text",
    ]
    assert [d["contentBlockIndex"] for d in deltas[:3]] == [0, 0, 1]


def test_llama_takes_tools_but_not_in_a_stream() -> None:
    assert ask(LLAMA_8, toolConfig=TOOL)["stopReason"] == "end_turn"
    with pytest.raises(ClientError, match="This model doesn't support tool use in streaming mode"):
        events(LLAMA_8, toolConfig=TOOL)


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        (f"arn:aws:bedrock:us-east-1:{ACCOUNT}:prompt/ABCDEFGHIJ", "does not simulate prompts of Prompt management"),
        (f"arn:aws:bedrock:us-east-1:{ACCOUNT}:imported-model/abcdefabcdef", "does not simulate imported models"),
        (f"arn:aws:bedrock:us-east-1:{ACCOUNT}:custom-model/amazon.nova-micro-v1:0:128k/abcdefabcdef",
         "at 'modelId' failed to satisfy constraint"),
        (f"arn:aws:bedrock:us-west-2::foundation-model/{PRO}", "The provided model identifier is invalid"),
        (f"arn:aws:bedrock:us-west-2:{ACCOUNT}:inference-profile/us.{PRO}", "The provided model identifier is invalid"),
        (f"arn:aws:bedrock:us-east-1:999999999999:inference-profile/us.{PRO}", "model identifier is invalid"),
        (f"arn:aws:bedrock:us-east-1:{ACCOUNT}:inference-profile/us.nobody-v1:0", "model identifier is invalid"),
    ],
)  # fmt: skip
def test_what_cannot_be_called_is_refused(model: str, sentence: str) -> None:
    with pytest.raises(ClientError, match=sentence):
        ask(model)


def test_a_system_profile_may_be_called_by_its_arn() -> None:
    assert ask(f"arn:aws:bedrock:us-east-1:{ACCOUNT}:inference-profile/us.{PRO}")["stopReason"] == "end_turn"
