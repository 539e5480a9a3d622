"""What routes measure, by `distillery/client/metrics`: an alarm and a row of the dashboard."""

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sns as sns
from constructs import Construct

from distillery.client.metrics import Dimension, Metric
from distillery.core.names import Names
from infra.constructs.alarm import PERIOD, alarm

TOO_MANY = 0.2
"""Of all requests. Each says 1 or 0, so that the average is the share, and one metric is paid for instead of three."""

PERIODS = 3
"""Of five minutes, each of them: one request on a quiet night wakes nobody."""

_SECONDS = 3600
_HOUR = Duration.seconds(_SECONDS)
_BY_ROUTE = (Dimension.ENVIRONMENT, Dimension.ROUTE)
_BY_MODE = (*_BY_ROUTE, Dimension.SERVED)


def watch_routes(scope: Construct, names: Names, topic: sns.ITopic) -> cloudwatch.Alarm:
    """Where a fifth of an environment's requests or more are not served as requested, for 15 minutes."""
    degraded = cloudwatch.Metric(
        namespace=names.metric_namespace,
        metric_name=Metric.DEGRADED.value,
        dimensions_map={Dimension.ENVIRONMENT.value: names.environment},
        period=PERIOD,
        statistic="Average",
    )
    return alarm(
        scope,
        "FallbackRatio",
        metric=degraded,
        runbook="fallback-ratio",
        says="For 15 minutes a fifth of the requests to routes or more failed, fell back or were downgraded",
        topic=topic,
        at_least=TOO_MANY,
        periods=PERIODS,
    )


def route_graphs(names: Names, region: str) -> list[cloudwatch.IWidget]:
    """A row; searches, so that it is the same with any number of routes."""
    graphs: dict[str, list[tuple[Metric, str, Sequence[Dimension]]]] = {
        "Requests by route": [(Metric.REQUESTS, "Sum", _BY_ROUTE), (Metric.FAILED, "Sum", _BY_ROUTE)],
        "Not served as requested (share)": [
            (Metric.FALLBACKS, "Average", _BY_ROUTE),
            (Metric.DOWNGRADES, "Average", _BY_ROUTE),
        ],
        "Time to first token (ms)": [(Metric.TIME_TO_FIRST_TOKEN, "p50", _BY_MODE)],
        "Cost of answers (US dollars)": [(Metric.COST_USD, "Sum", _BY_MODE)],
    }
    return [
        cloudwatch.GraphWidget(
            title=title, left=[_search(names, *line) for line in lines], region=region, width=6, period=_HOUR
        )
        for title, lines in graphs.items()
    ]


def _search(names: Names, metric: Metric, statistic: str, dimensions: Sequence[Dimension]) -> cloudwatch.MathExpression:
    """CloudWatch guide, search-expression-syntax."""
    schema = ",".join((names.metric_namespace, *dimensions))
    wanted = f'{{{schema}}} MetricName="{metric}" {Dimension.ENVIRONMENT}="{names.environment}"'
    return cloudwatch.MathExpression(
        expression=f"SEARCH('{wanted}', '{statistic}', {_SECONDS})", label="", period=_HOUR
    )
