"""Who may call an address that listens on loopback: programs of this machine, and no page in a browser.

A page of any site can send requests to 127.0.0.1, and a site whose name comes to mean 127.0.0.1 can read the answers.
A browser says so: by the name in Host, by Origin, by Sec-Fetch-Site, and by asking with OPTIONS. No SDK sends one of
those, so every request that has one is refused before anything looks at it. Nor does an answer ever allow a page to
read it, and no WebSocket, which browsers open anywhere, is accepted.
"""

import json
import re
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from bedrock_simulator.ports import Response
from bedrock_simulator.server.http import Receive, Scope, Send, reply

Application = Callable[[Scope, Receive, Send], Awaitable[None]]
_HOST = re.compile(r"(?P<name>\[::1\]|(?:[a-z0-9._-]+\.)?(?:127\.0\.0\.1|localhost))(?::(?P<port>[0-9]+))?")
_OWN_PAGES = ("none", "same-origin")
_READERS = b"access-control-"


def objection(scope: Scope) -> str | None:
    """Why a request is refused, as one sentence; None if a program of this machine may have sent it."""
    if scope["type"] == "websocket":
        return "WebSockets are not served here."
    hosts, origins, sites = (_values(scope, name) for name in (b"host", b"origin", b"sec-fetch-site"))
    if len(hosts) != 1 or not _is_own(hosts[0], scope.get("server")):
        return "the Host of the request is not this machine's loopback address."
    if origins or any(site not in _OWN_PAGES for site in sites):
        return "the request comes from a page in a browser."
    if scope["method"] == "OPTIONS":
        return "OPTIONS, with which a browser asks before a page's request, is not served here."
    return None


def guarded(inner: Application) -> Application:
    """The application, shut to pages in a browser."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await inner(scope, receive, send)
        elif (why := objection(scope)) is None:
            await inner(scope, receive, _Unread(send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await reply(_refusal(why), send)

    return application


class _Unread:
    """Sends answers without the headers that let a page of another site read them."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.__self__ = getattr(send, "__self__", None)  # `hang_up` finds the connection there

    async def __call__(self, message: dict[str, Any]) -> None:
        if "headers" in message:
            message = {**message, "headers": _without_readers(message["headers"])}
        await self._send(message)


def _without_readers(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [(name, value) for name, value in headers if not name.lower().startswith(_READERS)]


def _values(scope: Scope, wanted: bytes) -> list[str]:
    return [value.decode("latin-1").strip().lower() for name, value in scope["headers"] if name.lower() == wanted]


def _is_own(host: str, server: tuple[str, int | None] | None) -> bool:
    """Loopback's names, and those below them: buckets, functions' URLs, APIs. No site can have one of them."""
    found = _HOST.fullmatch(host)
    if found is None:
        return False
    own = server[1] if server else None
    return found["port"] is None or own is None or int(found["port"]) == own


def _refusal(why: str) -> Response:
    headers = {"content-type": "application/json", "x-amzn-errortype": "AccessDeniedException", "connection": "close"}
    return Response(403, headers, (json.dumps({"message": f"Refused: {why}"}) + "\n").encode())
