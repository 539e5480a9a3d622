"""The CloudWatch dashboard of an environment."""

from collections.abc import Mapping, Sequence

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from distillery.client.metrics import Dimension, Metric
from distillery.core.hourly_ledger import query
from distillery.core.names import DIMENSION_ENVIRONMENT, DIMENSION_MODEL, Names
from distillery.core.operational_metrics import OperationalMetric
from infra.constructs.function import Function

_SECONDS = 3600
_HOUR = Duration.seconds(_SECONDS)
_BY_ROUTE = (Dimension.ENVIRONMENT, Dimension.ROUTE)
_BY_MODE = (*_BY_ROUTE, Dimension.SERVED)


def dashboard(
    scope: Construct,
    ident: str,
    *,
    machine: sfn.StateMachine,
    functions: Mapping[str, Function],
    hourly: cloudwatch.IWidget,
    models: Sequence[cloudwatch.IWidget],
    drift: cloudwatch.IWidget,
    routes: Sequence[cloudwatch.IWidget],
) -> cloudwatch.Dashboard:
    """A row about runs, one about functions and their dead-letter queues, the table of `hourly_table`, the row of
    `model_graphs` and `drift_graph`, and that of `route_graphs`."""
    runs = [
        machine.metric_started(period=_HOUR, label="started"),
        machine.metric_succeeded(period=_HOUR, label="succeeded"),
        machine.metric_failed(period=_HOUR, label="failed"),
        machine.metric_timed_out(period=_HOUR, label="timed out"),
        machine.metric_aborted(period=_HOUR, label="aborted"),
    ]
    errors = [function.function.metric_errors(period=_HOUR, label=name) for name, function in functions.items()]
    letters = [
        function.dead_letters.metric_approximate_number_of_messages_visible(period=_HOUR, label=name)
        for name, function in functions.items()
        if function.dead_letters
    ]
    time = [machine.metric_time(period=_HOUR, statistic=statistic, label=statistic) for statistic in ("p50", "Maximum")]
    return cloudwatch.Dashboard(
        scope,
        ident,
        widgets=[
            [_graph("Runs", runs), _graph("Run duration (ms)", time)],
            [_graph("Function errors", errors), _graph("Dead letters", letters)],
            [hourly],
            [*models, drift],
            list(routes),
        ],
    )


def hourly_table(guard: Function) -> cloudwatch.IWidget:
    """The table of what bills by the hour, from the log of the guard. A query is billed by the bytes that it reads when
    somebody looks at the dashboard, and nothing by the hour or month."""
    return cloudwatch.LogQueryWidget(
        title="Bills by the hour: Provisioned Throughput, at each pass of the guard",
        log_group_names=[guard.function.log_group.log_group_name],
        query_lines=list(query()),
        view=cloudwatch.LogQueryVisualizationType.TABLE,
        width=24,
    )


def model_graphs(names: Names) -> list[cloudwatch.IWidget]:
    """Half a row about the models in use: how long each is still served. A search, so models may come and go."""
    wanted = (
        f"{{{names.metric_namespace},{DIMENSION_ENVIRONMENT},{DIMENSION_MODEL}}} "
        f'MetricName="{OperationalMetric.DAYS_UNTIL_END}" {DIMENSION_ENVIRONMENT}="{names.environment}"'
    )
    day = Duration.days(1)
    ends = cloudwatch.MathExpression(expression=f"SEARCH('{wanted}', 'Minimum', 86400)", label="", period=day)
    return [cloudwatch.GraphWidget(title="Days until a model ends", left=[ends], width=12, period=day)]


def drift_graph(names: Names) -> cloudwatch.IWidget:
    """What the drift watch found at each of its runs: 0 if all that is deployed is what was promoted."""
    half_a_day = Duration.hours(12)
    labels = {
        OperationalMetric.CHANGED_RESOURCES: "resources changed past CloudFormation",
        OperationalMetric.UNPROMOTED_STACKS: "stacks that are not what was promoted",
    }
    found = [
        cloudwatch.Metric(
            namespace=names.metric_namespace,
            metric_name=metric.value,
            dimensions_map={DIMENSION_ENVIRONMENT: names.environment},
            period=half_a_day,
            statistic="Maximum",
            label=label,
        )
        for metric, label in labels.items()
    ]
    return cloudwatch.GraphWidget(title="Drift", left=list(found), width=12, period=half_a_day)


def route_graphs(names: Names, region: str) -> list[cloudwatch.IWidget]:
    """A row of widgets about routes. They are searches, so the row is the same with any number of routes."""
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


def _graph(title: str, metrics: list[cloudwatch.Metric]) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=12)


def _search(names: Names, metric: Metric, statistic: str, dimensions: Sequence[Dimension]) -> cloudwatch.MathExpression:
    """A search expression (CloudWatch guide, search-expression-syntax)."""
    schema = ",".join((names.metric_namespace, *dimensions))
    wanted = f'{{{schema}}} MetricName="{metric}" {Dimension.ENVIRONMENT}="{names.environment}"'
    return cloudwatch.MathExpression(
        expression=f"SEARCH('{wanted}', '{statistic}', {_SECONDS})", label="", period=_HOUR
    )
