"""Requires every request to be signed with a secret that the account issued, or to contain the account's own secret.

AWS: verifies every signature; no request without one succeeds.
ministack: with AUTH it verifies signatures of users and roles only when it checks IAM. A root key is the account id,
    and its signature is not verified. Its own paths (`/_ministack/…`) are open.
Patch: `local.emulator.signatures` verifies each request before it is processed. ministack's own paths and the admin
    API need the account's secret in a header, except for the answers of custom resources, whose addresses contain a
    random token. A request for a role with a web identity is signed by its token (`web_identity`).
    API keys of Bedrock are accepted if this account issued them (`local.emulator.bearer_keys`).
"""

import hmac
import json
import re
import uuid
from dataclasses import replace
from typing import Any

import ministack.app as app
from ministack.core import iam_evaluator, router
from ministack.services import s3

from bedrock_simulator.admin import PREFIX
from bedrock_simulator.ports import Response
from bedrock_simulator.server import api_keys
from bedrock_simulator.server.http import Receive, Scope, Send, read_body, reply
from local.account import SECRET_HEADER
from local.emulator import bearer_keys, bedrock_access
from local.emulator.hooks.web_identity import is_proved
from local.emulator.signatures import Refusal, Request, refusal

_OWN_PATHS = (PREFIX, "/_ministack/", "/_localstack/")
_ANSWER = re.compile(r"/_ministack/cfn-response/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def install(secret: str) -> None:
    """Wraps the emulator's application. secret: of root, and of the paths that AWS does not have."""
    inner = app.app

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or _is_answer(scope):
            await inner(scope, receive, send)
            return
        request = Request.of(scope)
        if _canonical(scope["path"]).startswith("/_") and _says(request, secret):
            await inner(scope, receive, send)
            return
        if _canonical(scope["path"]).startswith(_OWN_PATHS):
            await reply(_closed(), send)
            return
        body = await read_body(receive)
        if (key := api_keys.read_bearer(request.headers.get("authorization", ""))) is not None:
            signed = bearer_keys.signed_anew(scope, body, key, secret)
            if signed is None or not _is_for_bedrock(signed):
                await reply(_key_refused(), send)
                return
            scope, request = signed, Request.of(signed)
        if _is_web_identity(request, body, secret):
            await inner(scope, _again(body, receive), send)
            return
        if (refused := refusal(request, body, secret)) is not None:
            await reply(_refused(request, refused), send)
            return
        await inner(scope, _again(body, receive), send)

    app.app = application
    _own_root(secret)


def _is_answer(scope: Scope) -> bool:
    return scope["method"] == "PUT" and _ANSWER.fullmatch(scope["path"]) is not None


def _canonical(path: str) -> str:
    return "/" + path.lstrip("/")


def _says(request: Request, secret: str) -> bool:
    return hmac.compare_digest(request.headers.get(SECRET_HEADER, "").encode(), secret.encode())


def _is_for_bedrock(scope: Scope) -> bool:
    request = Request.of(scope)
    service = router.detect_service(request.method, request.raw_path, request.headers, request.query)
    return service in bedrock_access.SERVICES


def _is_web_identity(request: Request, body: bytes, secret: str) -> bool:
    if "authorization" in request.headers or not is_proved(request.headers.get("content-type", ""), body, secret):
        return False
    query = app._routing_params(request.method, request.raw_path, dict(request.headers), body, dict(request.query))
    return bool(router.detect_service(request.method, request.raw_path, request.headers, query) == "sts")


def _key_refused() -> Response:
    headers = {"content-type": "application/json", "x-amzn-errortype": "AccessDeniedException"}
    return Response(403, headers, json.dumps({"message": api_keys.REFUSAL}).encode())


def _again(body: bytes, receive: Receive) -> Receive:
    """Returns the body again, then what follows it."""
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def received() -> dict[str, Any]:
        return messages.pop() if messages else await receive()

    return received


def _closed() -> Response:
    message = f"{SECRET_HEADER} is missing or wrong; the secret is in account.json of the account's folder"
    return Response(403, {"content-type": "application/json"}, (json.dumps({"message": message}) + "\n").encode())


def _refused(request: Request, refused: Refusal) -> Response:
    """Returns the refusal in the format of the called service."""
    service = router.detect_service(request.method, request.raw_path, request.headers, request.query)
    status, headers, body = app._credential_failure(service, "", str(uuid.uuid4()), refused, request.headers)
    return Response(status, dict(headers), body if isinstance(body, bytes) else str(body).encode())


def _own_root(secret: str) -> None:
    """S3 verifies presigned URLs again, and would do so with ministack's own secret of root."""
    resolve = iam_evaluator.resolve_credential

    def resolve_credential(access_key_id: str, *more: Any, **named: Any) -> Any:
        found = resolve(access_key_id, *more, **named)
        if isinstance(found, iam_evaluator.ResolvedCredential) and found.principal_type == "Root":
            return replace(found, secret_access_key=secret)
        return found

    iam_evaluator.resolve_credential = resolve_credential
    s3.resolve_credential = resolve_credential
