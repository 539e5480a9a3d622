"""Permissions that hold in every template of every environment."""

import json
from typing import Any

import pytest

from distillery.core import catalog
from tests.policy.templates import as_list
from tests.unit.stacks.assembly import DAYS, Json, resources, settings_of, statements, templates

pytestmark = pytest.mark.slow

PARTS = ("foundation", "foundation-inference", "pipeline", "serving", "telemetry", "telemetry-inference")
EVERYWHERE = [(environment, part) for environment in DAYS for part in PARTS]


@pytest.mark.parametrize(("environment", "part"), EVERYWHERE)
def test_no_action_is_allowed_by_a_wildcard_but_to_the_account_root_in_a_key_policy(
    environment: str, part: str
) -> None:
    for name, statement in statements(templates(environment)[part]):
        if statement["Effect"] == "Deny":
            continue
        if statement["Action"] == "kms:*":
            assert json.dumps(statement["Principal"]).count(":root") == 1, name
            continue
        assert not [action for action in as_list(statement["Action"]) if "*" in action], name


@pytest.mark.parametrize(("environment", "part"), EVERYWHERE)
def test_services_assume_roles_for_this_account_and_their_own_resource_only(environment: str, part: str) -> None:
    for name, role in resources(templates(environment)[part], "AWS::IAM::Role").items():
        for statement in role["AssumeRolePolicyDocument"]["Statement"]:
            if statement["Principal"] == {"Service": "lambda.amazonaws.com"}:
                continue  # Lambda sends no aws:SourceArn when it assumes an execution role
            assert statement["Condition"]["StringEquals"]["aws:SourceAccount"], name
            assert statement["Condition"]["ArnLike"]["aws:SourceArn"], name


def _roles(service: str) -> list[Json]:
    roles = resources(templates("dev")["pipeline"], "AWS::IAM::Role").values()
    trusts = [role["AssumeRolePolicyDocument"]["Statement"][0] for role in roles]
    return [trust for trust in trusts if trust["Principal"] == {"Service": service}]


def test_the_job_role_is_for_customization_jobs_alone() -> None:
    (trust,) = _roles("bedrock.amazonaws.com")
    assert json.dumps(trust["Condition"]["ArnLike"]).endswith(':model-customization-job/*"]]}}')


def test_the_machines_role_is_for_state_machines_alone() -> None:
    (trust,) = _roles("states.amazonaws.com")
    assert json.dumps(trust["Condition"]["ArnLike"]).endswith(':stateMachine:*"]]}}')


@pytest.mark.parametrize("environment", DAYS)
@pytest.mark.parametrize("part", ["foundation", "foundation-inference"])
@pytest.mark.parametrize(
    ("service", "actions", "condition"),
    [
        ("logs.{region}.amazonaws.com", {"kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey"}, ":log-group:*"),
        ("cloudwatch.amazonaws.com", {"kms:Decrypt", "kms:GenerateDataKey"}, ":alarm:*"),
        ("events.amazonaws.com", {"kms:Decrypt", "kms:GenerateDataKey"}, ":rule/*"),
    ],
)
def test_the_key_admits_every_service_that_writes_under_it(
    environment: str, part: str, service: str, actions: set[str], condition: str
) -> None:
    template = templates(environment)[part]
    (key,) = resources(template, "AWS::KMS::Key").values()
    name = service.format(region=_region(template))
    (found,) = [s for s in key["KeyPolicy"]["Statement"] if s["Principal"].get("Service") == name]
    assert actions <= set(found["Action"])
    assert condition in json.dumps(found["Condition"]["ArnLike"])


@pytest.mark.parametrize("environment", DAYS)
def test_budgets_of_this_account_reach_the_topic_at_home_and_its_key(environment: str) -> None:
    found = templates(environment)
    admitted = [
        statement for _, statement in statements(found["foundation"]) if _of(statement) == "budgets.amazonaws.com"
    ]
    assert {action for one in admitted for action in as_list(one["Action"])} == {
        "kms:Decrypt",
        "kms:GenerateDataKey",
        "sns:Publish",
    }
    for one in admitted:
        assert one["Condition"]["StringEquals"]["aws:SourceAccount"]
        assert json.dumps(one["Condition"]["ArnLike"]["aws:SourceArn"]).count("budgets::") == 1
    assert not [one for _, one in statements(found["foundation-inference"]) if _of(one) == "budgets.amazonaws.com"]


def _of(statement: Json) -> str:
    principal = statement.get("Principal", {})
    return str(principal.get("Service", "")) if isinstance(principal, dict) else ""


def _region(template: Json) -> str:
    (key,) = resources(template, "AWS::KMS::Key").values()
    services = [s["Principal"].get("Service", "") for s in key["KeyPolicy"]["Statement"]]
    return str(next(name for name in services if name.startswith("logs.")).split(".")[1])


@pytest.mark.parametrize(("environment", "part"), EVERYWHERE)
def test_whoever_uses_an_encrypted_bucket_or_table_may_use_its_key_too(environment: str, part: str) -> None:
    needs = {
        "s3:GetObject": "kms:Decrypt",
        "s3:PutObject": "kms:GenerateDataKey",
        "dynamodb:GetItem": "kms:Decrypt",
        "dynamodb:PutItem": "kms:GenerateDataKey",
        "sns:Publish": "kms:GenerateDataKey",
        "sqs:SendMessage": "kms:GenerateDataKey",
    }
    for name, policy in resources(templates(environment)[part], "AWS::IAM::Policy").items():
        allowed = {a for s in policy["PolicyDocument"]["Statement"] for a in as_list(s["Action"])}
        for action, key in needs.items():
            assert action not in allowed or key in allowed, (name, action)


