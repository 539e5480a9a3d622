"""Policies can use `${aws:PrincipalTag/…}` and the partition of a table that a request is about."""

import json
import uuid
from typing import Any

import pytest

from local.emulator.hooks import policy_variables
from tests.policy.engine import Ask, Keys, decide
from tests.unit.local.emulator.harness import REGION, EmulatorHarness, allow, document
from tests.unit.local.emulator.test_access import refusal

TAG = "aws:PrincipalTag/distillery:recipe"
OWN = "${aws:PrincipalTag/distillery:recipe}"
ANY = "${aws:PrincipalTag/distillery:recipe, 'nobody'}"
OBJECT = "arn:aws:s3:::b/{}/x"


@pytest.mark.parametrize(
    ("resource", "tag", "folder", "allowed"),
    [
        (OWN, "support", "support", True),
        (OWN, "support", "support-de", False),
        (OWN, "support", "triage", False),
        (OWN, None, "support", False),
        (OWN, None, OWN, False),  # the variable's own text is nothing to match
        (OWN, "*", "support", False),  # whether a value's wildcard counts is nowhere written
        (OWN, "suppor?", "support", False),
        (ANY, None, "nobody", True),
        (ANY, None, "support", False),
        (ANY, "support", "nobody", False),
    ],
)
def test_a_variable_in_a_resource_stands_for_the_value(
    resource: str, tag: str | None, folder: str, allowed: bool
) -> None:
    policy = {"Statement": [allow("s3:GetObject", OBJECT.format(resource))]}
    keys: Keys = {} if tag is None else {TAG: tag}
    assert decide([(policy, [Ask("s3:GetObject", OBJECT.format(folder), keys)])]) == [[allowed]]


def test_one_variable_without_a_value_takes_the_whole_statement() -> None:
    """It "might", AWS says: so nothing of ours may need the rest of it."""
    policy = {"Statement": [allow("s3:GetObject", OBJECT.format(OWN), OBJECT.format("open"))]}
    assert decide([(policy, [Ask("s3:GetObject", OBJECT.format("open"))])]) == [[False]]


def test_a_variable_in_a_condition_stands_for_the_value() -> None:
    condition = {"StringLike": {"s3:prefix": f"datasets/{OWN}/*"}}
    policy = {"Statement": [allow("s3:ListBucket", "arn:aws:s3:::b", **condition)]}
    asks = [
        Ask("s3:ListBucket", "arn:aws:s3:::b", {TAG: "support", "s3:prefix": prefix})
        for prefix in ("datasets/support/a", "datasets/triage/a", "datasets/")
    ]
    assert decide([(policy, asks)]) == [[True, False, False]]


def tagged(harness: EmulatorHarness, recipe: str | None, *statements: dict[str, Any]) -> dict[str, str]:
    """Returns the credentials of a new user with a tag."""
    iam, name = harness.client("iam"), f"user-{uuid.uuid4().hex[:8]}"
    iam.create_user(UserName=name, Tags=[{"Key": "distillery:recipe", "Value": recipe}] if recipe else [])
    iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document(*statements))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}


def test_the_account_holds_people_to_their_tag(harness: EmulatorHarness) -> None:
    bucket = f"b-{uuid.uuid4().hex[:8]}"
    root = harness.client("s3")
    root.create_bucket(Bucket=bucket)
    for folder in ("support", "triage"):
        root.put_object(Bucket=bucket, Key=f"{folder}/x", Body=b"x")
    own = allow("s3:GetObject", f"arn:aws:s3:::{bucket}/{OWN}/*")
    for recipe, read in (("support", ["support"]), ("triage", ["triage"]), (None, [])):
        client = harness.client("s3", **tagged(harness, recipe, own))
        found = [f for f in ("support", "triage") if not refusal(client.get_object, Bucket=bucket, Key=f"{f}/x")]
        assert found == read


def test_the_account_holds_people_to_partitions_of_a_table(harness: EmulatorHarness) -> None:
    table, dynamodb = f"t-{uuid.uuid4().hex[:8]}", harness.client("dynamodb")
    keys = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]
    dynamodb.create_table(
        TableName=table,
        KeySchema=keys,
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        BillingMode="PAY_PER_REQUEST",
    )
    arn = f"arn:aws:dynamodb:{REGION}:{harness.account.account}:table/{table}"
    condition = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [f"recipe#{OWN}"]}}
    held = allow(["dynamodb:GetItem", "dynamodb:Query"], arn, **condition)  # type: ignore[arg-type]  # several
    client = harness.client("dynamodb", **tagged(harness, "support", held))

    def query(partition: str) -> str:
        asked = {"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": {"S": partition}}}
        return refusal(client.query, TableName=table, **asked)

    def get(partition: str) -> str:
        return refusal(client.get_item, TableName=table, Key={"pk": {"S": partition}, "sk": {"S": "x"}})

    for ask in (query, get):
        assert ask("recipe#support") == ""
        assert ask("recipe#triage") != ""
        assert ask("waiting") != ""


@pytest.mark.parametrize(
    ("request_", "keys"),
    [
        ({"Key": {"pk": {"S": "a"}, "sk": {"S": "b"}}}, ["a"]),
        ({"Item": {"pk": {"S": "a"}}}, ["a"]),
        ({"KeyConditionExpression": "(pk = :p) AND sk > :s", "ExpressionAttributeValues": {":p": {"S": "a"}}}, ["a"]),
        ({"FilterExpression": "pk = :p"}, []),
        ({"TransactItems": [{"Put": {"Item": {"pk": {"S": one}}}} for one in "ab"]}, ["a", "b"]),
        ({"TransactItems": [{"Delete": {"Key": {"pk": {"S": "a"}, "sk": {"S": "b"}}}}]}, ["a"]),
        ([], []),
    ],
)
def test_the_partitions_that_a_request_names(request_: Any, keys: list[str]) -> None:
    assert policy_variables.leading_keys(json.dumps(request_).encode()) == keys
