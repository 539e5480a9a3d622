"""The rule packs are attached and can fail. Every acknowledgement has a reason and its own construct."""

import pytest
from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from distillery.settings import load
from infra.constructs import compliance
from infra.constructs.permissions import Permission, allow
from tests.unit.stacks.assembly import DAYS, app_of

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("rule", ["AwsSolutions-S10", "NIST.800.53.R5-S3BucketVersioningEnabled"])
def test_a_resource_that_breaks_a_rule_fails_the_synth(rule: str) -> None:
    app = app_of(load("dev", on=DAYS["dev"]))
    s3.Bucket(Stack(app, "careless"), "Bucket")
    with pytest.raises(RuntimeError, match=rule):
        app.synth()


def test_a_wildcard_resource_without_a_reason_fails_the_synth() -> None:
    app = app_of(load("dev", on=DAYS["dev"]))
    role = iam.Role(Stack(app, "careless"), "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    allow(
        role, Permission(actions=("ssm:GetParameter",), resources=("arn:aws:ssm:us-east-1:111111111111:parameter/*",))
    )
    with pytest.raises(
        RuntimeError, match=r"AwsSolutions-IAM5\[Resource::arn:aws:ssm:us-east-1:111111111111:parameter/\*\]"
    ):
        app.synth()


def test_a_wildcard_in_an_action_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="holds a wildcard"):
        Permission(actions=("s3:Get*",), resources=("arn:aws:s3:::bucket",))


def test_every_acknowledgement_says_why_and_stands_on_one_policy_or_resource() -> None:
    found = list(compliance.acknowledged(app_of(load("dev", on=DAYS["dev"]))))
    assert found
    for entry in found:
        assert len(entry.reason.split()) >= 8, entry
        assert entry.construct.count("/") >= 1, entry
        assert entry.construct.rpartition("/")[2].partition("-")[
            0
        ] in {  # the name of a callers' policy ends with its route
            "Bucket",
            "Function",
            "Table",
            "Queue",
            "DefaultPolicy",
            "Chunks",
            "Billing",
            "Cleaners",
            "Operators",
            "Approvers",
            "Examiners",
            "DataReaders",
            "Erasers",
            "OnCall",
            "Callers",
            "Measurers",
        }, entry


@pytest.mark.parametrize(
    ("resolved", "spelled"),
    [
        ("arn:*", "arn:*"),
        ({"Fn::Join": ["", ["arn:", {"Ref": "AWS::AccountId"}, ":*"]]}, "arn:<AWS::AccountId>:*"),
        ({"Fn::GetAtt": ["Bucket", "Arn"]}, "<Bucket.Arn>"),
        ({"Fn::Sub": "${AWS::Region}/*"}, "<AWS::Region>/*"),
        ({"Fn::Select": [0, "a"]}, '{"Fn::Select":[0,"a"]}'),
    ],
)
def test_resources_are_spelled_as_cdk_nag_spells_them(resolved: object, spelled: str) -> None:
    assert compliance.flat(resolved) == spelled
