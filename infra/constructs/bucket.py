"""The S3 buckets: private, encrypted, TLS only, their access logged."""

from collections.abc import Sequence

from aws_cdk import Duration, RemovalPolicy, Tags
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.constructs import compliance
from infra.constructs.arn import Location
from infra.constructs.encryption import Key
from infra.constructs.permissions import trust

CLEANUP_TAG = "distillery:emptied-on-delete"
"""`lambdas/bucket_cleanup` deletes nothing from a bucket without this tag."""

_NO_REPLICA = {
    "NIST.800.53.R5-S3BucketReplicationEnabled": "One Region by design: whether a second copy of prompts exists, and "
    "where, is the owner's decision under the owner's rules; versions protect from overwriting and deletion.",
}
_ACCESS_LOGS = {
    "NIST.800.53.R5-S3BucketReplicationEnabled": "Access logs only, which expire; the buckets that they are about are "
    "not replicated either.",
    "NIST.800.53.R5-S3BucketVersioningEnabled": "S3's log delivery writes each object once under a name of its own, "
    "and nobody else may write: there is no older version to keep.",
    "NIST.800.53.R5-S3DefaultEncryptionKMS": "S3's log delivery cannot write to a bucket that is encrypted with KMS; "
    "SSE-S3 encrypts what it writes.",
}

_LOG_DAYS = 90
_OLD_VERSION_DAYS = 30
_ABORTED_UPLOAD_DAYS = 7


class Bucket(Construct):
    """A versioned bucket for data, encrypted with the environment's key."""

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
        expiring: Sequence[str] = ("",),
        retained: Sequence[str] = (),
    ) -> None:
        """
        Args:
            scope: The parent construct.
            ident: The construct's id.
            key: The key that encrypts objects.
            logs: The bucket of access logs.
            keep_data: Whether the bucket outlives its stack.
            events: Whether new objects are announced on the default event bus.
            bucket_key: Whether S3 calls KMS once for many objects.
            keep_days: Days after which objects expire; all versions are gone a day later. None: they do not expire.
            expiring: The folders to which `keep_days` applies.
            retained: The folders of which only old versions expire.
        """
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
            lifecycle_rules=_lifecycle_rules(keep_days, expiring, retained),
            removal_policy=_removal(keep_data),
        )
        _tag_for_cleanup(self.bucket, keep_data)
        compliance.acknowledge(self.bucket, _NO_REPLICA)
        if events:  # a property of the bucket: the CDK's own option adds a custom resource
            path = "NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled"
            cfn = self.bucket.node.default_child
            assert isinstance(cfn, s3.CfnBucket)
            cfn.add_property_override(path, True)


class LogBucket(Construct):
    """The bucket of access logs. SSE-S3: log delivery supports no KMS key (S3 guide, enable-server-access-logging)."""

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
        _tag_for_cleanup(self.bucket, keep_data)
        compliance.acknowledge(self.bucket, _ACCESS_LOGS)


class InvocationLogBucket(Construct):
    """The bucket that Bedrock delivers model invocation logs to: prompts and answers, which expire after some days.

    Bedrock may write its logs of this account and Region there, and nothing else.
    """

    def __init__(
        self, scope: Construct, ident: str, *, key: Key, access_logs: s3.IBucket, keep_data: bool, keep_days: int
    ) -> None:
        super().__init__(scope, ident)
        made = Bucket(self, "Calls", key=key.key, logs=access_logs, keep_data=keep_data, keep_days=keep_days)
        self.bucket = made.bucket
        key.admit_invocation_logs()
        location = Location.of(self)
        statement = iam.PolicyStatement(
            sid="AmazonBedrockLogsWrite",
            principals=[iam.ServicePrincipal("bedrock.amazonaws.com")],
            actions=["s3:PutObject"],
            resources=[self.bucket.arn_for_objects(f"AWSLogs/{location.account}/BedrockModelInvocationLogs/*")],
            conditions=trust.from_source(location, "bedrock", "*"),
        )
        self.bucket.add_to_resource_policy(statement)


def logs_uri(location: Location, bucket: s3.IBucket) -> str:
    """The S3 URI of one Region's invocation logs, with its closing slash (UG model-invocation-logging)."""
    return f"s3://{bucket.bucket_name}/AWSLogs/{location.account}/BedrockModelInvocationLogs/{location.region}/"


def _lifecycle_rules(keep_days: int | None, expiring: Sequence[str], retained: Sequence[str]) -> list[s3.LifecycleRule]:
    """Rules of which no two with the same action overlap.

    S3 refuses them in the form that CloudFormation writes ("Found overlapping prefixes … for same action type"). A rule
    with days also removes a delete marker of that age that is all that is left of its object (S3 guide,
    intro-lifecycle-rules); a rule without days removes it at once.
    """
    if keep_days is None:
        expiring, retained = (), retained or ("",)
    expire = [
        s3.LifecycleRule(
            prefix=folder or None,
            expiration=None if keep_days is None else Duration.days(keep_days),
            noncurrent_version_expiration=Duration.days(1),
        )
        for folder in expiring
    ]
    retain = [
        s3.LifecycleRule(
            prefix=folder or None,
            expired_object_delete_marker=True,
            noncurrent_version_expiration=Duration.days(_OLD_VERSION_DAYS),
        )
        for folder in retained
    ]
    unfinished = s3.LifecycleRule(abort_incomplete_multipart_upload_after=Duration.days(_ABORTED_UPLOAD_DAYS))
    return [unfinished, *expire, *retain]


def _removal(keep_data: bool) -> RemovalPolicy:
    return RemovalPolicy.RETAIN if keep_data else RemovalPolicy.DESTROY


def _tag_for_cleanup(bucket: s3.Bucket, keep_data: bool) -> None:
    if not keep_data:  # setting keep_data removes the tag before the cleanup resource is deleted
        Tags.of(bucket).add(CLEANUP_TAG, "true")
