"""The simulator behind a client that advances a virtual clock while it reads, without real time."""

from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import botocore.session
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config

from bedrock_simulator.ports import Request
from bedrock_simulator.settings import Latency
from simulator_support.fakes import ACCOUNT, World


class Stopwatch:
    """A stopwatch that a test's client advances."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


class Body(BytesIO):
    """A streamed body: each chunk arrives after its delay."""

    def __init__(self, chunks: Iterable[tuple[float, bytes]], watch: Stopwatch) -> None:
        super().__init__()
        self._chunks, self._watch = chunks, watch

    def stream(self, **_: Any) -> Iterator[bytes]:
        for wait, piece in self._chunks:
            self._watch.seconds += wait
            yield piece


def client(harness: World, watch: Stopwatch, region: str) -> Any:
    """Returns a bedrock-runtime client. A refusal takes no time."""
    made: Any = botocore.session.get_session().create_client(
        "bedrock-runtime",
        region_name=region,
        aws_access_key_id=ACCOUNT,
        aws_secret_access_key="local",
        endpoint_url="http://bedrock.invalid",
        config=Config(retries={"max_attempts": 0}),
    )

    def send(request: Any, **_: Any) -> AWSResponse:
        path, headers = urlsplit(request.url).path, {"content-type": "application/json"}
        asked = Request("bedrock-runtime", ACCOUNT, region, "POST", path, {}, headers, bytes(request.body))
        answer = harness.bedrock.handle(asked)
        chunks = [(0.0, answer.body)] if answer.chunks is None else answer.chunks
        told = HTTPHeaders.from_pairs(answer.headers.items())
        if answer.chunks is None:
            return AWSResponse(request.url, answer.status, told, _Whole(answer.body))
        return AWSResponse(request.url, answer.status, told, Body(chunks, watch))

    made.meta.events.register("before-send", send)
    return made


class _Whole(BytesIO):
    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


def simulated(at: Any) -> tuple[World, Stopwatch]:
    """Answers take as long as the simulator's latency model says."""
    return World(at, latency=Latency(scale=1.0)), Stopwatch()
