"""A function that takes decisions: its URL says who decides."""

from aws_cdk import aws_lambda as lambda_

from infra.constructs.function import Function


def decision_url(function: Function) -> str:
    """For signed requests of this account: its people hold `running.decide`, and no resource policy lets others in."""
    arn = function.function.function_arn
    return lambda_.CfnUrl(function, "Url", auth_type="AWS_IAM", target_function_arn=arn).attr_function_url
