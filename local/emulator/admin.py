"""Ways into the local account that AWS does not have, under `/_distillery/`.

GET  clock      the calendar: `{"real", "virtual", "speed", "now"}`
PUT  clock      `{"virtual": epoch s?, "speed": n?}`
GET  inventory  what Bedrock holds in the account, and what bills by the hour (`?account=`)
GET  faults     what is set to go wrong
POST faults     `{"fail_jobs": [prefix], "lose_events": bool, …}`; what is left out stays
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict, replace
from typing import Any
from urllib.parse import parse_qs

from local.account import ACCOUNT
from local.emulator.clock import VirtualClock

PREFIX = "/_distillery/"


def _clock(clock: VirtualClock, change: dict[str, Any] | None) -> dict[str, Any]:
    calendar = clock.calendar() if change is None else clock.set(**change)
    return asdict(calendar) | {"now": clock.iso()}


def _faults(simulator: Any, change: dict[str, Any] | None) -> dict[str, Any]:
    if change is not None:
        if "fail_jobs" in change:
            change["fail_jobs"] = frozenset(change["fail_jobs"])
        simulator.faults = replace(simulator.faults, **change)
    return asdict(simulator.faults) | {"fail_jobs": sorted(simulator.faults.fail_jobs)}


def answer(
    method: str, what: str, query: str, body: bytes, *, clock: VirtualClock, simulator: Any
) -> tuple[int, dict[str, Any]]:
    """The status and the JSON of one request."""
    change = json.loads(body) if method in {"PUT", "POST"} else None
    try:
        match method, what:
            case (("GET" | "PUT"), "clock"):
                return 200, _clock(clock, change)
            case (("GET" | "POST"), "faults"):
                return 200, _faults(simulator, change)
            case "GET", "inventory":
                return 200, simulator.inventory(parse_qs(query).get("account", [ACCOUNT])[0])
    except TypeError as error:
        return 400, {"message": f"{what}: {error}"}
    return 404, {"message": f"no {method} {PREFIX}{what}: there are clock, faults, inventory"}


async def serve(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[dict[str, Any]]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
    *,
    clock: VirtualClock,
    simulator: Any,
) -> None:
    """Answer one HTTP request (ASGI)."""
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    what, query = scope["path"].removeprefix(PREFIX), scope["query_string"].decode()
    status, found = answer(scope["method"], what, query, body, clock=clock, simulator=simulator)
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(found, default=str).encode()})
