"""HTTP as hypercorn speaks it with an application (ASGI): whole requests in, answers out, and connections cut off."""

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl

from hypercorn.protocol.events import StreamClosed

from bedrock_simulator.admin import PREFIX, Admin
from bedrock_simulator.ports import Chunk, Interrupted, Response

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
REQUEST_ID = "x-amzn-requestid"


async def body_of(receive: Receive) -> bytes:
    """The whole body of a request."""
    pieces, more = [], True
    while more:
        message = await receive()
        pieces.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(pieces)


async def administer(
    admin: Admin, scope: Scope, receive: Receive, send: Send, keep: Callable[[], None] = lambda: None
) -> None:
    """Answers a request below `PREFIX`, from a thread of its own: it may train. `keep` is called after every change."""
    body = await body_of(receive)
    path, query = scope["path"].removeprefix(PREFIX), dict(parse_qsl(scope["query_string"].decode()))
    status, told = await asyncio.to_thread(admin.answer, scope["method"], path, query, body)
    if scope["method"] != "GET":
        await asyncio.to_thread(keep)
    encoded = (json.dumps(told, default=str) + "\n").encode()
    await reply(Response(status, {"content-type": "application/json"}, encoded), send)


async def reply(response: Response, send: Send) -> None:
    """Sends an answer as its ports say: late, in pieces, broken off, or not at all."""
    if response.delay:
        await asyncio.sleep(response.delay)
    if response.dropped:
        await hang_up(send)
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
    """Sends a body in pieces, each after its own wait; one that is interrupted is left without its end."""
    try:
        for delay, piece in chunks:
            await asyncio.sleep(delay)
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    except Interrupted:
        return
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def hang_up(send: Send) -> None:
    """Closes the connection behind hypercorn's own `send`, for which ASGI has no message; nothing may be sent after."""
    stream: Any = getattr(send, "__self__", None)
    if stream is None:
        raise TypeError("only hypercorn's own send leads to the connection, and this is another")
    await stream.send(StreamClosed(stream_id=stream.stream_id))
