"""The deadline holds against a peer that sends a byte now and then, which restarts every time-out of a socket."""

import socket
import threading
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ReadTimeoutError

from distillery.client import AllStepsFailed, MapUnavailable, Route, StreamBroken
from distillery.client import stream as streams
from distillery.client.aws import TimeLimit, current_limit, within
from distillery.client.clients import Clients, send
from distillery.client.connection import _HTTPConnection, hold_limits
from distillery.client.function_url import post_signed
from tests.unit.client.harness import MESSAGES, START, ClientHarness, delta, end, route_map
from tests.unit.client.raw_server import Piece, chunked, frames, http_response, reply_body, serving

pytestmark = pytest.mark.slow

DEADLINE, PAUSE = 0.3, 0.02
"""Real seconds: the deadline, and the pause between two bytes."""
NEVER_ENDS = 60_000
"""Bytes that a peer drips. They would take twenty minutes."""
PADDING = b" " * NEVER_ENDS
Call = Callable[[Route], object]


def converse(route: Route) -> object:
    return route.converse(messages=MESSAGES)


def stream(route: Route) -> object:
    return list(route.converse_stream(messages=MESSAGES))


def events(route: Route) -> object:
    return list(route.converse_stream(messages=MESSAGES).events())


def dripped(response: bytes) -> list[Piece]:
    return [piece for each in response for piece in (bytes([each]), PAUSE)]


OK = b"HTTP/1.1 200 OK\r\n"
HEADERS = OK + b"x-padding: " + PADDING
BODY = http_response(PADDING + reply_body())
FRAME = chunked(frames(START, delta("a" * NEVER_ENDS), *end()))
MANY_FRAMES = chunked(*[frames(START)] * 1000)
ERROR = http_response(b'{"message": "' + PADDING + b'"}', "503 Service Unavailable")


@pytest.mark.parametrize(
    ("call", "response"),
    [
        (converse, OK + HEADERS),
        (converse, BODY),
        (converse, chunked(PADDING)),
        (converse, ERROR),
        (stream, HEADERS),
        (stream, ERROR),
        (stream, FRAME),
        (stream, MANY_FRAMES),
        (events, FRAME),
        (events, MANY_FRAMES),
    ],
    ids=lambda each: each.__name__ if callable(each) else bytes(each[9:60]),
)
def test_a_peer_that_drips_ends_at_the_deadline(call: Call, response: bytes) -> None:
    with serving(lambda path, body: dripped(response), good=None) as raw:
        route = raw.route(DEADLINE)
        assert route.map
        with pytest.raises(AllStepsFailed, match=r"Time|Late"):
            call(route)


@pytest.mark.parametrize("call", [converse, stream])
def test_a_step_that_drips_leaves_time_for_the_next(call: Call) -> None:
    with serving(lambda path, body: dripped(BODY)) as raw:
        assert call(raw.route(1.0))
    assert [each.reply and each.reply.index for each in raw.observed] == [1]


@pytest.mark.parametrize("response", [HEADERS, BODY], ids=["headers", "body"])
def test_an_ssm_that_drips_makes_the_map_unavailable(response: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("distillery.client.cached_value.MIN_READ", DEADLINE)
    with (
        serving(lambda path, body: [], ssm=lambda path, body: dripped(response)) as raw,
        pytest.raises(MapUnavailable, match=r"[Tt]ime"),
    ):
        raw.route(DEADLINE).converse(messages=MESSAGES)


def test_a_map_that_was_read_before_is_used_in_the_time_that_a_dripping_ssm_leaves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("distillery.client.cached_value.CACHE_SECONDS", 0.0)
    monkeypatch.setattr("distillery.client.cached_value.MIN_READ", 0.1)
    responses: list[Sequence[Piece]] = []
    with serving(lambda path, body: [http_response(reply_body("hi"))]) as raw:
        ssm = raw.ssm
        raw.ssm = lambda path, body: responses[0] if responses else ssm(path, body)
        route = raw.route(1.0)
        assert route.converse(messages=MESSAGES).text == "hi"
        responses.append(dripped(BODY))
        assert route.converse(messages=MESSAGES).text == "hi"


def test_after_the_first_text_an_event_may_not_drip_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "EVENT_TIMEOUT", 0.2)
    whole = chunked(frames(START, delta("a")), frames(delta("b" * NEVER_ENDS)))
    begun = whole.index(b"bbb")
    with (
        serving(lambda path, body: [whole[:begun], *dripped(whole[begun:])]) as raw,
        pytest.raises(StreamBroken, match="after 1 characters: ReadTimeoutError"),
    ):
        stream(raw.route(DEADLINE))


@pytest.mark.parametrize("response", [HEADERS, BODY], ids=["headers", "body"])
def test_a_function_url_that_drips_ends_at_its_time(response: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("distillery.client.function_url.URL_TIMEOUT", DEADLINE)
    session = boto3.Session(aws_access_key_id="AKIDANA", aws_secret_access_key="secret")
    with (
        serving(lambda path, body: [], ssm=lambda path, body: dripped(response)) as raw,
        pytest.raises(ReadTimeoutError),
    ):
        post_signed(session, f"{raw.url}/", {"run": "r"}, region="us-east-1")


def test_a_handshake_that_drips_ends_at_the_limit() -> None:
    record = b"\x16\x03\x03\x40\x00" + bytes(16384)  # of TLS: 16 KB are announced
    over = threading.Event()

    def drip(listener: socket.socket) -> None:
        peer, _ = listener.accept()
        with peer:
            for each in record:
                try:
                    peer.sendall(bytes([each]))
                except OSError:
                    return
                if over.wait(PAUSE):
                    return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip, args=[listener])
        thread.start()
        client = bedrock(f"https://127.0.0.1:{listener.getsockname()[1]}")
        with pytest.raises(Exception, match=r"[Tt]ime"):
            send(client.converse, {"modelId": "m", "messages": MESSAGES}, TimeLimit(0.2))
        over.set()
        thread.join()


