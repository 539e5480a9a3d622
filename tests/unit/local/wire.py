"""HTTP and event streams on a socket, for a server that damages them."""

import contextlib
import json
import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-type: application/vnd.amazon.eventstream\r\n\r\n"
)


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def number(self) -> int:
        return int(json.loads(self.body)["requestMetadata"]["number"])


def read_request(stream: Any) -> Request | None:
    """Returns the next request of a connection, or None at its end."""
    line = stream.readline()
    if not line:
        return None
    method, path, _ = line.decode().split(" ", 2)
    pairs = (each.decode().strip().split(": ", 1) for each in iter(stream.readline, b"\r\n"))
    headers = {name.lower(): value for name, value in pairs}
    del headers["host"]  # the service's instead
    return Request(method, path, headers, stream.read(int(headers.get("content-length", 0))))


def response(body: bytes, status: str = "200 OK", extra: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\n{extra}\r\n".encode() + body


def send(peer: socket.socket, body: bytes, status: str = "200 OK", extra: str = "") -> bool:
    peer.sendall(response(body, status, extra))
    return True


def chunk(frame: bytes) -> bytes:
    return f"{len(frame):x}\r\n".encode() + frame + b"\r\n"


def reset(peer: socket.socket) -> None:
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def close(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it was closed by the other side
        sock.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits for it
    sock.close()


def event_of(frame: bytes) -> dict[str, Any]:
    """Returns the event of a frame by its name."""
    total, headers = struct.unpack_from(">II", frame)
    fields = frame[12 : 12 + headers]
    at = fields.index(b":event-type") + len(b":event-type") + 1  # after the type of the value
    (length,) = struct.unpack_from(">H", fields, at)
    return {fields[at + 2 : at + 2 + length].decode(): json.loads(frame[12 + headers : total - 4])}


def delta_text(event: dict[str, Any]) -> str:
    return str(event.get("contentBlockDelta", {}).get("delta", {}).get("text", ""))


def reply_text(reply: dict[str, Any]) -> str:
    blocks: Sequence[dict[str, Any]] = reply["output"]["message"]["content"]
    return "".join(block.get("text", "") for block in blocks)
