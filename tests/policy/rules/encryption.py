"""What is kept is encrypted under the environment's key, and everybody who must use the key may."""

from collections.abc import Iterator
from typing import Any

from tests.policy.house import House, Json, Resource, broken, listed
from tests.policy.rules.examples import OURS, get, key, resource
from tests.policy.rules.examples import statement as said
from tests.policy.rules.registry import Facts, rule
from tests.policy.rules.resource_policies import on_our_behalf

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
"""Where a resource type names its key."""


def key_of(house: House, resource: Resource) -> Resource | None:
    """The KMS key of the templates under which a resource is encrypted."""
    value: Any = resource.properties
    try:
        for step in KEY_OF[resource.kind]:
            value = value[step]
    except (KeyError, IndexError):
        return None
    found = house.find(resource.stack, value)
    return found if found and found.kind == "AWS::KMS::Key" else None


@rule(
    log_group=broken({"L": resource("AWS::Logs::LogGroup", RetentionInDays=7)}),
    queue=broken({"Q": resource("AWS::SQS::Queue", SqsManagedSseEnabled=True)}),
    topic_under_the_services_key=broken({"T": resource("AWS::SNS::Topic", KmsMasterKeyId="alias/aws/sns")}),
    table=broken({"T": resource("AWS::DynamoDB::Table", SSESpecification={"SSEEnabled": True})}),
    bucket=broken({"B": resource("AWS::S3::Bucket")}),
    under_a_key_that_is_never_rotated=broken(
        {"K": key(rotated=False), "L": resource("AWS::Logs::LogGroup", KmsKeyId=get("K"))}
    ),
)
def whatever_keeps_something_is_encrypted_under_a_key_of_ours_that_rotates(house: House) -> Facts:
    access_logs = set(log_buckets(house))
    for kept in house.resources(*KEY_OF):
        if str(kept) not in access_logs:  # log delivery writes under no KMS key (S3 guide, ServerLogs)
            found = key_of(house, kept)
            yield str(kept), found is not None and found.properties.get("EnableKeyRotation") is True


def log_buckets(house: House) -> Iterator[str]:
    """Where other buckets log their access."""
    for bucket in house.resources("AWS::S3::Bucket"):
        target = bucket.properties.get("LoggingConfiguration", {}).get("DestinationBucketName")
        if found := house.find(bucket.stack, target):
            yield str(found)


_MESSAGES = frozenset({"kms:Decrypt", "kms:GenerateDataKey"})
_FILES = frozenset({"kms:GenerateDataKey"})
_LOGS = _MESSAGES | {"kms:DescribeKey", "kms:Encrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo"}


def _writers(house: House) -> Iterator[tuple[str, str, frozenset[str], Resource]]:
    """(where, service, what it does with the key, the encrypted resource) of all that services write on their own."""
    for group in house.resources("AWS::Logs::LogGroup"):
        yield str(group), f"logs.{group.stack.region}.amazonaws.com", _LOGS, group
    for alarm in house.resources("AWS::CloudWatch::Alarm"):
        yield from _to(house, alarm, "cloudwatch.amazonaws.com", alarm.properties.get("AlarmActions", []))
    for budget in house.resources("AWS::Budgets::Budget"):
        for told in budget.properties["NotificationsWithSubscribers"]:
            yield from _to(house, budget, "budgets.amazonaws.com", [one["Address"] for one in told["Subscribers"]])
    for trail in house.resources("AWS::CloudTrail::Trail"):
        if bucket := house.find(trail.stack, trail.properties["S3BucketName"]):
            yield f"{trail} → {bucket}", "cloudtrail.amazonaws.com", _FILES, bucket
    for rule_ in house.resources("AWS::Events::Rule"):
        for target in rule_.properties.get("Targets", []):
            places = [target["Arn"], target.get("DeadLetterConfig", {}).get("Arn")]
            yield from _to(house, rule_, "events.amazonaws.com", places)


def _to(
    house: House, writer: Resource, service: str, places: list[Any]
) -> Iterator[tuple[str, str, frozenset[str], Resource]]:
    for place in places:
        found = house.find(writer.stack, place)
        if found and found.kind in ("AWS::SNS::Topic", "AWS::SQS::Queue"):
            yield f"{writer} → {found}", service, _MESSAGES, found


def _logged(*statements: Json) -> House:
    return broken({"K": key(*statements), "L": resource("AWS::Logs::LogGroup", KmsKeyId=get("K"))})


def _alarmed(*statements: Json) -> House:
    topic = resource("AWS::SNS::Topic", KmsMasterKeyId=get("K"))
    alarm = resource("AWS::CloudWatch::Alarm", AlarmActions=[{"Ref": "T"}])
    return broken({"K": key(*statements), "T": topic, "A": alarm})


def _budgeted(*statements: Json) -> House:
    told = {"Notification": {}, "Subscribers": [{"SubscriptionType": "SNS", "Address": {"Ref": "T"}}]}
    budget = resource("AWS::Budgets::Budget", NotificationsWithSubscribers=[told])
    return broken({"K": key(*statements), "T": resource("AWS::SNS::Topic", KmsMasterKeyId=get("K")), "A": budget})


def _trailed(*statements: Json) -> House:
    bucket_key = {"ServerSideEncryptionByDefault": {"KMSMasterKeyID": get("K")}}
    encryption = {"ServerSideEncryptionConfiguration": [bucket_key]}
    bucket = resource("AWS::S3::Bucket", BucketEncryption=encryption)
    trail = resource("AWS::CloudTrail::Trail", S3BucketName={"Ref": "B"})
    return broken({"K": key(*statements), "B": bucket, "T": trail})


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
    dead_letters=broken(
        {
            "K": key(said(sorted(_MESSAGES), Principal={"Service": "cloudwatch.amazonaws.com"}, Condition=OURS)),
            "Q": resource("AWS::SQS::Queue", KmsMasterKeyId=get("K")),
            "E": resource("AWS::Events::Rule", Targets=[{"Arn": "x", "DeadLetterConfig": {"Arn": get("Q")}}]),
        }
    ),
)
def a_service_that_writes_to_something_encrypted_is_admitted_by_its_key_for_this_account(house: House) -> Facts:
    for where, service, does, kept in _writers(house):
        found = key_of(house, kept)
        yield f"{where} by {service}", found is not None and _admits(house, found, service, does)


def _admits(house: House, key_: Resource, service: str, does: frozenset[str]) -> bool:
    return any(
        statement["Principal"].get("Service") == service
        and does <= set(listed(statement["Action"]))
        and on_our_behalf(house, key_, statement)
        for statement in key_.properties["KeyPolicy"]["Statement"]
    )
