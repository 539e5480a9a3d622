"""A log group that belongs to its stack, encrypted, with an end to what it keeps."""

from aws_cdk import aws_logs as logs
from constructs import Construct

from distillery.settings.checks.bounds import RETENTION_DAYS
from infra.constructs.stack_context import Ground

_RETENTION = dict(zip(RETENTION_DAYS, logs.RetentionDays, strict=False))
"""The CDK's members by their days. Both are in order of time; the last member, for ever, has no days."""


def log_group(scope: Construct, ident: str, ground: Ground) -> logs.LogGroup:
    return logs.LogGroup(
        scope,
        ident,
        encryption_key=ground.key,
        removal_policy=ground.removal_policy,
        retention=_RETENTION[ground.log_retention_days],
    )
