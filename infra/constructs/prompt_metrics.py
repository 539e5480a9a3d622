"""An alarm for prompts in the log of the invoke function, by `lambdas/serving/prompts`."""

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sns as sns
from constructs import Construct

from distillery.client.metrics import Dimension
from distillery.core.names import METRIC_PROMPTS_LOGGED, Names
from infra.constructs.alarm import PERIOD, alarm


def watch_prompts(scope: Construct, names: Names, topic: sns.ITopic) -> cloudwatch.Alarm:
    """From the first one on, whoever switched it on. The metric is paid for while there are any."""
    logged = cloudwatch.Metric(
        namespace=names.metric_namespace,
        metric_name=METRIC_PROMPTS_LOGGED,
        dimensions_map={Dimension.ENVIRONMENT.value: names.environment},
        period=PERIOD,
        statistic="Sum",
    )
    says = "The invoke function writes what people ask, and the replies, to its log"
    return alarm(scope, "PromptsLogged", metric=logged, runbook="prompts-logged", says=says, topic=topic)
