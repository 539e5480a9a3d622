"""Small valid templates, which tests of rules break in one place."""

from typing import Any

from tests.policy.templates import Json

ACCOUNT = {"Ref": "AWS::AccountId"}
ROOT = {"AWS": {"Fn::Join": ["", ["arn:aws:iam::", ACCOUNT, ":root"]]}}
OURS = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
TLS_ONLY = {"Bool": {"aws:SecureTransport": "false"}}


def arn(service: str, resource: str, region: str = "us-east-1") -> Json:
    return {"Fn::Join": ["", [f"arn:aws:{service}:{region}:", ACCOUNT, f":{resource}"]]}


def get(ident: str, attribute: str = "Arn") -> Json:
    return {"Fn::GetAtt": [ident, attribute]}


def statement(action: Any, resource: Any = "*", *, effect: str = "Allow", **more: Any) -> Json:
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def resource(kind: str, **properties: Any) -> Json:
    return {"Type": kind, "Properties": properties}


def policy(*statements: Json, role: str = "Role") -> Json:
    return resource("AWS::IAM::Policy", PolicyDocument={"Statement": list(statements)}, Roles=[{"Ref": role}])


def role(service: str, **more: Any) -> Json:
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}, **more}
    return resource("AWS::IAM::Role", AssumeRolePolicyDocument={"Statement": [trust]})


def key(*statements: Json, rotated: bool = True) -> Json:
    mine = statement("kms:*", Principal=ROOT)
    document = {"Statement": [mine, *statements]}
    return resource("AWS::KMS::Key", KeyPolicy=document, EnableKeyRotation=rotated)


def resource_policy(kind: str, of: str, *statements: Json) -> Json:
    """Returns the policy of a queue, topic or bucket."""
    target = {"Bucket": {"Ref": of}} if kind == "AWS::S3::BucketPolicy" else {_LISTS[kind]: [{"Ref": of}]}
    return resource(kind, PolicyDocument={"Statement": list(statements)}, **target)


_LISTS = {"AWS::SQS::QueuePolicy": "Queues", "AWS::SNS::TopicPolicy": "Topics"}
