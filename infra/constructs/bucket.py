"""A bucket for data: private, versioned, encrypted with the environment's key, TLS only, its access logged."""

from collections.abc import Sequence

from aws_cdk import Duration, RemovalPolicy, Tags
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.constructs import compliance

EMPTIED = "distillery:emptied-on-delete"
"""The tag without which `lambdas/bucket_cleanup` deletes nothing."""

_ONE_COPY = {
    "NIST.800.53.R5-S3BucketReplicationEnabled": "One Region by design: a second copy of prompts elsewhere is a choice "
    "of the owner's, under the owner's rules on where data may be; versions guard against overwriting and deleting.",
}
_LOGS_ONLY = {
    "NIST.800.53.R5-S3BucketReplicationEnabled": "Access logs alone, which expire; the buckets that they tell of have "
    "no copy elsewhere either.",
    "NIST.800.53.R5-S3BucketVersioningEnabled": "S3's log delivery writes each object once under a name of its own, "
    "and nobody else may write; there is no older version to keep.",
    "NIST.800.53.R5-S3DefaultEncryptionKMS": "S3's log delivery writes to no bucket that is encrypted with KMS; SSE-S3 "
    "encrypts what it writes.",
}

_LOG_DAYS = 90
_OLD_VERSION_DAYS = 30
_ABORTED_UPLOAD_DAYS = 7


class Bucket(Construct):
    """`events`: new objects are announced on the default event bus (a property of the bucket, no custom resource).
    `bucket_key`: S3 asks KMS once for many objects. `keep_days`: after so many an object goes, and a day later nothing
    is left of it; None keeps it. `passing`: folders of which alone that is so; `staying`: those in which only old
    versions go."""

    def __init__(
        self,
        scope: Construct,
        ident: str,
        *,
        key: kms.IKey,
        logs: s3.IBucket,
        keep_data: bool,
        events: bool = False,
        bucket_key: bool = True,
        keep_days: int | None = None,
        passing: Sequence[str] = ("",),
        staying: Sequence[str] = (),
    ) -> None:
        super().__init__(scope, ident)
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            encryption=s3.BucketEncryption.KMS,
            encryption_key=key,
            bucket_key_enabled=bucket_key,
            versioned=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            server_access_logs_bucket=logs,
            server_access_logs_prefix=f"{ident.lower()}/",
            lifecycle_rules=_housekeeping(keep_days, passing, staying),
            removal_policy=_removal(keep_data),
        )
        _finish(self.bucket, keep_data)
        compliance.acknowledge(self.bucket, _ONE_COPY)
        if events:
            path = "NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled"
            cfn = self.bucket.node.default_child
            assert isinstance(cfn, s3.CfnBucket)
            cfn.add_property_override(path, True)


class LogBucket(Construct):
    """Where access logs go. SSE-S3: log delivery writes under no KMS key (S3 guide, enable-server-access-logging)."""

    def __init__(self, scope: Construct, ident: str, *, keep_data: bool) -> None:
        super().__init__(scope, ident)
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            lifecycle_rules=[s3.LifecycleRule(expiration=Duration.days(_LOG_DAYS))],
            removal_policy=_removal(keep_data),
        )
        _finish(self.bucket, keep_data)
        compliance.acknowledge(self.bucket, _LOGS_ONLY)


def _housekeeping(keep_days: int | None, passing: Sequence[str], staying: Sequence[str]) -> list[s3.LifecycleRule]:
    """No two rules with the same action overlap: S3 refuses that of prefixes that stand in the rule itself, as
    CloudFormation writes them ("Found overlapping prefixes … for same action type"). With days, Expiration removes a
    delete marker too that is so old and all that is left of its object (S3 guide, intro-lifecycle-rules); where there
    are none, as soon as it is.
    """
    if keep_days is None:
        passing, staying = (), staying or ("",)
    ending = [
        s3.LifecycleRule(
            prefix=folder or None,
            expiration=None if keep_days is None else Duration.days(keep_days),
            noncurrent_version_expiration=Duration.days(1),
        )
        for folder in passing
    ]
    kept = [
        s3.LifecycleRule(
            prefix=folder or None,
            expired_object_delete_marker=True,
            noncurrent_version_expiration=Duration.days(_OLD_VERSION_DAYS),
        )
        for folder in staying
    ]
    unfinished = s3.LifecycleRule(abort_incomplete_multipart_upload_after=Duration.days(_ABORTED_UPLOAD_DAYS))
    return [unfinished, *ending, *kept]


def _removal(keep_data: bool) -> RemovalPolicy:
    return RemovalPolicy.RETAIN if keep_data else RemovalPolicy.DESTROY


def _finish(bucket: s3.Bucket, keep_data: bool) -> None:
    if not keep_data:  # once data is to be kept, the tag goes first and the emptying is too late
        Tags.of(bucket).add(EMPTIED, "true")