def bedrock(url: str, **config: Any) -> Any:
    keys: Any = {"aws_access_key_id": "111111111111", "aws_secret_access_key": "local", "endpoint_url": url}
    settings: Any = Config(retries={"total_max_attempts": 1}, **config)
    client: Any = boto3.client("bedrock-runtime", region_name="us-east-2", config=settings, **keys)
    hold_limits(client._endpoint.http_session)
    return client


ADDRESSES = [f"192.0.2.{number}" for number in range(1, 9)]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A clock that only waiting for a connection advances, and a host with eight addresses."""
    at = SimpleNamespace(now=0.0, tried=[])
    monkeypatch.setattr("distillery.client.aws.monotonic", lambda: at.now)
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in ADDRESSES]
    monkeypatch.setattr("distillery.client.connection.socket.getaddrinfo", lambda *_: found)
    return at


@pytest.mark.parametrize(("limit", "tried"), [(10, 4), (30, 8), (2, 1)])
def test_all_addresses_of_a_host_together_have_the_time_of_the_limit(
    clock: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, limit: float, tried: int
) -> None:
    def black_hole(address: tuple[str, int], timeout: float, **_: object) -> None:
        clock.tried.append(address[0])
        clock.now += timeout
        raise TimeoutError

    monkeypatch.setattr("urllib3.util.connection.create_connection", black_hole)
    client = bedrock("https://many.example", connect_timeout=3)
    with pytest.raises(Exception, match=r"timed out|timeout"):
        send(client.converse, {"modelId": "m", "messages": MESSAGES}, TimeLimit(limit))
    assert clock.tried == ADDRESSES[:tried]
    assert clock.now <= limit


def test_the_next_address_is_tried_if_one_refuses(clock: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(address: tuple[str, int], timeout: float, **_: object) -> None:
        clock.tried.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr("urllib3.util.connection.create_connection", refuses)
    with pytest.raises(Exception, match=r"many\.example"):
        send(bedrock("https://many.example").converse, {"modelId": "m", "messages": MESSAGES}, TimeLimit(5))
    assert clock.tried == ADDRESSES


def test_a_host_without_an_address_is_the_error_that_it_was() -> None:
    client = bedrock("https://no-such-host.invalid")
    with pytest.raises(Exception, match="Could not connect to the endpoint URL"):
        send(client.converse, {"modelId": "m", "messages": MESSAGES}, TimeLimit(5))


def test_a_look_up_that_hangs_ends_with_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    monkeypatch.setattr("distillery.client.connection.socket.getaddrinfo", lambda *_: over.wait(30) and [])
    try:
        with pytest.raises(Exception, match=r"timed out|timeout"):
            send(bedrock("https://slow.example").converse, {"modelId": "m", "messages": MESSAGES}, TimeLimit(0.05))
        assert not over.is_set()
    finally:
        over.set()


def test_limits_are_of_one_thread_and_end_with_their_block() -> None:
    outer, inner, seen = TimeLimit(5), TimeLimit(3), list[TimeLimit | None]()
    with within(outer):
        with within(inner):
            thread = threading.Thread(target=lambda: seen.append(current_limit()))
            thread.start()
            thread.join()
            assert current_limit() is inner
        assert current_limit() is outer
        with pytest.raises(KeyError), within(inner):
            raise KeyError
        assert current_limit() is outer
        with within(outer):
            pass
        assert current_limit() is outer
    assert (current_limit(), seen) == (None, [None])


def test_however_many_deadlines_there_are_the_clients_stay_few(monkeypatch: pytest.MonkeyPatch) -> None:
    harness = ClientHarness(route_map())
    shared = Clients(harness)
    monkeypatch.setattr("distillery.client.route.shared_clients", lambda: shared)
    for number in range(100):
        harness.route(session=None, deadline=1 + number / 7).converse(messages=MESSAGES)
    assert sorted(harness.made) == [("bedrock-runtime", "us-east-2"), ("ssm", "us-east-2")]


class OpenSocket:
    """Takes everything at once, and keeps the time-outs that were set."""

    def __init__(self) -> None:
        self.timeouts: list[float] = []

    def settimeout(self, seconds: float) -> None:
        self.timeouts.append(seconds)

    def gettimeout(self) -> float:
        return self.timeouts[-1]

    def sendall(self, data: bytes) -> None:
        pass


def test_on_an_open_connection_the_time_out_is_set_once_and_that_of_connecting_does_not_count() -> None:
    connection = _HTTPConnection("localhost")
    connection.sock, connection.timeout = OpenSocket(), 3.0
    with within(TimeLimit(60)):
        connection.request("POST", "/", b"{}", {})
    assert connection.sock.timeouts == [pytest.approx(59.4, rel=0.01)]
    assert connection.timeout == 3.0
