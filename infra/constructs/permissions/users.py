"""What people can access: all recipes, or the one that their principal tag `distillery:recipe` names.

The tag is on the person's user, role or session (`aws:PrincipalTag`). Each grant has two statements, whatever the
number of recipes: one for principals without the tag, and one that uses it as a policy variable, which has no value for
them and so allows them nothing (IAM guide, reference_policies_variables). The variable has no default such as `'*'`: no
page says that the wildcard of a default counts as one.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_s3 as s3

from distillery.core.ledger.items import ACTIVE
from distillery.core.names import TAG_RECIPE, Names
from infra.constructs.arn import Location
from infra.constructs.permissions import bedrock, running, storage
from infra.constructs.permissions.permission import Conditions, Permission

RECIPE, RUN = "{recipe}", "{run}"
"""Placeholders in a resource or a condition: the name of a recipe, and the id of one of its runs."""

KEY = f"aws:PrincipalTag/{TAG_RECIPE}"
OWN = f"${{{KEY}}}"
OWN_RUNS = (f"{OWN}-?????-????????-?", f"{OWN}-?????-????????-??")
"""Patterns of `names.run_id` that match no run of a recipe whose name only begins with this one, such as
`support-de-…`. The last part is the number of an attempt, of which there are fewer than a hundred."""

UNTAGGED: Conditions = {"Null": {KEY: "true"}}
TAGGED: Conditions = {"Null": {KEY: "false"}}
"""Added beside the variable, so that the CDK does not merge a statement without one into it: principals without the tag
would lose both."""

_ERASE, _FIND = (*storage.DELETE, "s3:GetObjectVersion"), ("s3:ListBucketVersions",)
_OBJECTS = "The keys of objects follow recipes and runs; the statement names their folders."


def limited(
    actions: Iterable[str], *resources: str, conditions: Conditions | None = None, because: str = _OBJECTS
) -> tuple[Permission, ...]:
    """Actions on resources that name a recipe or a run. All conditions must hold."""
    said, tests = tuple(actions), conditions or {}
    every = Permission(
        actions=said,
        resources=tuple(one for each in resources for one in _every(each)),
        conditions={**_each(tests, _every), **UNTAGGED},
        because=because,
    )
    own = Permission(
        actions=said,
        resources=tuple(one for each in resources for one in _own(each)),
        conditions={**_each(tests, _own), **TAGGED},
        because=because,
    )
    return every, own


def read_objects(bucket: s3.IBucket, *keys: str) -> tuple[Permission, ...]:
    """Read the newest version of objects whose keys are known."""
    return (
        *limited(("s3:GetObject",), *map(bucket.arn_for_objects, keys)),
        storage.use_key(bucket, "s3", "kms:Decrypt"),
    )


def browse_objects(bucket: s3.IBucket, *folders: str) -> tuple[Permission, ...]:
    """List the folders, and read every version of their objects."""
    inside = [f"{folder}*" for folder in folders]
    return (
        *limited(("s3:GetObject", "s3:GetObjectVersion"), *map(bucket.arn_for_objects, inside)),
        *limited(
            ("s3:ListBucket", "s3:ListBucketVersions"),
            bucket.bucket_arn,
            conditions={"StringLike": {"s3:prefix": inside}},
        ),
        storage.use_key(bucket, "s3", "kms:Decrypt"),
    )


def erase_objects(folders: Mapping[s3.IBucket, Sequence[str]]) -> tuple[Permission, ...]:
    """Read and delete every version of the objects in these folders of buckets.

    Principals without the tag can list the whole bucket: objects outside of the folders are reported as not read.
    """
    buckets = tuple(bucket.bucket_arn for bucket in folders)
    objects = [bucket.arn_for_objects(f"{one}*") for bucket, each in folders.items() for one in each]
    named = dict.fromkeys(f"{one}*" for each in folders.values() for one in each)
    prefixes = {"StringLike": {"s3:prefix": [own for one in named for own in _own(one)]}}
    return (
        *limited(_ERASE, *objects),
        Permission(actions=_FIND, resources=buckets, conditions=UNTAGGED),
        Permission(actions=_FIND, resources=buckets, conditions={**prefixes, **TAGGED}),
        *(storage.use_key(bucket, "s3", "kms:Decrypt") for bucket in folders),
    )


def erase_all(bucket: s3.IBucket, *folders: str) -> tuple[Permission, ...]:
    """The same for folders that belong to no recipe, which principals with the tag may not access."""
    inside = tuple(bucket.arn_for_objects(f"{folder}*") for folder in folders)
    return (
        Permission(actions=_ERASE, resources=inside, conditions=UNTAGGED, because=_OBJECTS),
        Permission(actions=_FIND, resources=(bucket.bucket_arn,), conditions=UNTAGGED),
        storage.use_key(bucket, "s3", "kms:Decrypt"),
    )


def put_objects(bucket: s3.IBucket, *folders: str) -> tuple[Permission, ...]:
    """Write objects in the folders. Multipart uploads need kms:Decrypt (S3 guide, Using SSE-KMS)."""
    return put_keys(bucket, *(f"{folder}*" for folder in folders))


def put_keys(bucket: s3.IBucket, *keys: str) -> tuple[Permission, ...]:
    """The same for objects with these keys."""
    return (
        *limited(("s3:AbortMultipartUpload", "s3:PutObject"), *map(bucket.arn_for_objects, keys)),
        storage.use_key(bucket, "s3", "kms:Decrypt", "kms:GenerateDataKey"),
    )


def read_runs(table: dynamodb.ITable) -> tuple[Permission, ...]:
    """Read the ledger's records of runs, and of uploads to folders with the recipe's name. Nothing else: the ledger
    also has task tokens."""
    reads, uploads = ("dynamodb:GetItem", "dynamodb:Query"), (f"uploads#{RUN}", f"object#s3://*/{RECIPE}/*")
    return _items(reads, table, f"recipe#{RECIPE}", *uploads)


def see_what_bills(table: dynamodb.ITable, location: Location) -> tuple[Permission, ...]:
    """List endpoints, models and jobs, and read the locks and leases that keep endpoints. The lists of Bedrock and
    these partitions name every recipe, so principals with the tag may not."""
    keys = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [ACTIVE, "lease"]}}
    kept = Permission(actions=("dynamodb:Query",), resources=(table.table_arn,), conditions=keys, because=_OBJECTS)
    every = (*bedrock.take_inventory(location), kept)
    return tuple(replace(one, conditions={**one.conditions, **UNTAGGED}) for one in every)


def list_runs(table: dynamodb.ITable) -> tuple[Permission, ...]:
    """List the records of a recipe's runs."""
    return _items(("dynamodb:Query",), table, f"recipe#{RECIPE}")


