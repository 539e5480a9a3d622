"""What only the foundation stacks have: the topic, the cleanup of buckets, and the record of uploads."""

from collections.abc import Mapping, Sequence

from aws_cdk import CustomResource, Duration
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from distillery.core.env_vars import Variable
from infra.constructs.arn import Location
from infra.constructs.bucket import CLEANUP_TAG
from infra.constructs.function import SERVICE_TIMEOUT, Function
from infra.constructs.permissions import storage, trust
from infra.constructs.stack_context import StackContext


class Topic(Construct):
    """The SNS topic that notifies people: encrypted, TLS only.

    Alarms of this account may publish, and budgets once they are admitted; functions need permissions of their own.
    """

    def __init__(self, scope: Construct, ident: str, *, key: kms.IKey, addresses: Sequence[str]) -> None:
        super().__init__(scope, ident)
        self.topic = sns.Topic(self, "Topic", master_key=key, enforce_ssl=True)
        for address in addresses:
            self.topic.add_subscription(subscriptions.EmailSubscription(address))
        alarms = trust.from_source(Location.of(self), "cloudwatch", "alarm:*")
        self._admit("Alarms", "cloudwatch.amazonaws.com", alarms)

    def admit_budgets(self) -> None:
        """AWS Budgets notify a topic of their account (Cost Management guide, budgets-sns-policy)."""
        self._admit("Budgets", "budgets.amazonaws.com", trust.from_budgets(Location.of(self)))

    def _admit(self, sid: str, service: str, conditions: Mapping[str, Mapping[str, str]]) -> None:
        said = {
            "Sid": sid,
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sns:Publish",
            "Resource": self.topic.topic_arn,
            "Condition": conditions,
        }
        self.topic.add_to_resource_policy(iam.PolicyStatement.from_json(said))


class BucketCleanup(Construct):
    """Empties buckets when their stack is deleted, in environments that keep no data.

    One function, and a custom resource for each bucket, which is deleted before the bucket. The function is our own,
    because the CDK's `auto_delete_objects` is a Node function whose policy has wildcards.
    """

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
                service_token=function.arn,
                properties={"Bucket": bucket.bucket_name, "OnlyIfTagged": CLEANUP_TAG},
                service_timeout=SERVICE_TIMEOUT,
            )
            emptied.node.add_dependency(function)
            if bucket.policy is not None:  # deleted first: it would replace the policy that denies further writes
                bucket.policy.node.add_dependency(emptied)


class UploadRecorder(Construct):
    """A function that records in the ledger who uploads to a bucket, as S3 notifies it.

    The bucket's notifications refer to the function, so the permission to invoke it must exist before the bucket and
    cannot refer to it. It covers every bucket of this account, by the source account: the ARN of a bucket has no
    account.
    """

    def __init__(
        self, scope: Construct, ident: str, *, context: StackContext, bucket: s3.Bucket, ledger: dynamodb.ITable
    ) -> None:
        super().__init__(scope, ident)
        self.function = Function(
            self,
            "Function",
            context=context,
            handler="lambdas.uploads.handler.record_uploads",
            description="Records who uploaded prompts, from S3 event notifications",
            timeout=Duration.minutes(1),
            permissions=storage.put_ledger_items(ledger),
            environment={Variable.LEDGER: ledger.table_name},
            asynchronous=True,
        )
        location, arn = Location.of(self), self.function.arn
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
