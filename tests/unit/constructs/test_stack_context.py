"""Log groups retain records for exactly the days in the settings."""

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk.assertions import Template

from distillery.core.names import Names
from distillery.settings.checks.bounds import RETENTION_DAYS
from infra.constructs.stack_context import StackContext


@pytest.fixture(scope="module")
def retention() -> dict[str, int]:
    """RetentionInDays by the logical id of a log group, one for each number of days."""
    stack = Stack(App(), "Stack")
    key = kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:us-east-1:111111111111:key/a")
    sdk = lambda_.LayerVersion.from_layer_version_arn(stack, "Sdk", "arn:aws:lambda:us-east-1:111111111111:layer:a:1")
    for days in RETENTION_DAYS:
        context = StackContext(names=Names("dev"), key=key, sdk=sdk, keep_data=False, log_retention_days=days)
        context.log_group(stack, f"Days{days}")
    groups = Template.from_stack(stack).find_resources("AWS::Logs::LogGroup")
    return {name: group["Properties"]["RetentionInDays"] for name, group in groups.items()}


@pytest.mark.parametrize("days", RETENTION_DAYS)
def test_a_log_group_keeps_its_records_for_the_days_asked_for(days: int, retention: dict[str, int]) -> None:
    """Fails if another CDK version changes the days of a member of `RetentionDays`, or adds one."""
    (found,) = (value for name, value in retention.items() if name.startswith(f"Days{days}") and value == days)
    assert found == days
