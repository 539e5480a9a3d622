"""What Claude Haiku 4.5 and 5.5 refuse of a request's parameters, in Converse and in their own body."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from simulator_support.fakes import World

HAIKU_45, HAIKU_55 = "us.anthropic.claude-haiku-4-5-20251001-v1:0", "us.anthropic.claude-haiku-5-5"
BOTH = "`temperature` and `top_p` cannot both be specified for this model. Please use only one."
CASES = [
    (HAIKU_45, {"temperature": 0.5, "top_p": 0.9}, BOTH),
    (HAIKU_45, {"temperature": 0.0, "top_p": 1.0}, BOTH),
    (HAIKU_45, {"temperature": 0.5}, None),
    (HAIKU_45, {"top_p": 0.5, "top_k": 5}, None),
    (HAIKU_55, {"temperature": 0.5}, "`temperature` is deprecated for this model."),
    (HAIKU_55, {"temperature": 0}, "`temperature` is deprecated for this model."),
    (HAIKU_55, {"top_p": 0.98}, "`top_p` is deprecated for this model."),
    (HAIKU_55, {"top_k": 5}, "`top_k` is deprecated for this model."),
    (HAIKU_55, {"temperature": 1, "top_p": 0.99}, None),
    (HAIKU_55, {"temperature": 1.0}, None),
    (HAIKU_55, {}, None),
    ("us.amazon.nova-pro-v1:0", {"temperature": 0.5, "top_p": 0.5}, None),
]


def converse(model: str, given: dict[str, Any]) -> Any:
    names = {"temperature": "temperature", "top_p": "topP"}
    config = {names[name]: value for name, value in given.items() if name in names}
    own = {"additionalModelRequestFields": {"top_k": given["top_k"]}} if "top_k" in given else {}
    return World().client("bedrock-runtime").converse(
        modelId=model, messages=[{"role": "user", "content": [{"text": "hi"}]}], inferenceConfig=config, **own
    )  # fmt: skip


def invoke(model: str, given: dict[str, Any]) -> Any:
    messages = [{"role": "user", "content": "hi"}]
    body = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 50, "messages": messages, **given}
    return World().client("bedrock-runtime").invoke_model(modelId=model, body=json.dumps(body))


@pytest.mark.parametrize(("model", "given", "sentence"), CASES)
def test_converse_refuses_as_the_model_does(model: str, given: dict[str, Any], sentence: str | None) -> None:
    if sentence is None:
        converse(model, given)
        return
    with pytest.raises(ClientError) as refusal:
        converse(model, given)
    assert refusal.value.response["Error"] == {
        "Code": "ValidationException",
        "Message": f"The model returned the following errors: {sentence}",
    }


@pytest.mark.parametrize(("model", "given", "sentence"), [case for case in CASES if "anthropic" in case[0]])
def test_a_body_of_claudes_own_is_refused_alike(model: str, given: dict[str, Any], sentence: str | None) -> None:
    if sentence is None:
        invoke(model, given)
        return
    with pytest.raises(ClientError) as refusal:
        invoke(model, given)
    assert refusal.value.response["Error"]["Message"] == sentence


@pytest.mark.parametrize(
    ("model", "counted"),
    [
        ("anthropic.claude-haiku-4-5-20251001-v1:0", True),
        (HAIKU_45, False),
        ("global.anthropic.claude-haiku-4-5-20251001-v1:0", False),
        ("anthropic.claude-haiku-5-5", False),
        ("amazon.nova-pro-v1:0", False),
    ],
)
def test_tokens_are_counted_by_the_models_own_id_alone(model: str, counted: bool) -> None:
    spec = {"name": "a", "inputSchema": {"json": {"type": "object"}}}
    asked = {"messages": [{"role": "user", "content": [{"text": "hello there"}]}]}
    client = World().client("bedrock-runtime")
    if not counted:
        with pytest.raises(ClientError, match="The provided model doesn't support counting tokens"):
            client.count_tokens(modelId=model, input={"converse": asked})
        return
    assert client.count_tokens(modelId=model, input={"converse": asked})["inputTokens"] == 3
    with_tools: Any = {**asked, "toolConfig": {"tools": [{"toolSpec": spec}]}}
    assert client.count_tokens(modelId=model, input={"converse": with_tools})["inputTokens"] > 10
