"""CountTokens: the tokens that the same input would be charged with.

Only some Claude models are counted, and only by their own id: a profile's is refused (reports by users, 2026).
"""

import binascii
from base64 import b64decode

from bedrock_simulator import errors
from bedrock_simulator.catalog import limits
from bedrock_simulator.runtime import conversation, invoke
from bedrock_simulator.runtime.call import Call, Outcome
from bedrock_simulator.runtime.question import Question


def count(call: Call) -> Outcome:
    """The count; it costs nothing and is not logged."""
    most = limits.of(call.target.model)
    if call.target.through != "model" or not most.counts:
        raise errors.validation("The provided model doesn't support counting tokens.")
    given = call.params["input"]
    if "converse" in given:
        asked = Question(conversation.read(given["converse"], most), most.output)
    else:
        asked = invoke.question(call, _decoded(given["invokeModel"]["body"]))
    return Outcome({"inputTokens": asked.tokens})


def _decoded(body: str) -> bytes:
    try:
        return b64decode(body, validate=True)
    except binascii.Error:
        raise errors.validation("The body is not Base64.") from None
