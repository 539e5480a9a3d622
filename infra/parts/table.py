"""The table behind the run ledger."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.parts import compliance

_RECOVERABLE = {
    "NIST.800.53.R5-DynamoDBInBackupPlan": "Point-in-time recovery restores the ledger to any second of the last 35 "
    "days; an account that keeps backups for longer adds the table to its own plan.",
}


class LedgerTable(Construct):
    """Keys `pk` and `sk` (`lambdas/shared/ledger`); paid by the request, recoverable to any second of 35 days."""

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
