"""The stand-alone web application (ASGI): both services and the admin API on one port.

The account and the Region of a request are those of its Signature Version 4. The signature itself is not verified,
because nobody has a secret here. For the same reason any API key is accepted (`api_keys`).

Error names and messages: AWS General Reference, "Common error types" and "Troubleshoot Signature Version 4"; their HTTP
status: Bedrock API reference.
"""

import re
from asyncio import to_thread
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from bedrock_simulator.admin import PREFIX, Admin
from bedrock_simulator.engine import Bedrock
from bedrock_simulator.errors import ServiceError
from bedrock_simulator.ports import Request, Response
from bedrock_simulator.protocol import service_model
from bedrock_simulator.protocol.service_model import error_response
from bedrock_simulator.server import api_keys
from bedrock_simulator.server.http import (
    Receive,
    Scope,
    Send,
    handle_admin,
    internal_error,
    loopback_only,
    read_body,
    reply,
)

SIGNED_AS = "bedrock"  # both services
DEFAULT_REGION = "us-east-1"  # of API keys that name none
_CREDENTIAL = re.compile(
    r"AWS4-HMAC-SHA256 .*\bCredential=(?P<key>[^/,\s]+)/\d{8}/(?P<region>[a-z0-9-]+)/(?P<service>[^/]+)/aws4_request\b"
)
_ACCOUNT = re.compile(r"\d{12}")


@dataclass(frozen=True, slots=True)
class Signer:
    """The account that signed a request, and the Region that it called."""

    account: str
    region: str


def parse_signature(headers: Mapping[str, str], otherwise: str) -> Signer:
    """Returns who signed a request.

    Args:
        headers: The request's headers, with names in lower case.
        otherwise: The account of an access key that is not an account's 12 digits.

    Raises:
        ServiceError: The request is not signed, or not for Bedrock.
    """
    authorization = headers.get("authorization", "")
    if not authorization:
        raise ServiceError("MissingAuthenticationTokenException", 403, "Missing Authentication Token")
    if not authorization.startswith("AWS4-") and (key := api_keys.read_bearer(authorization)) is not None:
        return _owner(key, otherwise)
    found = _CREDENTIAL.match(authorization)
    if found is None:
        raise ServiceError(
            "IncompleteSignatureException",
            403,
            f"Authorization header requires a Credential of Signature 4: {authorization}",
        )
    if found["service"] != SIGNED_AS:
        raise ServiceError(
            "InvalidSignatureException", 403, f"Credential should be scoped to correct service: '{SIGNED_AS}'. "
        )
    return Signer(_account(found["key"], otherwise), found["region"])


def _account(access_key: str, otherwise: str) -> str:
    return access_key if _ACCOUNT.fullmatch(access_key) else otherwise


def _owner(key: str, otherwise: str) -> Signer:
    """Returns the owner of an API key. A long-term key names neither an account nor a Region."""
    if not key:
        raise ServiceError("AccessDeniedException", 403, api_keys.REFUSAL)
    signed = api_keys.credential(key)
    if signed is None:
        return Signer(otherwise, DEFAULT_REGION)
    return Signer(_account(signed.access_key, otherwise), signed.region)


def service_of(method: str, path: str) -> str:
    """Returns the service that an undecoded path belongs to. Both services sign with the same name."""
    runtime = any(
        each.method == method and each.path.fullmatch(path) for each in service_model.operations(BEDROCK_RUNTIME)
    )
    return BEDROCK_RUNTIME if runtime else BEDROCK


BEDROCK, BEDROCK_RUNTIME = service_model.SERVICES


class Application:
    """The application of one simulator.

    Args:
        bedrock: The simulator.
        admin: Its admin API.
        account: The account of requests whose access key is not an account's 12 digits.
        save: Called after every possible change, before it is answered.
    """

    def __init__(self, bedrock: Bedrock, admin: Admin, account: str, save: Callable[[], None]) -> None:
        self._bedrock, self._admin, self._account, self._save = bedrock, admin, account, save
        self._guarded = loopback_only(self._serve)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request, or the server's lifespan. Requests of pages in a browser are refused."""
        await self._guarded(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _handle_lifespan(receive, send)
        elif scope["path"].startswith(PREFIX):
            await handle_admin(self._admin, scope, receive, send, self._save)
        else:
            body = await read_body(receive)
            try:
                response = await to_thread(self._answer, scope, body)
            except Exception:  # a bug of the simulator
                response = internal_error()
            await reply(response, send)

    def _answer(self, scope: Scope, body: bytes) -> Response:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        try:
            signed = parse_signature(headers, self._account)
        except ServiceError as error:
            return error_response(error)
        method, path = scope["method"], scope["raw_path"].decode("latin-1")
        query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
        service = service_of(method, path)
        answer = self._bedrock.handle(
            Request(service, signed.account, signed.region, method, path, query, headers, body)
        )
        if service == BEDROCK and method != "GET":
            self._save()
        return answer


async def _handle_lifespan(receive: Receive, send: Send) -> None:
    while (await receive())["type"] != "lifespan.shutdown":
        await send({"type": "lifespan.startup.complete"})
    await send({"type": "lifespan.shutdown.complete"})
