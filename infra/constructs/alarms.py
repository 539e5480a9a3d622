"""The CloudWatch alarms. Each notifies the topic, and its description names its runbook."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from distillery.client.metrics import Dimension, Metric
from distillery.core.names import DIMENSION_ENVIRONMENT, METRIC_PROMPTS_LOGGED, Names
from distillery.core.operational_metrics import OperationalMetric
from infra.constructs.function import Function

PERIOD = Duration.minutes(5)

MAX_DEGRADED_SHARE = 0.2
"""Share of requests. The metric is 1 or 0 for each request, so its average is the share and one metric is enough."""

DEGRADED_PERIODS = 3
"""Consecutive periods above the threshold: one failed request on a quiet night raises no alarm."""


def alarm(
    scope: Construct,
    ident: str,
    *,
    metric: cloudwatch.IMetric,
    runbook: str,
    summary: str,
    topic: sns.ITopic,
    threshold: float = 1,
    periods: int = 1,
) -> cloudwatch.Alarm:
    """An alarm that is raised once the metric has reached the threshold in consecutive periods of five minutes.

    Args:
        scope: The parent construct.
        ident: The construct's id.
        metric: The metric to watch; missing data does not breach.
        runbook: Stem of a file in `docs/runbooks`.
        summary: What happened, without a full stop.
        topic: The topic that is notified.
        threshold: Lowest value that counts as a breach.
        periods: Number of periods.
    """
    made = cloudwatch.Alarm(
        scope,
        ident,
        metric=metric,
        threshold=threshold,
        evaluation_periods=periods,
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        alarm_description=f"{summary}. Runbook: docs/runbooks/{runbook}.md",
    )
    made.add_alarm_action(actions.SnsAction(topic))
    return made


def watch_machine(scope: Construct, machine: sfn.StateMachine, topic: sns.ITopic) -> cloudwatch.Alarm:
    """Failed runs. Executions that time out or are stopped need no alarm: the sweep closes their runs and notifies."""
    metric = machine.metric_failed(period=PERIOD)
    return alarm(scope, "RunFailed", metric=metric, runbook="failed-run", summary="A run failed", topic=topic)


def watch_queue(scope: Construct, ident: str, queue: sqs.IQueue, topic: sns.ITopic) -> cloudwatch.Alarm:
    """Messages in a function's dead-letter queue."""
    metric = queue.metric_approximate_number_of_messages_visible(period=PERIOD, statistic="Maximum")
    summary = f"An event for {ident} could not be handled and waits in its dead-letter queue"
    return alarm(scope, f"{ident}DeadLetters", metric=metric, runbook="dead-letters", summary=summary, topic=topic)


def watch_function(scope: Construct, ident: str, function: Function, topic: sns.ITopic) -> cloudwatch.Alarm:
    """Five errors of a function that people invoke. They see single errors themselves, and cause some of them."""
    return alarm(
        scope,
        f"{ident}Errors",
        metric=function.function.metric_errors(period=PERIOD),
        runbook="function-errors",
        summary=f"Function {ident} ended in an error",
        topic=topic,
        threshold=5,
    )


def watch_prompts(scope: Construct, names: Names, topic: sns.ITopic) -> cloudwatch.Alarm:
    """Prompts in the log of the invoke function (`lambdas/serving/handler`), from the first one on.

    CloudWatch bills the metric only while there is data.
    """
    logged = cloudwatch.Metric(
        namespace=names.metric_namespace,
        metric_name=METRIC_PROMPTS_LOGGED,
        dimensions_map={Dimension.ENVIRONMENT.value: names.environment},
        period=PERIOD,
        statistic="Sum",
    )
    summary = "The invoke function writes prompts and replies to its log"
    return alarm(scope, "PromptsLogged", metric=logged, runbook="prompts-logged", summary=summary, topic=topic)


def watch_environment(scope: Construct, names: Names, topic: sns.ITopic) -> cloudwatch.Alarm:
    """What a person should look at: the guard acted, a job has stalled, an endpoint is idle, a model has other dates
    than the catalog, or what is deployed is not what was promoted.

    One alarm for all: each has a notice of its own.
    """
    attention = cloudwatch.Metric(
        namespace=names.metric_namespace,
        metric_name=OperationalMetric.ATTENTION.value,
        dimensions_map={DIMENSION_ENVIRONMENT: names.environment},
        period=PERIOD,
        statistic="Maximum",
    )
    summary = (
        "The guard acted, a job stalled, an endpoint is idle, a model has new dates, or something is not what was "
        "promoted: the notice says which"
    )
    return alarm(scope, "Attention", metric=attention, runbook="attention", summary=summary, topic=topic)


def watch_routes(scope: Construct, names: Names, topic: sns.ITopic) -> cloudwatch.Alarm:
    """A fifth or more of an environment's requests are not served as requested, for 15 minutes."""
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
        summary="For 15 minutes, a fifth or more of the requests to routes failed, fell back or were downgraded",
        topic=topic,
        threshold=MAX_DEGRADED_SHARE,
        periods=DEGRADED_PERIODS,
    )
