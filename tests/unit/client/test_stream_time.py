"""How long a stream may be silent: until the deadline before its first text, for a fixed time afterwards.

Also with boto3 and a real socket, so that a botocore or urllib3 that no longer sets the time-out fails here.
"""

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import pytest
from botocore.httpsession import URLLib3Session

from bedrock_simulator.protocol import eventstream
from distillery.client import AllStepsFailed, Route, Step, StreamBroken
from distillery.client import stream as streams
from distillery.client.aws import TimeLimit
from tests.fakes.services import FakeSsm
from tests.unit.client.harness import (
    MESSAGES,
    OPTIMIZED,
    OTHER,
    PRO,
    START,
    THOUGHT,
    ClientHarness,
    delta,
    end,
    route_map,
)

pytestmark = pytest.mark.slow

Script = Sequence[dict[str, Any] | float]
"""Events, and seconds of silence between them."""
DEADLINE = 1.2
"""Real seconds, for routes to a real socket: a busy machine needs long to answer at all."""


def test_a_stream_that_has_said_nothing_by_the_deadline_is_given_up() -> None:
    """Each event arrives within the read time-out, but together they take too long."""
    harness = ClientHarness(route_map(OPTIMIZED))
    harness.script[PRO] = [[START, *[THOUGHT] * 30, delta("late"), *end()]]  # each takes half a second
    with pytest.raises(AllStepsFailed, match="StreamLate"):
        list(harness.route(deadline=10).converse_stream(messages=MESSAGES))
    assert harness.at - 1000 <= 10.5
    assert harness.streams[0].closed


def test_no_wait_for_the_first_text_goes_beyond_the_deadline() -> None:
    harness = ClientHarness(route_map(OPTIMIZED))
    harness.script[PRO] = [[START, *[THOUGHT] * 15, delta("text"), *end()]]  # each takes half a second
    assert list(harness.route(deadline=10).converse_stream(messages=MESSAGES)) == ["text"]
    *thinking, speaking = harness.timeouts[:-2]
    assert thinking == sorted(thinking, reverse=True)
    assert thinking[-1] < 3
    assert speaking == streams.EVENT_TIMEOUT


def test_a_stream_that_was_accepted_may_think_until_the_deadline() -> None:
    """Longer than the time that a step other than the last has to answer."""
    harness = ClientHarness(route_map(OPTIMIZED, OTHER))
    harness.script[PRO] = [harness.take(3, [START, *[THOUGHT] * 3, delta("text"), *end()])]
    assert list(harness.route(deadline=10).converse_stream(messages=MESSAGES)) == ["text"]


def test_a_caller_that_comes_back_late_finds_its_stream() -> None:
    harness = ClientHarness(route_map(OPTIMIZED))
    harness.script[PRO] = [[START, delta("text"), *end()]]
    stream = harness.route(deadline=10).converse_stream(messages=MESSAGES)
    harness.at += 100
    assert list(stream) == ["text"]


def test_a_stream_that_speaks_may_take_as_long_as_it_needs() -> None:
    harness = ClientHarness(route_map(OPTIMIZED))
    harness.script[PRO] = [[START, *[delta("a")] * 100, *end()]]
    assert len(list(harness.route(deadline=10).converse_stream(messages=MESSAGES))) == 100


def test_between_texts_the_deadline_does_not_count() -> None:
    with served([START, delta("a"), DEADLINE + 0.5, delta("b"), *end()]) as route:
        assert list(route.converse_stream(messages=MESSAGES)) == ["a", "b"]


def test_before_the_first_text_it_does() -> None:
    thinking: Script = [0.3, THOUGHT] * 8
    with (
        served([START, *thinking, delta("late"), *end()]) as route,
        pytest.raises(AllStepsFailed, match=r"ReadTimeoutError|StreamLate"),
    ):
        list(route.converse_stream(messages=MESSAGES))


def test_the_deadline_ends_a_stream_that_hangs_before_its_first_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client's own time-out restarts with each event and would allow as long again."""
    limits: list[float] = []
    extend = TimeLimit.extend

    def limited(limit: TimeLimit, seconds: float) -> None:
        limits.append(seconds)
        extend(limit, seconds)

    monkeypatch.setattr(TimeLimit, "extend", limited)
    with (
        served([START, 0.7, THOUGHT, 30.0, delta("late"), *end()]) as route,
        pytest.raises(AllStepsFailed, match=r"ReadTimeoutError|StreamLate"),
    ):
        list(route.converse_stream(messages=MESSAGES))
    assert limits[-1] <= DEADLINE - 0.7


def test_a_limit_that_cannot_be_held_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if botocore had moved its pools: the deadline must not disappear silently."""
    monkeypatch.setattr(URLLib3Session, "__init__", lambda *_, **__: None)
    with served([START, delta("a"), *end()]) as route, pytest.raises(AttributeError, match="_pool_classes_by_scheme"):
        route.converse_stream(messages=MESSAGES)


def test_a_stream_that_falls_silent_for_good_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "EVENT_TIMEOUT", 0.2)
    with (
        served([START, delta("a"), 5.0, delta("b"), *end()]) as route,
        pytest.raises(StreamBroken, match="ReadTimeoutError"),
    ):
        list(route.converse_stream(messages=MESSAGES))


@dataclass
class Session:
    """Creates a first client in advance, because that takes a while and must not be timed."""

    url: str
    region_name: str = "us-east-2"
    ssm: FakeSsm = field(default_factory=FakeSsm)

    def __post_init__(self) -> None:
        self.client("bedrock-runtime", region_name=self.region_name, config=None)

    def client(self, service: str, *, region_name: str, config: Any) -> Any:
        if service == "ssm":
            return self.ssm
        keys: Any = {"aws_access_key_id": "111111111111", "aws_secret_access_key": "local"}
        return boto3.client("bedrock-runtime", region_name=region_name, endpoint_url=self.url, config=config, **keys)


@contextmanager
def served(script: Script) -> Iterator[Route]:
    """Returns a route with two steps, whose streams are given."""
    over = threading.Event()

    class SlowServer(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.send_header("content-type", eventstream.CONTENT_TYPE)
            self.send_header("transfer-encoding", "chunked")
            self.end_headers()
            for each in script:
                if isinstance(each, float):
                    if over.wait(each):
                        self.close_connection = True
                        return
                else:
                    ((name, value),) = each.items()
                    self._chunk(eventstream.event(name, value))
            self._chunk(b"")

        def _chunk(self, piece: bytes) -> None:
            self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            self.wfile.flush()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), SlowServer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    session = Session(f"http://127.0.0.1:{server.server_port}")
    said = route_map(Step(model="m", region="us-east-2", identifier=PRO))
    session.ssm.parameters["/distillery/dev/routes/fast"] = json.dumps(said.document())
    try:
        yield Route("fast", environment="dev", session=session, deadline=DEADLINE)
    finally:
        over.set()
        server.shutdown()
        server.server_close()
        thread.join()
