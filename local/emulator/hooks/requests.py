"""The path of a request as it was sent, and paths of our own.

AWS: an ARN in a path is one segment, its slashes encoded.
ministack: hands over the decoded path, where that segment cannot be told from two.
We mend: the path as sent is kept per request. Paths under `/_distillery/` are ours (`local.emulator.admin`).
"""

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

import ministack.app as app

from local.emulator import admin
from local.emulator.clock import VirtualClock

_raw: ContextVar[str] = ContextVar("raw_path", default="")

Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]


def raw_path() -> str:
    """The path of the request at hand, undecoded; empty outside of one."""
    return _raw.get()


def install(clock: VirtualClock, simulator: Any) -> None:
    """Wrap the emulator's application."""
    inner = app.app

    async def application(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            _raw.set(scope["raw_path"].decode("ascii"))
            if scope["path"].startswith(admin.PREFIX):
                await admin.serve(scope, receive, send, clock=clock, simulator=simulator)
                return
        await inner(scope, receive, send)

    app.app = application
