"""A request to a function's URL, signed with the caller's own credentials (SigV4, service `lambda`)."""

import contextlib
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import NoCredentialsError
from botocore.httpsession import URLLib3Session

from distillery.client.refused import FunctionRefused, NotAllowed, NotReached

TIMEOUT = 90
"""Seconds; functions that take decisions have one minute."""
LOOPBACK = ("127.0.0.1", "::1", "localhost")


def post(session: Any, url: str, asked: Mapping[str, Any], *, region: str) -> Mapping[str, Any]:
    """The JSON object that the function answers; it is asked once. Raises FunctionRefused with the function's sentence,
    NotReached where AWS let nothing through, and what botocore raises."""
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in LOOPBACK:
        raise NotReached(
            f"{url!r} is no https address, and a signature goes nowhere else; deploy the environment again"
        )
    credentials = session.get_credentials()
    if credentials is None:
        raise NoCredentialsError
    request = AWSRequest("POST", url, data=json.dumps(asked).encode(), headers={"content-type": "application/json"})
    SigV4Auth(credentials.get_frozen_credentials(), "lambda", region).add_auth(request)
    answer = URLLib3Session(timeout=TIMEOUT).send(request.prepare())
    return _answered(answer.status_code, answer.content)


def _answered(status: int, content: bytes) -> dict[str, Any]:
    said: Any = None
    with contextlib.suppress(ValueError):
        said = json.loads(content)
    found: dict[str, Any] = said if isinstance(said, dict) else {}
    if status == 200 and found:
        return found
    error = found.get("error")
    if isinstance(error, dict):
        raise FunctionRefused(str(error.get("type", "Error")), str(error.get("message", "")))
    if status == 403:
        why = found.get("Message") or found.get("message") or "no permission"
        raise NotAllowed(f"AWS refused (AccessDenied): {why}; the policy for this decision may be missing")
    raise NotReached(f"the function failed (HTTP {status}); its log says why")
