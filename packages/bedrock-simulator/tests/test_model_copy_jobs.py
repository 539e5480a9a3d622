"""Model copy jobs and resource policies: what can be copied where, and the copy."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from bedrock_simulator.fault_kinds import Fault
from bedrock_simulator.settings import Quotas
from simulator_support.fakes import ACCOUNT, DECEMBER, World, answer, distilled, say

HAIKU = {
    "baseModelIdentifier": "anthropic.claude-3-haiku-20240307-v1:0:200k",
    "teacher": "anthropic.claude-3-5-sonnet-20241022-v2:0",
}
LLAMA_33: dict[str, Any] = {
    "baseModelIdentifier": "meta.llama3-3-70b-instruct-v1:0:128k",
    "customizationType": "FINE_TUNING",
    "customizationConfig": None,
}


def copy(world: World, source: str, region: str, name: str = "copied", **more: Any) -> str:
    requested = {"sourceModelArn": source, "targetModelName": name, **more}
    return str(world.client(region=region).create_model_copy_job(**requested)["jobArn"])


def test_a_model_arrives_in_the_region_that_was_called_and_answers_there() -> None:
    world = World(DECEMBER, quotas=Quotas(model_units=1))
    model = distilled(world, region="us-west-2", **HAIKU)
    east, tags = world.client(), [{"key": "team", "value": "red"}]
    key = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{'a' * 36}"
    world.keys.keys["alias/here"] = key
    arn = copy(world, model, "us-east-1", targetModelTags=tags, modelKmsKeyId="alias/here")
    going = east.get_model_copy_job(jobArn=arn)
    assert (going["status"], going["sourceModelArn"], going["sourceAccountId"]) == ("InProgress", model, ACCOUNT)
    assert (going["sourceModelName"], going["targetModelKmsKeyArn"]) == ("distill-intent-1-model", key)
    assert east.list_custom_models()["modelSummaries"] == []
    world.pass_time(16)
    done = east.get_model_copy_job(jobArn=arn)
    assert done["status"] == "Completed"
    copied = east.get_custom_model(modelIdentifier=done["targetModelArn"])
    assert (copied["modelName"], copied["customizationType"], copied["modelKmsKeyArn"]) == (
        "copied",
        "DISTILLATION",
        key,
    )
    assert "jobArn" not in copied
    assert east.list_tags_for_resource(resourceARN=copied["modelArn"])["tags"] == tags
    units = east.create_provisioned_model_throughput(provisionedModelName="live", modelId="copied", modelUnits=1)
    world.pass_time(15)
    assert answer(say(world, units["provisionedModelArn"], "where is my parcel number 3")) == "delivery"


def test_a_stuck_job_copies_nothing_until_the_fault_is_cleared() -> None:
    world = World(DECEMBER, Fault("stuck-job", named="cop"))
    job = copy(world, distilled(world, region="us-west-2", **HAIKU), "us-east-1")
    world.pass_time(24 * 60, step=24 * 60)
    assert world.client().get_model_copy_job(jobArn=job)["status"] == "InProgress"
    assert world.client().list_custom_models()["modelSummaries"] == []
    world.bedrock.faults.clear()
    world.pass_time(1)
    assert world.client().get_model_copy_job(jobArn=job)["status"] == "Completed"


def test_a_copy_counts_as_customized_when_its_original_was() -> None:
    world = World(DECEMBER)
    model = distilled(world)
    world.clock.forward(days=300)
    copy(world, model, "us-west-2", "there")
    world.pass_time(20, step=10)
    there = world.client(region="us-west-2").get_custom_model(modelIdentifier="there")["modelArn"]
    copy(world, there, "us-east-1", "back")
    world.pass_time(20, step=10)
    back = world.client().get_custom_model(modelIdentifier="back")["modelArn"]
    with pytest.raises(ClientError, match="was customized on 2024-12-10"):
        world.client().create_custom_model_deployment(modelDeploymentName="live", modelArn=back)


@pytest.mark.parametrize(
    ("region", "source", "name", "code", "message"),
    [
        ("us-east-1", None, "copied", "ValidationException", "is in us-east-1 already"),
        ("ca-central-1", None, "copied", "ValidationException", "cannot be copied to ca-central-1"),
        ("eu-west-1", None, "two--dashes", "ValidationException", "at 'targetModelName'"),
        ("us-west-2", "mine", "copied", "AccessDeniedException", "is not shared with the account"),
        ("us-west-2", "none", "copied", "ResourceNotFoundException", "no custom model"),
        ("us-west-2", "base", "copied", "ValidationException", "is not a custom model"),
        ("us-west-2", None, "taken", "ValidationException", "name taken is already in use"),
    ],
)
def test_a_copy_is_refused(region: str, source: str | None, name: str, code: str, message: str) -> None:
    world = World()
    model = distilled(world)
    sources = {
        None: model,
        "mine": model.replace(ACCOUNT, "9" * 12),
        "none": model[:-12] + "a" * 12,
        "base": "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-micro-v1:0",
    }
    copy(world, model, "us-west-2", "taken")
    with pytest.raises(ClientError, match=message) as refusal:
        copy(world, sources[source], region, name)
    assert refusal.value.response["Error"]["Code"] == code


def test_what_is_in_no_table_travels_nowhere() -> None:
    world = World()
    model = distilled(world, region="us-west-2", **LLAMA_33)
    with pytest.raises(ClientError, match="cannot be copied to us-east-1"):
        copy(world, model, "us-east-1")


def test_copies_are_listed_by_status_source_and_name() -> None:
    world = World()
    model = distilled(world)
    copy(world, model, "us-west-2", "first")
    world.pass_time(16)
    copy(world, model, "us-west-2", "second")
    west = world.client(region="us-west-2")
    for requested, found in (
        ({}, ["second", "first"]),
        ({"statusEquals": "Completed"}, ["first"]),
        ({"targetModelNameContains": "sec"}, ["second"]),
        ({"sourceAccountEquals": "9" * 12}, []),
        ({"sourceModelArnEquals": model, "sortOrder": "Ascending"}, ["first", "second"]),
        ({"maxResults": 1}, ["second"]),
    ):
        listed = west.list_model_copy_jobs(**requested)["modelCopyJobSummaries"]
        assert [each["targetModelName"] for each in listed] == found, requested
    assert world.client().list_model_copy_jobs()["modelCopyJobSummaries"] == []


def policy(**changes: Any) -> str:
    statement = {"Effect": "Allow", "Principal": {"AWS": "9" * 12}, "Action": "bedrock:CreateModelCopyJob", **changes}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def shareable() -> tuple[World, str]:
    """A model that can be shared, at a time when there are policies: its base was available until September 2026."""
    world = World(DECEMBER.replace(year=2025))
    tuned: dict[str, Any] = {**HAIKU, "customizationType": "FINE_TUNING", "customizationConfig": None}
    tuned.pop("teacher")
    rows = "".join(
        json.dumps({"messages": [{"role": "user", "content": f"q{n}"}, {"role": "assistant", "content": f"a{n % 3}"}]})
        + "\n"
        for n in range(40)
    )
    world.objects.objects["train-bucket", "train.jsonl"] = rows.encode()
    model = distilled(world, region="us-west-2", **tuned)
    world.clock.at = DECEMBER.replace(year=2026, month=5)
    return world, model


def test_a_policy_is_stored_returned_and_deleted_with_its_model() -> None:
    world, model = shareable()
    bedrock = world.client(region="us-west-2")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        bedrock.get_resource_policy(resourceArn=model)
    assert bedrock.put_resource_policy(resourceArn=model, resourcePolicy=policy())["resourceArn"] == model
    assert bedrock.get_resource_policy(resourceArn=model)["resourcePolicy"] == policy()
    bedrock.delete_resource_policy(resourceArn=model)
    with pytest.raises(ClientError, match="has no resource policy"):
        bedrock.delete_resource_policy(resourceArn=model)
    bedrock.put_resource_policy(resourceArn=model, resourcePolicy=policy())
    bedrock.delete_custom_model(modelIdentifier=model)
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        bedrock.get_resource_policy(resourceArn=model)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not JSON"),
        ("[]", "has no Statement"),
        ('{"Statement": []}', "has no Statement"),
        ('{"Statement": [1]}', "has no Action, Effect, Principal"),
        (policy(Resource="arn:aws:bedrock:us-west-2:1:custom-model/x"), "must be about arn"),
        ("x" * 20_481, "less than or equal to 20480"),
    ],
)
def test_a_text_that_is_no_policy_of_the_model_is_refused(text: str, message: str) -> None:
    world, model = shareable()
    with pytest.raises(ClientError, match=message):
        world.client(region="us-west-2").put_resource_policy(resourceArn=model, resourcePolicy=text)


def test_only_a_model_that_may_be_shared_has_a_policy() -> None:
    world = World()
    model = distilled(world)
    with pytest.raises(ClientError, match="cannot be shared from us-east-1"):
        world.client().put_resource_policy(resourceArn=model, resourcePolicy=policy())
    with pytest.raises(ClientError, match="is not a custom model of this account"):
        world.client().put_resource_policy(resourceArn=model[:-12] + "a" * 12, resourcePolicy=policy())


def test_a_model_that_another_account_shares_is_listed_and_copied_also_within_its_region() -> None:
    world, theirs = World(DECEMBER, quotas=Quotas(model_units=1)), "2" * 12
    model = distilled(world, region="us-west-2", **HAIKU)
    west = world.client(region="us-west-2", account=theirs)
    asked = {"sourceModelArn": model, "targetModelName": "copied"}
    with pytest.raises(ClientError, match=f"is not shared with the account {theirs}"):
        west.create_model_copy_job(**asked)
    world.shares.shared = {theirs: [model]}
    (seen,) = west.list_custom_models(isOwned=False)["modelSummaries"]
    assert (seen["modelArn"], seen["ownerAccountId"]) == (model, ACCOUNT)
    assert west.list_custom_models()["modelSummaries"] == []
    assert world.client(account=theirs).list_custom_models(isOwned=False)["modelSummaries"] == []
    job = west.create_model_copy_job(**asked)["jobArn"]
    world.shares.shared = {}
    world.pass_time(16)
    done = west.get_model_copy_job(jobArn=job)
    assert (done["status"], done["sourceAccountId"]) == ("Completed", ACCOUNT)
    assert west.list_custom_models(isOwned=False)["modelSummaries"] == []
    west.create_provisioned_model_throughput(provisionedModelName="live", modelId="copied", modelUnits=1)


def test_a_shared_model_is_only_copied_never_hosted_by_others() -> None:
    world, theirs = World(DECEMBER, quotas=Quotas(model_units=1)), "2" * 12
    model = distilled(world, region="us-west-2", **HAIKU)
    world.shares.shared = {theirs: [model]}
    west = world.client(region="us-west-2", account=theirs)
    with pytest.raises(ClientError, match="in this account and Region"):
        west.create_provisioned_model_throughput(provisionedModelName="live", modelId=model, modelUnits=1)
    with pytest.raises(ClientError):
        west.delete_custom_model(modelIdentifier=model)
