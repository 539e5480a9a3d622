"""A proxy between a route and the local Bedrock that damages what passes through it, by a seed.

Which fault a request meets depends only on the seed, the request's number (in its metadata) and how often it came by,
so that a run can be repeated whatever its threads do. Each exchange is recorded: the fault, what the service answered,
and how much of it a caller may have received. The proxy also answers SSM's GetParameter, with the same faults.
"""

import http.client
import json
import random
import socket
import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from bedrock_simulator.protocol import eventstream
from tests.unit.local.wire import (
    STREAM_HEAD,
    Request,
    chunk,
    close,
    delta_text,
    event_of,
    read_request,
    reply_text,
    reset,
    response,
    send,
)

CLEAN = "clean"
BEFORE = ("reset before", "closed before", "refused")
"""Faults of a request that never reaches the service."""
BODIES = {
    "html": b"<html><body>Sign in to the guest network</body></html>",
    "empty": b"",
    "no members": b"{}",
    "null": b"null",
    "list": b"[]",
    "bytes": b"\x80\x02\xff\x00" * 9,
}
"""What is sent instead of an answer, with status 200."""
DAMAGE = ("cut", "reset", "drip", "half frame", "wrong checksum", "error frame", "no frame", "malformed delta", "502")
"""What happens to an answer on its way. A reply without frames is cut where those of a stream are damaged."""
FAULTS = (*BEFORE, *BODIES, *DAMAGE)
LISTENS_AGAIN = 0.02
"""Seconds after which connections are accepted again."""
DRIP = 0.1
"""Seconds between two bytes. No frame is whole before the deadline."""


@dataclass
class Exchange:
    """One request that came by.

    Attributes:
        fault: what happened to it.
        answered: the text that the service answered; None if the request did not reach it.
        passed: the text that was passed on before the fault.
        whole: whether a whole message was passed on.
    """

    fault: str
    answered: str | None = None
    passed: str = ""
    whole: bool = False


