"""Objects, tables, queues and topics, always together with their KMS key."""

import functools
from collections.abc import Hashable
from typing import Any, cast

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import IConstruct

from distillery.core.ledger.borrowed_models import PARTITION as BORROWED
from distillery.core.ledger.items import ACTIVE
from distillery.core.ledger.promotions import PARTITIONS as PROMOTIONS
from distillery.core.names import FOUNDATION, Names
from infra.constructs.arn import Location, attribute
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
"""What a service does with a symmetric key on a caller's behalf (DynamoDB and CloudWatch Logs guides)."""

DELETE = ("s3:DeleteObject", "s3:DeleteObjectVersion")
"""DeleteObjects always needs the first, and the second if versions are named (S3 API)."""

_OBJECTS = "The keys of objects are not known before there are prompts; the statement names their folders."


def read(bucket: s3.IBucket, *folders: str) -> tuple[Permission, ...]:
    """Read objects in any version, and see whether they exist. `prompts/` is a folder, `datasets/*/train.jsonl` a
    pattern of keys."""
    return (
        _objects(bucket, ("s3:GetObject", "s3:GetObjectVersion"), folders),
        Permission(actions=("s3:ListBucket",), resources=(_bucket_arn(bucket),)),
        _key(_of(bucket), bucket, ("kms:Decrypt",), "s3"),
    )


def read_if_any(bucket: s3.IBucket, *folders: str) -> tuple[Permission, ...]:
    """`read`, or nothing where there are no folders."""
    return read(bucket, *folders) if folders else ()


def list_objects(bucket: s3.IBucket) -> Permission:
    """See which objects there are, without reading any."""
    return Permission(actions=("s3:ListBucket",), resources=(_bucket_arn(bucket),))


def write(bucket: s3.IBucket, *folders: str) -> tuple[Permission, ...]:
    """Write objects under the folders. Multipart uploads need kms:Decrypt (S3 guide, Using SSE-KMS)."""
    return (
        _objects(bucket, ("s3:AbortMultipartUpload", "s3:PutObject"), folders),
        _key(_of(bucket), bucket, ("kms:Decrypt", "kms:GenerateDataKey"), "s3"),
    )


def locate(bucket: s3.IBucket) -> tuple[Permission, ...]:
    """Ask for the Region of the bucket and for unfinished uploads, as Bedrock's evaluation jobs do."""
    actions = ("s3:GetBucketLocation", "s3:ListBucketMultipartUploads")
    return (Permission(actions=actions, resources=(_bucket_arn(bucket),)),)


def read_by_name(location: Location, environment: str, *folders: str) -> tuple[Permission, ...]:
    """Read objects under folders of the environment's bucket in another Region, see `write_by_name`. They cannot be
    listed."""
    names = Names(environment)
    return (
        _by_name(location, names, ("s3:GetObject",), folders),
        keys.by_alias(names.key_alias, "s3", ("kms:Decrypt",), location),
    )


def write_by_name(location: Location, environment: str, *folders: str) -> tuple[Permission, ...]:
    """Write objects under folders of the environment's bucket in another Region, where only its name is known.

    CloudFormation names a bucket after its stack, cut to 24 characters. An environment's name has at most ten, so no
    other environment's stack has these 24: `distillery-dev-foundatio` is no prefix of a name of `dev-two`. The key's
    alias also limits access to this environment; but S3 accepts objects that are written without the key.
    """
    names = Names(environment)
    return (
        _by_name(location, names, ("s3:PutObject",), folders),
        keys.by_alias(names.key_alias, "s3", ("kms:Decrypt", "kms:GenerateDataKey"), location),
    )


def _by_name(location: Location, names: Names, actions: tuple[str, ...], folders: tuple[str, ...]) -> Permission:
    bucket = f"{names.resource_prefix(FOUNDATION)}*"
    return Permission(
        actions=actions,
        resources=tuple(f"arn:{location.partition}:s3:::{bucket}/{folder}*" for folder in folders),
        conditions={"StringEquals": {"aws:ResourceAccount": location.account}},
        because="A bucket's generated end does not cross Regions; its key's alias admits this environment's alone.",
    )


def remove(bucket: s3.IBucket, folder: str) -> Permission:
    """Delete objects that are no longer needed."""
    return _objects(bucket, ("s3:DeleteObject",), (folder,))


def delete_versions(bucket: s3.IBucket, *folders: str) -> tuple[Permission, ...]:
    """List and delete every version of objects under the folders. Needs no key, since nothing is read."""
    return (
        Permission(actions=("s3:ListBucketVersions",), resources=(_bucket_arn(bucket),)),
        _objects(bucket, DELETE, folders),
    )


def empty_bucket(bucket: s3.IBucket) -> tuple[Permission, ...]:
    """Delete every version of every object with the bucket, after its policy denies further writes. Needs no key, since
    nothing is read."""
    policy = ("s3:GetBucketPolicy", "s3:PutBucketPolicy")
    return (
        Permission(actions=("s3:GetBucketTagging", "s3:ListBucketVersions", *policy), resources=(_bucket_arn(bucket),)),
        Permission(
            actions=DELETE,
            resources=(f"{_bucket_arn(bucket)}/*",),
            because="The bucket is emptied as a whole, only where the environment keeps no data.",
        ),
    )


