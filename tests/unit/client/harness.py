"""A route over fakes: SSM, a scripted runtime for each Region, and a clock that only sleeps advance."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError, EventStreamError

from distillery.client import Prices, Route, RouteMap, Served, Step
from distillery.client.aws import TimeLimit, current_limit
from distillery.client.clock import Timing
from distillery.client.route_store import format_probe_result, probe_parameter
from tests.fakes.s3 import FakeS3
from tests.fakes.services import FakeSsm

PRO = "us.amazon.nova-pro-v1:0"
HAIKU = "us.anthropic.claude-haiku-5-5"
ALIAS = "/distillery/dev/alias/support"
ENDPOINT = "arn:aws:bedrock:us-east-1:111111111111:custom-model-deployment/abcdefghijkl"
MESSAGES = [{"role": "user", "content": [{"text": "hello"}]}]
OPTIMIZED = Step(
    model="amazon.nova-pro-v1:0",
    region="us-east-2",
    identifier=PRO,
    latency="optimized",
    prices=Prices(input="1.00", output="4.00", as_of="2026-11-20"),
)
STANDARD = Step(
    model="amazon.nova-pro-v1:0",
    region="us-east-2",
    identifier="app-pro",
    prices=Prices(input="0.80", output="3.20", as_of="2026-11-20"),
)
OTHER = Step(model="anthropic.claude-haiku-5-5", region="us-west-2", identifier=HAIKU)
STUDENT = Step(model="amazon.nova-micro-v1:0", region="us-east-1", alias=ALIAS)


def route_map(*steps: Step, **more: Any) -> RouteMap:
    said: dict[str, Any] = {
        "environment": "dev",
        "route": "fast",
        "description": "d",
        "max_tokens": 64,
        "tags": {"team": "search"},
    }
    return RouteMap(**(said | more), steps=steps or (OPTIMIZED, STANDARD, OTHER))


def refusal(code: str, message: str = "as the test wants", status: int = 400) -> ClientError:
    told: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(told, "Converse")


def event_refusal(code: str) -> EventStreamError:
    return EventStreamError({"Error": {"Code": code, "Message": "in the stream"}}, "ConverseStream")


THROTTLED = refusal("ThrottlingException", status=429)


def answer(text: str = "hi", **more: Any) -> dict[str, Any]:
    reasoning = {"reasoningContent": {"reasoningText": {"text": "thinking"}}}
    return {
        "output": {"message": {"role": "assistant", "content": [reasoning, {"text": text}]}},
        "stopReason": "end_turn",
        "usage": {"inputTokens": 1000, "outputTokens": 10, "totalTokens": 1010},
        "metrics": {"latencyMs": 321},
        **more,
    }


def delta(text: str, index: int = 1) -> dict[str, Any]:
    return {"contentBlockDelta": {"contentBlockIndex": index, "delta": {"text": text}}}


THOUGHT = {"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"reasoningContent": {"text": "thinking"}}}}
START = {"messageStart": {"role": "assistant"}}
USAGE = {"inputTokens": 1000, "outputTokens": 10, "totalTokens": 1010}


def end(**more: Any) -> list[dict[str, Any]]:
    metadata = {"usage": USAGE, "metrics": {"latencyMs": 321}, **more}
    return [
        {"contentBlockStop": {"contentBlockIndex": 1}},
        {"messageStop": {"stopReason": "end_turn"}},
        {"metadata": metadata},
    ]


class FakeStream:
    """A stream of events. An exception among them is raised in its turn."""

    def __init__(self, events: Sequence[Any], tick: Callable[[TimeLimit], None], limit: TimeLimit) -> None:
        self.events, self.closed, self._tick, self._limit = list(events), False, tick, limit

    def __iter__(self) -> Iterator[Any]:
        for event in self.events:
            self._tick(self._limit)
            if isinstance(event, Exception):
                raise event
            yield event

    def close(self) -> None:
        self.closed = True


class ClientHarness:
    """script: the answers for each identifier, call by call; the last one repeats. A callable is called with the
    request.
    """

    def __init__(self, said: RouteMap | None = None) -> None:
        self.at, self.pauses = 1000.0, list[float]()
        self.ssm, self.s3 = FakeSsm(), FakeS3()
        self.homes = {"us-east-2": self.ssm, "us-east-1": FakeSsm()}
        self.script: dict[str, list[Any]] = defaultdict(lambda: [answer()])
        self.requests: list[dict[str, Any]] = []
        self.regions: list[str] = []
        self.waits: list[float] = []
        self.streams: list[FakeStream] = []
        self.timeouts: list[float] = []
        self.observed: list[Served] = []
        self.made: list[tuple[str, str]] = []
        if said:
            self.publish(said)

    region_name = "us-east-2"

    def publish(self, said: RouteMap) -> None:
        """Publishes a map as a deployment does, and probe results."""
        self.ssm.parameters[f"/distillery/dev/routes/{said.route}"] = json.dumps(said.document())
        for step in said.steps:
            if step.application and step.probed is not None:
                name = probe_parameter("dev", said.route, step.application)
                self.ssm.parameters[name] = format_probe_result(step.probed)

    def promote(self, model: str = "model-a", endpoint: str = ENDPOINT, **more: Any) -> None:
        alias = {"endpoint": {"arn": endpoint}, "current": model, **more}
        self.homes["us-east-1"].parameters[ALIAS] = json.dumps(alias)

    def client(self, service: str, *, region_name: str, config: Any) -> Any:
        self.made.append((service, region_name))
        if service == "s3":
            return self.s3
        return self.homes[region_name] if service == "ssm" else _Runtime(self, region_name)

    def route(self, name: str = "fast", **more: Any) -> Route:
        timing = Timing(now=lambda: self.at, sleep=self._sleep, jitter=lambda most: most)
        said: dict[str, Any] = {
            "environment": "dev",
            "session": self,
            "metrics": self.observed.append,
            "timing": timing,
        }
        return Route(name, **(said | more))

    @property
    def called(self) -> list[str]:
        return [request["modelId"] for request in self.requests]

    def take(self, seconds: float, result: Any) -> Callable[[Mapping[str, Any]], Any]:
        """Returns a call that takes this long, or until its time-out."""

        def slow(_: Mapping[str, Any]) -> Any:
            self.at += min(seconds, self.waits[-1])
            return result

        return slow

    def _sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.at += seconds

    def tick(self, limit: TimeLimit) -> None:
        self.timeouts.append(limit.seconds)
        self.at += 0.5


class _Runtime:
    def __init__(self, harness: ClientHarness, region: str) -> None:
        self._world, self._region = harness, region

    def converse(self, **request: Any) -> Any:
        harness = self._world
        harness.requests.append(request)
        harness.regions.append(self._region)
        harness.waits.append(_limit().seconds)
        script = harness.script[request["modelId"]]
        result = script.pop(0) if len(script) > 1 else script[0]
        if callable(result):
            result = result(request)
        if isinstance(result, Exception):
            raise result
        return result

    def converse_stream(self, **request: Any) -> Any:
        events = self.converse(**request)
        stream = FakeStream(events, self._world.tick, _limit())
        self._world.streams.append(stream)
        return {"stream": stream}


def _limit() -> TimeLimit:
    limit = current_limit()
    assert limit is not None
    return limit
