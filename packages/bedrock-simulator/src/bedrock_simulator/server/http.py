"""HTTP over ASGI with hypercorn, and protection of a loopback address from pages in a browser.

Any site's page can send requests to 127.0.0.1, and a site whose name resolves to 127.0.0.1 can read the responses (DNS
rebinding). Browsers reveal themselves by Host, Origin, Sec-Fetch-Site, and preflight OPTIONS requests. No SDK sends
these, so every such request is refused before anything processes it. No response allows a page to read it, and no
WebSocket, which browsers may open to any address, is accepted.
"""

import asyncio
import json
import re
import traceback
import uuid
from collections.abc import Awaitable, Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl

from hypercorn.protocol.events import StreamClosed

from bedrock_simulator.admin import PREFIX, Admin
from bedrock_simulator.ports import Chunk, Response, StreamInterrupted

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
REQUEST_ID = "x-amzn-requestid"


async def read_body(receive: Receive) -> bytes:
    """Reads the whole body of a request."""
    pieces, more = [], True
    while more:
        message = await receive()
        pieces.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(pieces)


async def handle_admin(
    admin: Admin, scope: Scope, receive: Receive, send: Send, save: Callable[[], None] = lambda: None
) -> None:
    """Answers a request below `PREFIX`, in a thread because it may train. `save` is called after every change."""
    body = await read_body(receive)
    path, query = scope["path"].removeprefix(PREFIX), dict(parse_qsl(scope["query_string"].decode("latin-1")))
    try:
        status, answer = await asyncio.to_thread(admin.answer, scope["method"], path, query, body)
        if scope["method"] != "GET":
            await asyncio.to_thread(save)
        encoded = (json.dumps(answer, default=str) + "\n").encode()
        response = Response(status, {"content-type": "application/json"}, encoded)
    except Exception:  # a bug of the simulator
        response = internal_error()
    await reply(response, send)


def internal_error() -> Response:
    """The response to a request that met a bug of the simulator, whose traceback goes to stderr."""
    traceback.print_exc()
    message = "The simulator has a bug: its output has the traceback."
    headers = {"content-type": "application/json", "x-amzn-errortype": "InternalServerException"}
    return Response(500, headers, (json.dumps({"message": message}) + "\n").encode())


async def reply(response: Response, send: Send) -> None:
    """Sends a response as `ports.Response` specifies: delayed, in chunks, broken off, or not at all."""
    if response.delay:
        await asyncio.sleep(response.delay)
    if response.dropped:
        await close_connection(send)
        return
    headers = {REQUEST_ID: str(uuid.uuid4()), **response.headers}
    if response.chunks is None:
        headers["content-length"] = str(len(response.body))
    encoded = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": response.status, "headers": encoded})
    if response.chunks is None:
        await send({"type": "http.response.body", "body": response.body})
    else:
        await send_chunks(response.chunks, send)


async def send_chunks(chunks: Iterable[Chunk], send: Send) -> None:
    """Sends a body in chunks, each after its own wait. An interrupted body is left without its end."""
    try:
        for delay, piece in chunks:
            await asyncio.sleep(delay)
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    except StreamInterrupted:
        return
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def close_connection(send: Send) -> None:
    """Closes the connection behind hypercorn's `send`, for which ASGI has no message. Send nothing after it."""
    stream: Any = getattr(send, "__self__", None)
    if stream is None:
        raise TypeError("close_connection needs hypercorn's own send function")
    await stream.send(StreamClosed(stream_id=stream.stream_id))


AsgiApplication = Callable[[Scope, Receive, Send], Awaitable[None]]
_HOST = re.compile(r"(?P<name>\[::1\]|(?:[a-z0-9._-]+\.)?(?:127\.0\.0\.1|localhost))(?::(?P<port>[0-9]+))?")
_ALLOWED_SITES = ("none", "same-origin")
_CORS_HEADERS = b"access-control-"


def rejection_reason(scope: Scope) -> str | None:
    """Returns why a request is refused, None if a program of this machine may have sent it."""
    if scope["type"] == "websocket":
        return "WebSockets are not supported."
    hosts, origins, sites = (_values(scope, name) for name in (b"host", b"origin", b"sec-fetch-site"))
    if len(hosts) != 1 or not _is_loopback(hosts[0], scope.get("server")):
        return "the Host of the request is not this machine's loopback address."
    if origins or any(site not in _ALLOWED_SITES for site in sites):
        return "the request comes from a page in a browser."
    if scope["method"] == "OPTIONS":
        return "OPTIONS, a browser's preflight request, is not supported."
    return None


def loopback_only(inner: AsgiApplication) -> AsgiApplication:
    """Wraps an application so that it refuses requests of pages in a browser."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await inner(scope, receive, send)
        elif (why := rejection_reason(scope)) is None:
            await inner(scope, receive, _WithoutCorsHeaders(send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await reply(_forbidden(why), send)

    return application


class _WithoutCorsHeaders:
    """Sends responses without the headers that allow a page of another site to read them."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.__self__ = getattr(send, "__self__", None)  # `close_connection` finds the connection there

    async def __call__(self, message: dict[str, Any]) -> None:
        if "headers" in message:
            message = {**message, "headers": _without_cors_headers(message["headers"])}
        await self._send(message)


def _without_cors_headers(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [(name, value) for name, value in headers if not name.lower().startswith(_CORS_HEADERS)]


def _values(scope: Scope, header: bytes) -> list[str]:
    return [value.decode("latin-1").strip().lower() for name, value in scope["headers"] if name.lower() == header]


def _is_loopback(host: str, server: tuple[str, int | None] | None) -> bool:
    """Whether the host is loopback's name or one below it (buckets, function URLs, APIs), which no site can have."""
    found = _HOST.fullmatch(host)
    if found is None:
        return False
    own = server[1] if server else None
    return found["port"] is None or own is None or int(found["port"]) == own


def _forbidden(why: str) -> Response:
    headers = {"content-type": "application/json", "x-amzn-errortype": "AccessDeniedException", "connection": "close"}
    return Response(403, headers, (json.dumps({"message": f"Refused: {why}"}) + "\n").encode())
