"""foundation: what outlives all other stacks. A key and a topic in each Region; the data in the home Region.

Other stacks of the Region read its outputs by name with `Fn::GetStackOutput`. This is a weak reference: no export
blocks a change, and the name contains no hash.
"""

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING

from aws_cdk import CfnOutput
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from constructs import Construct

from distillery.core.judging import GraderKind
from distillery.core.names import (
    COLLECTED_PREFIX,
    DATASETS_PREFIX,
    EVALUATIONS_PREFIX,
    GOLDEN_PREFIX,
    JOBS_PREFIX,
    PENDING_RECORDS_PREFIX,
    PROMPTS_PREFIX,
    REPORTS_PREFIX,
    SYSTEM_PROMPTS_PREFIX,
    UPLOADS_PREFIX,
)
from distillery.settings import Settings
from infra.constructs.bucket import Bucket, InvocationLogBucket, LogBucket
from infra.constructs.data_stores import DataStores
from infra.constructs.encryption import Key
from infra.constructs.foundation import BucketCleanup, Topic, UploadRecorder
from infra.constructs.stack_context import StackContext
from infra.constructs.table import LedgerTable
from stacks.base import EnvironmentStack

if TYPE_CHECKING:
    from infra.constructs.trail import DataEventTrail


class Foundation(EnvironmentStack):
    """One Region's key and topic, and in the inference Region of an environment that owns the logs, their bucket."""

    def __init__(self, scope: Construct, part: str, *, settings: Settings, region: str) -> None:
        super().__init__(scope, part, settings=settings, region=region, description="keys, topics and data")
        self.keys = Key(self, "Key", alias=self.names.key_alias, keep_data=settings.keep_data)
        if settings.promotion and settings.promotion.share_with and region == settings.home_region:
            self.keys.admit_copies(settings.promotion.share_with)
        self.notifications = Topic(self, "Topic", key=self.keys.key, addresses=settings.notify)
        self.export({"KeyArn": self.keys.key.key_arn, "TopicArn": self.notifications.topic.topic_arn})
        self.create_storage()

    def create_storage(self) -> None:
        """The buckets of this Region: for invocation logs and the trail, if the settings have them."""
        if self.settings.logging is not None or self.settings.trail is not None:
            access_logs = LogBucket(self, "AccessLogs", keep_data=self.settings.keep_data).bucket
            self.complete_buckets(self.logged_calls(access_logs), access_logs)

    def logged_calls(self, access_logs: s3.IBucket) -> dict[str, s3.Bucket]:
        """The bucket of invocation logs by its name, if this environment owns the logs of this Region."""
        settings = self.settings
        if settings.logging is None or self.region != settings.inference_region:
            return {}
        calls = InvocationLogBucket(
            self,
            "Logged",
            key=self.keys,
            access_logs=access_logs,
            keep_data=settings.keep_data,
            keep_days=settings.logging.keep_days,
        ).bucket
        self.export({"CallBucket": calls.bucket_name})
        return {"Calls": calls}

    def complete_buckets(self, buckets: dict[str, s3.Bucket], access_logs: s3.Bucket) -> None:
        """Completes all buckets: with a trail if the settings have one, and with a cleanup if no data is kept."""
        trail = self._trail(buckets, access_logs)
        recorded = {} if trail is None else {"Trail": trail.bucket}
        if not self.settings.keep_data:
            every = {**buckets, **recorded, "AccessLogs": access_logs}
            emptying = BucketCleanup(self, "Emptying", context=self.own_context, buckets=every)
            if trail is not None:
                trail.end_before(emptying)

    def _trail(self, buckets: dict[str, s3.Bucket], access_logs: s3.IBucket) -> "DataEventTrail | None":
        settings = self.settings
        if settings.trail is None:
            return None
        from infra.constructs.trail import DataEventTrail  # the CDK's CloudTrail module is slow to import

        return DataEventTrail(
            self,
            "Recorded",
            names=self.names,
            key=self.keys,
            access_logs=access_logs,
            buckets=buckets.values(),
            keep_data=settings.keep_data,
            keep_days=settings.trail.keep_days,
        )

    @functools.cached_property
    def own_context(self) -> StackContext:
        """The context of the functions in this stack."""
        return self.context_for(self.keys.key)

    def export(self, values: Mapping[str, str]) -> None:
        for name, value in values.items():
            CfnOutput(self, name, value=value)

    def key(self, scope: Construct) -> kms.IKey:
        """The Region's key, for another stack."""
        return kms.Key.from_key_arn(scope, "Key", self.output_of("KeyArn"))

    def calls(self, scope: Construct, key: kms.IKey) -> s3.IBucket:
        """The bucket of logged calls, for another stack."""
        name = self.output_of("CallBucket")
        return s3.Bucket.from_bucket_attributes(scope, "CallBucket", bucket_name=name, encryption_key=key)

    def topic(self, scope: Construct) -> sns.ITopic:
        """The Region's topic, for another stack."""
        return sns.Topic.from_topic_arn(scope, "Topic", self.output_of("TopicArn"))


