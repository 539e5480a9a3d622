"""Stored data is encrypted under the environment's key, and everything that must use the key may use it."""

from collections.abc import Iterator
from typing import Any

from tests.policy.rules.examples import OURS, get, key, resource
from tests.policy.rules.examples import statement as said
from tests.policy.rules.registry import Facts, rule
from tests.policy.rules.resource_policies import on_our_behalf
from tests.policy.templates import EnvironmentTemplates, Json, Resource, as_list, single_stack

KEY_OF = {
    "AWS::Logs::LogGroup": ("KmsKeyId",),
    "AWS::SQS::Queue": ("KmsMasterKeyId",),
    "AWS::SNS::Topic": ("KmsMasterKeyId",),
    "AWS::DynamoDB::Table": ("SSESpecification", "KMSMasterKeyId"),
    "AWS::S3::Bucket": (
        "BucketEncryption",
        "ServerSideEncryptionConfiguration",
        0,
        "ServerSideEncryptionByDefault",
        "KMSMasterKeyID",
    ),
}
"""The property that names the key, by resource type."""


def key_of(templates: EnvironmentTemplates, resource: Resource) -> Resource | None:
    """Returns the KMS key in the templates that encrypts a resource."""
    value: Any = resource.properties
    try:
        for step in KEY_OF[resource.kind]:
            value = value[step]
    except (KeyError, IndexError):
        return None
    found = templates.find(resource.stack, value)
    return found if found and found.kind == "AWS::KMS::Key" else None


@rule(
    log_group=single_stack({"L": resource("AWS::Logs::LogGroup", RetentionInDays=7)}),
    queue=single_stack({"Q": resource("AWS::SQS::Queue", SqsManagedSseEnabled=True)}),
    topic_under_the_services_key=single_stack({"T": resource("AWS::SNS::Topic", KmsMasterKeyId="alias/aws/sns")}),
    table=single_stack({"T": resource("AWS::DynamoDB::Table", SSESpecification={"SSEEnabled": True})}),
    bucket=single_stack({"B": resource("AWS::S3::Bucket")}),
    under_a_key_that_is_never_rotated=single_stack(
        {"K": key(rotated=False), "L": resource("AWS::Logs::LogGroup", KmsKeyId=get("K"))}
    ),
)
def whatever_keeps_something_is_encrypted_under_a_key_of_ours_that_rotates(templates: EnvironmentTemplates) -> Facts:
    access_logs = set(log_buckets(templates))
    for kept in templates.resources(*KEY_OF):
        if (
            str(kept) not in access_logs
        ):  # server access logs cannot be delivered to a bucket with a KMS key (S3 guide, ServerLogs)
            found = key_of(templates, kept)
            yield str(kept), found is not None and found.properties.get("EnableKeyRotation") is True


def log_buckets(templates: EnvironmentTemplates) -> Iterator[str]:
    """Yields the buckets that receive access logs."""
    for bucket in templates.resources("AWS::S3::Bucket"):
        target = bucket.properties.get("LoggingConfiguration", {}).get("DestinationBucketName")
        if found := templates.find(bucket.stack, target):
            yield str(found)


_MESSAGES = frozenset({"kms:Decrypt", "kms:GenerateDataKey"})
_FILES = frozenset({"kms:GenerateDataKey"})
_LOGS = _MESSAGES | {"kms:DescribeKey", "kms:Encrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo"}


def _writers(templates: EnvironmentTemplates) -> Iterator[tuple[str, str, frozenset[str], Resource]]:
    """Yields (where, service, KMS operation, encrypted resource) of everything that services write on their own."""
    for group in templates.resources("AWS::Logs::LogGroup"):
        yield str(group), f"logs.{group.stack.region}.amazonaws.com", _LOGS, group
    for alarm in templates.resources("AWS::CloudWatch::Alarm"):
        yield from _to(templates, alarm, "cloudwatch.amazonaws.com", alarm.properties.get("AlarmActions", []))
    for budget in templates.resources("AWS::Budgets::Budget"):
        for told in budget.properties["NotificationsWithSubscribers"]:
            yield from _to(templates, budget, "budgets.amazonaws.com", [one["Address"] for one in told["Subscribers"]])
    for trail in templates.resources("AWS::CloudTrail::Trail"):
        if bucket := templates.find(trail.stack, trail.properties["S3BucketName"]):
            yield f"{trail} → {bucket}", "cloudtrail.amazonaws.com", _FILES, bucket
    for rule_ in templates.resources("AWS::Events::Rule"):
        for target in rule_.properties.get("Targets", []):
            places = [target["Arn"], target.get("DeadLetterConfig", {}).get("Arn")]
            yield from _to(templates, rule_, "events.amazonaws.com", places)


