"""What was measured of a canary and of the live endpoint beside it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficPeriod:
    """The answered calls of one period of time. `latency_ms`: their mean; tokens: of all of them."""

    calls: int
    latency_ms: float
    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """What CloudWatch has of one endpoint. `failed`: calls without an answer, but for
    errors that blame the request; `periods`: by their beginning, in seconds
    since the epoch."""

    answered: int = 0
    failed: int = 0
    periods: Mapping[int, TrafficPeriod] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Requests:
    """What the callers' own metrics have of one variant: requests that were assigned to it, those of them that
    something else answered, and refusals among its answers."""

    assigned: int = 0
    diverted: int = 0
    refused: int = 0

    @property
    def answered(self) -> int:
        return max(0, self.assigned - self.diverted)


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPrices:
    """US dollars per million tokens."""

    input: Decimal
    output: Decimal

    def of(self, period: TrafficPeriod) -> float:
        """US dollars of a call, on average."""
        dollars = self.input * period.input_tokens + self.output * period.output_tokens
        return float(dollars) / 1_000_000 / period.calls


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryTraffic:
    """Both sides. `prices`: of the two models; None where tokens are not billed, or have no known price."""

    canary: Traffic
    live: Traffic
    canary_requests: Requests = field(default_factory=Requests)
    live_requests: Requests = field(default_factory=Requests)
    prices: tuple[TokenPrices, TokenPrices] | None = None
