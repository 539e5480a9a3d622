"""The simulator as a web application of its own (ASGI): both services and the admin API on one port."""

from asyncio import to_thread
from collections.abc import Callable
from urllib.parse import parse_qsl

from bedrock_simulator.admin import PREFIX, Admin
from bedrock_simulator.engine import Bedrock
from bedrock_simulator.errors import ServiceError
from bedrock_simulator.ports import Request, Response
from bedrock_simulator.protocol.answers import refuse
from bedrock_simulator.server.callers import guarded
from bedrock_simulator.server.http import Receive, Scope, Send, administer, body_of, reply
from bedrock_simulator.server.signature import CONTROL, service_of, signer


class Application:
    """Answers for one simulator. `account` is whose a call is that is signed with no account's number.

    `keep` is called after everything that may have changed something, before it is answered.
    """

    def __init__(self, bedrock: Bedrock, admin: Admin, account: str, keep: Callable[[], None]) -> None:
        self._bedrock, self._admin, self._account, self._keep = bedrock, admin, account, keep
        self._guarded = guarded(self._serve)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or the server's life. What a page in a browser sends is refused."""
        await self._guarded(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["path"].startswith(PREFIX):
            await administer(self._admin, scope, receive, send, self._keep)
        else:
            body = await body_of(receive)
            await reply(await to_thread(self._answer, scope, body), send)

    def _answer(self, scope: Scope, body: bytes) -> Response:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        try:
            signed = signer(headers, self._account)
        except ServiceError as error:
            return refuse(error)
        method, path = scope["method"], scope["raw_path"].decode("ascii")
        query = dict(parse_qsl(scope["query_string"].decode(), keep_blank_values=True))
        service = service_of(method, path)
        answer = self._bedrock.handle(
            Request(service, signed.account, signed.region, method, path, query, headers, body)
        )
        if service == CONTROL and method != "GET":
            self._keep()
        return answer


async def _live(receive: Receive, send: Send) -> None:
    while (await receive())["type"] != "lifespan.shutdown":
        await send({"type": "lifespan.startup.complete"})
    await send({"type": "lifespan.shutdown.complete"})
