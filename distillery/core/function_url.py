"""The request and the response of a function URL, and the caller who signed the request.

Source: Lambda Developer Guide, "Request and response payloads" (format 2.0), urls-invocation, urls-auth.

A URL with IAM authentication passes the signer's identity to its function; a direct invocation passes none. A direct
invocation can send an event that looks like the URL's. A function whose decisions depend on the caller therefore
permits no invocation except through its URL.
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from distillery.core.errors import BadRequest

_SESSION = re.compile(r"(arn:[a-z-]+:sts::[0-9]{12}:(?:assumed-role/[\w+=,.@-]+|federated-user))/[\w+=,.@-]+", re.ASCII)
_LASTING = re.compile(r"arn:[a-z-]+:iam::[0-9]{12}:(?:root|user/[\w+=,.@/-]+)", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The signer. `id` is the unique id, as in `AROA…:session`, which S3's event notifications contain too."""

    arn: str
    id: str
    account: str

    @property
    def principal(self) -> str:
        """The identity that stays the same: a user, or the role of a session.

        Whoever assumes a role chooses the session's name, and whoever federates a user chooses the user's name. So the
        federated users of an account count as one principal, and so do all its callers of any other kind.
        """
        if session := _SESSION.fullmatch(self.arn):
            return session[1]
        return self.arn if _LASTING.fullmatch(self.arn) else f"other/{self.account}"


def invoked_function(context: Any) -> tuple[str, str]:
    """The function's account, and the alias or version that was invoked; empty strings where they are unknown.

    Both come from Lambda's context, which an event cannot forge.
    """
    arn = str(getattr(context, "invoked_function_arn", "")).split(":")
    return (arn[4], ":".join(arn[7:])) if len(arn) > 6 else ("", "")


def caller_of(event: Any) -> Caller | None:
    """The signer of a function URL's event (payload format 2.0); None where it has none."""
    found = event
    for part in ("requestContext", "authorizer", "iam"):
        found = found.get(part) if isinstance(found, dict) else None
    if not isinstance(found, dict):
        return None
    arn, ident, account = (found.get(name) for name in ("userArn", "callerId", "accountId"))
    if not (isinstance(arn, str) and arn and isinstance(ident, str) and ident and isinstance(account, str) and account):
        return None
    return Caller(arn=arn, id=ident, account=account)


def parse_body(event: Mapping[str, Any], *, send: str) -> Any:
    """The JSON body of a request. `send` describes a valid body, for the error. Raises BadRequest for invalid JSON."""
    body = event.get("body") or ""
    try:
        return json.loads(base64.b64decode(body, validate=True) if event.get("isBase64Encoded") else body)
    except (ValueError, TypeError, RecursionError, binascii.Error):
        raise BadRequest(f"the body is not valid JSON; send {send}") from None  # the parser's message quotes the body


def error_response(status: HTTPStatus, kind: str, message: str, **more: Any) -> dict[str, Any]:
    return json_response(status, {"error": {"type": kind, "message": message, **more}})


def json_response(status: HTTPStatus, value: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "statusCode": int(status),
        "headers": {"content-type": "application/json; charset=utf-8"},
        "body": json.dumps(value, ensure_ascii=False),
    }
