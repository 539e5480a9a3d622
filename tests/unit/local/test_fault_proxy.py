"""5,000 requests of 64 threads to a route whose connections are cut, dripped, reset, refused and filled with nonsense.

No answer is wrong, none is lost that a step could serve, and none is asked for again after it was delivered. What the
proxy recorded is compared with what callers got. The gate runs 400 requests of another seed, and `make thorough` both.
"""

import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest

from distillery.client import Prices, Route, RouteMap, Served, Step, StreamBroken
from distillery.client.fallback import ROUNDS, STEP_ATTEMPTS
from local.account import ROOT
from simulator_support.standalone import Standalone
from simulator_support.thoroughness import THOROUGH
from tests.unit.local.fault_proxy import BEFORE, CLEAN, FAULTS, Exchange, FaultProxy, proxied
from tests.unit.local.observed import ObservedRequest, ask

pytestmark = pytest.mark.slow

THREADS, SHARE, DEADLINE = 64, 0.2, 8.0
LATE = {"ReadTimeoutError", "StreamLate"}
"""Errors of attempts that were given up, so that an answer may still have come by."""
PRICES = Prices(input="1.00", output="1.00", as_of="2026-11-20")
REGIONS = ("us-east-2", "us-west-2", "us-east-1")
STEPS = tuple(
    Step(model=model, region=region, identifier=f"us.{model}", prices=PRICES)
    for region, model in zip(
        REGIONS, ("amazon.nova-pro-v1:0", "anthropic.claude-haiku-5-5", "amazon.nova-lite-v1:0"), strict=True
    )
)
MAP = RouteMap(environment="dev", route="fast", description="d", max_tokens=64, steps=STEPS)


@dataclass
class Session:
    """boto3 at the proxy's addresses. `made`: the services of the clients."""

    proxy: FaultProxy
    region_name: str = "us-east-2"
    made: list[str] = field(default_factory=list)

    def client(self, service: str, *, region_name: str, config: Any) -> Any:
        self.made.append(service)
        keys: Any = {"aws_access_key_id": "111111111111", "aws_secret_access_key": "local"}
        make: Any = boto3.client
        return make(service, region_name=region_name, endpoint_url=self.proxy.url(region_name), config=config, **keys)


@dataclass
class Run:
    seen: list[ObservedRequest]
    told: list[Served]
    proxy: FaultProxy
    made: list[str]

    def each(self) -> Iterator[tuple[int, ObservedRequest, list[Exchange]]]:
        for number, seen in enumerate(self.seen):
            yield number, seen, self.proxy.exchanges[number]


SIZES = [pytest.param((400, "gate"), id="400")]
if THOROUGH:
    SIZES.append(pytest.param((5000, "whole"), id="5000"))


@pytest.fixture(scope="module", params=SIZES)
def run(request: pytest.FixtureRequest) -> Iterator[Run]:
    requests, seed = request.param
    flags = ("--speed", "0", "--date", "2026-11-23", "--seed", seed)
    with (
        Standalone(*flags, python=ROOT / ".venv-local" / "bin" / "python") as bedrock,
        proxied(bedrock.url, REGIONS, seed=seed, share=SHARE, parameter=json.dumps(MAP.document())) as proxy,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr("distillery.client.stream.EVENT_TIMEOUT", 0.5)
        patch.setattr("distillery.client.fallback.BREAKER_SECONDS", 0.2)  # it opens and closes often in a short run
        patch.setattr("distillery.client.cached_value.CACHE_SECONDS", 0.2)
        patch.setattr("distillery.client.cached_value.RETRY_SECONDS", 0.05)
        session, told = Session(proxy), list[Served]()
        route = Route("fast", environment="dev", session=session, deadline=DEADLINE, metrics=told.append)
        with ThreadPoolExecutor(THREADS) as threads:
            seen = list(threads.map(lambda number: _request(route, number), range(requests)))
        yield Run(seen, told, proxy, session.made)


def _request(route: Route, number: int) -> ObservedRequest:
    return ask(route, number, streamed=number % 2 == 1, events=number % 4 == 3)


def test_every_fault_came_up(run: Run) -> None:
    """Else the other tests would say little."""
    met = Counter(exchange.fault for _, _, exchanges in run.each() for exchange in exchanges)
    assert met.keys() >= {*FAULTS, CLEAN}
    assert {str(seen.reply.index) for seen in run.seen if seen.reply} >= {"0", "1"}


def test_no_answer_is_wrong(run: Run) -> None:
    """A reply has the text of the last answer that came by, the whole of it, and is that answer."""
    for number, seen, exchanges in run.each():
        if seen.reply:
            assert exchanges[-1].whole, number
            assert seen.said == seen.reply.text == exchanges[-1].answered, number
            assert seen.reply.complete, number


def test_no_request_is_lost_but_streams_that_had_begun_to_speak(run: Run) -> None:
    lost = [(number, seen, exchanges) for number, seen, exchanges in run.each() if seen.error]
    assert {type(seen.error) for _, seen, _ in lost} <= {StreamBroken}
    for number, seen, exchanges in lost:
        assert isinstance(seen.error, StreamBroken)
        assert seen.streamed, number
        assert exchanges[-1].fault != CLEAN, number
        assert not exchanges[-1].whole, number
        assert seen.error.text == seen.said, number
        assert exchanges[-1].passed.startswith(seen.said), number


def test_nothing_is_asked_again_after_it_was_delivered(run: Run) -> None:
    """No request comes by after a whole message, unless the attempt was given up, and none that the attempts omit. The
    test of wrong answers would see a text that was handed out twice."""
    for number, seen, exchanges in run.each():
        given_up = len([attempt for attempt in seen.attempts if attempt.error in LATE])
        assert len([each for each in exchanges[:-1] if each.whole]) <= given_up, number
        assert len(exchanges) <= len(seen.attempts), number
        tried = Counter(attempt.index for attempt in seen.attempts)
        assert max(tried.values()) <= STEP_ATTEMPTS * ROUNDS, number
        assert seen.attempts[-1].error is None or seen.error, number


def test_every_request_is_recorded_once(run: Run) -> None:
    replies = [seen.reply for seen in run.seen if seen.reply]
    assert len(run.told) == len(run.seen)
    assert Counter(served.error for served in run.told) == Counter(
        type(seen.error).__name__ if seen.error else None for seen in run.seen
    )
    assert {id(served.reply) for served in run.told if served.reply} == {id(reply) for reply in replies}
    assert all(reply.cost for reply in replies if "usage" in reply.response)


def test_clients_and_connections_stay_few(run: Run) -> None:
    assert run.made.count("ssm") == 1
    assert run.made.count("bedrock-runtime") <= len(REGIONS)
    assert run.proxy.open <= THREADS * len(REGIONS)


def test_an_answer_that_was_damaged_is_named_so(run: Run) -> None:
    """Each exchange that failed on its way is an attempt with an error."""
    for number, seen, exchanges in run.each():
        failed = [each for each in exchanges if each.fault not in BEFORE and not each.whole]
        assert len(failed) <= len([attempt for attempt in seen.attempts if attempt.error]), number