def _items(actions: Iterable[str], table: dynamodb.ITable, *partitions: str) -> tuple[Permission, ...]:
    keys = {"dynamodb:LeadingKeys": list(partitions)}
    return (
        *limited(actions, table.table_arn, conditions={"ForAllValues:StringLike": keys}),
        storage.use_key(table, "dynamodb", "kms:Decrypt", "kms:DescribeKey"),
    )


def read_aliases(location: Location, names: Names) -> tuple[Permission, ...]:
    return limited(("ssm:GetParameter",), location.arn("ssm", f"parameter{names.alias(RECIPE)}"))


def invoke(*functions: str) -> Permission:
    """Invoke functions that act for any recipe. IAM cannot see for which one, so principals with the tag may not."""
    return Permission(actions=("lambda:InvokeFunction",), resources=functions, conditions=UNTAGGED)


def decide(*functions: str, deciders_named: bool) -> tuple[Permission, ...]:
    """The same for functions that learn the caller from their URLs.

    `deciders_named` states whether each recipe names its deciders. Then the functions themselves refuse everyone else,
    so principals with the tag may invoke them.
    """
    if deciders_named:
        return running.decide(*functions)
    return tuple(replace(one, conditions={**one.conditions, **UNTAGGED}) for one in running.decide(*functions))


def _every(text: str) -> tuple[str, ...]:
    for one in (RECIPE, RUN):
        text = text.replace(f"{one}/*", "*").replace(one, "*")
    return (text,)


def _own(text: str) -> tuple[str, ...]:
    if RUN in text:
        return tuple(text.replace(RUN, runs) for runs in OWN_RUNS)
    return (text.replace(RECIPE, OWN),)


def _each(conditions: Conditions, spell: Callable[[str], tuple[str, ...]]) -> dict[str, dict[str, Any]]:
    return {
        operator: {key: [one for value in values for one in spell(value)] for key, values in tests.items()}
        for operator, tests in conditions.items()
    }
