"""The account's logging configuration in a Region, as a resource of a stack: CloudFormation has no type for it.

A custom resource of ours, since CDK's `AwsCustomResource` is a Node function whose policy has wildcards, and since an
overwrite without a look would take the configuration from whoever has it.
"""

from aws_cdk import CustomResource, Duration
from aws_cdk import aws_s3 as s3
from constructs import Construct

from distillery.core.names import LOGGING_OWNER
from infra.constructs.arn import Place
from infra.constructs.function import Function
from infra.constructs.permissions import bedrock, running
from infra.constructs.stack_context import Ground


class InvocationLogging(Construct):
    """Bedrock logs the text of every call of the account and Region to the bucket, until this goes."""

    def __init__(self, scope: Construct, ident: str, *, ground: Ground, bucket: s3.IBucket, replace: bool) -> None:
        super().__init__(scope, ident)
        function = Function(
            self,
            "Function",
            ground=ground,
            handler="lambdas.invocation_logging.handler.own",
            description="Takes the account's logging configuration in this Region, and gives it back",
            timeout=Duration.minutes(2),
            permissions=[bedrock.configure_logging(), running.own_parameter(Place.of(self), LOGGING_OWNER)],
        )
        owned = CustomResource(
            self,
            "Owned",
            resource_type="Custom::InvocationLogging",
            service_token=function.function.function_arn,
            properties={"Bucket": bucket.bucket_name, "Replace": str(replace).lower()},
        )
        owned.node.add_dependency(function)
