"""A canary: its settings, what is decided of it, and the evidence for that. `docs/canary.md` explains it."""

from dataclasses import dataclass
from enum import StrEnum


class InconclusiveCanary(StrEnum):
    """What happens to a student whose canary ends without a decision."""

    WAIT = "wait"
    """It waits until a person accepts or rejects it."""
    KEEP = "keep"
    """The live model stays."""
    PROMOTE = "promote"
    """It goes live: its evaluation was enough, and the canary has found nothing against it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryOptions:
    """How a student that would go live takes a share of its route's traffic first."""

    share: float = 0.1
    """Share of the callers' keys, and of the requests without a key, that the student answers."""
    minutes: int = 1440
    """For how long it takes its share, in minutes."""
    min_calls: int = 200
    """Requests that the student must have answered by the end. With fewer, the canary is inconclusive."""
    max_error_increase: float = 0.02
    """How much higher than the live model's the share of its failed requests may be. 0.02 is 2 points."""
    max_refusal_increase: float = 0.02
    """How much higher than the live model's the share of its refused answers may be."""
    max_fallback_increase: float = 0.02
    """How much higher than the live model's the share of its requests that something else answered may be."""
    max_latency_ratio: float = 1.25
    """How many times the live model's latency its own may be."""
    max_cost_ratio: float = 1.25
    """How many times the live model's cost of a request its own may be; only where tokens are billed."""
    inconclusive: InconclusiveCanary = InconclusiveCanary.WAIT
    """What happens to a student whose canary ends without a decision."""


LOOKS_MAX = 288
"""How many times the metrics of one canary are looked at: every five minutes of a day."""
LOOK_MINUTES = 5
"""Minutes between two looks, if that makes no more looks than `LOOKS_MAX`."""


def look_minutes(options: CanaryOptions) -> int:
    """Minutes between two looks."""
    return max(LOOK_MINUTES, -(-options.minutes // LOOKS_MAX))


class CanaryOutcome(StrEnum):
    """What a look at the metrics says, or how a canary ended."""

    RUNNING = "running"
    """Nothing is decided yet."""
    PASSED = "passed"
    """Every criterion holds at the end."""
    WORSE = "worse"
    """A criterion is refuted: it is withdrawn."""
    INCONCLUSIVE = "inconclusive"
    """The end came without a decision."""
    STOPPED = "stopped"
    """A person stopped it."""
    SUPERSEDED = "superseded"
    """Another model went live, or the alias was paused or deleted."""
    FAILED = "failed"
    """Something broke."""


class CriterionState(StrEnum):
    """What the data say about one criterion."""

    HOLDS = "holds"
    REFUTED = "refuted"
    OPEN = "open"
    UNMEASURED = "unmeasured"


@dataclass(frozen=True, slots=True, kw_only=True)
class CriterionResult:
    """One criterion by the data so far.

    Attributes:
        name: Such as `error rate`.
        limit: The largest difference, or the largest ratio, that the recipe allows.
        canary, live: What was measured of the two; None where there is nothing.
        estimate: Their difference or ratio.
        lower, upper: Its one-sided bounds, each of 95 %.
        text: The result for people.
    """

    name: str
    state: CriterionState
    limit: float
    canary: float | None = None
    live: float | None = None
    estimate: float | None = None
    lower: float | None = None
    upper: float | None = None
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryJudgement:
    """What a look says. `calls`: requests that the canary answered; `sentence`: for people."""

    outcome: CanaryOutcome
    calls: int
    live_calls: int
    criteria: tuple[CriterionResult, ...]
    sentence: str
