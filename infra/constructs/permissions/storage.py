"""Objects and the ledger. A bucket, a table and a topic never come without their key."""

import functools
from collections.abc import Hashable
from typing import Any, cast

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import IConstruct

from distillery.core.names import FOUNDATION, Names
from infra.constructs.arn import Location
from infra.constructs.permissions import keys
from infra.constructs.permissions.permission import Permission

SYMMETRIC_USE = (
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)
"""What a service does with a symmetric key on somebody's behalf (DynamoDB and CloudWatch Logs guides, spelled out)."""

DELETE = ("s3:DeleteObject", "s3:DeleteObjectVersion")
"""By DeleteObjects, which asks for the first always and for the second where versions are named (S3 API)."""

_OBJECTS = "The keys of objects are not known before there are prompts; the statement names their folders."


def read(bucket: s3.IBucket, *folders: str) -> tuple[Permission, ...]:
    """Objects in any version, and whether they exist: `prompts/` is a folder, `datasets/*/train.jsonl` the objects
    so named."""
    return (
        _objects(bucket, ("s3:GetObject", "s3:GetObjectVersion"), folders),
        Permission(actions=("s3:ListBucket",), resources=(bucket.bucket_arn,)),
        _key(_of(bucket), bucket, ("kms:Decrypt",), "s3"),
    )


def write(bucket: s3.IBucket, *folders: str) -> tuple[Permission, ...]:
    """New objects under the folders. Decrypt is for uploads in parts (S3 guide, Using SSE-KMS)."""
    return (
        _objects(bucket, ("s3:AbortMultipartUpload", "s3:PutObject"), folders),
        _key(_of(bucket), bucket, ("kms:Decrypt", "kms:GenerateDataKey"), "s3"),
    )


def write_by_name(location: Location, environment: str, *folders: str) -> tuple[Permission, ...]:
    """New objects under folders of the environment's bucket in another Region, where its name alone is known.

    CloudFormation names a bucket after its stack, cut to 24 characters if need be. An environment's name has at most
    ten, so those 24 are of no other's stack: `distillery-dev-foundatio` is not the beginning of what is `dev-two`'s.
    The key, known by its alias, is for nobody else's bucket either; but S3 takes what is written without it.
    """
    names = Names(environment)
    bucket = f"{names.begins(FOUNDATION)}*"
    return (
        Permission(
            actions=("s3:PutObject",),
            resources=tuple(f"arn:{location.partition}:s3:::{bucket}/{folder}*" for folder in folders),
            conditions={"StringEquals": {"aws:ResourceAccount": location.account}},
            because="A bucket's generated end does not cross Regions; its key's alias admits this environment's alone.",
        ),
        keys.by_alias(names.key_alias, "s3", ("kms:Decrypt", "kms:GenerateDataKey"), location),
    )


def remove(bucket: s3.IBucket, folder: str) -> Permission:
    """Objects that have served their purpose."""
    return _objects(bucket, ("s3:DeleteObject",), (folder,))


def delete_versions(bucket: s3.IBucket, *folders: str) -> tuple[Permission, ...]:
    """Every version of objects under the folders, to be listed and deleted for good. No key: nothing is read."""
    return (
        Permission(actions=("s3:ListBucketVersions",), resources=(bucket.bucket_arn,)),
        _objects(bucket, DELETE, folders),
    )


def empty_bucket(bucket: s3.IBucket) -> tuple[Permission, ...]:
    """Every version of every object, to be deleted with the bucket. No key: nothing is read."""
    return (
        Permission(actions=("s3:GetBucketTagging", "s3:ListBucketVersions"), resources=(bucket.bucket_arn,)),
        Permission(
            actions=DELETE,
            resources=(bucket.arn_for_objects("*"),),
            because="The bucket is emptied as a whole, only where the environment keeps no data.",
        ),
    )


def use_ledger(table: dynamodb.ITable) -> tuple[Permission, ...]:
    """The operations of `distillery/core/ledger`; a transaction needs the permission of each of its parts."""
    items = ("dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem")
    return (
        Permission(actions=items, resources=(table.table_arn,)),
        _key(_of(table), table, SYMMETRIC_USE, "dynamodb"),
    )


def update_counters(table: dynamodb.ITable) -> tuple[Permission, ...]:
    """Sums in items; their values come back to nobody."""
    return (
        Permission(actions=("dynamodb:UpdateItem",), resources=(table.table_arn,)),
        _key(_of(table), table, SYMMETRIC_USE, "dynamodb"),
    )


def put_ledger_items(table: dynamodb.ITable) -> tuple[Permission, ...]:
    """New items alone, as far as the writer keeps to its conditions."""
    return (
        Permission(actions=("dynamodb:PutItem",), resources=(table.table_arn,)),
        _key(_of(table), table, SYMMETRIC_USE, "dynamodb"),
    )


def use_key(kept: s3.IBucket | dynamodb.ITable, service: str, *actions: str) -> Permission:
    """The key of a bucket or a table, through its service alone."""
    return _key(_of(kept), kept, actions, service)


def notify(topic: sns.ITopic, key: kms.IKey) -> tuple[Permission, ...]:
    """Messages to an encrypted topic."""
    return (
        Permission(actions=("sns:Publish",), resources=(topic.topic_arn,)),
        _key(key, topic, ("kms:Decrypt", "kms:GenerateDataKey"), "sns"),
    )


def send_dead_letters(queue: sqs.IQueue, key: kms.IKey) -> tuple[Permission, ...]:
    """Lambda sends what a function could not handle under the function's own role."""
    return (
        Permission(actions=("sqs:SendMessage",), resources=(queue.queue_arn,)),
        _key(key, queue, ("kms:Decrypt", "kms:GenerateDataKey"), "sqs"),
    )


def _objects(bucket: s3.IBucket, actions: tuple[str, ...], folders: tuple[str, ...]) -> Permission:
    resources = tuple(bucket.arn_for_objects(f"{folder}*" if folder.endswith("/") else folder) for folder in folders)
    return Permission(actions=actions, resources=resources, because=_OBJECTS)


def _of(kept: s3.IBucket | dynamodb.ITable) -> kms.IKey:
    return cast(kms.IKey, _key_of(cast(Hashable, kept)))


def _key(key: kms.IKey, scope: IConstruct, actions: tuple[str, ...], service: str) -> Permission:
    via = Location.of(scope).via(service)
    return Permission(actions=actions, resources=(_arn_of(cast(Hashable, key)),), conditions={"StringEquals": via})


@functools.cache
def _key_of(kept: Any) -> Any:
    """Asked once: see `Location`."""
    key = kept.encryption_key
    if key is None:
        raise ValueError(f"{kept.node.path} has no key of its own; build it with infra.constructs")
    return key


@functools.cache
def _arn_of(key: Any) -> str:
    return str(key.key_arn)
