"""What CloudFormation may do with buckets, tables, keys, queues, topics and parameters: see `execution`."""

from distillery.core.names import TAG_ENVIRONMENT
from infra.constructs.arn import Location
from infra.constructs.permissions.permission import Permission, actions

NAMES = "CloudFormation makes these names; they begin with the name of the product."
TAGGING = ("ListTagsForResource", "TagResource", "UntagResource")
NO_RESOURCE = "These actions take no resource: the Service Authorization Reference allows `*` alone."


def stored_data(account: Location) -> tuple[Permission, ...]:
    """Buckets, tables, keys, queues, topics and parameters. Nothing reads an object, an item or a message but the CDK's
    own assets.

    Args:
        account: Any Region: `Location.at("*")`.
    """
    bucket = f"arn:{account.partition}:s3:::distillery-*"
    return (
        Permission(
            actions=actions(
                "s3",
                *("CreateBucket", "DeleteBucket", "DeleteBucketPolicy", "GetBucketAbac", "GetBucketAcl"),
                *("GetAccelerateConfiguration", "GetAnalyticsConfiguration", "GetBucketCORS", "GetBucketLogging"),
                *("GetBucketMetadataTableConfiguration", "GetBucketNotification", "GetBucketObjectLockConfiguration"),
                *("GetBucketOwnershipControls", "GetBucketPolicy", "GetBucketPublicAccessBlock", "GetBucketTagging"),
                *("GetBucketVersioning", "GetBucketWebsite", "GetEncryptionConfiguration", "ListTagsForResource"),
                *("GetIntelligentTieringConfiguration", "GetInventoryConfiguration", "GetLifecycleConfiguration"),
                *("GetMetricsConfiguration", "GetReplicationConfiguration", "ListBucket", "PutBucketAcl"),
                *("PutBucketLogging", "PutBucketNotification", "PutBucketOwnershipControls", "PutBucketPolicy"),
                *("PutBucketPublicAccessBlock", "PutBucketTagging", "PutBucketVersioning", "TagResource"),
                *("PutEncryptionConfiguration", "PutLifecycleConfiguration", "UntagResource"),
            ),
            resources=(bucket,),
            because=NAMES,
        ),
        Permission(
            actions=actions("s3", "GetObject", "GetObjectVersion"),
            resources=(f"arn:{account.partition}:s3:::cdk-*-assets-{account.account}-*/*",),
            because="Functions and layers are made from the CDK's assets, whose names are digests.",
        ),
        Permission(
            actions=actions(
                "dynamodb",
                *("CreateTable", "DeleteResourcePolicy", "DeleteTable", "DescribeContinuousBackups"),
                *("DescribeContributorInsights", "DescribeKinesisStreamingDestination", "DescribeTable"),
                *("DescribeTimeToLive", "GetResourcePolicy", "ListTagsOfResource", "PutResourcePolicy", "TagResource"),
                *("UntagResource", "UpdateContinuousBackups", "UpdateContributorInsights", "UpdateTable"),
                "UpdateTimeToLive",
            ),
            resources=(account.arn("dynamodb", "table/distillery-*"),),
            because=NAMES,
        ),
        Permission(
            actions=actions("kms", "CreateKey", "ListAliases"),
            resources=("*",),
            because=NO_RESOURCE,
        ),
        Permission(
            actions=actions(
                "kms",
                *("CreateAlias", "CreateGrant", "Decrypt", "DeleteAlias", "DescribeKey", "DisableKey", "EnableKey"),
                *("DisableKeyRotation", "EnableKeyRotation", "Encrypt", "GenerateDataKey", "GetKeyPolicy"),
                *("GetKeyRotationStatus", "ListResourceTags", "PutKeyPolicy", "RevokeGrant", "TagResource"),
                *("UntagResource", "UpdateAlias", "UpdateKeyDescription"),
            ),
            resources=(account.arn("kms", "key/*"), account.arn("kms", "alias/distillery-*")),
            because="A key has a random id, and its tags decide minutes after it was made (KMS guide, ABAC for KMS).",
        ),
        Permission(
            actions=actions("kms", "ScheduleKeyDeletion"),
            resources=(account.arn("kms", "key/*"),),
            conditions={"Null": {f"aws:ResourceTag/{TAG_ENVIRONMENT}": "false"}},
            because="A key has a random id; the condition demands the tag of an environment.",
        ),
        Permission(
            actions=actions(
                "sqs",
                *("CreateQueue", "DeleteQueue", "GetQueueAttributes", "GetQueueUrl", "ListQueueTags"),
                *("SetQueueAttributes", "TagQueue", "UntagQueue"),
            ),
            resources=(account.arn("sqs", "distillery-*"),),
            because=NAMES,
        ),
        Permission(
            actions=(
                *actions("sns", "CreateTopic", "DeleteTopic", "GetDataProtectionPolicy", "GetTopicAttributes"),
                *actions("sns", "ListSubscriptionsByTopic", "PutDataProtectionPolicy", "SetTopicAttributes"),
                *actions("sns", "Subscribe", *TAGGING),
            ),
            resources=(account.arn("sns", "distillery-*"),),
            because=NAMES,
        ),
        Permission(
            actions=actions("sns", "GetSubscriptionAttributes", "SetSubscriptionAttributes", "Unsubscribe"),
            resources=("*",),
            because=NO_RESOURCE,
        ),
        Permission(
            actions=actions(
                "ssm",
                *("AddTagsToResource", "DeleteParameter", "GetParameters", "ListTagsForResource", "PutParameter"),
                "RemoveTagsFromResource",
            ),
            resources=(account.arn("ssm", "parameter/distillery/*"),),
            because="The folder of all environments of the account.",
        ),
        Permission(
            actions=actions("ssm", "GetParameters"),
            resources=(account.arn("ssm", "parameter/cdk-bootstrap/*"),),
            because="Each template reads the version of the bootstrap.",
        ),
    )
