"""Buckets, queues, topics and log groups: private, versioned, over TLS only, and with an expiry."""

from collections.abc import Iterator
from typing import Any

from tests.policy.rules.encryption import log_buckets
from tests.policy.rules.examples import TLS_ONLY, get, policy, resource, resource_policy
from tests.policy.rules.examples import statement as said
from tests.policy.rules.registry import Facts, rule
from tests.policy.templates import (
    EnvironmentTemplates,
    Json,
    Resource,
    allows,
    as_list,
    condition,
    rendered,
    single_stack,
)

_BLOCKED = dict.fromkeys(("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True)


@rule(
    silent=single_stack({"B": resource("AWS::S3::Bucket")}),
    half=single_stack(
        {"B": resource("AWS::S3::Bucket", PublicAccessBlockConfiguration=_BLOCKED | {"BlockPublicPolicy": False})}
    ),
    with_access_lists=single_stack(
        {
            "B": resource(
                "AWS::S3::Bucket",
                PublicAccessBlockConfiguration=_BLOCKED,
                OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]},
            )
        }
    ),
)
def a_bucket_is_private(templates: EnvironmentTemplates) -> Facts:
    for bucket in templates.resources("AWS::S3::Bucket"):
        rules = bucket.properties.get("OwnershipControls", {}).get("Rules", [])
        owned = all(one["ObjectOwnership"] == "BucketOwnerEnforced" for one in rules)
        yield str(bucket), owned and bucket.properties.get("PublicAccessBlockConfiguration") == _BLOCKED


@rule(
    not_at_all=single_stack({"B": resource("AWS::S3::Bucket")}),
    no_longer=single_stack({"B": resource("AWS::S3::Bucket", VersioningConfiguration={"Status": "Suspended"})}),
)
def a_bucket_keeps_every_version_unless_it_keeps_access_logs(templates: EnvironmentTemplates) -> Facts:
    access_logs = set(log_buckets(templates))
    for bucket in templates.resources("AWS::S3::Bucket"):
        if str(bucket) not in access_logs:
            yield str(bucket), bucket.properties.get("VersioningConfiguration") == {"Status": "Enabled"}


@rule(silent=single_stack({"B": resource("AWS::S3::Bucket")}))
def a_bucket_logs_who_reads_it_unless_it_keeps_those_logs(templates: EnvironmentTemplates) -> Facts:
    access_logs = set(log_buckets(templates))
    for bucket in templates.resources("AWS::S3::Bucket"):
        target = bucket.properties.get("LoggingConfiguration", {}).get("DestinationBucketName")
        yield str(bucket), str(bucket) in access_logs or templates.find(bucket.stack, target) is not None


TLS = {
    "AWS::S3::Bucket": ("AWS::S3::BucketPolicy", "s3:*"),
    "AWS::SQS::Queue": ("AWS::SQS::QueuePolicy", "sqs:*"),
    "AWS::SNS::Topic": ("AWS::SNS::TopicPolicy", "sns:Publish"),
}
"""The policy of each resource type, and the actions that it denies without TLS, as AWS Config and Security
Hub check it.
"""


def _deny(kind: str, actions: list[str], resources: Any, **more: Any) -> EnvironmentTemplates:
    denied = said(actions, resources, **{"effect": "Deny", "Principal": "*", "Condition": TLS_ONLY, **more})
    return single_stack({"X": resource(kind), "P": resource_policy(TLS[kind][0], "X", denied)})


_BOTH = [get("X"), {"Fn::Join": ["", [get("X"), "/*"]]}]
_ALL = ["s3:*"]
_NAMED = ["s3:DeleteObject", "s3:GetObject", "s3:ListBucket", "s3:PutObject"]


@rule(
    bucket_without_a_policy=single_stack({"B": resource("AWS::S3::Bucket")}),
    bucket_but_not_its_objects=_deny("AWS::S3::Bucket", _ALL, get("X")),
    bucket_by_named_actions=_deny("AWS::S3::Bucket", _NAMED, _BOTH),
    bucket_for_one_principal=_deny("AWS::S3::Bucket", _ALL, _BOTH, Principal={"AWS": "111111111111"}),
    bucket_allowed=_deny("AWS::S3::Bucket", _ALL, _BOTH, effect="Allow"),
    bucket_with_tls_denied=_deny("AWS::S3::Bucket", _ALL, _BOTH, Condition={"Bool": {"aws:SecureTransport": "true"}}),
    queue_but_not_receiving=_deny("AWS::SQS::Queue", ["sqs:SendMessage"], get("X")),
    topic_without_a_policy=single_stack({"T": resource("AWS::SNS::Topic")}),
)
def nothing_is_reached_without_tls(templates: EnvironmentTemplates) -> Facts:
    for kept in templates.resources(*TLS):
        kind, action = TLS[kept.kind]
        yield str(kept), any(_is_denied(kept, one, action) for one in _policy(templates, kept, kind))