def test_only_promotion_writes_aliases() -> None:
    pipeline = resources(templates("dev")["pipeline"], "AWS::IAM::Policy")
    writers = [
        name
        for name, policy in pipeline.items()
        for statement in policy["PolicyDocument"]["Statement"]
        if "ssm:PutParameter" in statement["Action"] and "/alias/" in json.dumps(statement["Resource"])
    ]
    assert [name.startswith("PromotionFunction") for name in writers] == [True]


def test_only_the_distillation_step_starts_jobs_and_passes_their_role() -> None:
    pipeline = resources(templates("dev")["pipeline"], "AWS::IAM::Policy")
    for action in ("bedrock:CreateModelCustomizationJob", "iam:PassRole", "kms:CreateGrant"):
        holders = {name for name, policy in pipeline.items() if action in json.dumps(policy)}
        assert "DistillationFunctionRoleDefaultPolicy0ACFF3B6" in holders
        if action != "kms:CreateGrant":
            assert len(holders) == 1


@pytest.mark.parametrize("environment", ["dev", "launch"])
def test_the_pre_flight_reads_the_quotas_of_its_regions_students_and_no_other(environment: str) -> None:
    """Of every student that can be distilled there: a run keeps the student it began with when its recipe changes."""
    pipeline = resources(templates(environment)["pipeline"], "AWS::IAM::Policy")
    ((name, policy),) = [(n, p) for n, p in pipeline.items() if "servicequotas:Get" in json.dumps(p)]
    assert name.startswith("DistillationFunction")
    (look_up,) = [s for s in policy["PolicyDocument"]["Statement"] if "servicequotas:" in json.dumps(s["Action"])]
    assert look_up["Action"] == "servicequotas:GetServiceQuota"
    named = [text.rsplit(":", 1)[1].rstrip(']}"') for text in _texts(look_up["Resource"])]
    home = settings_of(environment).home_region
    quotas = [catalog.model(pair.student).model_units_quota for pair in catalog.pairs(home)]
    units = {quota.code for quota in quotas if quota}
    assert units
    assert named == [f"bedrock/{code}" for code in sorted({"L-1EF80F3E", "L-BE77399C", *units})]


def test_a_cross_region_model_is_allowed_only_through_its_profiles() -> None:
    (policy,) = resources(templates("dev")["serving"], "AWS::IAM::Policy").values()
    through = [
        s
        for s in policy["PolicyDocument"]["Statement"]
        if "bedrock:InvokeModel" in s["Action"] and "foundation-model/amazon.nova-pro" in json.dumps(s["Resource"])
    ]
    for statement in through:
        of_pro = [text for text in _texts(statement["Resource"]) if "amazon.nova-pro" in text]
        assert {text.split(":")[3] for text in of_pro} == {"us-east-1", "us-east-2", "us-west-2"}
        assert statement["Action"] == "bedrock:InvokeModel"  # the function does not stream
        assert statement["Condition"]["StringEquals"]["bedrock:InferenceProfileArn"]
    assert through


def test_a_student_is_called_where_promotion_s_tags_are_and_nowhere_else() -> None:
    serving = templates("dev")["serving"]
    (function,) = resources(serving, "AWS::IAM::Policy").values()
    managed = resources(serving, "AWS::IAM::ManagedPolicy").values()
    (callers,) = [p for p in managed if p.get("Path") == "/distillery/dev/routes/distilled/support/"]
    for policy, route in (
        (function, {"StringLike": {"aws:ResourceTag/distillery:route": "distilled/*"}}),
        (callers, {"StringEquals": {"aws:ResourceTag/distillery:route": ["distilled/support"]}}),
    ):
        found = [s for s in policy["PolicyDocument"]["Statement"] if "custom-model-deployment/" in json.dumps(s)]
        assert len(found) == 1
        environment = {"aws:ResourceTag/distillery:environment": "dev"}
        equal = environment | route.get("StringEquals", {})
        assert found[0]["Condition"] == {**route, "StringEquals": equal}


def test_a_student_in_the_home_region_is_decrypted_by_the_keys_alias() -> None:
    (policy,) = resources(templates("dev")["serving"], "AWS::IAM::Policy").values()
    statements = [s for s in policy["PolicyDocument"]["Statement"] if "kms:Decrypt" in as_list(s["Action"])]
    aliases = [each["Condition"]["ForAnyValue:StringEquals"] for each in statements]
    assert aliases == [{"kms:ResourceAliases": "alias/distillery-dev"}] * 2
    services = [as_list(each["Condition"]["StringEquals"]["kms:ViaService"]) for each in statements]
    assert sorted(services) == [["bedrock.us-east-1.amazonaws.com"], ["s3.us-east-1.amazonaws.com"]]


def _texts(value: Any) -> list[str]:
    return [json.dumps(each).strip('"') for each in as_list(value)]


def test_events_invoke_functions_only_from_their_own_rule() -> None:
    permissions = resources(templates("dev")["pipeline"], "AWS::Lambda::Permission")
    assert permissions
    for name, permission in permissions.items():
        assert permission["Principal"] == "events.amazonaws.com", name
        assert permission["SourceArn"]["Fn::GetAtt"][1] == "Arn", name


@pytest.mark.parametrize(("environment", "part"), EVERYWHERE)
def test_everything_that_can_be_encrypted_with_the_key_is(environment: str, part: str) -> None:
    where = {
        "AWS::Logs::LogGroup": "KmsKeyId",
        "AWS::SQS::Queue": "KmsMasterKeyId",
        "AWS::SNS::Topic": "KmsMasterKeyId",
        "AWS::DynamoDB::Table": "SSESpecification",
    }
    for kind, field in where.items():
        for name, properties in resources(templates(environment)[part], kind).items():
            assert "KeyArn" in json.dumps(properties[field]) or "Key9BCD29C7" in json.dumps(properties[field]), name
