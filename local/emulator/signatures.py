"""Verifies that a request was signed with the secret of its access key (Signature Version 4, header or query).

ministack verifies what its users and roles sign, where it asks IAM at all, and nothing of a root key's, which is an
account's number. Here every request is verified, before anything looks at it: with the secret of this account's start
for a root key, else with that of a user's key or a session that the account issued itself.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

from ministack.core import iam_evaluator, sigv4
from ministack.core.responses import _account_from_sts_session, get_account_id

from bedrock_simulator.server.http import Scope

_ALGORITHM = "AWS4-HMAC-SHA256"
_ROOT_KEY = re.compile(r"\d{12}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_QUERY_KEYS = ("x-amz-credential", "awsaccesskeyid")
_SKEW = 15 * 60  # seconds by which a signature may be ahead of this clock
_PRESIGNED_MOST = 7 * 24 * 3600  # the longest life of a presigned URL of S3, in seconds

Refusal = Any
"""ministack's AuthError: a code and a message."""


@dataclass(frozen=True, slots=True)
class Request:
    """headers: by lower-case name; repeated values are joined by a comma, as they are signed."""

    method: str
    raw_path: str
    headers: Mapping[str, str]
    query: Mapping[str, list[str]]

    @classmethod
    def of(cls, scope: Scope) -> "Request":
        headers: dict[str, str] = {}
        for name, value in scope["headers"]:
            key, text = name.decode("latin-1").lower(), sigv4.decode_header_value(value)
            headers[key] = f"{headers[key]},{text}" if key in headers else text
        query = parse_qs(scope["query_string"].decode("utf-8", "replace"), keep_blank_values=True)
        return cls(scope["method"], scope["raw_path"].decode("latin-1"), headers, query)


def refusal(request: Request, body: bytes, root_secret: str) -> Refusal | None:
    """Returns why a request is refused; None if its signature is valid."""
    signature = _signature(request)
    if isinstance(signature, iam_evaluator.AuthError):
        return signature
    presigned = "authorization" not in request.headers
    if late := _late(signature, request, presigned):
        return late
    secret = _secret(signature.access_key_id, _token(request, presigned), root_secret)
    if isinstance(secret, iam_evaluator.AuthError):
        return secret
    stated = request.headers.get("x-amz-content-sha256", "")
    if _SHA256.fullmatch(stated) and not hmac.compare_digest(stated, hashlib.sha256(body).hexdigest()):
        return iam_evaluator.AuthError("XAmzContentSHA256Mismatch", "The body is not the one that was signed.")
    wrong = sigv4.header_signature_failure(
        signature, secret, request.method, request.raw_path, request.query, request.headers, body, presigned=presigned
    )
    return iam_evaluator.AuthError(*wrong) if wrong else None


def secret_of_presigned(request: Request, longest: int, root_secret: str) -> str | None:
    """Returns the secret that verifies a presigned request, valid for at most `longest` seconds; None if none does."""
    signature = _signature(request)
    if isinstance(signature, iam_evaluator.AuthError) or not _is_current(signature.amz_date, request, longest):
        return None
    secret = _secret(signature.access_key_id, _token(request, presigned=True), root_secret)
    if isinstance(secret, iam_evaluator.AuthError):
        return None
    wrong = sigv4.header_signature_failure(
        signature, secret, request.method, request.raw_path, request.query, request.headers, b"", presigned=True
    )
    return None if wrong else str(secret)


def _is_current(signed: str, request: Request, longest: int) -> bool:
    try:
        (seconds,) = (int(text) for text in _all(request, "X-Amz-Expires"))
        at = datetime.strptime(signed, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return False
    age = (datetime.now(UTC) - at).total_seconds()
    return 0 < seconds <= longest and -_SKEW <= age <= seconds


def _signature(request: Request) -> Any:
    """Returns the parts of the signature, from the header or from the query, never from both."""
    authorization = request.headers.get("authorization")
    in_query = [name for name in request.query if name.lower() in _QUERY_KEYS]
    if authorization is None and not in_query:
        return iam_evaluator.AuthError("MissingAuthenticationToken", "Request is missing Authentication Token")
    algorithms = [authorization.partition(" ")[0]] if authorization is not None else _all(request, "X-Amz-Algorithm")
    if algorithms != [_ALGORITHM] or (authorization is not None and in_query) or len(in_query) > 1:
        return iam_evaluator.AuthError("UnsupportedSignature", f"Sign with {_ALGORITHM}, in the header or the query.")
    if authorization is not None:
        found = sigv4.parse_header_signature(request.headers)
    else:
        found = sigv4.parse_query_signature(request.query)
    if isinstance(found, tuple):
        return iam_evaluator.AuthError(*found)
    if "host" not in found.signed_headers.split(";"):
        return iam_evaluator.AuthError("SignatureDoesNotMatch", "'Host' must be a 'SignedHeader'.")
    return found


def _late(signature: Any, request: Request, presigned: bool) -> Refusal | None:
    """Checks the time: a presigned URL of S3 by its expiry, any other request within minutes."""
    if not (presigned and signature.service == "s3"):
        skewed = sigv4.request_time_failure(signature)
        return iam_evaluator.AuthError(*skewed) if skewed else None
    try:
        (seconds,) = (int(text) for text in _all(request, "X-Amz-Expires"))
        expired = not 0 < seconds <= _PRESIGNED_MOST or sigv4.presigned_request_is_expired(signature.amz_date, seconds)
    except ValueError:
        expired = True
    return iam_evaluator.AuthError("AccessDenied", "Request has expired") if expired else None


def _token(request: Request, presigned: bool) -> str:
    return ",".join(_all(request, "X-Amz-Security-Token")) if presigned else _header(request, "x-amz-security-token")


def _secret(key: str, token: str, root_secret: str) -> Any:
    """Returns the secret of an access key, if the key exists and the session token is its own."""
    if _ROOT_KEY.fullmatch(key) and not token:
        return root_secret
    unknown = iam_evaluator.AuthError(
        "UnrecognizedClientException", "The security token included in the request is invalid."
    )
    if iam_evaluator.is_root_access_key(key):
        return unknown
    try:
        account = _account_from_sts_session(key) or iam_evaluator.find_iam_access_key_account(key)
    except iam_evaluator.AmbiguousAccessKeyError:
        return unknown
    found = iam_evaluator.resolve_credential(key, account or get_account_id(), token)
    if isinstance(found, iam_evaluator.CredentialResolutionError):
        return iam_evaluator.AuthError(found.code, found.message)
    return found.secret_access_key


def _all(request: Request, name: str) -> Sequence[str]:
    return request.query.get(name, [])


def _header(request: Request, name: str) -> str:
    return request.headers.get(name, "")
