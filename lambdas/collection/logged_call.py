"""One record of the invocation logs: the call, and the prompt and answer in it.

    {"schemaType": "ModelInvocationLog", "timestamp": "2026-11-23T09:33:00Z", "requestId": "…", "operation": "Converse",
     "identity": {"arn": "arn:aws:sts::111122223333:assumed-role/support-app/i-0ab"},
     "modelId": "amazon.nova-pro-v1:0", "requestMetadata": {"distillery:route": "teacher"},
     "input": {"inputBodyJson": {"messages": […], "system": […]}}, "output": {"outputBodyJson": {"output": …}}}

Bodies above 100 KB are separate objects, named by `inputBodyS3Path` and `outputBodyS3Path`.

Converse and ConverseStream are logged with `messages` and `system` as they were sent, and so is InvokeModel for Nova.
Requests in Anthropic's own format may have plain text in place of content blocks. Requests that were written in a
model's own template (`prompt`) are left out, because their turns cannot be told apart.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from distillery.core.conversation import ROLES, Message, Prompt

FetchBody = Callable[[str], Any]
"""Returns a body by its `s3://` URI, or None if it cannot be read."""

COMPLETE = ("end_turn", "stop_sequence", "stop")
"""Stop reasons of complete answers."""


class UnusableCall(Exception):
    """The call has no usable prompt. The message is a category, and quotes nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedCall:
    """A call.

    Attributes:
        principal: ARN of the caller, as Bedrock logged it; empty if it is missing.
        model: the `modelId` that was called.
        order: sorts calls by time, with a deterministic order of equal times.
        metadata: `requestMetadata`, which the caller chose.
        failed: whether Bedrock logged an error.
        input: the record's input, as it was logged.
        output: the record's output, as it was logged.
    """

    principal: str
    model: str
    order: tuple[str, str]
    metadata: Mapping[str, str]
    failed: bool
    input: Mapping[str, Any]
    output: Mapping[str, Any]

    def request_body(self, fetch: FetchBody) -> Any:
        return _body(self.input, "inputBody", fetch)

    def response_body(self, fetch: FetchBody) -> Any:
        return _body(self.output, "outputBody", fetch)


def parse_record(line: bytes) -> LoggedCall | None:
    """Parse one line of a log file, or return None if it is not a record of a call."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict) or record.get("schemaType") != "ModelInvocationLog":
        return None
    principal = _object(record.get("identity")).get("arn")
    return LoggedCall(
        principal=principal if isinstance(principal, str) else "",
        model=str(record.get("modelId", "")),
        order=(str(record.get("timestamp", "")), str(record.get("requestId", ""))),
        metadata=_object(record.get("requestMetadata")),
        failed=record.get("errorCode") is not None,
        input=_object(record.get("input")),
        output=_object(record.get("output")),
    )


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _body(part: Mapping[str, Any], name: str, fetch: FetchBody) -> Any:
    inline, uri = part.get(f"{name}Json"), part.get(f"{name}S3Path")
    return fetch(uri) if inline is None and isinstance(uri, str) else inline


def prompt_of(body: Any, *, reference: str | None = None) -> Prompt:
    """Return the prompt of a request body. Raises Unusable."""
    if not isinstance(body, Mapping) or not isinstance(body.get("messages"), list) or not body["messages"]:
        raise UnusableCall("no conversation is logged")
    if body.get("toolConfig") or body.get("tools"):
        raise UnusableCall("tools were offered")
    messages = tuple(_turn(turn, ROLES[i % 2]) for i, turn in enumerate(body["messages"]))
    if messages[-1][0] != "user":
        raise UnusableCall("the request prefills the answer")
    system = body.get("system")
    return Prompt(system=_text(system) if system else None, messages=messages, reference=reference)


def answer_of(body: Any) -> str:
    """Return the text of a complete answer from a response body. Raises Unusable."""
    if not isinstance(body, Mapping):
        raise UnusableCall("no answer is logged")
    if (body.get("stopReason") or body.get("stop_reason")) not in COMPLETE:
        raise UnusableCall("the answer is truncated")
    output = body.get("output")
    message = output.get("message") if isinstance(output, Mapping) else body
    blocks = message.get("content") if isinstance(message, Mapping) else None
    texts = [block.get("text") for block in blocks or () if isinstance(block, Mapping)]
    text = "".join(one for one in texts if isinstance(one, str))
    if not text.strip():
        raise UnusableCall("the answer has no text")
    return _encodable(text)


def _turn(turn: Any, role: str) -> Message:
    if not isinstance(turn, Mapping) or turn.get("role") != role:
        raise UnusableCall("turns do not alternate")
    return role, _text(turn.get("content"))


def _text(content: Any) -> str:
    """The text of a single block. Joining several blocks would create a prompt that the model was not asked."""
    if isinstance(content, list):
        if len(content) != 1:
            raise UnusableCall("a turn has several blocks")
        block = content[0]
        if not isinstance(block, Mapping) or block.keys() - {"type"} != {"text"}:
            raise UnusableCall("a turn contains more than text")
        content = block["text"]
    if not isinstance(content, str) or not content.strip():
        raise UnusableCall("a turn is empty")
    return _encodable(content)


def _encodable(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise UnusableCall("a text contains half of a surrogate pair") from error
    return text
