"""One record of the invocation logs.

    {"schemaType": "ModelInvocationLog", "timestamp": "2026-11-23T09:33:00Z", "requestId": "…", "operation": "Converse",
     "identity": {"arn": "arn:aws:sts::111122223333:assumed-role/support-app/i-0ab"},
     "modelId": "amazon.nova-pro-v1:0", "requestMetadata": {"distillery:route": "teacher"},
     "input": {"inputBodyJson": {"messages": […], "system": […]}}, "output": {"outputBodyJson": {"output": …}}}

Bodies above 100 KB are separate objects, named by `inputBodyS3Path` and `outputBodyS3Path`. `requests` finds the prompt
in a request body, `answers` the answer in a response body.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lambdas.collection.reasons import Reason, UnusableCall

FetchBody = Callable[[str], Any]
"""Returns a body by its `s3://` URI, or None if it cannot be read."""

DAMAGED = b"damaged"
"""The object, not its text, stands for the rest of a damaged file."""


class DamagedLine(Exception):
    """The line is not JSON."""


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
        """Raises UnusableCall if there is none."""
        return _body(self.input, "inputBody", fetch, missing=Reason.NOT_LOGGED, unreadable=Reason.UNREADABLE_REQUEST)

    def response_body(self, fetch: FetchBody) -> Any:
        """Raises UnusableCall if there is none."""
        return _body(self.output, "outputBody", fetch, missing=Reason.NO_ANSWER, unreadable=Reason.UNREADABLE_ANSWER)

    @property
    def logged_response(self) -> Any:
        """The response body if it is in the record itself."""
        return self.output.get("outputBodyJson")


def parse_record(line: bytes) -> LoggedCall | None:
    """Parse one line of a log file, or return None if it is not a record of a call.

    Raises:
        DamagedLine: the line is not JSON.
    """
    try:  # not json.loads(line), which would guess the encoding
        record = json.loads(line.decode("utf-8", "replace"), parse_constant=_no_constant, parse_int=_number)
    except (ValueError, RecursionError) as error:
        raise DamagedLine from error
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


def _no_constant(name: str) -> None:
    """NaN and Infinity are not JSON, and Athena refuses them."""
    raise ValueError(name)


def _number(digits: str) -> float:
    """Numbers are not used here, and Python refuses to convert long ones to int."""
    return float(digits)


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _body(part: Mapping[str, Any], name: str, fetch: FetchBody, *, missing: Reason, unreadable: Reason) -> Any:
    inline, uri = part.get(f"{name}Json"), part.get(f"{name}S3Path")
    if inline is not None:
        return inline
    if not isinstance(uri, str):
        raise UnusableCall(missing)
    body = fetch(uri)
    if body is None:
        raise UnusableCall(unreadable)
    return body
