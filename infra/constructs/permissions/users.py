"""What people reach: that of every recipe, or, where a tag of theirs names a recipe, that of this one alone.

The tag is `distillery:recipe` of the person's user, role or session (`aws:PrincipalTag`). Each grant is two statements,
whatever the number of recipes: one is for those without the tag; the other names it as a variable, which has no value
for them, and allows them nothing (IAM guide, reference_policies_variables). The variable has no default, such as `'*'`:
no page says that a default's wildcard counts as one.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_s3 as s3

from distillery.core.names import TAG_RECIPE, Names
from infra.constructs.arn import Location
from infra.constructs.permissions import running, storage
from infra.constructs.permissions.permission import Conditions, Permission

RECIPE, RUN = "{recipe}", "{run}"
"""In a resource or a condition: the name of a recipe that is reached, and the id of one of its runs."""

KEY = f"aws:PrincipalTag/{TAG_RECIPE}"
OWN = f"${{{KEY}}}"
OWN_RUNS = (f"{OWN}-?????-????????-?", f"{OWN}-?????-????????-??")
"""`names.run_id`, spelled so that no run of a recipe whose name only begins with this one is meant: `support-de-…`. Its
last part is the number of an attempt: nobody makes a hundred."""

UNTAGGED: Conditions = {"Null": {KEY: "true"}}
TAGGED: Conditions = {"Null": {KEY: "false"}}
"""Beside the variable, so that the CDK joins no statement without one to it: those without the tag would lose both."""

_ERASE, _FIND = (*storage.DELETE, "s3:GetObjectVersion"), ("s3:ListBucketVersions",)
_OBJECTS = "The keys of objects follow recipes and runs; the statement names their folders."


def limited(
    actions: Iterable[str], *resources: str, conditions: Conditions | None = None, because: str = _OBJECTS
) -> tuple[Permission, ...]:
    """Actions on resources that name a recipe or a run. Every condition is one more that must hold."""
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
    """The newest version of objects whose keys are known."""
    return (
        *limited(("s3:GetObject",), *map(bucket.arn_for_objects, keys)),
        storage.use_key(bucket, "s3", "kms:Decrypt"),
    )


def browse_objects(bucket: s3.IBucket, *folders: str) -> tuple[Permission, ...]:
    """Every version of all that is in the folders, and what there is."""
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
    """Every version of all that is in these folders of buckets, to be read and deleted for good.

    Without the tag the whole of a bucket is listed: what lies beside the folders is seen, and told as not read.
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
    """The same of what is no recipe's: nobody with the tag may."""
    inside = tuple(bucket.arn_for_objects(f"{folder}*") for folder in folders)
    return (
        Permission(actions=_ERASE, resources=inside, conditions=UNTAGGED, because=_OBJECTS),
        Permission(actions=_FIND, resources=(bucket.bucket_arn,), conditions=UNTAGGED),
        storage.use_key(bucket, "s3", "kms:Decrypt"),
    )


def put_objects(bucket: s3.IBucket, *folders: str) -> tuple[Permission, ...]:
    """New objects in the folders. Decrypt is for uploads in parts (S3 guide, Using SSE-KMS)."""
    inside = [bucket.arn_for_objects(f"{folder}*") for folder in folders]
    return (
        *limited(("s3:AbortMultipartUpload", "s3:PutObject"), *inside),
        storage.use_key(bucket, "s3", "kms:Decrypt", "kms:GenerateDataKey"),
    )


def read_runs(table: dynamodb.ITable) -> tuple[Permission, ...]:
    """The ledger's records of runs, and who uploaded what lies in a folder of the recipe's name; nothing else that it
    holds: beside them stand task tokens."""
    reads, uploads = ("dynamodb:GetItem", "dynamodb:Query"), (f"uploads#{RUN}", f"object#s3://*/{RECIPE}/*")
    return _items(reads, table, f"recipe#{RECIPE}", *uploads)


def list_runs(table: dynamodb.ITable) -> tuple[Permission, ...]:
    """The records of a recipe's runs, together."""
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
    """Functions that do something for any recipe. IAM cannot see which one is asked for, so nobody with the tag may."""
    return Permission(actions=("lambda:InvokeFunction",), resources=functions, conditions=UNTAGGED)


def decide(function: str, *, deciders_named: bool) -> tuple[Permission, ...]:
    """The same of a function that is told by its URL who asks. deciders_named: whether each recipe says who decides:
    then the function knows whom it is not for, and lets nobody in for the want of a name."""
    if deciders_named:
        return running.decide(function)
    return tuple(replace(one, conditions={**one.conditions, **UNTAGGED}) for one in running.decide(function))


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
