"""Requests from a web page in a browser create nothing and return nothing."""

import asyncio
from typing import Any

import pytest

from bedrock_simulator.server.http import loopback_only

PORT = 4566
OWN = [(b"host", b"127.0.0.1:4566"), (b"authorization", b"AWS4-HMAC-SHA256 ...")]
FORM = (b"content-type", b"application/x-www-form-urlencoded")


def _call(
    headers: list[tuple[bytes, bytes]], *, method: str = "POST", kind: str = "http"
) -> tuple[int, bool, list[Any]]:
    """Returns the status (0 for a closed WebSocket), whether the application was reached, and the response headers."""
    reached: list[bool] = []
    sent: list[dict[str, Any]] = []

    async def application(_scope: Any, _receive: Any, send: Any) -> None:
        reached.append(True)
        allow = [(b"Access-Control-Allow-Origin", b"*"), (b"access-control-allow-headers", b"*"), (b"x-own", b"1")]
        await send({"type": "http.response.start", "status": 200, "headers": allow})
        await send({"type": "http.response.body", "body": b""})

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {"type": kind, "method": method, "path": "/", "headers": headers, "server": ("127.0.0.1", PORT)}

    async def served() -> None:
        await loopback_only(application)(scope, receive, send)

    asyncio.run(served())
    return int(sent[0].get("status", 0)), bool(reached), list(sent[0].get("headers", []))


@pytest.mark.parametrize(
    ("attack", "headers", "method"),
    [
        ("a form of another site", [*OWN, FORM, (b"origin", b"https://evil.example")], "POST"),
        ("a sandboxed frame", [*OWN, FORM, (b"Origin", b"null")], "POST"),
        ("a page of this machine", [*OWN, (b"origin", b"http://127.0.0.1:4566")], "POST"),
        ("an image of another site", [*OWN, (b"sec-fetch-site", b"cross-site")], "GET"),
        ("a page of another port", [*OWN, (b"sec-fetch-site", b"same-site")], "GET"),
        ("a preflight", OWN, "OPTIONS"),
        ("a rebound name", [(b"host", b"evil.example:4566")], "POST"),
        ("a name that ends alike", [(b"host", b"127.0.0.1.evil.example:4566")], "POST"),
        ("a name that begins alike", [(b"host", b"evillocalhost:4566")], "POST"),
        ("a name with loopback's as its user", [(b"host", b"127.0.0.1@evil.example")], "POST"),
        ("another port", [(b"host", b"127.0.0.1:80")], "POST"),
        ("no name", [], "POST"),
        ("two names", [*OWN, (b"Host", b"evil.example")], "POST"),
    ],
)
def test_what_a_browser_sends_is_refused_before_anything_looks_at_it(
    attack: str, headers: list[tuple[bytes, bytes]], method: str
) -> None:
    status, reached, _ = _call(headers, method=method)
    assert (attack, status, reached) == (attack, 403, False)


def test_a_web_socket_is_closed() -> None:
    assert _call(OWN, kind="websocket")[:2] == (0, False)


@pytest.mark.parametrize(
    "host",
    [b"127.0.0.1:4566", b"localhost:4566", b"[::1]:4566", b"localhost", b"abc.lambda-url.us-east-2.127.0.0.1:4566"],
)
def test_a_program_of_this_machine_is_served_and_no_page_may_read_the_answer(host: bytes) -> None:
    status, reached, headers = _call([(b"host", host)])
    assert (status, reached, headers) == (200, True, [(b"x-own", b"1")])
