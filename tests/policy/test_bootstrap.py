"""What CloudFormation may do after `make bootstrap`: deploy an environment, and nothing outside its boundary."""

import copy
import dataclasses
import functools
import json
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App

from app import build_bootstrap
from distillery.core.names import TAG_ENVIRONMENT
from distillery.settings.reading import parse, read
from infra.constructs.compliance import acknowledged
from infra.deployment.bootstrap import BOUNDARY
from tests.fakes.records import Signer
from tests.policy.engine import Ask, Keys, decide
from tests.policy.policy_holders import holders
from tests.policy.resource_handlers import HANDLERS
from tests.policy.sizes import MANAGED_MAX, length
from tests.policy.synthesis import settings, synthesized, templates
from tests.policy.templates import EnvironmentTemplates, Json, Resource
from tests.policy.test_condition_coverage import full_text
from tests.snapshot.compact import stack_text
from tests.unit.stacks.assembly import context

ACCOUNT, OTHER_ACCOUNT = "333333333333", "222222222222"
SNAPSHOT = Path(__file__).parents[1] / "snapshot" / "bootstrap.json"
POLICIES = ("Data", "Functions", "Services")
IAM = f"arn:aws:iam::{ACCOUNT}"
OWN = f"{IAM}:policy/{BOUNDARY}"
ROLE = f"{IAM}:role/distillery-prod-pipeline-Role1-abc"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/0a1b2c3d"
ADMINISTRATOR: Json = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
KEYS: Keys = {
    "iam:PermissionsBoundary": OWN,
    "iam:PassedToService": "lambda.amazonaws.com",
    f"aws:ResourceTag/{TAG_ENVIRONMENT}": "prod",
}

NOT_NEEDED = {
    "a bucket has no other feature": r"s3:(Create|Put|Update)(BucketMetadata|Metrics|Inventory|Analytics|Accelerate|"
    r"IntelligentTiering|Replication|ObjectLock|BucketReplication|BucketWebsite|BucketCORS|BucketAbac|BucketObjectLock)"
    r"\w*|s3tables:\w+",
    "nothing is taken off a bucket but by an empty configuration": r"s3:DeleteBucket(Analytics|Cors|Encryption|"
    r"Lifecycle|Metadata|Metrics|Replication|Website)\w*",
    "CloudFormation handles no object, and makes a work group without its bucket": r"s3:(GetBucketLocation|"
    r"AbortMultipartUpload|DeleteObject|ListBucketMultipartUploads|"
    r"ListMultipartUploadParts|PutObject|PutObjectAcl|REST\.PUT\.OBJECT)",
    "a table has no replica": r"dynamodb:(AssociateTableReplica|BatchWriteItem|CreateTableReplica|DeleteItem|GetItem|"
    r"PutItem|Query|Scan|UpdateItem)|iam:CreateServiceLinkedRole",
    "a table is not imported, so nothing is logged": r"dynamodb:(DescribeImport|ImportTable)|s3:GetObjectMetadata|"
    r"logs:(CreateLogGroup|CreateLogStream|DescribeLogStreams|PutLogEvents|PutRetentionPolicy)",
    "a table has no stream": r"dynamodb:(Enable|Disable|Update)KinesisStreamingDestination|kinesis:\w+",
    "a group delivers to no other service": r"firehose:TagDeliveryStream|logs:(CreateLogDelivery|DeleteResourcePolicy|"
    r"PutResourcePolicy)",
    "no policy is a user's or a group's": r"iam:(Attach|Delete|Detach|Get|Put)(Group|User)Policy",
    "no role loses its boundary": r"iam:DeleteRolePermissionsBoundary",
    "a trail is one account's and has no insights": r"cloudtrail:PutInsightSelectors|organizations:\w+",
    "an endpoint leads to a service of AWS in its own Region": r"vpc-lattice:\w+|vpce:AllowMultiRegion",
    "a database has no connection, and Lake Formation decides by permissions of its own": r"glue:(Create|Delete|Get|"
    r"Pass|Update)Connection|glue:GetSchemaVersion|lakeformation:CreateTable",
    "an alias changes at once and has no provisioned concurrency": r"codedeploy:\w+|"
    r"lambda:(Delete|Put)ProvisionedConcurrencyConfig",
    "no function is in a VPC, mounts a file system, is signed or has a capacity provider": r"ec2:"
    r"DescribeNetworkInterfaces|elasticfilesystem:\w+|s3files:\w+|lambda:PassCapacityProvider|"
    r"lambda:(Delete|Put)FunctionCodeSigningConfig|lambda:GetCodeSigningConfig",
}
"""Actions of handlers that our resources do not need, as patterns, by the reason."""


