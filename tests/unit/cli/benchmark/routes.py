"""Routes to measure and sample answers, for tests without a simulator."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from distillery.cli.benchmark.measurement import Sample
from distillery.cli.benchmark.variant import Variant
from distillery.client.converse import ResolvedStep
from distillery.client.route_map import RouteMap
from tests.fakes.services import WITHOUT_EVENTS
from tests.unit.cli.benchmark.virtual import Stopwatch


def arm(route: RouteMap, index: int = 0) -> Variant:
    return Variant(route, resolved(route, index))


def resolved(route: RouteMap, index: int) -> ResolvedStep:
    step = route.steps[index]
    return ResolvedStep(index, step, step.identifier or "its deployment", step.model)


def answered(first: float, whole: float, tokens: int = 100, **more: Any) -> Sample:
    """Milliseconds."""
    return Sample(first_ms=first, whole_ms=whole, input_tokens=20, output_tokens=tokens, served="standard", **more)


@dataclass
class FakeRuntime:
    """Streams `tokens`: the first after half a second, the others one second later. meanwhile: called with
    each request.
    """

    meta = WITHOUT_EVENTS
    watch: Stopwatch
    tokens: int = 100
    latency: str | None = None
    errors: Mapping[str, Exception] = field(default_factory=dict)
    meanwhile: Callable[[], object] = lambda: None
    asked: list[dict[str, Any]] = field(default_factory=list)

    def converse_stream(self, **asked: Any) -> dict[str, Any]:
        self.asked.append(asked)
        self.meanwhile()
        if error := self.errors.get(asked["modelId"]):
            raise error
        return {"stream": self._events(), "ResponseMetadata": {"HTTPHeaders": {}}}

    def _events(self) -> Iterator[dict[str, Any]]:
        yield {"messageStart": {"role": "assistant"}}
        self.watch.seconds += 0.5
        yield {"contentBlockDelta": {"delta": {"text": "so"}, "contentBlockIndex": 0}}
        self.watch.seconds += 1.0
        yield {"messageStop": {"stopReason": "end_turn"}}
        told: dict[str, Any] = {"usage": {"inputTokens": 20, "outputTokens": self.tokens}}
        yield {"metadata": told | ({"performanceConfig": {"latency": self.latency}} if self.latency else {})}
