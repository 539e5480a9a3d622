"""Empties buckets when their stack is deleted, in environments that keep no data.

A Python function of our own: the CDK's `auto_delete_objects` is a Node function whose policy has wildcards.
"""

from aws_cdk import CustomResource, Duration
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.constructs.bucket import CLEANUP_TAG
from infra.constructs.function import Function
from infra.constructs.permissions import storage
from infra.constructs.stack_context import StackContext


class BucketCleanup(Construct):
    """One function, and a custom resource for each bucket, which is deleted before the bucket."""

    def __init__(self, scope: Construct, ident: str, *, context: StackContext, buckets: dict[str, s3.Bucket]) -> None:
        super().__init__(scope, ident)
        function = Function(
            self,
            "Function",
            context=context,
            handler="lambdas.bucket_cleanup.handler.empty",
            description="Deletes every object of a bucket that is about to be deleted",
            timeout=Duration.minutes(15),
            permissions=[permission for bucket in buckets.values() for permission in storage.empty_bucket(bucket)],
        )
        for name, bucket in buckets.items():
            emptied = CustomResource(
                self,
                name,
                resource_type="Custom::EmptiedBucket",
                service_token=function.function.function_arn,
                properties={"Bucket": bucket.bucket_name, "OnlyIfTagged": CLEANUP_TAG},
            )
            emptied.node.add_dependency(function)
            if bucket.policy is not None:
                emptied.node.add_dependency(bucket.policy)
