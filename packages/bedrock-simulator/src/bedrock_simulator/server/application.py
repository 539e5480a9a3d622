"""Whose call it is: the account and the Region of a Signature Version 4, and which of the two services is meant.

The signature itself is not verified: nobody has a secret here. Error names and sentences: AWS General Reference,
"Common error types" and "Troubleshoot Signature Version 4"; which status goes with which is the Bedrock API
reference's.

The simulator as a web application of its own (ASGI): both services and the admin API on one port.
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
from bedrock_simulator.server.http import Receive, Scope, Send, handle_admin, loopback_only, read_body, reply

SIGNED_AS = "bedrock"  # both services
_CREDENTIAL = re.compile(
    r"AWS4-HMAC-SHA256 .*\bCredential=(?P<key>[^/,\s]+)/\d{8}/(?P<region>[a-z0-9-]+)/(?P<service>[^/]+)/aws4_request\b"
)
_ACCOUNT = re.compile(r"\d{12}")


@dataclass(frozen=True, slots=True)
class Signer:
    """The account that signed, and the Region it called."""

    account: str
    region: str


def parse_signature(headers: Mapping[str, str], otherwise: str) -> Signer:
    """Who signed: an access key of 12 digits is an account, any other belongs to the account `otherwise`.

    Raises the ServiceError of a request that is not signed, or not for Bedrock. Header names are lower case.
    """
    given = headers.get("authorization", "")
    if not given:
        raise ServiceError("MissingAuthenticationTokenException", 403, "Missing Authentication Token")
    if given.startswith("Bearer "):
        raise ServiceError(
            "AccessDeniedException", 403, "The local Bedrock knows no API keys: sign with Signature Version 4."
        )
    found = _CREDENTIAL.match(given)
    if found is None:
        raise ServiceError(
            "IncompleteSignatureException", 403, f"Authorization header requires a Credential of Signature 4: {given}"
        )
    if found["service"] != SIGNED_AS:
        raise ServiceError(
            "InvalidSignatureException", 403, f"Credential should be scoped to correct service: '{SIGNED_AS}'. "
        )
    key = found["key"]
    return Signer(key if _ACCOUNT.fullmatch(key) else otherwise, found["region"])


def service_of(method: str, path: str) -> str:
    """The service that answers an undecoded path: no path of one is a path of the other, and they share a name."""
    runtime = any(
        each.method == method and each.path.fullmatch(path) for each in service_model.operations(BEDROCK_RUNTIME)
    )
    return BEDROCK_RUNTIME if runtime else BEDROCK


BEDROCK, BEDROCK_RUNTIME = service_model.SERVICES


class Application:
    """Answers for one simulator. `account` is whose a call is that is signed with no account's number.

    `keep` is called after everything that may have changed something, before it is answered.
    """

    def __init__(self, bedrock: Bedrock, admin: Admin, account: str, keep: Callable[[], None]) -> None:
        self._bedrock, self._admin, self._account, self._keep = bedrock, admin, account, keep
        self._guarded = loopback_only(self._serve)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or the server's life. What a page in a browser sends is refused."""
        await self._guarded(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _handle_lifespan(receive, send)
        elif scope["path"].startswith(PREFIX):
            await handle_admin(self._admin, scope, receive, send, self._keep)
        else:
            body = await read_body(receive)
            await reply(await to_thread(self._answer, scope, body), send)

    def _answer(self, scope: Scope, body: bytes) -> Response:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        try:
            signed = parse_signature(headers, self._account)
        except ServiceError as error:
            return error_response(error)
        method, path = scope["method"], scope["raw_path"].decode("ascii")
        query = dict(parse_qsl(scope["query_string"].decode(), keep_blank_values=True))
        service = service_of(method, path)
        answer = self._bedrock.handle(
            Request(service, signed.account, signed.region, method, path, query, headers, body)
        )
        if service == BEDROCK and method != "GET":
            self._keep()
        return answer


async def _handle_lifespan(receive: Receive, send: Send) -> None:
    while (await receive())["type"] != "lifespan.shutdown":
        await send({"type": "lifespan.startup.complete"})
    await send({"type": "lifespan.shutdown.complete"})