@functools.cache
def assembly() -> Path:
    """Returns the folder of the stack, synthesized with all rules enabled. A finding raises."""
    out = tempfile.mkdtemp(prefix="distillery-")
    app = App(analytics_reporting=False, auto_synth=False, outdir=out, context=dict(context()))
    build_bootstrap(app, settings("prod").model_copy(update={"account": ACCOUNT})).synth()
    assert {one.id.partition("[")[0] for one in acknowledged(app)} == {"Annotation::AwsSolutions-IAM5"}
    return Path(out)


@functools.cache
def template() -> Json:
    found: Json = json.loads((assembly() / "distillery-bootstrap.template.json").read_text(encoding="utf-8"))
    return found


def document(policy: str) -> Json:
    text = json.dumps(template()["Resources"][policy]["Properties"]["PolicyDocument"])
    found: Json = _filled(json.loads(text))
    return found


def _filled(value: Any) -> Any:
    """Replaces the partition, the only reference of this template."""
    match value:
        case {"Fn::Join": [str(delimiter), list(parts)]}:
            return delimiter.join(str(_filled(part)) for part in parts)
        case {"Ref": "AWS::Partition"}:
            return "aws"
        case dict():
            return {key: _filled(each) for key, each in value.items()}
        case list():
            return [_filled(each) for each in value]
    return value


def allowed(asks: list[Ask], policies: Mapping[str, Json] | None = None, boundary: Json | None = None) -> list[bool]:
    """Whether each request is allowed by one of CloudFormation's policies and by the boundary."""
    documents = policies or {name: document(name) for name in POLICIES}
    together = [statement for each in documents.values() for statement in each["Statement"]]
    one = {"Version": "2012-10-17", "Statement": together}
    own, most = decide([(one, asks), (boundary or document("Boundary"), asks)])
    return [each and limit for each, limit in zip(own, most, strict=True)]


@functools.cache
def _environments() -> tuple[EnvironmentTemplates, ...]:
    """The shipped ones, and dev with everything that can be set."""
    shipped = tuple(templates(environment) for environment in ("staging", "prod", "launch"))
    more = {
        "account": ACCOUNT,
        "trail": {"keep_days": 30},
        "promotion": {"sign": True, "through": ["qa"], "public_keys": [Signer().public.pem]},
        "vpc_endpoint": {
            "vpc_id": "vpc-0123456789abcdef0",
            "subnet_ids": ["subnet-0123456789abcdef0"],
            "security_group_ids": ["sg-0123456789abcdef0"],
        },
    }
    full = synthesized(parse(full_text() | more, "dev"))
    return (*shipped, full)


NAMED = {
    "AWS::Athena::NamedQuery": ("athena", "workgroup/distillery-dev-logs"),
    "AWS::Athena::WorkGroup": ("athena", "workgroup/distillery-dev-logs"),
    "AWS::Bedrock::ApplicationInferenceProfile": ("bedrock", "application-inference-profile/0a1b2c3d"),
    "AWS::Budgets::Budget": ("budgets", "budget/distillery_dev_support"),
    "AWS::CloudTrail::Trail": ("cloudtrail", "trail/distillery-dev-trail"),
    "AWS::CloudWatch::Alarm": ("cloudwatch", "alarm:{name}"),
    "AWS::CloudWatch::Dashboard": ("cloudwatch", "dashboard/{logical}"),
    "AWS::DynamoDB::Table": ("dynamodb", "table/{name}"),
    "AWS::EC2::VPCEndpoint": ("ec2", "vpc-endpoint/vpce-0a1b2c3d"),
    "AWS::Events::Rule": ("events", "rule/{name}"),
    "AWS::Glue::Database": ("glue", "database/distillery_dev_logs"),
    "AWS::Glue::Table": ("glue", "table/distillery_dev_logs/invocations"),
    "AWS::IAM::ManagedPolicy": ("iam", "policy{path}{name}"),
    "AWS::IAM::Policy": ("iam", "role/{name}"),
    "AWS::IAM::Role": ("iam", "role/{name}"),
    "AWS::KMS::Alias": ("kms", "alias/distillery-dev"),
    "AWS::KMS::Key": ("kms", "key/0a1b2c3d"),
    "AWS::Lambda::Alias": ("lambda", "function:{name}:url"),
    "AWS::Lambda::Function": ("lambda", "function:{name}"),
    "AWS::Lambda::LayerVersion": ("lambda", "layer:{logical}:1"),
    "AWS::Lambda::Permission": ("lambda", "function:{name}"),
    "AWS::Lambda::Url": ("lambda", "function:{name}"),
    "AWS::Logs::LogGroup": ("logs", "log-group:{group}:*"),
    "AWS::S3::Bucket": ("s3", "{bucket}"),
    "AWS::S3::BucketPolicy": ("s3", "{bucket}"),
    "AWS::SNS::Subscription": ("sns", "{name}"),
    "AWS::SNS::Topic": ("sns", "{name}"),
    "AWS::SNS::TopicPolicy": ("sns", "{name}"),
    "AWS::SQS::Queue": ("sqs", "{name}"),
    "AWS::SQS::QueuePolicy": ("sqs", "{name}"),
    "AWS::SSM::Parameter": ("ssm", "parameter{parameter}"),
    "AWS::StepFunctions::StateMachine": ("states", "stateMachine:{logical}"),
}
"""The service and the resource of an ARN by type. `name` is a name that CloudFormation makes of the stack's."""