def use_ledger(table: dynamodb.ITable) -> tuple[Permission, ...]:
    """The operations of `distillery/core/ledger`; a transaction needs the permission of each of its parts."""
    items = ("dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem")
    return (
        Permission(actions=items, resources=(_table_arn(table),)),
        _key(_of(table), table, SYMMETRIC_USE, "dynamodb"),
    )


def admit_to_ledger(table: dynamodb.ITable) -> tuple[Permission, ...]:
    """Read, put and change single items of recipes, records and promotions: what `distillery/core/ledger/promotions`
    does to begin a promotion, to admit its record again, and to abandon one."""
    items = ("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem")
    own = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": list(PROMOTIONS)}}
    return (
        Permission(actions=items, resources=(_table_arn(table),), conditions=own),
        _key(_of(table), table, SYMMETRIC_USE, "dynamodb"),
    )


def read_ledger(table: dynamodb.ITable) -> tuple[Permission, ...]:
    """Read single items of the ledger."""
    return (
        Permission(actions=("dynamodb:GetItem",), resources=(_table_arn(table),)),
        _key(_of(table), table, ("kms:Decrypt",), "dynamodb"),
    )


def query_runs(table: dynamodb.ITable) -> tuple[Permission, ...]:
    """Query the ledger's records of recipes."""
    recipes = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["recipe#*"]}}
    return (
        Permission(actions=("dynamodb:Query",), resources=(_table_arn(table),), conditions=recipes),
        _key(_of(table), table, ("kms:Decrypt",), "dynamodb"),
    )


def end_leases_of_models(table: dynamodb.ITable) -> tuple[Permission, ...]:
    """List and delete what the ledger has of borrowed models. A deletion needs the key as a write does."""
    borrowed = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [BORROWED]}}
    actions = ("dynamodb:DeleteItem", "dynamodb:Query")
    return (
        Permission(actions=actions, resources=(_table_arn(table),), conditions=borrowed),
        _key(_of(table), table, SYMMETRIC_USE, "dynamodb"),
    )


def query_locks(table: dynamodb.ITable) -> Permission:
    """Query what is under way for each recipe; the key is that of `query_runs`."""
    locks = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [ACTIVE]}}
    return Permission(actions=("dynamodb:Query",), resources=(_table_arn(table),), conditions=locks)


def update_counters(table: dynamodb.ITable) -> tuple[Permission, ...]:
    """Update counters in items, without reading them."""
    return (
        Permission(actions=("dynamodb:UpdateItem",), resources=(_table_arn(table),)),
        _key(_of(table), table, SYMMETRIC_USE, "dynamodb"),
    )


def put_ledger_items(table: dynamodb.ITable) -> tuple[Permission, ...]:
    """Put items; the writer's conditions limit it to new ones."""
    return (
        Permission(actions=("dynamodb:PutItem",), resources=(_table_arn(table),)),
        _key(_of(table), table, SYMMETRIC_USE, "dynamodb"),
    )


def use_key(kept: s3.IBucket | dynamodb.ITable, service: str, *actions: str) -> Permission:
    """The key of a bucket or a table, only through its service."""
    return _key(_of(kept), kept, actions, service)


def notify(topic: sns.ITopic, key: kms.IKey) -> tuple[Permission, ...]:
    """Publish to an encrypted topic."""
    return (
        Permission(actions=("sns:Publish",), resources=(attribute(cast(Hashable, topic), "topic_arn"),)),
        _key(key, topic, ("kms:Decrypt", "kms:GenerateDataKey"), "sns"),
    )


def send_dead_letters(queue: sqs.IQueue, key: kms.IKey) -> tuple[Permission, ...]:
    """Send dead letters: Lambda does that with the function's own role."""
    return (
        Permission(actions=("sqs:SendMessage",), resources=(queue.queue_arn,)),
        _key(key, queue, ("kms:Decrypt", "kms:GenerateDataKey"), "sqs"),
    )


def _objects(bucket: s3.IBucket, actions: tuple[str, ...], folders: tuple[str, ...]) -> Permission:
    patterns = (f"{folder}*" if folder.endswith("/") else folder for folder in folders)
    resources = tuple(f"{_bucket_arn(bucket)}/{pattern}" for pattern in patterns)
    return Permission(actions=actions, resources=resources, because=_OBJECTS)


def _of(kept: s3.IBucket | dynamodb.ITable) -> kms.IKey:
    return cast(kms.IKey, _key_of(cast(Hashable, kept)))


def _key(key: kms.IKey, scope: IConstruct, actions: tuple[str, ...], service: str) -> Permission:
    via = Location.of(scope).via(service)
    return Permission(
        actions=actions, resources=(attribute(cast(Hashable, key), "key_arn"),), conditions={"StringEquals": via}
    )


@functools.cache
def _key_of(kept: Any) -> Any:
    """Cached: see `Location`."""
    key = kept.encryption_key
    if key is None:
        raise ValueError(f"{kept.node.path} has no key of its own; build it with infra.constructs")
    return key


def _bucket_arn(bucket: s3.IBucket) -> str:
    return attribute(cast(Hashable, bucket), "bucket_arn")


def _table_arn(table: dynamodb.ITable) -> str:
    return attribute(cast(Hashable, table), "table_arn")
