"""One record of the logs: who was asked what, when, and what the caller said of the call.

    {"schemaType": "ModelInvocationLog", "timestamp": "2026-11-23T09:33:00Z", "requestId": "…", "operation": "Converse",
     "identity": {"arn": "arn:aws:sts::111122223333:assumed-role/support-app/i-0ab"},
     "modelId": "amazon.nova-pro-v1:0", "requestMetadata": {"distillery:route": "teacher"},
     "input": {"inputBodyJson": {"messages": […], "system": […]}}, "output": {"outputBodyJson": {"output": …}}}

`inputBodyS3Path` and `outputBodyS3Path` stand in place of bodies above 100 KB.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Fetch = Callable[[str], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """order: sorts calls by when they were made, the same way every time; the parts are as they were logged.

    principal: the ARN of who made it, as Bedrock says, empty where it says none; metadata: as the caller says.
    """

    principal: str
    model: str
    order: tuple[str, str]
    metadata: Mapping[str, str]
    failed: bool
    part_in: Mapping[str, Any]
    part_out: Mapping[str, Any]

    def asked(self, fetch: Fetch) -> Any:
        """The body of the request."""
        return _body(self.part_in, "inputBody", fetch)

    def answered(self, fetch: Fetch) -> Any:
        """The body of the answer."""
        return _body(self.part_out, "outputBody", fetch)


def call_of(line: bytes) -> Call | None:
    """None for a line that is no record of a call."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict) or record.get("schemaType") != "ModelInvocationLog":
        return None
    principal = _object(record.get("identity")).get("arn")
    return Call(
        principal=principal if isinstance(principal, str) else "",
        model=str(record.get("modelId", "")),
        order=(str(record.get("timestamp", "")), str(record.get("requestId", ""))),
        metadata=_object(record.get("requestMetadata")),
        failed=record.get("errorCode") is not None,
        part_in=_object(record.get("input")),
        part_out=_object(record.get("output")),
    )


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _body(part: Mapping[str, Any], name: str, fetch: Fetch) -> Any:
    inline, elsewhere = part.get(f"{name}Json"), part.get(f"{name}S3Path")
    return fetch(elsewhere) if inline is None and isinstance(elsewhere, str) else inline