OTHERS = {
    "billing": f"arn:aws:billing::{ACCOUNT}:billingview/primary",
    "iam": ROLE,
    "kms": KEY,
    "s3": f"arn:aws:s3:::cdk-hnb659fds-assets-{ACCOUNT}-us-east-1/0a1b2c.zip",
}
"""What a handler uses beside its own resource, by service."""

BESIDE = {
    "iam:AttachRolePolicy": ROLE,
    "iam:DetachRolePolicy": ROLE,
    "s3:ListBucket": "arn:aws:s3:::distillery-dev-foundati-data-abc",
    "lambda:GetLayerVersion": f"arn:aws:lambda:us-east-1:{ACCOUNT}:layer:Sdk-A1b2:1",
}
"""The same by action, where the service is that of the handler's own resource."""


def _arn(resource: Resource) -> str:
    service, named = NAMED[resource.kind]
    said, stack = resource.properties, resource.stack
    group = said.get("LogGroupName")
    name = named.format(
        name=f"{stack.name[:24]}-{resource.id}-A1b2",
        logical=f"{resource.id}-A1b2",
        bucket=f"{stack.name[:24]}-{resource.id}-a1b2".lower(),
        path=said.get("Path") or "/",
        group=f"/aws/vendedlogs/states/{stack.name}-0a1b" if group else f"{stack.name[:24]}-{resource.id}-A1b2",
        parameter=said.get("Name"),
    )
    has_region = service not in ("budgets", "iam", "s3") and resource.kind != "AWS::CloudWatch::Dashboard"
    return f"arn:aws:{service}:{stack.region if has_region else ''}:{'' if service == 's3' else ACCOUNT}:{name}"


def _handled(resource: Resource) -> Iterator[Ask]:
    """What the handlers of a resource's type ask for, on this resource."""
    arn = _arn(resource)
    for action in sorted({action for actions in HANDLERS[resource.kind].values() for action in actions}):
        service = action.partition(":")[0].lower()
        used = arn if service == arn.split(":")[2] else OTHERS.get(service, arn)
        yield Ask(action.replace("CloudTrail:", "cloudtrail:"), BESIDE.get(action, used), KEYS)


def test_cloudformation_may_call_what_every_handler_calls() -> None:
    asks: dict[Ask, str] = {}
    for environment in _environments():
        for resource in environment.resources():
            if not resource.kind.startswith("Custom::"):
                asks.update(dict.fromkeys(_handled(resource), resource.kind))
    assert set(asks.values()) == NAMED.keys()
    refused = {(ask.action, asks[ask]) for ask, done in zip(asks, allowed(list(asks)), strict=True) if not done}
    reasons = {
        action: [why for why, pattern in NOT_NEEDED.items() if re.fullmatch(pattern, action)] for action, _ in refused
    }
    assert sorted(one for one in refused if not reasons[one[0]]) == []
    assert {why for each in reasons.values() for why in each} == NOT_NEEDED.keys()


CUSTOM = {
    "a custom resource's function": Ask(
        "lambda:InvokeFunction", f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:distillery-prod-teardown-Guard-abc"
    ),
    "the outputs of another stack": Ask(
        "cloudformation:DescribeStacks",
        f"arn:aws:cloudformation:us-east-2:{ACCOUNT}:stack/distillery-prod-foundation-inference/0a1b",
    ),
    "the bootstrap's version": Ask(
        "ssm:GetParameters", f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/cdk-bootstrap/hnb659fds/version"
    ),
    "a source of a profile": Ask(
        "bedrock:CreateInferenceProfile", "arn:aws:bedrock:us-east-2::foundation-model/amazon.nova-micro-v1:0"
    ),
}
"""What CloudFormation itself does for a template."""


