"""The stand-alone process: what peers send that are no SDK, and pages in browsers. It lives on, and tells of no bug."""

import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simulator_support.standalone import Standalone, converse, run

WEBSOCKET = (
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)
H2C = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"
_SILENCE = 0.1  # seconds without a byte after the first, in a connection that stays open
BODY = '{"virtual": 0}'


@pytest.fixture(scope="module")
def running() -> Iterator[Standalone]:
    """One for all: it must still be well at the end."""
    with Standalone("--date", "2026-11-23", "--speed", "0") as started:
        yield started
        assert started.admin("GET", "health") == {"status": "ok", "now": "2026-11-23T00:00:00.000Z"}
        assert converse(started.client("bedrock-runtime")) == "topic.delivery"
        code, printed = started.stop()
        assert code == 0
        assert "/bedrock_simulator/" not in printed, printed  # hypercorn prints what it cannot parse, and goes on


def send(running: Standalone, request: str | bytes) -> bytes:
    """Sends bytes, and returns what comes back until the connection is closed or silent."""
    port = int(running.url.rsplit(":", 1)[1])
    encoded = request if isinstance(request, bytes) else request.replace("PORT", str(port)).encode()
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        try:
            connection.sendall(encoded)
            connection.shutdown(socket.SHUT_WR)
            while piece := connection.recv(65536):
                received += piece
                connection.settimeout(_SILENCE)
        except OSError:  # silent, or closed at once
            pass
    return received


def request(line: str, headers: str = "", body: str = "", host: str = "127.0.0.1:PORT") -> str:
    length = f"Content-Length: {len(body)}\r\n" if body else ""
    return f"{line} HTTP/1.1\r\nHost: {host}\r\n{headers}{length}Connection: close\r\n\r\n{body}"


@pytest.mark.parametrize("path", ["/_admin/health", "/_admin/clock", "/custom-models", "/model/a/converse", "/"])
@pytest.mark.parametrize(
    "upgrade", [WEBSOCKET, H2C, WEBSOCKET.replace("13", "x"), H2C.replace("AAMA", "!"), "Upgrade: x\r\n"]
)
def test_an_upgrade_is_refused_or_ignored(running: Standalone, path: str, upgrade: str) -> None:
    reply = send(running, f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n{upgrade}\r\n")
    assert not re.match(rb"HTTP/1.1 5", reply), reply
    assert b"websocket-accept" not in reply.lower()


FOREIGN = [
    ("", "evil.example"), ("", "evil.example:PORT"), ("", "127.0.0.1.evil.example:PORT"),
    ("", "localhost.evil.example"),
    ("", "127.0.0.1:1"), ("", "169.254.169.254"), ("", "0.0.0.0:PORT"), ("", ""), ("", "127.0.0.1:PORT,evil.example"),
    ("Origin: http://evil.example\r\n", "127.0.0.1:PORT"), ("Origin: null\r\n", "127.0.0.1:PORT"),
    ("Origin: http://127.0.0.1:PORT\r\n", "127.0.0.1:PORT"), ("Sec-Fetch-Site: cross-site\r\n", "127.0.0.1:PORT"),
    ("Sec-Fetch-Site: same-site\r\n", "localhost:PORT"), ("Host: evil.example\r\n", "127.0.0.1:PORT"),
]  # fmt: skip


@pytest.mark.parametrize(("headers", "host"), FOREIGN)
@pytest.mark.parametrize(
    ("line", "body"),
    [
        ("POST /_admin/reset", ""), ("PUT /_admin/clock", BODY), ("POST /_admin/faults", '{"kind": "lost-event"}'),
        ("DELETE /_admin/events", ""), ("GET /_admin/inventory", ""), ("PUT /_admin/latency", '{"scale": 9}'),
    ],
)  # fmt: skip
def test_no_page_in_a_browser_and_no_foreign_host_controls_it(
    running: Standalone, headers: str, host: str, line: str, body: str
) -> None:
    before = {what: running.admin("GET", what) for what in ("clock", "faults", "latency")}
    reply = send(running, request(line, headers, body, host))
    assert re.match(rb"HTTP/1.1 40[03]", reply), reply
    assert {what: running.admin("GET", what) for what in before} == before


@pytest.mark.parametrize("host", ["127.0.0.1:PORT", "localhost:PORT", "[::1]:PORT", "bucket.localhost:PORT"])
def test_this_machines_own_names_are_served(running: Standalone, host: str) -> None:
    assert re.match(rb"HTTP/1.1 200", send(running, request("GET /_admin/health", host=host)))


STRANGE = [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"GET\r\n\r\n", b"\x00" * 100, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n", b"GET /%zz%ff%00 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"GET /\xff HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", b"GET /?\xff HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"POST /_admin/reset HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999999\r\n\r\n{",
    b"POST /_admin/clock HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"X: y\r\n" * 5000 + b"\r\n",
    b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"CONNECT evil.example:443 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"GET http://evil.example/_admin/health HTTP/1.1\r\nHost: evil.example\r\n\r\n",
]  # fmt: skip


@pytest.mark.parametrize("strange", STRANGE)
def test_bytes_that_are_no_request_are_refused_or_cut_off(running: Standalone, strange: bytes) -> None:
    reply = send(running, strange)
    assert not re.match(rb"HTTP/1.1 (2|5)", reply), reply


def test_a_stored_clock_that_cannot_be_is_one_sentence(tmp_path: Path) -> None:
    flags = ["--state", str(tmp_path / "state")]
    with Standalone(*flags) as first:
        first.stop()
    stored: Any = json.loads((tmp_path / "state" / "clock.json").read_text())
    (tmp_path / "state" / "clock.json").write_text(json.dumps({**stored, "virtual": 1764400000000}))
    refused = run("--port", "0", *flags)
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "cannot be read: the virtual time would be 1764400000000" in refused.stderr
