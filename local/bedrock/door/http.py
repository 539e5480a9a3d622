"""HTTP as hypercorn speaks it with an application (ASGI): whole requests in, answers out, and connections cut off."""

import json
from asyncio import to_thread
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl

from hypercorn.protocol.events import StreamClosed

from local.bedrock.admin import PREFIX, Admin

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


async def body_of(receive: Receive) -> bytes:
    """The whole body of a request."""
    pieces, more = [], True
    while more:
        message = await receive()
        pieces.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(pieces)


async def administer(admin: Admin, scope: Scope, receive: Receive, send: Send) -> None:
    """Answers a request below `PREFIX`, from a thread of its own: it may train."""
    body = await body_of(receive)
    path, query = scope["path"].removeprefix(PREFIX), dict(parse_qsl(scope["query_string"].decode()))
    status, told = await to_thread(admin.answer, scope["method"], path, query, body)
    encoded = (json.dumps(told, default=str) + "\n").encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(encoded)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": encoded})


async def hang_up(send: Send) -> None:
    """Closes the connection behind hypercorn's own `send`, for which ASGI has no message; nothing may be sent after."""
    stream: Any = getattr(send, "__self__", None)
    if stream is None:
        raise TypeError("only hypercorn's own send leads to the connection, and this is another")
    await stream.send(StreamClosed(stream_id=stream.stream_id))
