"""Metrics of requests: one JSON line per request in CloudWatch's embedded metric format.

CloudWatch Logs extracts the metrics from the line, so that a request waits for no API. The line holds names, counts,
and times; never a prompt or a reply. Source: CloudWatch user guide, "Specification: Embedded metric format".

A request without an answer counts for `FAILED`, and for `DEGRADED` unless the error is the caller's, so that an outage
raises the alarm. The name of a route that does not exist does not become a dimension.
"""

import functools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from distillery.client.errors import NoSuchRoute

if TYPE_CHECKING:  # the CDK app reads the names of the metrics, and does not have to wait for boto3
    from distillery.client.converse import Reply
    from distillery.client.invocation import Served

NAMESPACE = "Distillery"


class Dimension(StrEnum):
    """Dimensions, at most three per metric.

    REQUESTED: the mode of the route's first step, such as `optimized` or `standard/priority`.
    SERVED: the mode of the answer; `unknown` if a stream ended before Bedrock reported it.
    VARIANT: while a canary takes a share of the route's calls: the variant that the request was assigned to, `canary`
        or `live`.
    """

    ENVIRONMENT = "Environment"
    ROUTE = "Route"
    REQUESTED = "Requested"
    SERVED = "Served"
    VARIANT = "Variant"


class Metric(StrEnum):
    """Metrics. REQUESTS to FAILED have the dimensions environment and route; REQUESTS also has the requested mode. The
    others have the dimensions route and served mode, and count answers.

    FALLBACKS: 1 if a step after the first answered.
    FALLBACK_STEP: position of the step that answered, from 0.
    DOWNGRADES: 1 if the served latency or tier is not what the answering step requested.
    DEGRADED: 1 if the request fell back, was downgraded, or failed; otherwise 0. Its average, which an alarm watches,
        is the share of requests that the route did not serve as configured. DEGRADED is omitted if the error is the
        caller's, DEGRADED and DOWNGRADES if the served mode is unknown.
    FAILED: 1 if the caller did not get a complete answer.
    ASSIGNED: 1 for each request that a canary splits; like DIVERTED and REFUSED, it has the dimensions environment,
        route and variant.
    DIVERTED: 1 if something else than the assigned variant answered, or nothing did. Omitted if the error is the
        caller's.
    REFUSED: 1 if the assigned variant answered with a refusal: a content filter or a guardrail ended the answer.
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
    ASSIGNED = "Assigned"
    DIVERTED = "Diverted"
    REFUSED = "Refused"


UNITS: Mapping[str, str] = {
    Metric.FALLBACK_STEP: "None",
    Metric.COST_USD: "None",
    Metric.TIME_TO_FIRST_TOKEN: "Milliseconds",
    Metric.OUTPUT_TOKENS_PER_SECOND: "Count/Second",
}
"""Units other than `Count`."""
UNKNOWN = "unknown"
DimensionSets = tuple[tuple[Dimension, ...], ...]
BY_ENVIRONMENT: DimensionSets = ((Dimension.ENVIRONMENT,),)
BY_ROUTE: DimensionSets = (*BY_ENVIRONMENT, (Dimension.ENVIRONMENT, Dimension.ROUTE))
BY_REQUESTED: DimensionSets = ((Dimension.ENVIRONMENT, Dimension.ROUTE, Dimension.REQUESTED),)
BY_SERVED: DimensionSets = ((Dimension.ENVIRONMENT, Dimension.ROUTE, Dimension.SERVED),)
BY_VARIANT: DimensionSets = ((Dimension.ENVIRONMENT, Dimension.ROUTE, Dimension.VARIANT),)
REFUSALS = frozenset({"content_filtered", "guardrail_intervened"})
"""Stop reasons of an answer that was withheld. Source: Bedrock API, Converse, `stopReason`."""


class EmbeddedMetrics:
    """Observer that writes metrics: `Route("fast", metrics=EmbeddedMetrics(print, clock=time.time))`.

    It can be shared between routes and threads.

    Args:
        write: receives each line without its line end. The line has to reach CloudWatch Logs unchanged.
        clock: returns seconds since the epoch.
    """

    def __init__(self, write: Callable[[str], object], *, clock: Callable[[], float]) -> None:
        self._write, self._clock = write, clock

    def __call__(self, served: "Served") -> None:
        self._write(to_line(metric_document(served, at=self._clock())))


def to_line(document: Mapping[str, Any]) -> str:
    return json.dumps(document, separators=(",", ":"))


def embedded(directives: Iterable[Mapping[str, Any]], *, at: float) -> dict[str, Any]:
    """Returns the metadata that tells CloudWatch which members are metrics. `at`: seconds since the epoch."""
    return {"_aws": {"Timestamp": round(at * 1000), "CloudWatchMetrics": list(directives)}}


def directive(dimensions: DimensionSets, metrics: Iterable[str]) -> dict[str, Any]:
    """Returns a metric directive: the members that are metrics, and their dimension sets."""
    definitions = [{"Name": metric, "Unit": UNITS.get(metric, "Count")} for metric in metrics]
    return {"Namespace": NAMESPACE, "Dimensions": [list(each) for each in dimensions], "Metrics": definitions}


def metric_document(served: "Served", *, at: float) -> dict[str, Any]:
    """Returns the line as an object. `at`: seconds since the epoch."""
    requests, answers = dict(_request_values(served)), dict(_answer_values(served.reply))
    variants = dict(_variant_values(served))
    values: dict[str, Any] = {metric.value: value for metric, value in (requests | answers | variants).items()}
    reply, requested = served.reply, served.requested is not None
    directives = _directives(_dimensions(served), requested, (*requests,), (*answers,), (*variants,))
    return {
        **embedded(directives, at=at),
        Dimension.ENVIRONMENT: served.environment,
        Dimension.ROUTE: served.route,
        **({Dimension.REQUESTED: str(served.requested)} if served.requested else {}),
        **({Dimension.SERVED: str(reply.served or UNKNOWN)} if reply else {}),
        **({Dimension.VARIANT: served.assigned} if served.assigned else {}),
        **values,
        **(_properties(reply) if reply else {"Error": served.error}),
    }


def _dimensions(served: "Served") -> DimensionSets:
    """Callers may invent any number of route names, each of which would become a metric to pay for."""
    return BY_ENVIRONMENT if served.error == NoSuchRoute.__name__ else BY_ROUTE


@functools.cache  # there are few, and every request needs one
def _directives(
    dimensions: DimensionSets,
    requested: bool,
    requests: tuple[Metric, ...],
    answers: tuple[Metric, ...],
    variants: tuple[Metric, ...],
) -> tuple[dict[str, Any], ...]:
    return (
        directive(dimensions, requests),
        *([directive(BY_REQUESTED, [Metric.REQUESTS])] if requested else []),
        *([directive(BY_SERVED, answers)] if answers else []),
        *([directive(BY_VARIANT, variants)] if variants else []),
    )


def _properties(reply: "Reply") -> dict[str, Any]:
    """Members to search logs by, which are not metrics."""
    return {
        "RequestedOfStep": str(reply.requested),
        "Model": reply.model,
        "Identifier": reply.identifier,
        "Region": reply.step.region,
        "StopReason": reply.stop_reason,
        "Attempts": len(reply.attempts),
        "ElapsedMs": round(reply.elapsed_ms, 1),
        "LatencyMs": reply.latency_ms,
    }


def _request_values(served: "Served") -> Iterator[tuple[Metric, float]]:
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


def _degraded(served: "Served") -> bool | None:
    """None if it is unknown."""
    reply = served.reply
    if reply is None:
        return None if served.callers else True
    if reply.index:
        return True
    return reply.downgraded if reply.served else None


def _variant_values(served: "Served") -> Iterator[tuple[Metric, float]]:
    reply = served.reply
    if not served.assigned:
        return
    yield Metric.ASSIGNED, 1
    if reply or not served.callers:
        yield Metric.DIVERTED, int(reply is None or reply.variant != served.assigned)
    if reply and reply.variant == served.assigned:
        yield Metric.REFUSED, int(reply.stop_reason in REFUSALS)


def _answer_values(reply: "Reply | None") -> Iterator[tuple[Metric, float]]:
    if reply is None:
        return
    yield Metric.ANSWERS, 1
    if "usage" in reply.response:  # missing if the caller closed the stream
        yield Metric.INPUT_TOKENS, reply.input_tokens
        yield Metric.OUTPUT_TOKENS, reply.output_tokens
    if reply.cost is not None:
        yield Metric.COST_USD, float(reply.cost)
    if reply.time_to_first_token_ms is not None:
        yield Metric.TIME_TO_FIRST_TOKEN, round(reply.time_to_first_token_ms, 1)
    if reply.output_tokens_per_second is not None:
        yield Metric.OUTPUT_TOKENS_PER_SECOND, round(reply.output_tokens_per_second, 2)
