"""5,000 requests to a route whose steps are throttled, denied, fail, hang, break off and reach their end of life.

The local Bedrock runs in a separate process and logs every answer that it started. The log is compared with what the
client reports: no request is lost, no stream restarts after it delivered text, and every request is recorded with what
was served. The gate runs 1,000 of the requests, and `make thorough` all.
"""

import gzip
import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

import boto3
import pytest

from distillery.client import Mode, Prices, Route, RouteMap, Served, Step, StreamBroken
from distillery.client.fallback import CircuitBreaker
from local.account import ROOT
from simulator_support.standalone import Standalone
from simulator_support.thoroughness import cases
from tests.fakes.services import FakeSsm
from tests.unit.local.observed import ObservedRequest, ask

pytestmark = pytest.mark.slow
REQUESTS, THREADS = cases(5000), 16
ENDS_AT = REQUESTS * 2 // 5
LLAMA, PRO, HAIKU = "meta.llama3-1-70b-instruct-v1:0", "amazon.nova-pro-v1:0", "anthropic.claude-haiku-5-5"
DOLLAR = Prices(input="1.00", output="1.00", as_of="2026-11-20")
STEPS = tuple(
    Step(model=model, region="us-east-2", identifier=f"us.{model}", prices=DOLLAR, latency=latency, tier=tier)
    for model, latency, tier in (
        (LLAMA, "optimized", "default"),
        (PRO, "standard", "priority"),
        (HAIKU, "standard", "default"),
    )
)
MAP = RouteMap(environment="dev", route="fast", description="d", max_tokens=64, steps=STEPS)
FAULTS: list[dict[str, Any]] = [
    {"kind": "error", "error": "ThrottlingException", "named": f"us.{LLAMA}", "after": REQUESTS * 3 // 25, "times": 30},
    {"kind": "error", "error": "ThrottlingException", "probability": 0.08},
    {"kind": "error", "error": "InternalServerException", "probability": 0.04},
    {"kind": "error", "error": "ServiceUnavailableException", "probability": 0.04},
    {"kind": "error", "error": "ModelNotReadyException", "probability": 0.04},
    {"kind": "error", "error": "ModelTimeoutException", "probability": 0.02},
    {"kind": "error", "error": "AccessDeniedException", "named": f"us.{PRO}", "after": 100, "times": 10},
    {"kind": "no-answer", "operation": "Converse", "probability": 0.02},
    {"kind": "slow", "operation": "Converse", "seconds": 5, "probability": 0.002},
    {"kind": "stream", "events": 0, "probability": 0.03},
    {"kind": "stream", "events": 1, "error": "ModelStreamErrorException", "probability": 0.03},
    {"kind": "stream", "events": 3, "probability": 0.03},
    {"kind": "stream", "events": 4, "error": "ModelStreamErrorException", "probability": 0.03},
]  # fmt: skip
NOT_BEGUN = {
    "ThrottlingException",
    "InternalServerException",
    "ServiceUnavailableException",
    "ModelNotReadyException",
    "ModelTimeoutException",
    "ResourceNotFoundException",
    "AccessDeniedException",
}
"""Errors before any work. Other failures are in the simulator's log as answers."""


@dataclass
class Session:
    """The local Bedrock, and a parameter store that contains the map."""

    url: str
    region_name: str = "us-east-2"
    ssm: FakeSsm = field(default_factory=lambda: FakeSsm({"/distillery/dev/routes/fast": json.dumps(MAP.document())}))

    def client(self, service: str, *, region_name: str, config: Any) -> Any:
        if service == "ssm":
            return self.ssm
        keys: Any = {"aws_access_key_id": "111111111111", "aws_secret_access_key": "local"}
        return boto3.client("bedrock-runtime", region_name=region_name, endpoint_url=self.url, config=config, **keys)


@dataclass
class Run:
    seen: dict[int, ObservedRequest]
    told: list[Served]
    log: dict[int, list[dict[str, Any]]]
    """The simulator's own records of the answers to each request."""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    buckets = tmp_path_factory.mktemp("buckets")
    (buckets / "logs").mkdir()
    flags = ("--speed", "0", "--date", "2026-11-23", "--seed", "chaos", "--objects", str(buckets))
    with (
        Standalone(*flags, python=ROOT / ".venv-local" / "bin" / "python") as bedrock,
        pytest.MonkeyPatch.context() as patch,
    ):
        bedrock.client(region="us-east-2").put_model_invocation_logging_configuration(
            loggingConfig={"s3Config": {"bucketName": "logs"}, "textDataDeliveryEnabled": True}
        )
        bedrock.admin("PUT", "quotas", {"tokens": {"optimized": {f"us-east-2/{LLAMA}": REQUESTS}}})
        bedrock.admin("POST", "faults", FAULTS)
        told: list[Served] = []
        # Breakers measure time by requests, so that they open and close as often on a fast machine as on a busy one.
        patch.setattr("distillery.client.fallback.BREAKER_SECONDS", 25)
        patch.setattr("distillery.client.route.CircuitBreaker", lambda _: CircuitBreaker(lambda: len(told)))
        route = Route("fast", environment="dev", session=Session(bedrock.url), deadline=8.0, metrics=told.append)
        ended = Event()
        with ThreadPoolExecutor(THREADS) as threads:
            seen = dict(threads.map(lambda number: (number, _request(bedrock, route, number, ended)), range(REQUESTS)))
        bedrock.admin("PUT", "clock", {"advance": 1})  # delivers what waits
        yield Run(seen, told, _logged(buckets / "logs"))


def _request(bedrock: Standalone, route: Route, number: int, ended: Event) -> ObservedRequest:
    """One request. That with the number ENDS_AT ends the model's life; those that follow wait for it."""
    if number == ENDS_AT:
        try:
            bedrock.admin("PUT", "clock", {"date": "2027-04-01"})
        finally:
            ended.set()
    elif number > ENDS_AT:
        ended.wait()
    draw = random.Random(number)
    return ask(route, number, streamed=draw.random() < 0.5, events=draw.random() < 0.5)


def _logged(folder: Path) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for file in sorted(folder.rglob("*.json.gz")):
        for line in gzip.decompress(file.read_bytes()).decode().splitlines():
            record = json.loads(line)
            if "output" in record:
                found[int(record["requestMetadata"]["number"])].append(record)
    return found


def _answered(record: dict[str, Any]) -> str:
    blocks = record["output"]["outputBodyJson"]["output"]["message"]["content"]
    return "".join(block.get("text", "") for block in blocks)


def test_no_request_is_lost_but_streams_that_had_begun_to_speak(run: Run) -> None:
    assert len(run.seen) == REQUESTS
    lost = {number: seen.error for number, seen in run.seen.items() if seen.error}
    assert {type(error) for error in lost.values()} == {StreamBroken}
    assert all(run.seen[number].streamed for number in lost)


def test_every_trouble_came_up(run: Run) -> None:
    """Else the other tests would say little."""
    errors = Counter(attempt.error for seen in run.seen.values() for attempt in seen.attempts)
    assert errors.keys() >= NOT_BEGUN | {"ReadTimeoutError", "ConnectionClosedError", "ModelStreamErrorException", None}
    steps = Counter(seen.reply.index for seen in run.seen.values() if seen.reply)
    assert min(steps[0], steps[1], steps[2]) > 10
    gone = errors["ResourceNotFoundException"]
    assert gone < (REQUESTS - ENDS_AT) / 10  # a step that is gone is asked now and then, not by every request


def test_after_the_end_of_its_life_a_model_answers_nobody(run: Run) -> None:
    late = [seen.reply for number, seen in run.seen.items() if number >= ENDS_AT and seen.reply]
    assert late
    assert all(reply.index > 0 for reply in late)
    assert any(seen.reply and seen.reply.index == 0 for number, seen in run.seen.items() if number < ENDS_AT)


def test_what_the_service_began_is_what_the_client_says_it_began(run: Run) -> None:
    """So no stream was begun again after its text was handed out: the log would have one more."""
    for number, seen in run.seen.items():
        begun = [attempt for attempt in seen.attempts if attempt.error not in NOT_BEGUN]
        logged = Counter(each["modelId"] for each in run.log[number])
        assert logged == Counter(attempt.identifier for attempt in begun), number


def test_a_caller_has_what_one_answer_said_and_nothing_twice(run: Run) -> None:
    for number, seen in run.seen.items():
        (whole,) = {_answered(each) for each in run.log[number] if each["modelId"] == seen.attempts[-1].identifier}
        assert seen.said == whole if seen.reply else whole.startswith(seen.said), number
        if isinstance(seen.error, StreamBroken):
            assert seen.error.text == seen.said
            assert seen.attempts[-1].error not in NOT_BEGUN | {None}


def test_every_request_is_recorded_with_what_was_served(run: Run) -> None:
    replies = [seen.reply for seen in run.seen.values() if seen.reply]
    broken = REQUESTS - len(replies)
    assert len(run.told) == REQUESTS
    assert Counter(served.error for served in run.told) == {None: len(replies), "StreamBroken": broken}
    assert {id(served.reply) for served in run.told if served.reply} == {id(reply) for reply in replies}
    for reply in replies:
        latency = reply.response.get("performanceConfig", {}).get("latency", "standard")
        tier = reply.response.get("serviceTier", {}).get("type", "default")
        assert reply.served == (Mode(latency, tier) if "usage" in reply.response else None)
    assert {str(reply.served) for reply in replies if reply.index == 0} == {"optimized", "standard"}
    assert {reply.cost is None for reply in replies if reply.downgraded} == {True}  # the map has no such price
    assert all(reply.cost for reply in replies if not reply.downgraded)
