"""Amazon Nova, `messages-v1`: the shapes of Converse in a body."""

from typing import Any

from bedrock_simulator import errors
from bedrock_simulator.catalog.model_limits import Limits
from bedrock_simulator.protocol import service_model, shapes
from bedrock_simulator.runtime import conversation
from bedrock_simulator.runtime.call import Params
from bedrock_simulator.runtime.inference import InferenceRequest, InferenceResult
from bedrock_simulator.runtime.native.schema import Field, check, malformed

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
    if "toolConfig" in body:
        raise errors.validation("The local Bedrock does not simulate toolConfig in a body of Nova's own.")
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
    max_tokens = config.get("maxTokens", config.get("max_new_tokens", limits.output))
    return InferenceRequest(
        conversation.read_conversation(body, limits), max_tokens, tuple(config.get("stopSequences", ()))
    )


def _blocks(body: Params) -> None:
    known = service_model.operation("bedrock-runtime", "Converse").model.input_shape.members
    for name in ("messages", "system"):
        found = shapes.problems(body[name], known[name]) if name in body else []
        if found:
            raise errors.validation(malformed([f"#/{name}: {'; '.join(found)}"]))


def write(result: InferenceResult) -> Params:
    """Returns the response's body."""
    message = {"content": [{"text": result.completion.text}], "role": "assistant"}
    return {"output": {"message": message}, "stopReason": result.completion.stop_reason, "usage": _usage(result)}


def events(result: InferenceResult) -> list[tuple[float, Params]]:
    """Returns the bodies of a streamed response."""
    *pieces, end = result.pieces()
    metadata: dict[str, Any] = {"metadata": {"usage": _usage(result), "metrics": {}, "trace": {}}}
    return [
        (result.timing.first, {"messageStart": {"role": "assistant"}}),
        *[(wait, {"contentBlockDelta": {"delta": {"text": text}, "contentBlockIndex": 0}}) for wait, text in pieces],
        (end[0], {"contentBlockStop": {"contentBlockIndex": 0}}),
        (0.0, {"messageStop": {"stopReason": result.completion.stop_reason}}),
        (0.0, metadata | result.metrics),
    ]


def _usage(result: InferenceResult) -> dict[str, int]:
    used = result.used
    return {"inputTokens": used[0], "outputTokens": used[1], "totalTokens": sum(used)}