def test_cloudformation_may_do_what_the_templates_ask_of_itself() -> None:
    assert allowed(list(CUSTOM.values())) == [True] * len(CUSTOM)


@functools.cache
def _examples() -> list[Ask]:
    """One request for each action of each type's handlers, of CloudFormation itself, and of the templates' roles."""
    handled = {
        (ask.action, resource.kind): ask
        for environment in _environments()
        for resource in environment.resources()
        if not resource.kind.startswith("Custom::")
        for ask in _handled(resource)
    }
    worked = {ask.action: ask for ask in _work()}
    return [*handled.values(), *CUSTOM.values(), *worked.values()]


@pytest.mark.parametrize("policy", [*POLICIES, "Boundary"])
def test_each_statement_is_needed(policy: str) -> None:
    """Without any one of them, something that is allowed with it is refused."""
    documents = {name: document(name) for name in (*POLICIES, "Boundary")}
    asks = _examples()
    done = {name: decide([(each, asks)])[0] for name, each in documents.items()}
    needless = []
    for index, statement in enumerate(documents[policy]["Statement"]):
        weaker = copy.deepcopy(documents[policy])
        del weaker["Statement"][index]
        if decide([(weaker, asks)])[0] == done[policy]:
            needless.append(statement)
    assert needless == []


@functools.cache
def _work() -> list[Ask]:
    """What the policies of the templates' roles allow them, one request for each action and resource."""
    asks = (
        dataclasses.replace(ask, resource=_referred(environment, ask.resource))
        for environment in _environments()
        for holder in holders(environment)
        if not holder.person
        for ask in holder.examples()
    )
    return list(dict.fromkeys(asks))


def _referred(environment: EnvironmentTemplates, arn: str) -> str:
    """The ARN of a resource that a statement refers to, where `holders` has a placeholder."""
    if not arn.startswith("arn:aws:any:"):
        return re.sub(r":(111111111111|222222222222):", f":{ACCOUNT}:", arn)
    stack_name, _, reference = arn.split(":")[5].partition(".")
    (stack,) = [one for one in environment.stacks if one.name == stack_name]
    ident = reference.partition(".")[0]
    if ident in stack.resources:
        return _arn(Resource(stack=stack, id=ident, definition=stack.resources[ident]))
    found = environment.find(stack, stack.template["Outputs"][ident]["Value"])
    assert found
    return _arn(found)


def test_the_boundary_stops_no_role_of_the_templates_in_its_work() -> None:
    done = decide([(document("Boundary"), _work())])[0]
    assert sorted({(ask.action, ask.resource) for ask, one in zip(_work(), done, strict=True) if not one}) == []


