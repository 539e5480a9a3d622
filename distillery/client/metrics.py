"""What was requested and served, as metrics: one JSON line per request in CloudWatch's embedded metric format.

CloudWatch Logs takes the metrics out of the line, so a call waits for no API. The line holds names, counts and times;
never a prompt or a reply. Source: CloudWatch User Guide, "Specification: Embedded metric format".

A request without an answer counts for `FAILED` alone: it took no step and was served in no mode.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from distillery.client.reply import Reply

NAMESPACE = "Distillery"


class Dimension(StrEnum):
    """At most three to a metric. SERVED: the mode of the answer, such as `optimized` or `standard/priority`."""

    ENVIRONMENT = "Environment"
    ROUTE = "Route"
    SERVED = "Served"


class Metric(StrEnum):
    """Of requests, by environment and by route: REQUESTS to FAILED. Of answers, by route and mode served: the others.

    FALLBACKS: 1 where a later step than the first answered; FALLBACK_STEP: its number, from 0. DOWNGRADES: 1 where the
    latency or tier served is not what the answering step requested. DEGRADED: 1 where either is so, and else 0, so that
    its average is the share of requests that were not served as their route means them to be: an alarm watches it.
    FAILED: 1 where the caller got no whole answer.
    """

    REQUESTS = "Requests"
    FALLBACKS = "Fallbacks"
    FALLBACK_STEP = "FallbackStep"
    DOWNGRADES = "Downgrades"
    DEGRADED = "Degraded"
    FAILED = "Failed"
    ANSWERS = "Answers"
    INPUT_TOKENS = "InputTokens"
    OUTPUT_TOKENS = "OutputTokens"
    COST_USD = "CostUSD"
    TIME_TO_FIRST_TOKEN = "TimeToFirstToken"  # noqa: S105  # no password
    OUTPUT_TOKENS_PER_SECOND = "OutputTokensPerSecond"


UNITS = {
    Metric.FALLBACK_STEP: "None",
    Metric.COST_USD: "None",
    Metric.TIME_TO_FIRST_TOKEN: "Milliseconds",
    Metric.OUTPUT_TOKENS_PER_SECOND: "Count/Second",
}
"""`Count` where nothing else is said."""
OF_REQUESTS = ((Dimension.ENVIRONMENT,), (Dimension.ENVIRONMENT, Dimension.ROUTE))
OF_ANSWERS = ((Dimension.ENVIRONMENT, Dimension.ROUTE, Dimension.SERVED),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """One request, when it is over. reply: None where there was no whole answer, and then `error` names what was
    raised."""

    environment: str
    route: str
    reply: Reply | None = None
    error: str | None = None


class EmbeddedMetrics:
    """`Route("fast", metrics=EmbeddedMetrics(print, clock=time.time))`. Safe to share between routes and threads.

    write: takes the line, without its end; it has to reach CloudWatch Logs as it is, with nothing before it.
    clock: seconds since the epoch; CloudWatch wants the moment in the line.
    """

    def __init__(self, write: Callable[[str], object], *, clock: Callable[[], float]) -> None:
        self._write, self._clock = write, clock

    def __call__(self, served: Served) -> None:
        self._write(json.dumps(document(served, at=self._clock()), separators=(",", ":")))


def document(served: Served, *, at: float) -> dict[str, Any]:
    """The line as an object. at: seconds since the epoch."""
    requests, answers = dict(_of_request(served)), dict(_of_answer(served.reply))
    values: dict[str, Any] = {metric.value: value for metric, value in (requests | answers).items()}
    directives = [_directive(OF_REQUESTS, requests)] + ([_directive(OF_ANSWERS, answers)] if answers else [])
    reply = served.reply
    return {
        "_aws": {"Timestamp": round(at * 1000), "CloudWatchMetrics": directives},
        Dimension.ENVIRONMENT: served.environment,
        Dimension.ROUTE: served.route,
        **({Dimension.SERVED: str(reply.served)} if reply else {}),
        **values,
        **(_properties(reply) if reply else {"Error": served.error}),
    }


def _directive(sets: tuple[tuple[Dimension, ...], ...], values: Mapping[Metric, float]) -> dict[str, Any]:
    metrics = [{"Name": metric, "Unit": UNITS.get(metric, "Count")} for metric in values]
    return {"Namespace": NAMESPACE, "Dimensions": [list(one) for one in sets], "Metrics": metrics}


def _properties(reply: Reply) -> dict[str, Any]:
    """To search logs by; no metrics."""
    return {
        "Requested": str(reply.requested),
        "Model": reply.model,
        "Identifier": reply.identifier,
        "Region": reply.step.region,
        "Attempts": len(reply.attempts),
        "ElapsedMs": round(reply.elapsed_ms, 1),
        "LatencyMs": reply.latency_ms,
    }


def _of_request(served: Served) -> Iterator[tuple[Metric, float]]:
    reply = served.reply
    fallback, downgrade = bool(reply and reply.index), bool(reply and reply.downgraded)
    yield Metric.REQUESTS, 1
    yield Metric.FAILED, int(reply is None)
    yield Metric.FALLBACKS, int(fallback)
    yield Metric.DOWNGRADES, int(downgrade)
    yield Metric.DEGRADED, int(fallback or downgrade)
    if reply:
        yield Metric.FALLBACK_STEP, reply.index


def _of_answer(reply: Reply | None) -> Iterator[tuple[Metric, float]]:
    if reply is None:
        return
    yield Metric.ANSWERS, 1
    if "usage" in reply.response:  # a stream that its caller closed has none
        yield Metric.INPUT_TOKENS, reply.input_tokens
        yield Metric.OUTPUT_TOKENS, reply.output_tokens
    if reply.cost is not None:
        yield Metric.COST_USD, float(reply.cost)
    if reply.time_to_first_token_ms is not None:
        yield Metric.TIME_TO_FIRST_TOKEN, round(reply.time_to_first_token_ms, 1)
    if reply.output_tokens_per_second is not None:
        yield Metric.OUTPUT_TOKENS_PER_SECOND, round(reply.output_tokens_per_second, 2)
