"""What was requested and served, as metrics: one JSON line per request in CloudWatch's embedded metric format.

CloudWatch Logs takes the metrics out of the line, so a call waits for no API. The line holds names, counts and times;
never a prompt or a reply. Source: CloudWatch User Guide, "Specification: Embedded metric format".

A request without an answer took no step and was served in no mode: it counts for `FAILED`, and unless the error is the
caller's own for `DEGRADED` too, so that an outage rings. A name that is no route becomes no dimension.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from distillery.client.errors import NoSuchRoute
from distillery.client.reply import Reply
from distillery.client.route_map import Mode

Values = Mapping["Metric", float]
NAMESPACE = "Distillery"


class Dimension(StrEnum):
    """At most three to a metric. REQUESTED: the mode of the route's first step, such as `optimized` or
    `standard/priority`; SERVED: that of the answer, `unknown` where a stream ended before Bedrock told it."""

    ENVIRONMENT = "Environment"
    ROUTE = "Route"
    REQUESTED = "Requested"
    SERVED = "Served"


class Metric(StrEnum):
    """Of requests, by environment and by route: REQUESTS to FAILED; REQUESTS by route and mode requested too. Of
    answers, by route and mode served: the others.

    FALLBACKS: 1 where a later step than the first answered; FALLBACK_STEP: its number, from 0. DOWNGRADES: 1 where the
    latency or tier served is not what the answering step requested. DEGRADED: 1 where either is so or the route failed,
    and else 0, so that its average is the share of requests that were not served as their route means them to be: an
    alarm watches it. Both are left out where nobody can tell: of an error of the caller's, of a mode that is unknown.
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


UNITS: Mapping[str, str] = {
    Metric.FALLBACK_STEP: "None",
    Metric.COST_USD: "None",
    Metric.TIME_TO_FIRST_TOKEN: "Milliseconds",
    Metric.OUTPUT_TOKENS_PER_SECOND: "Count/Second",
}
"""`Count` where nothing else is said."""
UNKNOWN = "unknown"
"""The mode served by a stream that ended before Bedrock told it."""
OF_NO_ROUTE = ((Dimension.ENVIRONMENT,),)
OF_REQUESTS = ((Dimension.ENVIRONMENT,), (Dimension.ENVIRONMENT, Dimension.ROUTE))
OF_MODES = ((Dimension.ENVIRONMENT, Dimension.ROUTE, Dimension.REQUESTED),)
OF_ANSWERS = ((Dimension.ENVIRONMENT, Dimension.ROUTE, Dimension.SERVED),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """One request, when it is over. reply: None where there was no whole answer, and then `error` names what was
    raised, and `callers` says whether it is the caller's to mend. requested: the mode of the route's first step; None
    where no map was read."""

    environment: str
    route: str
    reply: Reply | None = None
    error: str | None = None
    callers: bool = False
    requested: Mode | None = None


class EmbeddedMetrics:
    """`Route("fast", metrics=EmbeddedMetrics(print, clock=time.time))`. Safe to share between routes and threads.

    write: takes the line, without its end; it has to reach CloudWatch Logs as it is, with nothing before it.
    clock: seconds since the epoch; CloudWatch wants the moment in the line.
    """

    def __init__(self, write: Callable[[str], object], *, clock: Callable[[], float]) -> None:
        self._write, self._clock = write, clock

    def __call__(self, served: Served) -> None:
        self._write(line(document(served, at=self._clock())))


def line(said: Mapping[str, Any]) -> str:
    return json.dumps(said, separators=(",", ":"))


def embedded(directives: Iterable[Mapping[str, Any]], *, at: float) -> dict[str, Any]:
    """What tells CloudWatch which of a line's members are metrics. at: seconds since the epoch."""
    return {"_aws": {"Timestamp": round(at * 1000), "CloudWatchMetrics": list(directives)}}


def document(served: Served, *, at: float) -> dict[str, Any]:
    """The line as an object. at: seconds since the epoch."""
    requests, answers = dict(_of_request(served)), dict(_of_answer(served.reply))
    values: dict[str, Any] = {metric.value: value for metric, value in (requests | answers).items()}
    reply = served.reply
    return {
        **embedded(_directives(served, requests, answers), at=at),
        Dimension.ENVIRONMENT: served.environment,
        Dimension.ROUTE: served.route,
        **({Dimension.REQUESTED: str(served.requested)} if served.requested else {}),
        **({Dimension.SERVED: str(reply.served or UNKNOWN)} if reply else {}),
        **values,
        **(_properties(reply) if reply else {"Error": served.error}),
    }


def _directives(served: Served, requests: Values, answers: Values) -> Iterator[dict[str, Any]]:
    """A caller may make up as many names as it likes, each of which would be a metric to pay for."""
    yield directive(OF_NO_ROUTE if served.error == NoSuchRoute.__name__ else OF_REQUESTS, requests)
    if served.requested:
        yield directive(OF_MODES, {Metric.REQUESTS: requests[Metric.REQUESTS]})
    if answers:
        yield directive(OF_ANSWERS, answers)


def directive(sets: tuple[tuple[Dimension, ...], ...], metrics: Iterable[str]) -> dict[str, Any]:
    """Which members are metrics, by which sets of dimensions."""
    named = [{"Name": metric, "Unit": UNITS.get(metric, "Count")} for metric in metrics]
    return {"Namespace": NAMESPACE, "Dimensions": [list(one) for one in sets], "Metrics": named}


def _properties(reply: Reply) -> dict[str, Any]:
    """To search logs by; no metrics."""
    return {
        "RequestedOfStep": str(reply.requested),
        "Model": reply.model,
        "Identifier": reply.identifier,
        "Region": reply.step.region,
        "Attempts": len(reply.attempts),
        "ElapsedMs": round(reply.elapsed_ms, 1),
        "LatencyMs": reply.latency_ms,
    }


def _of_request(served: Served) -> Iterator[tuple[Metric, float]]:
    reply = served.reply
    yield Metric.REQUESTS, 1
    yield Metric.FAILED, int(reply is None)
    yield Metric.FALLBACKS, int(bool(reply and reply.index))
    if reply and reply.served:
        yield Metric.DOWNGRADES, int(reply.downgraded)
    if (degraded := _degraded(served)) is not None:
        yield Metric.DEGRADED, int(degraded)
    if reply:
        yield Metric.FALLBACK_STEP, reply.index


def _degraded(served: Served) -> bool | None:
    """None: nobody can tell."""
    reply = served.reply
    if reply is None:
        return None if served.callers else True
    if reply.index:
        return True
    return reply.downgraded if reply.served else None


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
