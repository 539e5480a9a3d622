"""Amazon Nova, `messages-v1`: the shapes of Converse in a body."""

from typing import Any

from bedrock_simulator import errors
from bedrock_simulator.catalog.model_limits import Limits
from bedrock_simulator.protocol import service_model, shapes
from bedrock_simulator.runtime import conversation, tools
from bedrock_simulator.runtime.call import Params
from bedrock_simulator.runtime.generation import InferenceRequest
from bedrock_simulator.runtime.inference import InferenceResult
from bedrock_simulator.runtime.native.schema import Field, check, malformed
from bedrock_simulator.runtime.output_format import ToolCall

_FIELDS = {
    "schemaVersion": Field(("String",), values=("messages-v1",)),
    "messages": Field(("JSONArray",), required=True),
    "system": Field(("JSONArray",)),
    "inferenceConfig": Field(("JSONObject",)),
    "toolConfig": Field(("JSONObject",)),
}


def read(body: Params, limits: Limits) -> InferenceRequest:
    """Reads a request's body."""
    check(body, _FIELDS)
    config = body.get("inferenceConfig", {})
    most = Field(("Integer",), minimum=1, maximum=limits.output)
    share, counted = Field(("Number",), minimum=0, maximum=1), Field(("Integer",), minimum=0, maximum=128)
    names = {"maxTokens": most, "max_new_tokens": most, "temperature": share, "topP": share, "top_p": share}
    check(
        config,
        {**names, "topK": counted, "top_k": counted, "stopSequences": Field(("JSONArray",), strings=True)},
        "#/inferenceConfig",
    )
    _blocks(body)
    tools.check_tools(body.get("toolConfig"), limits, streamed=False)
    max_tokens = config.get("maxTokens", config.get("max_new_tokens", limits.output))
    return InferenceRequest(
        conversation.read_conversation(body, limits),
        max_tokens,
        tuple(config.get("stopSequences", ())),
        tools.forced_tools(body),
        tools.tools_text(body),
        conversation.checkpoints(body),
    )


def _blocks(body: Params) -> None:
    known = service_model.operation("bedrock-runtime", "Converse").model.input_shape.members
    for name in ("messages", "system", "toolConfig"):
        found = shapes.problems(body[name], known[name]) if name in body else []
        if found:
            raise errors.validation(malformed([f"#/{name}: {'; '.join(found)}"]))


def write(result: InferenceResult) -> Params:
    """Returns the response's body."""
    tool = result.completion.tool
    spoken: Params = {"text": result.completion.text}
    if tool:
        spoken = {"toolUse": {**_tool_use(tool), "input": result.completion.tool_input}}
    message = {"content": [spoken], "role": "assistant"}
    return {"output": {"message": message}, "stopReason": result.completion.stop_reason, "usage": _usage(result)}


def events(result: InferenceResult) -> list[tuple[float, Params]]:
    """Returns the bodies of a streamed response."""
    *pieces, end = result.pieces()
    metadata: dict[str, Any] = {"metadata": {"usage": _usage(result), "metrics": {}, "trace": {}}}
    tool = result.completion.tool
    start = {"contentBlockStart": {"start": {"toolUse": _tool_use(tool)}, "contentBlockIndex": 0}} if tool else None
    deltas = [(wait, {"toolUse": {"input": piece}} if tool else {"text": piece}) for wait, piece in pieces]
    return [
        (result.timing.first, {"messageStart": {"role": "assistant"}}),
        *([(0.0, start)] if start else []),
        *[(wait, {"contentBlockDelta": {"delta": delta, "contentBlockIndex": 0}}) for wait, delta in deltas],
        (end[0], {"contentBlockStop": {"contentBlockIndex": 0}}),
        (0.0, {"messageStop": {"stopReason": result.completion.stop_reason}}),
        (0.0, metadata | result.metrics),
    ]


def _tool_use(tool: ToolCall) -> Params:
    return {"toolUseId": tool.id, "name": tool.name}


def _usage(result: InferenceResult) -> dict[str, int]:
    used, read, write = result.used, result.cache.read, result.cache.write
    counts = {"inputTokens": used[0], "outputTokens": used[1], "totalTokens": sum(used) + read + write}
    if result.request.checkpoints:
        counts |= {"cacheReadInputTokenCount": read, "cacheWriteInputTokenCount": write}
    return counts
