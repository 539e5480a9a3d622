"""InvokeModel and InvokeModelWithResponseStream: the model's own bodies, everything else in headers.

CountTokens: the tokens that the same input would be charged with.

Only some Claude models are counted, and only by their own id: a profile's is refused (reports by users, 2026).
"""

import binascii
import json
from base64 import b64decode
from typing import Any

from bedrock_simulator import errors
from bedrock_simulator.catalog import model_limits
from bedrock_simulator.protocol import service_model, shapes
from bedrock_simulator.runtime import conversation, inference, native
from bedrock_simulator.runtime.call import Call, Outcome, Params
from bedrock_simulator.runtime.inference import InferenceRequest, InferenceResult

_JSON = "application/json"


def invoke(call: Call) -> Outcome:
    """One body for one body, with the tokens and the latency in headers."""
    served = _run(call)
    body = _format(call).write(served)
    if call.params.get("guardrailIdentifier"):
        body["amazon-bedrock-guardrailAction"] = "NONE"
    counts = {
        "X-Amzn-Bedrock-Invocation-Latency": str(served.timing.total),
        "X-Amzn-Bedrock-Input-Token-Count": str(served.used[0]),
        "X-Amzn-Bedrock-Output-Token-Count": str(served.used[1]),
    }
    members = {"body": json.dumps(body).encode(), **_served_members(served)}
    return Outcome(members, counts, call.seconds(served.timing.total), served.used, body)


def stream(call: Call) -> Outcome:
    """The bodies as they are generated; what the model itself refuses ends the stream before it has said anything."""
    try:
        served = _run(call)
    except errors.ModelValidationError as refusal:
        refused = [(0.0, {"validationException": {"message": refusal.message}})]
        return Outcome({"body": refused, "contentType": _JSON})
    bodies = _format(call).events(served)
    chunks = [(call.seconds(wait), {"chunk": {"bytes": json.dumps(body).encode()}}) for wait, body in bodies]
    members = {"body": chunks, **_served_members(served)}
    return Outcome(members, used=served.used, logged=[body for _, body in bodies])


def _format(call: Call) -> native.Format:
    return native.FORMATS[call.target.model.provider]


def _run(call: Call) -> InferenceResult:
    params = call.params
    conversation.check_guardrail(call, params)
    metadata(params)
    asked = read_request(call, params.get("body", b""))
    return inference.run_inference(call, asked, params.get("performanceConfigLatency"), params.get("serviceTier"))


def read_request(call: Call, body: bytes) -> InferenceRequest:
    """What a body asks of the call's model; ValidationException for one that is not of the model's format."""
    try:
        given = json.loads(body)
    except ValueError:
        raise errors.validation("Malformed input request, please reformat your input and try again.") from None
    return _format(call).read(given, model_limits.limits_of(call.target.model))


def metadata(params: Params) -> dict[str, str] | None:
    """The request metadata of the header, under the rules that Converse has for it (User Guide, request metadata)."""
    if "requestMetadata" not in params:
        return None
    try:
        given: Any = json.loads(params["requestMetadata"])
    except ValueError:
        raise errors.validation("The request metadata is not a JSON object of strings.") from None
    shape = service_model.operation("bedrock-runtime", "Converse").model.input_shape.members["requestMetadata"]
    found = shapes.problems(given, shape)
    if found:
        raise errors.validation(f"{len(found)} validation error(s) detected: {'; '.join(found)}")
    return dict(given)


def _served_members(served: InferenceResult) -> Params:
    return {
        "contentType": _JSON,
        **({"performanceConfigLatency": served.mode} if served.mode else {}),
        **({"serviceTier": served.tier} if served.tier else {}),
    }


def count_tokens(call: Call) -> Outcome:
    """The count; it costs nothing and is not logged."""
    most = model_limits.limits_of(call.target.model)
    if call.target.through != "model" or not most.counts:
        raise errors.validation("The provided model doesn't support counting tokens.")
    given = call.params["input"]
    if "converse" in given:
        asked = InferenceRequest(conversation.read_conversation(given["converse"], most), most.output)
    else:
        asked = read_request(call, _decoded(given["invokeModel"]["body"]))
    return Outcome({"inputTokens": asked.tokens})


def _decoded(body: str) -> bytes:
    try:
        return b64decode(body, validate=True)
    except binascii.Error:
        raise errors.validation("The body is not Base64.") from None
