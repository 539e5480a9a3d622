"""A function that records who uploads to a bucket, as S3 notifies it.

The bucket's notifications refer to the function, so the permission to invoke it must exist before the bucket and cannot
refer to it. It is for every bucket of this account, by the source account: the ARN of a bucket has no account.
"""

from aws_cdk import Duration
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from constructs import Construct

from distillery.core.env_vars import Variable
from infra.constructs.arn import Location
from infra.constructs.function import Function
from infra.constructs.permissions import storage
from infra.constructs.stack_context import StackContext


class UploadRecorder(Construct):
    """Writes to the ledger who created which object of the bucket."""

    def __init__(
        self, scope: Construct, ident: str, *, context: StackContext, bucket: s3.Bucket, ledger: dynamodb.ITable
    ) -> None:
        super().__init__(scope, ident)
        self.function = Function(
            self,
            "Function",
            context=context,
            handler="lambdas.uploads.handler.record_uploads",
            description="Records who uploaded prompts, from the notifications of S3",
            timeout=Duration.minutes(1),
            permissions=storage.put_ledger_items(ledger),
            environment={Variable.LEDGER: ledger.table_name},
            asynchronous=True,
        )
        location, arn = Location.of(self), self.function.function.function_arn
        permission = lambda_.CfnPermission(
            self,
            "Permission",
            action="lambda:InvokeFunction",
            function_name=arn,
            principal="s3.amazonaws.com",
            source_account=location.account,
            source_arn=f"arn:{location.partition}:s3:::*",
        )
        cfn = bucket.node.default_child
        assert isinstance(cfn, s3.CfnBucket)
        path = "NotificationConfiguration.LambdaConfigurations"
        cfn.add_property_override(path, [{"Event": "s3:ObjectCreated:*", "Function": arn}])
        cfn.add_resource_dependency(permission)
