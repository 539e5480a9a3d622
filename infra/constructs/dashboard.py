"""One page that shows how an environment does."""

from collections.abc import Mapping, Sequence

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.constructs.function import Function

_HOUR = Duration.hours(1)


def dashboard(
    scope: Construct,
    ident: str,
    *,
    machine: sfn.StateMachine,
    functions: Mapping[str, Function],
    routes: Sequence[cloudwatch.IWidget],
) -> cloudwatch.Dashboard:
    """Runs above, functions and what they could not handle below, then a row about routes."""
    runs = [
        machine.metric_started(period=_HOUR, label="started"),
        machine.metric_succeeded(period=_HOUR, label="ended well"),
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
    took = [machine.metric_time(period=_HOUR, statistic=statistic, label=statistic) for statistic in ("p50", "Maximum")]
    return cloudwatch.Dashboard(
        scope,
        ident,
        widgets=[
            [_graph("Runs", runs), _graph("How long runs took (ms)", took)],
            [_graph("Function errors", errors), _graph("Dead letters", letters)],
            list(routes),
        ],
    )


def _graph(title: str, metrics: list[cloudwatch.Metric]) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=12)
