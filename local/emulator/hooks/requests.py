"""Keeps the path of a request as it was sent, and serves the admin API.

AWS: an ARN in a path is one segment, its slashes encoded.
ministack: passes the decoded path, in which that segment looks like two.
    It gives every answer an id of its own, and Bedrock's invocation logs would name another.
Patch: the request as sent is kept for hooks. Paths under `/_admin/` are the admin API (`bedrock_simulator.admin`). An
    answer with the header DROPPED is never sent: the connection is closed instead. One with OWN_ID goes out with
    that id.
"""

import json
from typing import Any

import ministack.app as app

from bedrock_simulator.admin import PREFIX, Admin
from bedrock_simulator.ports import Response
from bedrock_simulator.server.http import Receive, Scope, Send, close_connection, handle_admin, reply
from local.emulator.clock import VirtualClock
from local.emulator.current_request import request
from local.emulator.hooks.activity import ACTIVITY

DROPPED, OWN_ID, ID = "x-distillery-dropped", "x-distillery-requestid", "x-amzn-requestid"


def _unless_dropped(send: Send) -> Send:
    dropped = False

    async def sent(message: dict[str, Any]) -> None:
        nonlocal dropped
        if (DROPPED.encode(), b"true") in message.get("headers", []):
            dropped = True
            await close_connection(send)
        elif not dropped:
            await send(_with_own_id(message))

    return sent


def _with_own_id(message: dict[str, Any]) -> dict[str, Any]:
    headers = list(message.get("headers", []))
    own = dict(headers).get(OWN_ID.encode())
    if own is None:
        return message
    kept = [(name, value) for name, value in headers if name not in (OWN_ID.encode(), ID.encode())]
    return {**message, "headers": [*kept, (ID.encode(), own)]}


def _as_json(body: dict[str, Any]) -> Response:
    return Response(200, {"content-type": "application/json"}, json.dumps(body).encode())


def install(admin: Admin, clock: VirtualClock) -> None:
    """Wraps the emulator's application."""
    inner = app.app

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            request.set(scope)
            if scope["path"] == f"{PREFIX}activity":
                await reply(_as_json({"busy": ACTIVITY.busy(), "epoch": clock.epoch()}), send)
            elif scope["path"].startswith(PREFIX):
                await handle_admin(admin, scope, receive, send)
            else:
                with ACTIVITY.one():
                    await inner(scope, receive, _unless_dropped(send))
            return
        await inner(scope, receive, send)

    app.app = application
