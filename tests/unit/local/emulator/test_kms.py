"""Encrypted data is accessible only to principals that may use the key, by IAM and by the key policy."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import botocore.exceptions
import pytest

from tests.unit.local.emulator.harness import REGION, EmulatorHarness, admit, allow

VIA = "{}.us-east-1.amazonaws.com"
Use = Callable[..., Any]


def refusal(use: Use, client: Any, **parameters: Any) -> str:
    """Returns IAM's error message, or "" if the call is allowed."""
    try:
        use(client, **parameters)
    except botocore.exceptions.ClientError as error:
        return str(error.response["Error"]["Message"])
    return ""


def stack(harness: EmulatorHarness, kind: str, properties: dict[str, Any]) -> str:
    """Creates a stack with one resource. Returns its physical name, or fails with the stack's reasons."""
    name, cfn = f"s-{uuid.uuid4().hex[:8]}", harness.client("cloudformation")
    template = json.dumps({"Resources": {"R": {"Type": kind, **properties}}})
    cfn.create_stack(StackName=name, TemplateBody=template, Capabilities=["CAPABILITY_IAM"])
    busy = ("CREATE_IN_PROGRESS", "ROLLBACK_IN_PROGRESS")
    harness.until(lambda: cfn.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"] not in busy)
    events = cfn.describe_stack_events(StackName=name)["StackEvents"]
    failed = [one["ResourceStatusReason"] for one in events if one["ResourceStatus"] == "CREATE_FAILED"]
    assert not failed, failed
    found: str = cfn.describe_stack_resources(StackName=name)["StackResources"][0]["PhysicalResourceId"]
    return found


def table(harness: EmulatorHarness, key: str) -> tuple[str, str]:
    properties = {
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
        "SSESpecification": {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": key},
    }
    name = stack(harness, "AWS::DynamoDB::Table", {"Properties": properties})
    return name, f"arn:aws:dynamodb:{REGION}:{harness.account.account}:table/{name}"


def bucket(harness: EmulatorHarness, key: str) -> tuple[str, str]:
    default = {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}
    encrypted = {"BucketEncryption": {"ServerSideEncryptionConfiguration": [default]}}
    name = stack(harness, "AWS::S3::Bucket", {"Properties": encrypted})
    harness.client("s3").put_object(Bucket=name, Key="a", Body=b"a")
    return name, f"arn:aws:s3:::{name}/*"


def topic(harness: EmulatorHarness, key: str) -> tuple[str, str]:
    arn = stack(harness, "AWS::SNS::Topic", {"Properties": {"KmsMasterKeyId": key}})
    return arn, arn


def queue(harness: EmulatorHarness, key: str) -> tuple[str, str]:
    return harness.queue(key=key)


def put(client: Any, name: str) -> Any:
    return client.put_item(TableName=name, Item={"pk": {"S": "a"}})


def write(client: Any, name: str) -> Any:
    return client.transact_write_items(TransactItems=[{"Put": {"TableName": name, "Item": {"pk": {"S": "b"}}}}])


def get(client: Any, name: str) -> Any:
    return client.get_item(TableName=name, Key={"pk": {"S": "a"}})


def read_object(client: Any, name: str) -> Any:
    return client.get_object(Bucket=name, Key="a")


def write_object(client: Any, name: str) -> Any:
    return client.put_object(Bucket=name, Key="b", Body=b"b")


def publish(client: Any, name: str) -> Any:
    return client.publish(TopicArn=name, Message="{}")


def send(client: Any, name: str) -> Any:
    return client.send_message(QueueUrl=name, MessageBody="{}")


def receive(client: Any, name: str) -> Any:
    return client.receive_message(QueueUrl=name)


READ, WRITE = "kms:Decrypt", "kms:GenerateDataKey"
USES = [
    ("s3", bucket, "s3:GetObject", read_object, [READ]),
    ("s3", bucket, "s3:PutObject", write_object, [WRITE]),
    ("dynamodb", table, "dynamodb:PutItem", put, [WRITE, READ]),
    ("dynamodb", table, "dynamodb:PutItem", write, [WRITE, READ]),
    ("dynamodb", table, "dynamodb:GetItem", get, [READ]),
    ("sns", topic, "sns:Publish", publish, [WRITE, READ]),
    ("sqs", queue, "sqs:SendMessage", send, [WRITE, READ]),
    ("sqs", queue, "sqs:ReceiveMessage", receive, [READ]),
]


@pytest.mark.parametrize(
    ("service", "make", "action", "use", "needs"), USES, ids=lambda each: getattr(each, "__name__", str(each))
)
def test_an_action_needs_its_key_through_its_service(
    harness: EmulatorHarness, service: str, make: Use, action: str, use: Use, needs: list[str]
) -> None:
    key = harness.key()
    name, arn = make(harness, key)
    own = allow(action, arn)

    def attempt(*actions: str, via: str = service) -> str:
        granted = [allow(each, key, StringEquals={"kms:ViaService": VIA.format(via)}) for each in actions]
        return refusal(use, harness.acting(service, own, *granted), name=name)

    for missing in needs:
        assert f"{missing} on resource: {key}" in attempt(*(each for each in needs if each != missing))
    assert "kms:" in attempt(*needs, via="ec2")
    assert attempt(*needs) == ""


def test_a_key_whose_policy_names_nobody_is_used_by_nobody(harness: EmulatorHarness) -> None:
    key = harness.key()
    harness.client("kms").put_key_policy(
        KeyId=key,
        PolicyName="default",
        Policy=json.dumps({"Statement": [admit("x.amazonaws.com", "kms:Decrypt", "*")]}),
    )
    name, arn = topic(harness, key)
    sns = harness.acting("sns", allow("sns:Publish", arn), allow("kms:*", key))
    assert f"on resource: {key}" in refusal(publish, sns, name=name)


def test_a_key_that_aws_manages_is_everybodys(harness: EmulatorHarness) -> None:
    name, arn = queue(harness, "alias/aws/sqs")
    assert refusal(send, harness.acting("sqs", allow("sqs:SendMessage", arn)), name=name) == ""


def test_a_key_may_be_allowed_by_its_alias(harness: EmulatorHarness) -> None:
    key, alias = harness.key(), f"alias/{uuid.uuid4().hex[:8]}"
    harness.client("kms").create_alias(AliasName=alias, TargetKeyId=key)
    name, arn = bucket(harness, key)
    for named, refused in ((alias, False), (f"{alias}-another", True)):
        by_alias = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": named}}
        client = harness.acting("s3", allow("s3:GetObject", arn), allow("kms:Decrypt", "*", **by_alias))
        assert bool(refusal(read_object, client, name=name)) is refused
