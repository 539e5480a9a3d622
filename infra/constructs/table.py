"""The DynamoDB tables: the run ledger, and the usage of callers."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.constructs import compliance

_RECOVERABLE = {
    "NIST.800.53.R5-DynamoDBInBackupPlan": "Point-in-time recovery restores the ledger to any second of the last 35 "
    "days; an account that keeps backups for longer adds the table to its own plan.",
}

_WORTHLESS_SOON = {
    "NIST.800.53.R5-DynamoDBInBackupPlan": "The usage of a quota has no value once its hour or day is over: the items "
    "expire a day later, and a backup would restore what no longer counts.",
}


class LedgerTable(Construct):
    """Keys `pk` and `sk` (`distillery/core/ledger`); on-demand capacity, point-in-time recovery of 35 days."""

    def __init__(self, scope: Construct, ident: str, *, key: kms.IKey, keep_data: bool) -> None:
        super().__init__(scope, ident)
        self.table = dynamodb.Table(
            self,
            "Table",
            partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="sk", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=key,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            deletion_protection=keep_data,
            removal_policy=RemovalPolicy.RETAIN if keep_data else RemovalPolicy.DESTROY,
        )
        compliance.acknowledge(self.table, _RECOVERABLE)


class QuotaTable(Construct):
    """Key `pk`, and an expiry (`lambdas/serving/quota.py`); paid by the request. It is deleted with its stack, because
    usage has no value a day later."""

    def __init__(self, scope: Construct, ident: str, *, key: kms.IKey) -> None:
        super().__init__(scope, ident)
        self.table = dynamodb.Table(
            self,
            "Table",
            partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=key,
            time_to_live_attribute="expires_at",
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            removal_policy=RemovalPolicy.DESTROY,
        )
        compliance.acknowledge(self.table, _WORTHLESS_SOON)
