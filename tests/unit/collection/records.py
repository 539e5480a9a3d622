"""Records as Bedrock logs them, and the objects that contain them."""

import gzip
import json
from typing import Any

ACCOUNT, REGION, BUCKET = "111111111111", "us-east-2", "logs"
PREFIX = f"AWSLogs/{ACCOUNT}/BedrockModelInvocationLogs/{REGION}/"
URI = f"s3://{BUCKET}/{PREFIX}"
PRO = "amazon.nova-pro-v1:0"
ROUTE = {"distillery:route": "teacher"}

Json = dict[str, Any]


def converse(text: str, system: str | None = "Classify.", **more: Any) -> Json:
    """Returns the body of a request."""
    told = {"system": [{"text": system}]} if system else {}
    return {**told, "messages": [{"role": "user", "content": [{"text": text}]}], **more}


def reply(text: str, stop: str = "end_turn") -> Json:
    return {"output": {"message": {"role": "assistant", "content": [{"text": text}]}}, "stopReason": stop}


def record(
    asked: Any,
    answered: Any = None,
    *,
    at: str = "2026-11-23T09:00:00Z",
    request: str = "r",
    model: str = PRO,
    metadata: Json | None = ROUTE,
    **more: Any,
) -> Json:
    """asked and answered are bodies, or paths of bodies."""
    said = {"requestMetadata": metadata} if metadata is not None else {}
    return {
        "schemaType": "ModelInvocationLog",
        "schemaVersion": "1.0",
        "timestamp": at,
        "accountId": ACCOUNT,
        "identity": {"arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/caller/session"},
        "region": REGION,
        "requestId": request,
        "operation": "Converse",
        "modelId": model,
        **said,
        "input": _part("input", asked) | {"inputTokenCount": 9},
        "output": _part("output", answered) | {"outputTokenCount": 2},
        **more,
    }


def _part(name: str, body: Any) -> Json:
    where = "S3Path" if isinstance(body, str) else "Json"
    return {f"{name}ContentType": "application/json", f"{name}Body{where}": body}


def packed(*records: Json) -> bytes:
    """Returns one file of records, or one body."""
    return gzip.compress(b"".join(json.dumps(one).encode() + b"\n" for one in records))


def lines(*records: Json, end: bool = False) -> list[bytes]:
    return [json.dumps(one).encode() + b"\n" * end for one in records]
