"""Measures variants: in each round, every variant gets the same prompt, one after another, in rotating order."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from distillery.cli.benchmark.prompts import BenchmarkPrompt
from distillery.cli.benchmark.variant import Variant
from distillery.client.aws import AWS_ERRORS, FailureKind, StreamTruncated, classify
from distillery.client.invocation import served_mode
from distillery.client.single_step import is_simulated, step_arguments

Stopwatch = Callable[[], float]
"""Returns seconds since any fixed moment."""
MIN_TOKENS = 16
"""The fewest output tokens of an answer whose rate is measured: a shorter answer arrives in one or two pieces."""
TOKENS_PER_ESTIMATED = 2
"""More than any tokenizer needs for an estimated token (`tokens.BOUND`), so that the cost is an upper bound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One streamed answer. The names of the fields are keys of the report's JSON.

    Attributes:
        first_ms: Milliseconds to the first delta of content, including reasoning.
        whole_ms: Milliseconds to the end of the stream.
        served: `optimized`, `standard` or `standard/priority`, as the service reports it.
        simulated: Whether a stand-in model answered.
        error: Name of the error if there was no complete answer; the other fields are then 0.
        sentence: Message of the error.
    """

    first_ms: float = 0.0
    whole_ms: float = 0.0
    input_tokens: int = 0
    output_tokens: int = 0
    served: str = ""
    simulated: bool = False
    error: str | None = None
    sentence: str = ""

    @property
    def pace(self) -> float | None:
        """Output tokens per second after the first one; None for an answer below MIN_TOKENS."""
        seconds = (self.whole_ms - self.first_ms) / 1000
        return (self.output_tokens - 1) / seconds if self.output_tokens >= MIN_TOKENS and seconds > 0 else None


def measure(client: Any, request: Mapping[str, Any], now: Stopwatch, *, scale: float = 1.0) -> Sample:
    """Sends a request and reads the whole stream.

    Args:
        client: A `bedrock-runtime` client.
        request: Arguments of ConverseStream.
        now: The clock.
        scale: Share of the modelled time that a simulator waits; 1 on AWS.
    """
    began, first, metadata = now(), None, {}
    try:
        reply = client.converse_stream(**request)
        with closing(reply["stream"]) as stream:
            for event in stream:
                if first is None and "contentBlockDelta" in event:
                    first = now()
                metadata.update(event.get("metadata", {}))
            ended = now()
        if first is None or "usage" not in metadata:
            raise StreamTruncated("the stream ended before its message did")
    except Exception as error:  # _failed raises again what is an error neither of AWS nor of the connection
        return _failed(error)
    return Sample(
        first_ms=(first - began) * 1000 / scale,
        whole_ms=(ended - began) * 1000 / scale,
        input_tokens=metadata["usage"]["inputTokens"],
        output_tokens=metadata["usage"]["outputTokens"],
        served=str(served_mode(metadata)),
        simulated=is_simulated(reply),
    )


def _failed(error: Exception) -> Sample:
    """A connection that breaks while a stream is read raises urllib3's errors, which botocore does not wrap."""
    failure = classify(error)
    if failure.kind is FailureKind.CALLERS and not isinstance(error, AWS_ERRORS):
        raise error
    return Sample(error=failure.name, sentence=str(error))


def max_cost_usd(variant: Variant, prompt: BenchmarkPrompt, max_tokens: int) -> Decimal:
    """Returns the most that one request can cost; 0 if the variant has no price."""
    return variant.cost_usd(TOKENS_PER_ESTIMATED * prompt.tokens, max_tokens) or Decimal()


def max_total_usd(variants: Sequence[Variant], prompts: Sequence[BenchmarkPrompt], max_tokens: int) -> Decimal:
    """Returns the most that it can cost to send every prompt to every variant."""
    return sum((max_cost_usd(variant, prompt, max_tokens) for variant in variants for prompt in prompts), Decimal())


@dataclass(slots=True)
class Budget:
    """What may be spent, in US dollars. A failed answer counts at its maximum cost."""

    cap: Decimal
    spent: Decimal = field(default_factory=Decimal)

    def allows(self, usd: Decimal) -> bool:
        """Whether that much is left."""
        return self.spent + usd <= self.cap

    def charge(self, variant: Variant, sample: Sample, at_most: Decimal) -> None:
        """Adds the cost of a sample."""
        cost = at_most if sample.error else variant.cost_usd(sample.input_tokens, sample.output_tokens)
        self.spent += cost or Decimal()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is measured.

    Attributes:
        warm_up: Number of first rounds whose answers are not counted: connections are opened in them.
        client: Returns the `bedrock-runtime` client of a Region.
        scale: As for `measure`.
    """

    variants: Sequence[Variant]
    prompts: Sequence[BenchmarkPrompt]
    warm_up: int
    max_tokens: int
    client: Callable[[str], Any]
    now: Stopwatch
    scale: float = 1.0


@dataclass(slots=True)
class BenchmarkResult:
    """What was measured.

    Attributes:
        samples: By name of the variant, in order.
        unreachable: Variants that failed in every warm-up round, with the last error.
        stopped: Why the run ended early; None if it did not.
    """

    samples: dict[str, list[Sample]]
    unreachable: dict[str, str] = field(default_factory=dict)
    stopped: str | None = None


def run(plan: Plan, budget: Budget, on_request: Callable[[], object]) -> BenchmarkResult:
    """Runs the plan, and calls `on_request` after every request. Ctrl-C ends the run and keeps what was measured."""
    result = BenchmarkResult({variant.name: [] for variant in plan.variants})
    warmed: dict[str, list[Sample]] = {variant.name: [] for variant in plan.variants}
    try:
        for number, prompt in enumerate(plan.prompts):
            if number == plan.warm_up:
                result.unreachable = _unreachable(warmed)
            into = warmed if number < plan.warm_up else result.samples
            order = _rotated(plan.variants, number, result.unreachable)
            if not _round(plan, budget, order, prompt, into, on_request):
                result.stopped = f"the next request might have gone above the cap of ${budget.cap}"
                break
    except KeyboardInterrupt:
        result.stopped = "Ctrl-C stopped it"
    return result


def _round(
    plan: Plan,
    budget: Budget,
    variants: Iterable[Variant],
    prompt: BenchmarkPrompt,
    into: dict[str, list[Sample]],
    on_request: Callable[[], object],
) -> bool:
    """Sends a prompt to each variant. False if the budget did not allow all of them."""
    for variant in variants:
        at_most = max_cost_usd(variant, prompt, plan.max_tokens)
        if not budget.allows(at_most):
            return False
        request = step_arguments(variant.route, variant.target, prompt.conversation, plan.max_tokens)
        sample = measure(plan.client(variant.step.region), request, plan.now, scale=plan.scale)
        budget.charge(variant, sample, at_most)
        into[variant.name].append(sample)
        on_request()
    return True


def _rotated(variants: Sequence[Variant], number: int, without: Mapping[str, str]) -> list[Variant]:
    """Returns the order of a round, so that no variant always goes first."""
    at = number % len(variants)
    return [variant for variant in (*variants[at:], *variants[:at]) if variant.name not in without]


def _unreachable(warmed: Mapping[str, Sequence[Sample]]) -> dict[str, str]:
    return {name: taken[-1].sentence for name, taken in warmed.items() if taken and all(one.error for one in taken)}