def _refused() -> Iterator[Ask]:
    """What leads out of the boundary, also for an administrator."""
    other = f"{IAM}:role/admin"
    execution = f"{IAM}:role/cdk-hnb659fds-cfn-exec-role-{ACCOUNT}-us-east-1"
    for action in ("CreateRole", "AttachRolePolicy", "PutRolePolicy", "PutRolePermissionsBoundary", "DeleteRolePolicy"):
        yield Ask(f"iam:{action}", ROLE)
        yield Ask(f"iam:{action}", ROLE, {"iam:PermissionsBoundary": f"{IAM}:policy/another"})
        yield Ask(f"iam:{action}", ROLE, {"iam:PermissionsBoundary": OWN.replace(ACCOUNT, OTHER_ACCOUNT)})
        yield Ask(f"iam:{action}", other, KEYS)
        yield Ask(f"iam:{action}", execution, KEYS)
    yield Ask("iam:DeleteRolePermissionsBoundary", ROLE, KEYS)
    for action in ("DeleteRole", "UpdateAssumeRolePolicy", "UpdateRole", "TagRole"):
        yield Ask(f"iam:{action}", other, KEYS)
        yield Ask(f"iam:{action}", execution, KEYS)
    for passed in (other, execution):
        yield Ask("iam:PassRole", passed, {"iam:PassedToService": "lambda.amazonaws.com"})
    yield Ask("iam:PassRole", ROLE, {"iam:PassedToService": "ec2.amazonaws.com"})
    yield Ask("iam:PassRole", ROLE)
    for policy in (OWN, *(f"{IAM}:policy/cdk-distillery-{name.lower()}" for name in POLICIES), f"{IAM}:policy/team"):
        for action in ("CreatePolicyVersion", "DeletePolicy", "DeletePolicyVersion", "SetDefaultPolicyVersion"):
            yield Ask(f"iam:{action}", policy, KEYS)
    for action in ("CreateUser", "CreateAccessKey", "CreateLoginProfile", "AttachUserPolicy", "AddUserToGroup"):
        yield Ask(f"iam:{action}", f"{IAM}:user/distillery-ana", KEYS)
    yield Ask("iam:CreateOpenIDConnectProvider", f"{IAM}:oidc-provider/token.actions.githubusercontent.com", KEYS)
    yield Ask("sts:AssumeRole", other)
    yield Ask("organizations:LeaveOrganization", f"arn:aws:organizations::{ACCOUNT}:account/o-1/{ACCOUNT}")
    yield Ask("ec2:RunInstances", f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/*")
    yield Ask("s3:GetObject", "arn:aws:s3:::payroll/a")
    yield Ask("s3:PutBucketPolicy", "arn:aws:s3:::payroll")
    yield Ask("dynamodb:GetItem", f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/payroll")
    yield Ask("lambda:UpdateFunctionCode", f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:payroll")
    yield Ask("ssm:GetParameter", f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/payroll")
    yield Ask("ssm:SendCommand", f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/i-0a1b")
    yield Ask("cloudformation:UpdateStack", f"arn:aws:cloudformation:us-east-1:{ACCOUNT}:stack/CDKToolkit/0a1b")
    yield Ask("logs:GetLogEvents", f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:payroll:*")
    yield Ask("cloudtrail:StopLogging", f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/organization")
    yield Ask("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:payroll")


def test_an_administrators_policy_leads_nowhere_out_of_the_boundary() -> None:
    asks = list(_refused())
    done = allowed(asks, {"a template gave it": ADMINISTRATOR})
    assert [ask for ask, one in zip(asks, done, strict=True) if one] == []


KEEPS = (
    Ask("kms:ScheduleKeyDeletion", KEY),
    Ask("s3:GetObject", "arn:aws:s3:::distillery-prod-foundati-data-abc/datasets/support/train.jsonl"),
    Ask("dynamodb:GetItem", f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/distillery-prod-foundati-Ledger-abc"),
    Ask("bedrock:InvokeModel", "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-micro-v1:0"),
    Ask("kms:ScheduleKeyDeletion", KEY, {"aws:ResourceTag/team": "payroll"}),
)
"""What the boundary leaves to functions, and CloudFormation's own policies do not allow."""


def test_cloudformation_itself_reads_no_text_and_deletes_no_other_key() -> None:
    assert allowed(list(KEEPS)) == [False] * len(KEEPS)


@pytest.mark.parametrize("policy", [*POLICIES, "Boundary"])
def test_each_policy_fits_a_managed_policy(policy: str) -> None:
    assert length(document(policy)) <= MANAGED_MAX


def test_every_role_has_the_boundary_if_the_settings_name_it_and_none_otherwise() -> None:
    bounded = synthesized(parse(read("dev") | {"permissions_boundary": BOUNDARY, "account": ACCOUNT}, "dev"))
    named = {json.dumps(role.properties.get("PermissionsBoundary")) for role in bounded.resources("AWS::IAM::Role")}
    assert len(named) == 1
    assert f":policy/{BOUNDARY}" in named.pop()
    assert all("PermissionsBoundary" not in role.properties for role in templates("dev").resources("AWS::IAM::Role"))


def check_by_person(folder: Path, stack: str) -> None:
    """The CDK deploys the stack by the caller's credentials, without a bucket or a role of the bootstrap.

    A template of up to 51,200 bytes is part of the request (CloudFormation guide, cloudformation-limits).
    """
    artifact = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["artifacts"][stack]
    assert artifact["properties"].keys() & {"assumeRoleArn", "cloudFormationExecutionRoleArn", "lookupRole"} == set()
    assert not list(folder.glob("*.assets.json"))
    written = folder / artifact["properties"]["templateFile"]
    assert written.stat().st_size < 51_200
    assert "cdk-bootstrap" not in json.dumps(json.loads(written.read_text(encoding="utf-8")).get("Parameters", {}))


def test_a_person_deploys_it_before_anything_is_bootstrapped() -> None:
    check_by_person(assembly(), "distillery-bootstrap")


def test_the_stack_is_as_its_snapshot_shows_it() -> None:
    now = stack_text(template())
    if os.environ.get("UPDATE") == "1":
        SNAPSHOT.write_text(now, encoding="utf-8")
    assert SNAPSHOT.read_text(encoding="utf-8") == now, "`UPDATE=1 make snapshot` writes it"
