"""Anthropic Claude Messages, `bedrock-2023-05-31`.

Anthropic's SDKs from 2.0 on send `2026-10-21`, the version of their own API; the body is the same.
"""

import hashlib
from dataclasses import replace
from itertools import pairwise
from typing import Any

from bedrock_simulator import errors
from bedrock_simulator.catalog.model_limits import Limits
from bedrock_simulator.models.text import Prompt
from bedrock_simulator.runtime import output_format, prompt_cache, sampling
from bedrock_simulator.runtime.call import Params
from bedrock_simulator.runtime.conversation import check_prefill
from bedrock_simulator.runtime.generation import CONTENT_FILTERED, InferenceRequest
from bedrock_simulator.runtime.inference import InferenceResult
from bedrock_simulator.runtime.native import claude_content
from bedrock_simulator.runtime.native.schema import Field, check
from bedrock_simulator.runtime.output_format import ToolCall

_SHARE = Field(("Number",), minimum=0, maximum=1)
VERSIONS = ("bedrock-2023-05-31", "2026-10-21")
_FIELDS = {
    "anthropic_version": Field(("String",), required=True, values=VERSIONS),
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
    "tools": Field(("JSONArray",)),
    "tool_choice": Field(("JSONObject",)),
    "output_config": Field(("JSONObject",)),
    "cache_control": Field(("JSONObject",)),
}
_MESSAGE = {"role": Field(("String",), required=True, values=("user", "assistant")),
            "content": Field(("String", "JSONArray"), required=True)}  # fmt: skip


def read(body: Params, limits: Limits) -> InferenceRequest:
    """Reads a request's body."""
    check(body, _FIELDS)
    if body["max_tokens"] > limits.output:
        raise errors.validation(
            f"max_tokens: {body['max_tokens']} > {limits.output}, which is the maximum allowed number of output tokens"
        )
    sampling.check_sampling(
        limits, temperature=body.get("temperature"), top_p=body.get("top_p"), top_k=body.get("top_k")
    )
    turns = [_message(message, at) for at, message in enumerate(body["messages"])]
    _order([message["role"] for message in body["messages"]], limits)
    prompt_turns = turns if body["messages"][-1]["role"] == "user" else turns[:-1]
    prompt = Prompt(claude_content.read_text(body.get("system", []), "#/system", " "), "\n".join(prompt_turns))
    output, thinking = claude_content.forced_tools(body), sampling.thinking_type(body)
    if output.tools:
        sampling.check_forced_tool(thinking)
    return InferenceRequest(
        prompt,
        body["max_tokens"],
        tuple(body.get("stop_sequences", ())),
        replace(output, schema=output_format.native_schema(body, limits)),
        claude_content.tools_text(body),
        claude_content.checkpoints(body),
        reasons=thinking != "disabled",
    )


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
    text = claude_content.read_text(message["content"], f"#/messages/{at}/content", "\n")
    if not text.strip() and not _is_tool_call(message["content"]):
        raise errors.validation("messages: text content blocks must contain non-whitespace text")
    return text


def _is_tool_call(content: Any) -> bool:
    kinds = {block["type"] for block in content} if isinstance(content, list) else set()
    return bool(kinds & {"tool_use", "tool_result"})


def write(result: InferenceResult) -> Params:
    """Returns the response's body."""
    completion = result.completion
    thought = (
        [{"type": "thinking", "thinking": completion.reasoning, "signature": "none"}] if completion.reasoning else []
    )
    spoken = [] if thought and not completion.text else [{"type": "text", "text": completion.text}]
    if completion.tool:
        spoken = [{**_tool_use(completion.tool), "input": completion.tool_input}]
    return {
        **_message_start(result),
        "content": [*thought, *spoken],
        "stop_reason": _stop_reason(result),
        "stop_sequence": completion.stop_sequence,
        "usage": {**_input_usage(result), "output_tokens": result.used[1]},
    }


def _stop_reason(result: InferenceResult) -> str:
    """Claude's own word for a filtered answer is `refusal` (Anthropic, handling stop reasons)."""
    reason = result.completion.stop_reason
    return "refusal" if reason == CONTENT_FILTERED else reason


def _tool_use(tool: ToolCall) -> Params:
    return {"type": "tool_use", "id": f"toolu_bdrk_{tool.id}", "name": tool.name}


def _input_usage(result: InferenceResult) -> Params:
    """The input tokens; those of the cache only if the request has checkpoints."""
    used: Params = {"input_tokens": result.used[0]}
    if result.request.checkpoints:
        written = dict(result.cache.written)
        lives = {f"ephemeral_{life}_input_tokens": written.get(life, 0) for life in prompt_cache.LIVES}
        used |= {"cache_creation_input_tokens": result.cache.write, "cache_read_input_tokens": result.cache.read}
        used["cache_creation"] = lives
    return used


def _message_start(result: InferenceResult) -> Params:
    key = f"{result.model.id}\x1f{result.request.prompt.system}\x1f{result.request.prompt.text}"
    name = result.model.id.removeprefix("anthropic.").split("-v")[0]
    number = hashlib.sha256(key.encode()).hexdigest()[:24]
    return {"id": f"msg_bdrk_{number}", "type": "message", "role": "assistant", "model": name}


def events(result: InferenceResult) -> list[tuple[float, Params]]:
    """Returns the bodies of a streamed response."""
    start = {**_message_start(result), "content": [], "stop_reason": None, "stop_sequence": None}
    start["usage"] = {**_input_usage(result), "output_tokens": 1}
    thinking = _thinking(result.completion.reasoning)
    index, tool = 1 if thinking else 0, result.completion.tool
    block = {**_tool_use(tool), "input": {}} if tool else {"type": "text", "text": ""}
    kind, member = ("input_json_delta", "partial_json") if tool else ("text_delta", "text")
    *pieces, end = result.pieces()
    ended = {"stop_reason": _stop_reason(result), "stop_sequence": result.completion.stop_sequence}
    return [
        (result.timing.first, {"type": "message_start", "message": start}),
        *[(0.0, event) for event in thinking],
        (0.0, _block("start", index, content_block=block)),
        *[(wait, _block("delta", index, delta={"type": kind, member: piece})) for wait, piece in pieces],
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
