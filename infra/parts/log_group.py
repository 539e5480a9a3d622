"""A log group that belongs to its stack, encrypted, with an end to what it keeps."""

from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.parts.ground import Ground


def log_group(scope: Construct, ident: str, ground: Ground) -> logs.LogGroup:
    group = logs.LogGroup(scope, ident, encryption_key=ground.key, removal_policy=ground.removal_policy)
    cfn = group.node.default_child
    assert isinstance(cfn, logs.CfnLogGroup)
    cfn.retention_in_days = ground.log_retention_days  # the L2 takes an enumeration, settings a number of days
    return group
