"""What AWS requires of templates although no emulator does: reviews of its guides found each of these missing."""

import json

import pytest

from distillery.core import catalog
from distillery.settings.reading import read
from tests.policy.templates import as_list
from tests.unit.stacks.assembly import DAYS, Json, resources, templates

pytestmark = pytest.mark.slow

PARTS = ("foundation", "foundation-inference", "pipeline", "serving", "telemetry", "telemetry-inference")
EVERYWHERE = [(environment, part) for environment in DAYS for part in PARTS]


OF_MODELS = {"kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"}


def _through_bedrock(policy: Json) -> set[str]:
    """Actions on the environment's key that a role may perform through Bedrock."""
    found = set()
    for statement in policy["PolicyDocument"]["Statement"]:
        services = as_list(statement.get("Condition", {}).get("StringEquals", {}).get("kms:ViaService", []))
        if services and all(str(service).startswith("bedrock.") for service in services):
            found |= set(as_list(statement["Action"]))
    return found


@pytest.mark.parametrize("environment", DAYS)
@pytest.mark.parametrize(
    ("role", "wanted"),
    [
        ("DistillationJobRole", OF_MODELS),
        ("DistillationFunctionRole", OF_MODELS),
        ("EvaluationFunctionRole", {"kms:Decrypt", "kms:GenerateDataKey"}),
    ],
)
def test_who_makes_or_calls_a_custom_model_may_use_its_key_as_each_guide_has_it(
    environment: str, role: str, wanted: set[str]
) -> None:
    policies = resources(templates(environment)["pipeline"], "AWS::IAM::Policy")
    (policy,) = [each for name, each in policies.items() if name.startswith(f"{role}DefaultPolicy")]
    assert wanted <= _through_bedrock(policy)


@pytest.mark.parametrize("environment", DAYS)
def test_bedrock_itself_may_use_the_key_for_throughput_of_a_custom_nova_model(environment: str) -> None:
    (key,) = resources(templates(environment)["foundation"], "AWS::KMS::Key").values()
    (found,) = [
        each
        for each in key["KeyPolicy"]["Statement"]
        if "kms:EncryptionContextKeys" in each.get("Condition", {}).get("ForAnyValue:StringEquals", {})
    ]
    assert found["Principal"] == {"Service": "bedrock.amazonaws.com"}
    assert set(found["Action"]) == {"kms:Decrypt", "kms:GenerateDataKey"}
    assert "StringEquals" not in found["Condition"], "the guide's statement names no source"


@pytest.mark.parametrize("environment", DAYS)
def test_what_a_service_delivers_logs_to_needs_no_entry_in_the_regions_resource_policy(environment: str) -> None:
    pipeline = templates(environment)["pipeline"]
    groups = resources(pipeline, "AWS::Logs::LogGroup")
    (machine,) = resources(pipeline, "AWS::StepFunctions::StateMachine").values()
    for destination in machine["LoggingConfiguration"]["Destinations"]:
        (logical, _) = destination["CloudWatchLogsLogGroup"]["LogGroupArn"]["Fn::GetAtt"]
        name = groups[logical]["LogGroupName"]["Fn::Join"][1]
        assert str(name[0]).startswith("/aws/vendedlogs/states/distillery-")
        assert json.dumps(name).count("AWS::StackId") == 1, "a group that is kept would block the next stack"


@pytest.mark.parametrize(("environment", "part"), EVERYWHERE)
def test_a_custom_resource_whose_function_was_killed_does_not_block_its_stack_for_an_hour(
    environment: str, part: str
) -> None:
    found = templates(environment)[part].get("Resources", {}).values()
    for resource in found:
        if resource["Type"].startswith("Custom::"):
            assert 900 < int(resource["Properties"]["ServiceTimeout"]) < 3600


@pytest.mark.parametrize("environment", DAYS)
def test_a_bucket_is_emptied_after_its_policy_is_gone_and_before_itself(environment: str) -> None:
    """The policy that denies further writes is the cleanup's own, and has to outlive it."""
    for part in ("foundation", "foundation-inference"):
        template = templates(environment)[part]
        emptied = resources(template, "Custom::EmptiedBucket")
        for name, resource in emptied.items():
            bucket = resource["Bucket"]["Ref"]
            policies = resources(template, "AWS::S3::BucketPolicy")
            (policy,) = [each for each, said in policies.items() if said["Bucket"] == {"Ref": bucket}]
            assert name in _after(template, "AWS::S3::BucketPolicy")[policy]
            assert policy not in _after(template, "Custom::EmptiedBucket")[name]


@pytest.mark.parametrize("environment", DAYS)
def test_a_run_keeps_its_models_when_every_recipe_is_changed(environment: str) -> None:
    """A run keeps the recipe that it began with: roles admit every pair of the home Region."""
    pipeline = templates(environment)["pipeline"]
    region = read(environment)["home_region"]
    pairs = catalog.pairs(region)
    policies = resources(pipeline, "AWS::IAM::Policy")
    for role, models in {
        "DistillationJobRole": {pair.teacher for pair in pairs},
        "DistillationFunctionRole": {model for pair in pairs for model in (pair.teacher, pair.student)},
        "EvaluationFunctionRole": {model for pair in pairs for model in (pair.teacher, pair.student)},
    }.items():
        (policy,) = [each for name, each in policies.items() if name.startswith(f"{role}DefaultPolicy")]
        text = json.dumps([s for s in policy["PolicyDocument"]["Statement"] if "bedrock:InvokeModel" in s["Action"]])
        assert {model for model in models if model not in text} == set(), role


@pytest.mark.parametrize("environment", DAYS)
def test_application_profiles_are_created_one_after_the_other(environment: str) -> None:
    profiles = _after(templates(environment)["serving"], "AWS::Bedrock::ApplicationInferenceProfile")
    first = [name for name, after in profiles.items() if not after & profiles.keys()]
    assert len(first) == min(1, len(profiles))
    followers = [one for after in profiles.values() for one in after & profiles.keys()]
    assert len(followers) == len(set(followers)), "a chain, not a tree"


def _after(template: Json, kind: str) -> dict[str, set[str]]:
    return {
        name: set(as_list(each.get("DependsOn", [])))
        for name, each in template.get("Resources", {}).items()
        if each["Type"] == kind
    }
