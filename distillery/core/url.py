"""What a function's URL brings and takes (Lambda Developer Guide, "Request and response payloads", format 2.0)."""

import base64
import binascii
import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from distillery.core.errors import BadRequest


def body_of(event: Mapping[str, Any], *, send: str) -> Any:
    """send: how a body should look. Raises BadRequest for what is no JSON."""
    body = event.get("body") or ""
    try:
        return json.loads(base64.b64decode(body, validate=True) if event.get("isBase64Encoded") else body)
    except (ValueError, TypeError, RecursionError, binascii.Error):
        raise BadRequest(f"the body is no JSON; send {send}") from None  # its text would be quoted


def refusal(status: HTTPStatus, kind: str, message: str, **more: Any) -> dict[str, Any]:
    return reply(status, {"error": {"type": kind, "message": message, **more}})


def reply(status: HTTPStatus, value: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "statusCode": int(status),
        "headers": {"content-type": "application/json; charset=utf-8"},
        "body": json.dumps(value, ensure_ascii=False),
    }
