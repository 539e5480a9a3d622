"""An alarm that tells the topic, and whose description leads to its runbook."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.constructs.function import Function

PERIOD = Duration.minutes(5)


def alarm(
    scope: Construct,
    ident: str,
    *,
    metric: cloudwatch.IMetric,
    runbook: str,
    says: str,
    topic: sns.ITopic,
    at_least: float = 1,
    periods: int = 1,
) -> cloudwatch.Alarm:
    """In alarm where there are `at_least` of them in each of so many periods of five minutes.

    `runbook` is the stem of a file in docs/runbooks.
    """
    made = cloudwatch.Alarm(
        scope,
        ident,
        metric=metric,
        threshold=at_least,
        evaluation_periods=periods,
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        alarm_description=f"{says}. Runbook: docs/runbooks/{runbook}.md",
    )
    made.add_alarm_action(actions.SnsAction(topic))
    return made


def watch_machine(scope: Construct, machine: sfn.StateMachine, topic: sns.ITopic) -> cloudwatch.Alarm:
    """Runs that failed. Of an execution that ended without closing its run, since it took too long or was stopped, the
    sweep tells the topic, so that is paid no alarm of its own."""
    metric = machine.metric_failed(period=PERIOD)
    return alarm(scope, "RunFailed", metric=metric, runbook="failed-run", says="A run failed", topic=topic)


def watch_queue(scope: Construct, ident: str, queue: sqs.IQueue, topic: sns.ITopic) -> cloudwatch.Alarm:
    metric = queue.metric_approximate_number_of_messages_visible(period=PERIOD, statistic="Maximum")
    says = f"An event for {ident} could not be handled and waits in its dead-letter queue"
    return alarm(scope, f"{ident}DeadLetters", metric=metric, runbook="dead-letters", says=says, topic=topic)


def watch_function(scope: Construct, ident: str, function: Function, topic: sns.ITopic) -> cloudwatch.Alarm:
    """A function that people call: each sees his own error, and some are his own; many at once are ours."""
    return alarm(
        scope,
        f"{ident}Errors",
        metric=function.function.metric_errors(period=PERIOD),
        runbook="function-errors",
        says=f"Function {ident} ended in an error",
        topic=topic,
        at_least=5,
    )