def _policy(templates: EnvironmentTemplates, kept: Resource, kind: str) -> Iterator[Json]:
    for found in templates.resources(kind):
        targets = [found.properties[name] for name in ("Bucket", "Queues", "Topics") if name in found.properties]
        if any(str(templates.find(found.stack, one)) == str(kept) for target in targets for one in as_list(target)):
            yield from found.properties["PolicyDocument"]["Statement"]


def _is_denied(kept: Resource, statement: Json, action: str) -> bool:
    resources = {rendered(one) for one in as_list(statement["Resource"])}
    wanted = {f"<{kept.id}.Arn>", f"<{kept.id}.Arn>/*"} if kept.kind == "AWS::S3::Bucket" else set()
    return (
        statement["Effect"] == "Deny"
        and statement["Principal"] in ("*", {"AWS": "*"})
        and action in as_list(statement["Action"])
        and condition(statement, "aws:SecureTransport", "Bool") == ["false"]
        and wanted <= resources
    )


@rule(for_ever=single_stack({"L": resource("AWS::Logs::LogGroup")}))
def logs_are_not_kept_for_ever(templates: EnvironmentTemplates) -> Facts:
    for group in templates.resources("AWS::Logs::LogGroup"):
        yield str(group), 0 < group.properties.get("RetentionInDays", 0) <= 3653


@rule(
    function=single_stack({"F": resource("AWS::Lambda::Function")}),
    machine=single_stack({"M": resource("AWS::StepFunctions::StateMachine", LoggingConfiguration={"Level": "ALL"})}),
)
def whatever_runs_logs_to_a_log_group_of_its_stack(templates: EnvironmentTemplates) -> Facts:
    for runs in templates.resources("AWS::Lambda::Function", "AWS::StepFunctions::StateMachine"):
        names = runs.properties.get("LoggingConfig", runs.properties.get("LoggingConfiguration", {}))
        found = templates.find(runs.stack, names)
        yield str(runs), found is not None and found.kind == "AWS::Logs::LogGroup"


def _versioned(**rules: Any) -> EnvironmentTemplates:
    """Returns a bucket with one lifecycle rule that a role writes to."""
    bucket = resource(
        "AWS::S3::Bucket",
        VersioningConfiguration={"Status": "Enabled"},
        LifecycleConfiguration={"Rules": [{"Status": "Enabled", **rules}]},
    )
    writes = said("s3:PutObject", {"Fn::Join": ["", [get("B"), "/datasets/*"]]})
    return single_stack({"B": bucket, "P": policy(writes)})


@rule(
    without_a_rule=_versioned(),
    for_another_folder=_versioned(Prefix="other/", ExpirationInDays=1, NoncurrentVersionExpiration={}),
    in_its_newest_version_alone=_versioned(ExpirationInDays=1),
    by_a_function_that_is_not_there=_versioned(Prefix="datasets/", NoncurrentVersionExpiration={"NoncurrentDays": 1}),
)
def what_is_written_to_a_bucket_ends_in_all_its_versions(templates: EnvironmentTemplates) -> Facts:
    """Objects expire by a rule of the bucket. Data sets and system prompts may be in use, so a function deletes them.
    Golden sets, which
    judge models for years, lose only their old versions.
    """
    handlers = {function.properties.get("Handler") for function in templates.resources("AWS::Lambda::Function")}
    for writer, statement in templates.statements():
        for target in as_list(statement.get("Resource", [])) if allows(statement, "s3:PutObject") else []:
            bucket = templates.find(writer.stack, target)
            if bucket is not None and bucket.kind == "AWS::S3::Bucket":
                folder = rendered(target).partition("/")[2].rstrip("*")
                daily = (
                    folder.startswith(("datasets/", "system-prompts/")) and "lambdas.expiry.handler.expire" in handlers
                )
                judged = daily or folder.startswith("golden/")
                yield f"{writer} → {bucket} {folder}", _ends(bucket, folder, judged=judged)


def _ends(bucket: Resource, folder: str, *, judged: bool) -> bool:
    rules = bucket.properties.get("LifecycleConfiguration", {}).get("Rules", [])
    found = [one for one in rules if folder.startswith(one.get("Prefix", ""))]
    old = "VersioningConfiguration" not in bucket.properties or any(
        "NoncurrentVersionExpiration" in one for one in found
    )
    return old and (judged or any("ExpirationInDays" in one for one in found))
