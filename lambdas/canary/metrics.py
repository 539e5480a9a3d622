"""What CloudWatch has of a canary and of the live endpoint.

Bedrock counts the calls of an endpoint in the namespace `AWS/Bedrock` by `ModelId`. UNVERIFIED: that its value is the
ARN of the deployment or of the throughput, which `distillery doctor --ask-aws` asks. Where it is not, there is no data,
and a canary is inconclusive. The user guide says of `Invocations` that it counts successful requests, and in another
edition that it counts failed ones too; here it counts as answers, and a failure beside it as one more request. Source:
UG monitoring-runtime-metrics.

What callers got is in their own metrics (`distillery/client/metrics.py`), in the Region of the route.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from distillery.core import catalog
from distillery.core.errors import Unfinished
from distillery.core.ledger.canaries import CanaryRecord
from distillery.core.names import DISTILLED_PREFIX, Names
from distillery.core.pipeline import Alias
from distillery.core.recipe import Recipe
from distillery.evaluation.canaries.traffic import CanaryTraffic, Requests, TokenPrices, Traffic, TrafficPeriod

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient

BEDROCK = "AWS/Bedrock"
FAILURES = ("InvocationServerErrors", "InvocationThrottles")
"""Not `InvocationClientErrors`: the live endpoint answers what the canary refused, so Bedrock counts a caller's own
error once for the canary and once more for the live endpoint, which would hide errors of the canary. Callers assign
each request once: one that the canary refused, and the live endpoint answered, counts as diverted.
"""
ANSWERED, LATENCY, TOKENS_IN, TOKENS_OUT = "Invocations", "InvocationLatency", "InputTokenCount", "OutputTokenCount"
ASSIGNED, DIVERTED, REFUSED = "Assigned", "Diverted", "Refused"
VARIANTS = ("canary", "live")
DAY_MINUTES = 1440
SUM, AVERAGE = "Sum", "Average"
COMPLETE = "Complete"
"""The status of a series of which every value was returned (CloudWatch API, MetricDataResult)."""
Series = Mapping[int, float]
"""Values by the beginning of their period, in seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class MetricQuery:
    """One metric: of which namespace, with which dimensions, and the statistic of its periods."""

    namespace: str
    metric: str
    dimensions: Mapping[str, str] = field(hash=False)
    statistic: str = SUM


@dataclass(frozen=True, slots=True)
class CanaryMetrics:
    """Reads the metrics. `cloudwatch`: in the Region of the endpoints; `of_callers`: in the Region of the routes."""

    names: Names
    cloudwatch: "CloudWatchClient"
    of_callers: "CloudWatchClient"

    def read(self, record: CanaryRecord, alias: Alias, recipe: Recipe, now: datetime) -> CanaryTraffic:
        """What was measured since the canary has begun."""
        assert alias.canary is not None
        since, minutes = datetime.fromisoformat(record.begun), recipe.canary.minutes if recipe.canary else DAY_MINUTES
        period = 60 if minutes <= DAY_MINUTES else 300
        look = _Look(since, now, period)
        canary, live = self._traffic((alias.canary.endpoint.arn, alias.endpoint.arn), look)
        of_canary, of_live = self._requests(recipe.name, look)
        return CanaryTraffic(
            canary=canary,
            live=live,
            canary_requests=of_canary,
            live_requests=of_live,
            prices=_prices(recipe, alias, now),
        )

    def _traffic(self, arns: Sequence[str], look: "_Look") -> tuple[Traffic, ...]:
        metrics = (ANSWERED, *FAILURES, LATENCY, TOKENS_IN, TOKENS_OUT)
        queries = {
            (arn, metric): MetricQuery(BEDROCK, metric, {"ModelId": arn}, AVERAGE if metric == LATENCY else SUM)
            for arn in arns
            for metric in metrics
        }
        found = look.ask(self.cloudwatch, queries)
        return tuple(_traffic(lambda metric, arn=arn: found[arn, metric]) for arn in arns)  # type: ignore[misc]

    def _requests(self, recipe: str, look: "_Look") -> tuple[Requests, ...]:
        of = {"Environment": self.names.environment, "Route": f"{DISTILLED_PREFIX}{recipe}"}
        queries = {
            (variant, metric): MetricQuery(self.names.metric_namespace, metric, {**of, "Variant": variant})
            for variant in VARIANTS
            for metric in (ASSIGNED, DIVERTED, REFUSED)
        }
        found = look.ask(self.of_callers, queries)
        return tuple(
            Requests(
                assigned=_total(found[variant, ASSIGNED]),
                diverted=_total(found[variant, DIVERTED]),
                refused=_total(found[variant, REFUSED]),
            )
            for variant in VARIANTS
        )