class HomeFoundation(Foundation):
    """The home Region's foundation, with the buckets and the run ledger. Budgets notify its topic."""

    def create_storage(self) -> None:
        self.keys.admit_budgets()
        self.keys.admit_custom_models()
        if any(spec.kind is GraderKind.JUDGE for each in self.settings.recipes.values() for spec in each.grader_specs):
            self.keys.admit_evaluations()
        self.notifications.admit_budgets()
        keep, key, days = self.settings.keep_data, self.keys.key, self.settings.data_days
        logs = LogBucket(self, "AccessLogs", keep_data=keep).bucket
        prompts = Bucket(
            self,
            "Prompts",
            key=key,
            logs=logs,
            keep_data=keep,
            events=True,
            keep_days=days,
            expiring=(PROMPTS_PREFIX, UPLOADS_PREFIX, COLLECTED_PREFIX),
            retained=(GOLDEN_PREFIX,),
        ).bucket
        data = Bucket(
            self,
            "Data",
            key=key,
            logs=logs,
            keep_data=keep,
            keep_days=days,
            expiring=(EVALUATIONS_PREFIX, JOBS_PREFIX, PENDING_RECORDS_PREFIX, REPORTS_PREFIX),
            # `lambdas/expiry` deletes data sets and system prompts that are not in use
            retained=(DATASETS_PREFIX, GOLDEN_PREFIX, SYSTEM_PROMPTS_PREFIX),
        ).bucket
        ledger = LedgerTable(self, "Ledger", key=key, keep_data=keep).table
        names = {"PromptsBucket": prompts.bucket_name, "DataBucket": data.bucket_name, "LedgerTable": ledger.table_name}
        self.export(names)
        witness = UploadRecorder(self, "Witness", context=self.own_context, bucket=prompts, ledger=ledger)
        self.watched = {"Witness": witness.function}
        self.complete_buckets({"Prompts": prompts, "Data": data, **self.logged_calls(logs)}, logs)

    def stores(self, scope: Construct, key: kms.IKey) -> DataStores:
        """The stores of this stack, for another stack."""

        def bucket(name: str) -> s3.IBucket:
            return s3.Bucket.from_bucket_attributes(scope, name, bucket_name=self.output_of(name), encryption_key=key)

        ledger = dynamodb.Table.from_table_attributes(
            scope, "Ledger", table_name=self.output_of("LedgerTable"), encryption_key=key
        )
        logged = self.settings.logging is not None and self.settings.inference_region == self.region
        return DataStores(
            prompts=bucket("PromptsBucket"),
            data=bucket("DataBucket"),
            ledger=ledger,
            topic=self.topic(scope),
            calls=self.calls(scope, key) if logged else None,
        )
