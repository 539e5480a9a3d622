"""InvokeModel, InvokeModelWithResponseStream and CountTokens.

Bodies are in the model's own format; everything else is in headers. CountTokens returns the number of tokens that the
same input would be charged with. Only some Claude models support it, and only by their own ID, which may be one that is
invoked through profiles only; profiles are refused (probes by users, 2026).
"""

import binascii
import json
from base64 import b64decode
from typing import Any

from bedrock_simulator import errors, json_text
from bedrock_simulator.catalog import model_limits
from bedrock_simulator.protocol import service_model, shapes
from bedrock_simulator.runtime import conversation, inference, native, tools
from bedrock_simulator.runtime.call import Outcome, Params, RuntimeCall
from bedrock_simulator.runtime.generation import InferenceRequest
from bedrock_simulator.runtime.inference import InferenceResult

_JSON = "application/json"


def invoke(call: RuntimeCall) -> Outcome:
    """InvokeModel: returns a body, with token counts and latency in headers."""
    result = _run(call)
    body = _format(call).write(result)
    if call.params.get("guardrailIdentifier"):
        body["amazon-bedrock-guardrailAction"] = "NONE"
    counts = {
        "X-Amzn-Bedrock-Invocation-Latency": str(result.timing.total),
        "X-Amzn-Bedrock-Input-Token-Count": str(result.used[0]),
        "X-Amzn-Bedrock-Output-Token-Count": str(result.used[1]),
    }
    if result.request.checkpoints:
        counts["X-Amzn-Bedrock-Cache-Read-Input-Token-Count"] = str(result.cache.read)
        counts["X-Amzn-Bedrock-Cache-Write-Input-Token-Count"] = str(result.cache.write)
    members = {"body": json.dumps(body).encode(), **_served_members(result)}
    total = result.timing.total
    return Outcome(members, counts, call.seconds(total), result.used, body, latency_ms=total)


def stream(call: RuntimeCall) -> Outcome:
    """InvokeModelWithResponseStream: returns chunks. An error of the model itself is an event that ends the stream."""
    try:
        result = _run(call)
    except errors.ModelValidationError as refusal:
        refused = [(0.0, {"validationException": {"message": refusal.message}})]
        return Outcome({"body": refused, "contentType": _JSON})
    bodies = _format(call).events(result)
    chunks = [(call.seconds(wait), {"chunk": {"bytes": json.dumps(body).encode()}}) for wait, body in bodies]
    members = {"body": chunks, **_served_members(result)}
    logged = [body for _, body in bodies]
    return Outcome(members, used=result.used, logged=logged, latency_ms=result.timing.total)


def _format(call: RuntimeCall) -> native.NativeFormat:
    return native.FORMATS[call.target.model.provider]


def _run(call: RuntimeCall) -> InferenceResult:
    params = call.params
    conversation.check_guardrail(call, params)
    metadata(params)
    request = read_request(call, params.get("body", b""))
    return inference.run_inference(call, request, params.get("performanceConfigLatency"), params.get("serviceTier"))


def read_request(call: RuntimeCall, body: bytes) -> InferenceRequest:
    """Reads a body in the format of the call's model. Raises a ValidationException."""
    try:
        given = json_text.parse(body)
    except ValueError:
        raise errors.validation("Malformed input request, please reformat your input and try again.") from None
    return _format(call).read(given, model_limits.limits_of(call.target.model))


def metadata(params: Params) -> dict[str, str] | None:
    """Returns the header's request metadata, validated as Converse does it (User Guide, request metadata)."""
    if "requestMetadata" not in params:
        return None
    try:
        given: Any = json_text.parse(params["requestMetadata"])
    except ValueError:
        raise errors.validation("The request metadata is not a JSON object of strings.") from None
    shape = service_model.operation("bedrock-runtime", "Converse").model.input_shape.members["requestMetadata"]
    found = shapes.problems(given, shape)
    if found:
        raise errors.validation(f"{len(found)} validation error(s) detected: {'; '.join(found)}")
    return dict(given)


def _served_members(result: InferenceResult) -> Params:
    return {
        "contentType": _JSON,
        **({"performanceConfigLatency": result.mode} if result.mode else {}),
        **({"serviceTier": result.tier} if result.tier else {}),
    }


def count_tokens(call: RuntimeCall) -> Outcome:
    """CountTokens: returns the count. It is free and not logged."""
    most = model_limits.limits_of(call.target.model)
    if call.target.through != "model" or not most.count_tokens:
        raise errors.validation("The provided model doesn't support counting tokens.")
    given = call.params["input"]
    if "converse" in given:
        asked = given["converse"]
        request = InferenceRequest(
            conversation.read_conversation(asked, most), most.output, tools=tools.tools_text(asked)
        )
    else:
        request = read_request(call, _decoded(given["invokeModel"]["body"]))
    return Outcome({"inputTokens": request.tokens})


def _decoded(body: str) -> bytes:
    try:
        return b64decode(body, validate=True)
    except binascii.Error:
        raise errors.validation("The body is not Base64.") from None