@dataclass(frozen=True, slots=True)
class _Look:
    """From when to when, and the seconds of a period."""

    since: datetime
    until: datetime
    period: int

    def ask(
        self, cloudwatch: "CloudWatchClient", queries: Mapping[tuple[str, str], MetricQuery]
    ) -> dict[tuple[str, str], Series]:
        """The series by the keys of the queries: one request for all.

        Raises:
            Unfinished: A series is not complete. Without the failures of a minute, a worse canary would pass.
        """
        keys = [*queries]
        found: dict[tuple[str, str], dict[int, float]] = {key: {} for key in keys}
        status = dict.fromkeys(keys, "missing")  # of the latest page: one that is continued is PartialData before
        asked: Any = [self._query(f"m{index}", queries[key]) for index, key in enumerate(keys)]
        pages = cloudwatch.get_paginator("get_metric_data").paginate(
            MetricDataQueries=asked, StartTime=self.since, EndTime=self.until
        )
        for page in pages:
            for result in page["MetricDataResults"]:
                key, points = keys[int(result["Id"][1:])], zip(result["Timestamps"], result["Values"], strict=True)
                found[key] |= {int(at.timestamp()): value for at, value in points}
                status[key] = result["StatusCode"]
        if unread := [f"{' '.join(key)}: {said}" for key, said in status.items() if said != COMPLETE]:
            raise Unfinished(f"CloudWatch has not returned all values, so nothing is decided ({', '.join(unread)})")
        return {**found}

    def _query(self, ident: str, query: MetricQuery) -> dict[str, Any]:
        dimensions = [{"Name": name, "Value": value} for name, value in query.dimensions.items()]
        metric = {"Namespace": query.namespace, "MetricName": query.metric, "Dimensions": dimensions}
        return {"Id": ident, "MetricStat": {"Metric": metric, "Period": self.period, "Stat": query.statistic}}


def _traffic(series: Callable[[str], Series]) -> Traffic:
    answered = series(ANSWERED)
    return Traffic(
        answered=_total(answered),
        failed=sum(_total(series(metric)) for metric in FAILURES),
        periods=dict(_periods(answered, series(LATENCY), series(TOKENS_IN), series(TOKENS_OUT))),
    )


def _periods(
    answered: Series, latency: Series, tokens_in: Series, tokens_out: Series
) -> Iterator[tuple[int, TrafficPeriod]]:
    """The periods in which calls were answered, and of which every metric has arrived."""
    for at in sorted(answered.keys() & latency.keys() & tokens_in.keys() & tokens_out.keys()):
        if calls := round(answered[at]):
            yield (
                at,
                TrafficPeriod(
                    calls=calls,
                    latency_ms=latency[at],
                    input_tokens=round(tokens_in[at]),
                    output_tokens=round(tokens_out[at]),
                ),
            )


def _total(series: Series) -> int:
    return round(_sum(series.values()))


def _sum(values: Iterable[float]) -> float:
    return sum(values)


def _prices(recipe: Recipe, alias: Alias, now: datetime) -> tuple[TokenPrices, TokenPrices] | None:
    """The prices of both models, where both are billed by the token."""
    if recipe.is_hourly or alias.endpoint.mode is not recipe.hosting:
        return None
    prices = [catalog.custom_model_price(base, now.date()) for base in (recipe.student, alias.base)]
    known = [TokenPrices(input=each.per_million_input, output=each.per_million_output) for each in prices if each]
    return (known[0], known[1]) if len(known) == len(prices) else None
