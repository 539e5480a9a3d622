"""CloudTrail data events: who reads and writes the environment's buckets and who invokes its functions.

Imported only for environments with a trail, because the CDK's CloudTrail module is slow to import.
"""

from collections.abc import Iterable

from aws_cdk import aws_cloudtrail as cloudtrail
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct, IDependable

from distillery.core.names import Names
from infra.constructs import compliance
from infra.constructs.arn import Location
from infra.constructs.bucket import Bucket
from infra.constructs.encryption import Key
from infra.constructs.permissions import trust

_IN_THE_BUCKET = {
    "NIST.800.53.R5-CloudTrailCloudWatchLogsEnabled": "The trail is for investigations, in a bucket whose files are "
    "signed; a second copy in a log group would cost five times as much, and nothing would alarm on it.",
}


class DataEventTrail(Construct):
    """One Region's trail of data events, and the bucket that it is delivered to.

    The trail has a fixed name, so that the policies of bucket and key can refer to it without a circular reference. It
    excludes management events: a second copy of them is billed, and the account's own trail has them.
    """

    def __init__(
        self,
        scope: Construct,
        ident: str,
        *,
        names: Names,
        key: Key,
        access_logs: s3.IBucket,
        buckets: Iterable[s3.IBucket],
        keep_data: bool,
        keep_days: int,
    ) -> None:
        super().__init__(scope, ident)
        location = Location.of(self)
        # With a bucket key CloudTrail would need kms:Decrypt (CloudTrail guide, create-kms-key-policy-for-cloudtrail)
        made = Bucket(
            self,
            "Trail",
            key=key.key,
            logs=access_logs,
            keep_data=keep_data,
            keep_days=keep_days,
            bucket_key=False,
        )
        self.bucket = made.bucket
        _admit(self.bucket, location, names.trail)
        key.admit_trail(names.trail)
        functions = [location.arn("lambda", f"function:{names.stack('')}")]
        # The slash ends the bucket's name (API, AdvancedFieldSelector)
        objects = [f"{bucket.bucket_arn}/" for bucket in buckets]
        kinds = {"AWS::S3::Object": objects, "AWS::Lambda::Function": functions}
        self._trail = cloudtrail.CfnTrail(
            self,
            "DataEvents",
            trail_name=names.trail,
            is_logging=True,
            is_multi_region_trail=False,
            include_global_service_events=False,
            enable_log_file_validation=True,
            s3_bucket_name=self.bucket.bucket_name,
            kms_key_id=key.key.key_arn,
            advanced_event_selectors=[_data_events(kind, arns) for kind, arns in kinds.items() if arns],
        )
        compliance.acknowledge(self._trail, _IN_THE_BUCKET)
        assert self.bucket.policy is not None
        self._trail.node.add_dependency(self.bucket.policy)  # CloudTrail checks at creation that it may write

    def end_before(self, *others: IDependable) -> None:
        """The trail is deleted first, so that it does not write to a bucket that has been emptied."""
        self._trail.node.add_dependency(*others)


def _data_events(kind: str, beginnings: list[str]) -> cloudtrail.CfnTrail.AdvancedEventSelectorProperty:
    """Reads and writes (no `readOnly` field) of resources whose ARN begins with one of these."""
    field = cloudtrail.CfnTrail.AdvancedFieldSelectorProperty
    return cloudtrail.CfnTrail.AdvancedEventSelectorProperty(
        name=kind,
        field_selectors=[
            field(field="eventCategory", equal_to=["Data"]),
            field(field="resources.type", equal_to=[kind]),
            field(field="resources.ARN", starts_with=beginnings),
        ],
    )


def _admit(bucket: s3.Bucket, location: Location, name: str) -> None:
    """Admits CloudTrail, for this trail only (CloudTrail guide, create-s3-bucket-policy-for-cloudtrail)."""
    of_the_trail = trust.from_trail(location, name)
    owned = {**of_the_trail, "StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}
    files = bucket.arn_for_objects(f"AWSLogs/{location.account}/*")
    for sid, action, resource, conditions in (
        ("AWSCloudTrailAclCheck", "s3:GetBucketAcl", bucket.bucket_arn, of_the_trail),
        ("AWSCloudTrailWrite", "s3:PutObject", files, owned),
    ):
        bucket.add_to_resource_policy(
            iam.PolicyStatement(
                sid=sid,
                principals=[iam.ServicePrincipal("cloudtrail.amazonaws.com")],
                actions=[action],
                resources=[resource],
                conditions=conditions,
            )
        )