@dataclass
class FaultProxy:
    """regions: each has a port. share: of the requests that meet a fault. parameter: what SSM returns."""

    service: str
    regions: Sequence[str]
    seed: str
    share: float
    parameter: str
    exchanges: dict[int, list[Exchange]] = field(default_factory=lambda: defaultdict(list))
    most_open: int = 0

    def __post_init__(self) -> None:
        self._over, self._lock = threading.Event(), threading.Lock()
        self._open: set[socket.socket] = set()
        self._here, self._ssm_reads = threading.local(), 0
        self._listeners = {region: self._listen(0) for region in self.regions}
        self._ports: dict[str, int] = {region: self._listeners[region].getsockname()[1] for region in self.regions}

    def url(self, region: str) -> str:
        return f"http://127.0.0.1:{self._ports[region]}"

    @property
    def open(self) -> int:
        with self._lock:
            return len(self._open)

    def accept(self, region: str) -> None:
        """Accepts connections until `stop`, and refuses them while a fault wants it."""
        while not self._over.is_set():
            try:
                peer, _ = self._listeners[region].accept()
            except OSError:  # closed by a fault, or at the end
                if self._over.wait(LISTENS_AGAIN):
                    return
                self._listeners[region] = self._listen(self._ports[region])
                continue
            threading.Thread(target=self._serve, args=[peer, region], daemon=True).start()

    def stop(self) -> None:
        self._over.set()
        for listener in self._listeners.values():
            close(listener)
        with self._lock:
            for peer in self._open:
                close(peer)

    @staticmethod
    def _listen(port: int) -> socket.socket:
        return socket.create_server(("127.0.0.1", port), backlog=256)

    def _serve(self, peer: socket.socket, region: str) -> None:
        self._here.region = region
        with self._lock:
            self._open.add(peer)
            self.most_open = max(self.most_open, len(self._open))
        try:
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with peer, peer.makefile("rb") as stream:
                while (request := read_request(stream)) and self._exchange(peer, request):
                    pass
        except (OSError, ValueError):
            pass  # the client has left, or the end has come
        finally:
            if upstream := getattr(self._here, "upstream", None):
                upstream.close()
            with self._lock:
                self._open.discard(peer)

    def _exchange(self, peer: socket.socket, request: Request) -> bool:
        """Answers one request. Returns whether the connection goes on."""
        if request.path == "/":
            return self._answer_ssm(peer)
        with self._lock:
            before = self.exchanges[request.number]
            draw = random.Random(f"{self.seed} {request.number} {len(before)}")
            exchange = Exchange(self._fault(draw))
            before.append(exchange)
        if exchange.fault in BEFORE:
            return self._fail(peer, exchange.fault)
        status, kind, body = self._forward(request)
        if status != 200:  # the service's own refusal
            exchange.fault = str(status)
            return send(peer, body, status=f"{status} no", extra=f"x-amzn-errortype: {kind}\r\n")
        if request.path.endswith("-stream"):
            return self._pass_stream(peer, exchange, body, draw)
        exchange.answered = reply_text(json.loads(body))
        if exchange.fault == CLEAN:
            exchange.passed, exchange.whole = exchange.answered, True
            return send(peer, body)
        return self._damage(peer, exchange.fault, body, draw)

    def _fault(self, draw: random.Random) -> str:
        """The last Region does not drip: the last step has what is left of the deadline, so that no other could serve
        the request. Which requests get that far depends on the threads; `test_deadline` holds that case by itself."""
        fault = draw.choice(FAULTS) if draw.random() < self.share else CLEAN
        return "cut" if fault == "drip" and self._here.region == self.regions[-1] else fault

    def _answer_ssm(self, peer: socket.socket) -> bool:
        with self._lock:
            self._ssm_reads += 1
            draw = random.Random(f"{self.seed} ssm {self._ssm_reads}")
        body = json.dumps({"Parameter": {"Value": self.parameter}}).encode()
        if self._ssm_reads == 1 or draw.random() > self.share:
            return send(peer, body)
        fault = draw.choice(FAULTS)
        return self._fail(peer, fault) if fault in BEFORE else self._damage(peer, fault, body, draw)

    def _fail(self, peer: socket.socket, fault: str) -> bool:
        if fault == "refused":
            close(self._listeners[self._here.region])
        if fault != "closed before":
            reset(peer)
        return False

    def _damage(self, peer: socket.socket, fault: str, body: bytes, draw: random.Random) -> bool:
        if fault in BODIES:
            return send(peer, BODIES[fault])
        if fault == "502":
            return send(peer, BODIES["html"], status="502 Bad Gateway")
        if fault == "drip":
            self._drip(peer, response(body))
        else:
            message = response(body)
            peer.sendall(message[: draw.randrange(1, len(message))])
            if fault == "reset":
                reset(peer)
        return False

    def _pass_stream(self, peer: socket.socket, exchange: Exchange, body: bytes, draw: random.Random) -> bool:
        frames = list(eventstream.messages(body))
        events = [event_of(frame) for frame in frames]
        exchange.answered = "".join(map(delta_text, events))
        if exchange.fault in BODIES or exchange.fault == "502":
            return self._damage(peer, exchange.fault, body, draw)
        at = len(frames) if exchange.fault == CLEAN else draw.randrange(len(frames))
        exchange.passed = "".join(map(delta_text, events[:at]))
        exchange.whole = any("messageStop" in event for event in events[:at])
        peer.sendall(STREAM_HEAD + b"".join(map(chunk, frames[:at])))
        if exchange.fault == CLEAN:
            peer.sendall(b"0\r\n\r\n")
            return True
        self._break(peer, exchange.fault, frames[at], draw)
        return False

    def _break(self, peer: socket.socket, fault: str, frame: bytes, draw: random.Random) -> None:
        damaged = {
            "half frame": frame[: draw.randrange(1, len(frame))],
            "wrong checksum": frame[:-1] + bytes([frame[-1] ^ 255]),
            "error frame": eventstream.message({":message-type": "error", ":error-code": "InternalFailure"}, b""),
            "no frame": BODIES["html"],
            "malformed delta": eventstream.event("contentBlockDelta", {"contentBlockIndex": 0}),
        }
        if fault in damaged:
            peer.sendall(chunk(damaged[fault]) + b"0\r\n\r\n")
        elif fault == "drip":
            self._drip(peer, chunk(frame))
        elif fault == "reset":
            reset(peer)

    def _drip(self, peer: socket.socket, message: bytes) -> None:
        for each in message:
            peer.sendall(bytes([each]))
            if self._over.wait(DRIP):
                return

    def _forward(self, request: Request) -> tuple[int, str, bytes]:
        """Returns the status, the name of the error, and the body of the service's response."""
        connection: http.client.HTTPConnection | None = getattr(self._here, "upstream", None)
        if connection is None:
            host = urlsplit(self.service)
            connection = self._here.upstream = http.client.HTTPConnection(str(host.hostname), host.port)
        connection.request(request.method, request.path, request.body, request.headers)
        answer = connection.getresponse()
        return answer.status, answer.headers.get("x-amzn-errortype", ""), answer.read()


@contextmanager
def proxied(service: str, regions: Sequence[str], *, seed: str, share: float, parameter: str) -> Iterator[FaultProxy]:
    proxy = FaultProxy(service, regions, seed, share, parameter)
    threads = [threading.Thread(target=proxy.accept, args=[region]) for region in regions]
    for thread in threads:
        thread.start()
    try:
        yield proxy
    finally:
        proxy.stop()
        for thread in threads:
            thread.join()
