"""What a request came to: the answer as Bedrock gave it, and the truth about how it was served."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from distillery.client.route_map import DEFAULT_TIER, STANDARD, Mode, Prices, RouteMap, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try at one step. error: the name of what went wrong, None for the one that answered; message: its sentence.

    index: the step's place in the policy, from 0. identifier: what was called, None where there was nothing to call.
    """

    index: int
    region: str
    identifier: str | None
    error: str | None = None
    message: str | None = None
    elapsed_ms: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """response: Converse's; of a stream, its events put together in the same shape, without ResponseMetadata.

    text: its text blocks together; reasoning and tool use are in `response`.
    served: None where Bedrock did not come to say it: a stream tells it last, and this one was closed or cut before.
    index, step: which of the policy's steps answered; identifier: the `modelId` that was called; model: the catalog's
        id, or for a distilled student the ARN of the model that its alias names.
    attempts: every try, the answering one last.
    cost: US dollars at the map's dated price of what was *served*; None where the map has no such price, or the prompt
        cache was used, whose prices no map has.
    latency_ms: what the service says it took; elapsed_ms: what the caller waited, failed tries and pauses included.
    time_to_first_token_ms: of a stream, from the beginning of the answering try; output_tokens_per_second leaves that
        wait, and the first token, out.
    """

    response: Mapping[str, Any]
    text: str
    requested: Mode
    served: Mode | None
    index: int
    step: Step
    identifier: str
    model: str
    attempts: tuple[Attempt, ...]
    cost: Decimal | None
    elapsed_ms: float
    time_to_first_token_ms: float | None = None
    output_tokens_per_second: float | None = None

    @property
    def downgraded(self) -> bool:
        """Whether another mode was served than the answering step requested, as far as anybody knows."""
        return self.served is not None and self.served != self.requested

    @property
    def input_tokens(self) -> int:
        return int(self.response.get("usage", {}).get("inputTokens", 0))

    @property
    def output_tokens(self) -> int:
        return int(self.response.get("usage", {}).get("outputTokens", 0))

    @property
    def latency_ms(self) -> int:
        return int(self.response.get("metrics", {}).get("latencyMs", 0))

    @property
    def stop_reason(self) -> str:
        return str(self.response.get("stopReason", ""))


def text_of(response: Mapping[str, Any]) -> str:
    """Text blocks are chosen by type: reasoning may come first."""
    blocks = response.get("output", {}).get("message", {}).get("content", ())
    return "".join(block["text"] for block in blocks if "text" in block)


def served_of(response: Mapping[str, Any]) -> Mode:
    """What Bedrock says it served. What it leaves out was served as usual, as after a silent fallback to standard
    latency (UG latency-optimized-inference)."""
    return Mode(
        latency=response.get("performanceConfig", {}).get("latency", STANDARD),
        tier=response.get("serviceTier", {}).get("type", DEFAULT_TIER),
    )


def told_of(response: Mapping[str, Any]) -> Mode | None:
    """The same of a response that may be a part: None without `usage`, which Bedrock tells together with the mode."""
    return served_of(response) if "usage" in response else None


def cost_of(response: Mapping[str, Any], step: Step, served: Mode | None, route: RouteMap) -> Decimal | None:
    """At the prices of the mode served: of the step itself, or of another step of the same model in that mode."""
    usage, prices = response.get("usage", {}), _prices(step, served, route)
    cached = usage.get("cacheReadInputTokens", 0) or usage.get("cacheWriteInputTokens", 0)
    if prices is None or cached or "inputTokens" not in usage:
        return None
    return prices.cost(input_tokens=usage["inputTokens"], output_tokens=usage["outputTokens"])


def _prices(step: Step, served: Mode | None, route: RouteMap) -> Prices | None:
    same = (one for one in route.steps if (one.model, one.region, one.alias) == (step.model, step.region, step.alias))
    return next((one.prices for one in (step, *same) if one.mode == served and one.prices), None)
