"""Anthropic Claude Messages, `bedrock-2023-05-31`."""

import hashlib
from itertools import pairwise
from typing import Any

from bedrock_simulator import errors
from bedrock_simulator.catalog.model_limits import Limits
from bedrock_simulator.models.text import Prompt
from bedrock_simulator.runtime.call import Params
from bedrock_simulator.runtime.conversation import check_prefill
from bedrock_simulator.runtime.inference import InferenceRequest, InferenceResult
from bedrock_simulator.runtime.native.schema import Field, check

_SHARE = Field(("Number",), minimum=0, maximum=1)
_NOT_SIMULATED = ("tools", "tool_choice", "output_config")
_FIELDS = {
    "anthropic_version": Field(("String",), required=True, values=("bedrock-2023-05-31",)),
    "max_tokens": Field(("Integer",), minimum=1, required=True),
    "messages": Field(("JSONArray",), required=True),
    "system": Field(("String", "JSONArray")),
    "temperature": _SHARE,
    "top_p": _SHARE,
    "top_k": Field(("Integer",), minimum=0, maximum=500),
    "stop_sequences": Field(("JSONArray",), strings=True),
    "anthropic_beta": Field(("JSONArray",)),
    "thinking": Field(("JSONObject",)),
    "metadata": Field(("JSONObject",)),
    **{name: Field(("JSONArray", "JSONObject")) for name in _NOT_SIMULATED},
}
_MESSAGE = {"role": Field(("String",), required=True, values=("user", "assistant")),
            "content": Field(("String", "JSONArray"), required=True)}  # fmt: skip
_BLOCK = {
    "type": Field(("String",), required=True),
    "text": Field(("String",)),
    "cache_control": Field(("JSONObject",)),
}


def read(body: Params, limits: Limits) -> InferenceRequest:
    """Reads a request's body."""
    check(body, _FIELDS)
    for name in _NOT_SIMULATED:
        if name in body:
            raise errors.validation(f"The local Bedrock does not simulate {name} in a body of Claude's own.")
    if body["max_tokens"] > limits.output:
        raise errors.validation(
            f"max_tokens: {body['max_tokens']} > {limits.output}, which is the maximum allowed number of output tokens"
        )
    turns = [_message(message, at) for at, message in enumerate(body["messages"])]
    _order([message["role"] for message in body["messages"]], limits)
    prompt_turns = turns if body["messages"][-1]["role"] == "user" else turns[:-1]
    prompt = Prompt(_text(body.get("system", []), "#/system", " "), "\n".join(prompt_turns))
    return InferenceRequest(prompt, body["max_tokens"], tuple(body.get("stop_sequences", ())))


def _order(roles: list[str], limits: Limits) -> None:
    if not roles:
        raise errors.validation("messages: at least one message is required")
    if roles[0] != "user":
        raise errors.validation('messages: first message must use the "user" role')
    for before, role in pairwise(roles):
        if role == before:
            raise errors.validation(
                'messages: roles must alternate between "user" and "assistant", but found multiple '
                f'"{role}" roles in a row'
            )
    check_prefill(roles, limits)


def _message(message: Any, at: int) -> str:
    check(message, _MESSAGE, f"#/messages/{at}")
    text = _text(message["content"], f"#/messages/{at}/content", "\n")
    if not text.strip():
        raise errors.validation("messages: text content blocks must contain non-whitespace text")
    return text


def _text(content: str | list[Any], where: str, between: str) -> str:
    if isinstance(content, str):
        return content
    for at, block in enumerate(content):
        if isinstance(block, dict) and block.get("type") not in ("text", "thinking", None):
            raise errors.validation(f"The local Bedrock takes text only, not {block['type']}.")
        if not isinstance(block, dict) or block.get("type") != "thinking":
            check(block, _BLOCK, f"{where}/{at}")
    return between.join(block.get("text", "") for block in content if block["type"] == "text")


def write(result: InferenceResult) -> Params:
    """Returns the response's body."""
    completion = result.completion
    thought = (
        [{"type": "thinking", "thinking": completion.reasoning, "signature": "none"}] if completion.reasoning else []
    )
    return {
        **_message_start(result),
        "content": [*thought, {"type": "text", "text": completion.text}],
        "stop_reason": completion.stop_reason,
        "stop_sequence": completion.stop_sequence,
        "usage": {"input_tokens": result.used[0], "output_tokens": result.used[1]},
    }


def _message_start(result: InferenceResult) -> Params:
    key = f"{result.model.id}\x1f{result.request.prompt.system}\x1f{result.request.prompt.text}"
    name = result.model.id.removeprefix("anthropic.").split("-v")[0]
    number = hashlib.sha256(key.encode()).hexdigest()[:24]
    return {"id": f"msg_bdrk_{number}", "type": "message", "role": "assistant", "model": name}


def events(result: InferenceResult) -> list[tuple[float, Params]]:
    """Returns the bodies of a streamed response."""
    start = {**_message_start(result), "content": [], "stop_reason": None, "stop_sequence": None}
    start["usage"] = {"input_tokens": result.used[0], "output_tokens": 1}
    thinking = _thinking(result.completion.reasoning)
    index = 1 if thinking else 0
    *pieces, end = result.pieces()
    ended = {"stop_reason": result.completion.stop_reason, "stop_sequence": result.completion.stop_sequence}
    return [
        (result.timing.first, {"type": "message_start", "message": start}),
        *[(0.0, event) for event in thinking],
        (0.0, _block("start", index, content_block={"type": "text", "text": ""})),
        *[(wait, _block("delta", index, delta={"type": "text_delta", "text": text})) for wait, text in pieces],
        (end[0], _block("stop", index)),
        (0.0, {"type": "message_delta", "delta": ended, "usage": {"output_tokens": result.used[1]}}),
        (0.0, {"type": "message_stop", **result.metrics}),
    ]


def _thinking(thought: str | None) -> list[Params]:
    if thought is None:
        return []
    return [
        _block("start", 0, content_block={"type": "thinking", "thinking": "", "signature": ""}),
        _block("delta", 0, delta={"type": "thinking_delta", "thinking": thought}),
        _block("delta", 0, delta={"type": "signature_delta", "signature": "none"}),
        _block("stop", 0),
    ]


def _block(what: str, index: int, **members: Any) -> Params:
    return {"type": f"content_block_{what}", "index": index, **members}
