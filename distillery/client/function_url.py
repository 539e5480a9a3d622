"""Signed requests to Lambda function URLs, which record who sent a decision."""

import contextlib
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import NoCredentialsError
from botocore.httpsession import URLLib3Session

from distillery.client.aws import TimeLimit, within
from distillery.client.connection import hold_limits
from distillery.client.errors import FunctionRefused, NotAllowed, NotReached

URL_TIMEOUT = 90
"""Seconds. Functions with a URL time out after one minute."""
LOOPBACK = ("127.0.0.1", "::1", "localhost")


def post_signed(session: Any, url: str, payload: Mapping[str, Any], *, region: str) -> Mapping[str, Any]:
    """Sends a JSON object to a function URL once, signed with SigV4 for the service `lambda`.

    Args:
        session: a boto3 Session.
        url: the function URL.
        payload: the object to send.
        region: the function's Region.

    Returns:
        The JSON object that the function returned.

    Raises:
        FunctionRefused: the function raised an error.
        NotAllowed: IAM denied the request.
        NotReached: the function failed, or the URL is not https.
        botocore.exceptions.BotoCoreError: the request failed.
    """
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in LOOPBACK:
        raise NotReached(f"{url!r} is not an https URL, and signed requests need one; deploy the environment again")
    credentials = session.get_credentials()
    if credentials is None:
        raise NoCredentialsError
    request = AWSRequest("POST", url, data=json.dumps(payload).encode(), headers={"content-type": "application/json"})
    SigV4Auth(credentials.get_frozen_credentials(), "lambda", region).add_auth(request)
    http = URLLib3Session(timeout=URL_TIMEOUT)
    hold_limits(http)
    with within(TimeLimit(URL_TIMEOUT)):
        response = http.send(request.prepare())
    return _function_result(response.status_code, response.content)


def _function_result(status: int, content: bytes) -> dict[str, Any]:
    value: Any = None
    with contextlib.suppress(ValueError):
        value = json.loads(content)
    body: dict[str, Any] = value if isinstance(value, dict) else {}
    if status == 200 and body:
        return body
    error = body.get("error")
    if isinstance(error, dict):
        details = {name: str(said) for name, said in error.items() if name not in ("type", "message")}
        raise FunctionRefused(str(error.get("type", "Error")), str(error.get("message", "")), details)
    if status == 403:
        reason = body.get("Message") or body.get("message") or "no permission"
        raise NotAllowed(f"AWS refused (AccessDenied): {reason}; the policy for this decision may be missing")
    raise NotReached(f"the function failed (HTTP {status}); its log says why")
