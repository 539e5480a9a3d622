"""An HTTP server that answers with given bytes, and a route whose steps and map are behind it."""

import json
import socket
import socketserver
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import boto3

from bedrock_simulator.protocol import eventstream
from distillery.client import Route, Served, Step
from distillery.client.clients import SSM_CONFIG, Clients
from distillery.client.clock import Timing
from tests.unit.client.harness import START, answer, delta, end, route_map

BAD, GOOD = "bad-model", "good-model"
STEPS = tuple(Step(model="m", region="us-east-2", identifier=identifier) for identifier in (BAD, GOOD))
MAP = route_map(*STEPS)
RESET = object()
"""Among the pieces of a response: the connection is reset there."""
Piece = bytes | float | object
"""Bytes to send, seconds to wait, or RESET."""
Respond = Callable[[str, bytes], Sequence[Piece]]
"""Returns what the server sends, by the path and the body of a request. It then closes the connection."""


def http_response(body: bytes, status: str = "200 OK", *headers: str, length: int | None = None) -> bytes:
    """`length`: what the header says. Default: the length of the body."""
    said = [f"content-length: {len(body) if length is None else length}", "connection: close", *headers]
    return "\r\n".join([f"HTTP/1.1 {status}", *said, "", ""]).encode() + body


def chunked(*pieces: bytes, end: bool = True) -> bytes:
    head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n"
    chunks = b"".join(f"{len(piece):x}\r\n".encode() + piece + b"\r\n" for piece in pieces if piece)
    return head + chunks + (b"0\r\n\r\n" if end else b"")


def frames(*events: dict[str, Any]) -> bytes:
    return b"".join(eventstream.event(name, value) for event in events for name, value in event.items())


def reply_body(text: str = "other") -> bytes:
    return json.dumps(answer(text)).encode()


def good(path: str) -> bytes:
    """A response of the good model: the text is `other`."""
    if path.endswith("-stream"):
        return chunked(frames(START, delta("other"), *end()))
    return http_response(reply_body())


def parameter(value: str) -> bytes:
    return http_response(json.dumps({"Parameter": {"Value": value}}).encode())


@dataclass
class RawServer:
    """What the first step, SSM and the second step answer. If `good` is None, the second answers as the first."""

    bad: Respond
    ssm: Respond = lambda path, body: [parameter(json.dumps(MAP.document()))]
    good: Respond | None = lambda path, body: [good(path)]
    url: str = ""
    paths: list[str] = field(default_factory=list, repr=False)
    observed: list[Served] = field(default_factory=list, repr=False)
    over: threading.Event = field(default_factory=threading.Event)
    clients: dict[str, Any] = field(default_factory=dict, repr=False)
    region_name: str = "us-east-2"

    def respond(self, path: str, body: bytes) -> Sequence[Piece]:
        self.paths.append(path)
        if path == "/":
            return self.ssm(path, body)
        return self.bad(path, body) if BAD in path or self.good is None else self.good(path, body)

    def client(self, service: str, *, region_name: str, config: Any) -> Any:
        """Returns the same client to all routes: to make one takes long."""
        keys: Any = {"aws_access_key_id": "111111111111", "aws_secret_access_key": "local"}
        make: Any = boto3.client
        if service not in self.clients:
            self.clients[service] = make(service, region_name=region_name, endpoint_url=self.url, config=config, **keys)
        return self.clients[service]

    def make_clients(self) -> None:
        """Takes longer than the deadlines of tests."""
        clients = Clients(self)
        clients.runtime(self.region_name)
        clients._client("ssm", self.region_name, SSM_CONFIG)

    def route(self, deadline: float = 60.0) -> Route:
        """A route without pauses."""
        timing = Timing(sleep=lambda _: None)
        return Route(
            "fast", environment="dev", session=self, deadline=deadline, metrics=self.observed.append, timing=timing
        )


@contextmanager
def serving(bad: Respond, **more: Any) -> Iterator[RawServer]:
    raw = RawServer(bad, **more)

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            path = self.rfile.readline().split()[1].decode()
            headers = dict(line.decode().lower().split(":", 1) for line in iter(self.rfile.readline, b"\r\n"))
            body = self.rfile.read(int(headers.get("content-length", 0)))
            try:
                for piece in raw.respond(path, body):
                    if isinstance(piece, bytes):
                        self.connection.sendall(piece)
                    elif isinstance(piece, float):
                        if raw.over.wait(piece):
                            return
                    else:
                        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                        return
            except OSError:
                return  # the client has left

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address, daemon_threads, request_queue_size = True, True, 128

    with Server(("127.0.0.1", 0), Handler) as server:
        raw.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            raw.make_clients()
            yield raw
        finally:
            raw.over.set()
            server.shutdown()
            thread.join()