def _to(
    templates: EnvironmentTemplates, writer: Resource, service: str, places: list[Any]
) -> Iterator[tuple[str, str, frozenset[str], Resource]]:
    for place in places:
        found = templates.find(writer.stack, place)
        if found and found.kind in ("AWS::SNS::Topic", "AWS::SQS::Queue"):
            yield f"{writer} → {found}", service, _MESSAGES, found


def _logged(*statements: Json) -> EnvironmentTemplates:
    return single_stack({"K": key(*statements), "L": resource("AWS::Logs::LogGroup", KmsKeyId=get("K"))})


def _alarmed(*statements: Json) -> EnvironmentTemplates:
    topic = resource("AWS::SNS::Topic", KmsMasterKeyId=get("K"))
    alarm = resource("AWS::CloudWatch::Alarm", AlarmActions=[{"Ref": "T"}])
    return single_stack({"K": key(*statements), "T": topic, "A": alarm})


def _budgeted(*statements: Json) -> EnvironmentTemplates:
    told = {"Notification": {}, "Subscribers": [{"SubscriptionType": "SNS", "Address": {"Ref": "T"}}]}
    budget = resource("AWS::Budgets::Budget", NotificationsWithSubscribers=[told])
    return single_stack({"K": key(*statements), "T": resource("AWS::SNS::Topic", KmsMasterKeyId=get("K")), "A": budget})


def _trailed(*statements: Json) -> EnvironmentTemplates:
    bucket_key = {"ServerSideEncryptionByDefault": {"KMSMasterKeyID": get("K")}}
    encryption = {"ServerSideEncryptionConfiguration": [bucket_key]}
    bucket = resource("AWS::S3::Bucket", BucketEncryption=encryption)
    trail = resource("AWS::CloudTrail::Trail", S3BucketName={"Ref": "B"})
    return single_stack({"K": key(*statements), "B": bucket, "T": trail})


@rule(
    budgets_not_at_all=_budgeted(said(sorted(_MESSAGES), Principal={"Service": "cloudwatch.amazonaws.com"})),
    budgets_of_anybody=_budgeted(said(sorted(_MESSAGES), Principal={"Service": "budgets.amazonaws.com"})),
    logs_not_at_all=_logged(),
    logs_of_another_region=_logged(
        said(sorted(_LOGS), Principal={"Service": "logs.us-west-2.amazonaws.com"}, Condition=OURS)
    ),
    logs_without_all_they_do=_logged(
        said("kms:Decrypt", Principal={"Service": "logs.us-east-1.amazonaws.com"}, Condition=OURS)
    ),
    logs_of_anybody=_logged(said(sorted(_LOGS), Principal={"Service": "logs.us-east-1.amazonaws.com"})),
    alarms_not_at_all=_alarmed(),
    alarms_of_anybody=_alarmed(said(sorted(_MESSAGES), Principal={"Service": "cloudwatch.amazonaws.com"})),
    trails_not_at_all=_trailed(),
    trails_of_anybody=_trailed(said(sorted(_FILES), Principal={"Service": "cloudtrail.amazonaws.com"})),
    dead_letters=single_stack(
        {
            "K": key(said(sorted(_MESSAGES), Principal={"Service": "cloudwatch.amazonaws.com"}, Condition=OURS)),
            "Q": resource("AWS::SQS::Queue", KmsMasterKeyId=get("K")),
            "E": resource("AWS::Events::Rule", Targets=[{"Arn": "x", "DeadLetterConfig": {"Arn": get("Q")}}]),
        }
    ),
)
def a_service_that_writes_to_something_encrypted_is_admitted_by_its_key_for_this_account(
    templates: EnvironmentTemplates,
) -> Facts:
    for where, service, does, kept in _writers(templates):
        found = key_of(templates, kept)
        yield f"{where} by {service}", found is not None and _admits(templates, found, service, does)


def _admits(templates: EnvironmentTemplates, key_: Resource, service: str, does: frozenset[str]) -> bool:
    return any(
        statement["Principal"].get("Service") == service
        and does <= set(as_list(statement["Action"]))
        and on_our_behalf(templates, key_, statement)
        for statement in key_.properties["KeyPolicy"]["Statement"]
    )
