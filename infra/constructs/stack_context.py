"""What every function and queue of a stack stands on."""

from dataclasses import dataclass

from aws_cdk import RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_

from distillery.core.names import Names


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """sdk: the layer with the pinned boto3, one per stack; keep_data: whether destroying the stack keeps data."""

    names: Names
    key: kms.IKey
    sdk: lambda_.ILayerVersion
    keep_data: bool
    log_retention_days: int

    @property
    def removal_policy(self) -> RemovalPolicy:
        return RemovalPolicy.RETAIN if self.keep_data else RemovalPolicy.DESTROY
