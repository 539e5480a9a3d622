"""The life cycle of models, inference profiles, tags, and errors of the runtime."""

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from bedrock_simulator import errors
from bedrock_simulator.control_plane.dispatch import CONTROL
from bedrock_simulator.ports import Request
from bedrock_simulator.protocol import service_model
from bedrock_simulator.runtime.dispatch import RUNTIME
from bedrock_simulator.settings import Settings, Undocumented
from simulator_support.fakes import ACCOUNT, DECEMBER, TODAY, World, answer, say

SONNET = "anthropic.claude-3-5-sonnet-20241022-v2:0"
HAIKU_35 = "anthropic.claude-3-5-haiku-20241022-v1:0"
HAIKU_55 = "anthropic.claude-haiku-5-5"
PRO = "amazon.nova-pro-v1:0"


@pytest.mark.parametrize(
    ("model", "region", "at", "status"),
    [
        (PRO, "us-east-1", TODAY, "ACTIVE"),
        (SONNET, "us-west-2", DECEMBER, "ACTIVE"),
        (SONNET, "us-west-2", datetime(2026, 1, 30, tzinfo=UTC), "LEGACY"),
        (HAIKU_55, "us-east-2", TODAY, "ACTIVE"),
        ("meta.llama3-1-70b-instruct-v1:0", "us-west-2", TODAY, "LEGACY"),
    ],
)
def test_a_model_has_its_state_on_a_day(model: str, region: str, at: datetime, status: str) -> None:
    bedrock = World(at).client(region=region)
    found = bedrock.get_foundation_model(modelIdentifier=model)["modelDetails"]["modelLifecycle"]
    assert found["status"] == status
    assert found["startOfLifeTime"] <= at
    assert ("endOfLifeTime" in found) == (status == "LEGACY")


@pytest.mark.parametrize(
    ("model", "region", "at", "code"),
    [
        (PRO, "us-east-1", datetime(2024, 11, 30, tzinfo=UTC), "ResourceNotFoundException"),
        (SONNET, "us-west-2", TODAY, "ResourceNotFoundException"),
        (HAIKU_35, "us-east-2", TODAY, "ResourceNotFoundException"),
        ("amazon.nova-nonesuch-v1:0", "us-east-1", TODAY, "ValidationException"),
    ],
)
def test_a_model_is_not_there_before_its_launch_or_after_its_end(
    model: str, region: str, at: datetime, code: str
) -> None:
    with pytest.raises(ClientError, match=code):
        World(at).client(region=region).get_foundation_model(modelIdentifier=model)


def test_distillation_students_are_listed_by_their_variant() -> None:
    listed = World().client().list_foundation_models(byCustomizationType="DISTILLATION")["modelSummaries"]
    assert [m["modelId"] for m in listed] == ["amazon.nova-lite-v1:0:300k", "amazon.nova-micro-v1:0:128k"]


@pytest.mark.parametrize(
    ("model", "region", "more", "code", "sentence"),
    [
        ("nova", "us-east-1", {}, "ValidationException", "identifier is invalid"),
        (PRO, "us-east-2", {}, "ValidationException", "with on-demand throughput isn’t supported"),
        (HAIKU_55, "us-east-2", {}, "ValidationException", "with on-demand throughput isn’t supported"),
        ("amazon.nova-micro-v1:0:128k", "us-east-1", {}, "ValidationException", "isn’t supported"),
        (f"us.{HAIKU_35}", "us-east-2", {}, "ResourceNotFoundException", "reached the end of its life"),
        (f"us.{PRO}", "eu-west-1", {}, "ValidationException", "identifier is invalid"),
        (PRO, "us-east-1", {"performanceConfig": {"latency": "optimized"}}, "ValidationException",
         "Latency performance configuration is not supported for amazon.nova-pro-v1:0 in us-east-1"),
        (f"us.{PRO}", "us-west-2", {"performanceConfig": {"latency": "optimized"}}, "ValidationException",
         "not supported for amazon.nova-pro-v1:0 in us-west-2"),
        ("amazon.nova-micro-v1:0", "us-east-1", {"serviceTier": {"type": "flex"}}, "ValidationException", "tier"),
        (f"arn:aws:bedrock:us-east-1:{ACCOUNT}:custom-model-deployment/abcdefabcdef", "us-east-1", {},
         "ResourceNotFoundException", "no custom model deployment"),
        (PRO, "us-east-1", {"inferenceConfig": {"topP": 2.0}}, "ValidationException", "topP"),
        (PRO, "us-east-1", {"requestMetadata": {"k": "v" * 257}}, "ValidationException", "requestMetadata"),
    ],
)  # fmt: skip
def test_the_runtime_refuses(model: str, region: str, more: dict[str, Any], code: str, sentence: str) -> None:
    world = World()
    with pytest.raises(ClientError, match=sentence) as refusal:
        say(world, model, "hello", region=region, **more)
    assert refusal.value.response["Error"]["Code"] == code


def test_an_answer_says_what_it_used_and_what_it_was_served_with() -> None:
    reply = say(
        World(), f"us.{PRO}", "where is my parcel", performanceConfig={"latency": "optimized"},
        serviceTier={"type": "priority"}, requestMetadata={"run": "1"},
    )  # fmt: skip
    assert answer(reply) == "delivery"
    assert reply["usage"]["totalTokens"] == reply["usage"]["inputTokens"] + reply["usage"]["outputTokens"]
    assert reply["metrics"]["latencyMs"] > 100
    assert (reply["performanceConfig"]["latency"], reply["serviceTier"]["type"]) == ("optimized", "priority")


def test_an_answer_may_begin_with_reasoning_or_be_cut() -> None:
    reply = say(World(), f"global.{HAIKU_55}", "where is my parcel", inferenceConfig={"maxTokens": 8})
    assert "reasoningContent" in reply["output"]["message"]["content"][0]
    assert (answer(reply), reply["stopReason"], reply["usage"]["outputTokens"]) == ("deli", "max_tokens", 8)


def test_thinking_counts_against_the_maximum_and_may_leave_no_text() -> None:
    limits: Any = {"inferenceConfig": {"maxTokens": 3}}
    reply = say(World(), f"global.{HAIKU_55}", "where is my parcel", **limits)
    (only,) = reply["output"]["message"]["content"]
    assert "reasoningContent" in only
    assert (reply["stopReason"], reply["usage"]["outputTokens"]) == ("max_tokens", 3)
    without: Any = {"additionalModelRequestFields": {"thinking": {"type": "disabled"}}}
    spoken = say(World(), f"global.{HAIKU_55}", "where is my parcel", **limits, **without)
    assert answer(spoken) == "delivery"


def profile(world: World, copy_from: str, region: str = "us-east-1", name: str = "route") -> str:
    arn: str = world.client(region=region).create_inference_profile(
        inferenceProfileName=name, modelSource={"copyFrom": copy_from}, tags=[{"key": "route", "value": "a"}]
    )["inferenceProfileArn"]
    return arn


def test_an_application_profile_of_a_system_profile_reaches_its_destinations_and_carries_tags() -> None:
    world = World()
    arn = profile(world, f"arn:aws:bedrock:us-east-1:{ACCOUNT}:inference-profile/us.{PRO}")
    bedrock = world.client()
    found = bedrock.get_inference_profile(inferenceProfileIdentifier=arn)
    assert len(found["models"]) == 3
    assert bedrock.get_inference_profile(inferenceProfileIdentifier=found["inferenceProfileId"])["type"] == (
        "APPLICATION"
    )
    assert answer(say(world, arn, "where is my parcel")) == "delivery"
    bedrock.tag_resource(resourceARN=arn, tags=[{"key": "cost", "value": "b"}])
    bedrock.untag_resource(resourceARN=arn, tagKeys=["route"])
    assert bedrock.list_tags_for_resource(resourceARN=arn)["tags"] == [{"key": "cost", "value": "b"}]
    bedrock.delete_inference_profile(inferenceProfileIdentifier=arn)
    assert bedrock.list_inference_profiles(typeEquals="APPLICATION")["inferenceProfileSummaries"] == []


def test_optimized_latency_through_an_application_profile_is_a_setting() -> None:
    world = World()
    arn = profile(world, f"arn:aws:bedrock:us-east-1:{ACCOUNT}:inference-profile/us.{PRO}")
    fast: dict[str, Any] = {"performanceConfig": {"latency": "optimized"}}
    with pytest.raises(ClientError, match="Latency performance configuration is not supported"):
        say(world, arn, "hello", **fast)
    world.bedrock.settings = Settings(undocumented=Undocumented(optimized_application_profiles=True))
    assert say(world, arn, "hello", **fast)["performanceConfig"] == fast["performanceConfig"]


@pytest.mark.parametrize(
    ("copy_from", "sentence"),
    [
        (f"arn:aws:bedrock:us-east-1::foundation-model/{HAIKU_55}", "cannot be invoked on demand"),
        (f"arn:aws:bedrock:us-west-2:{ACCOUNT}:inference-profile/us.{PRO}", "is not in us-east-1"),
        (f"arn:aws:bedrock:us-east-1:{ACCOUNT}:inference-profile/us.{HAIKU_35}", "no inference profile"),
        (f"arn:aws:bedrock:us-east-1:{ACCOUNT}:provisioned-model/abcdefabcdef", "modelSource.copyFrom"),
    ],
)
def test_an_application_profile_copies_only_what_can_be_called(copy_from: str, sentence: str) -> None:
    with pytest.raises(ClientError, match=sentence):
        profile(World(), copy_from)


def test_a_system_profile_names_its_destinations() -> None:
    found = World().client(region="us-east-2").get_inference_profile(inferenceProfileIdentifier=f"us.{HAIKU_55}")
    assert [m["modelArn"].split(":")[3] for m in found["models"]] == ["us-east-1", "us-east-2", "us-west-2"]
    assert found["inferenceProfileArn"].startswith(f"arn:aws:bedrock:us-east-2:{ACCOUNT}:inference-profile/us.")


def test_every_operation_we_answer_is_bedrocks() -> None:
    assert set(CONTROL) <= {operation.name for operation in service_model.operations("bedrock")}
    assert set(RUNTIME) <= {operation.name for operation in service_model.operations("bedrock-runtime")}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/nothing", b"", 404, "UnknownOperationException"),
        ("GET", "/guardrails", b"", 404, "UnknownOperationException"),
        ("POST", "/inference-profiles", b"{", 400, "SerializationException"),
        ("POST", "/inference-profiles", b"{}", 400, "ValidationException"),
        ("GET", "/custom-models?", b"", 404, "UnknownOperationException"),
    ],
)
def test_what_is_not_understood_is_refused_on_the_wire(
    method: str, path: str, body: bytes, status: int, code: str
) -> None:
    reply = World().bedrock.handle(Request("bedrock", ACCOUNT, "us-east-1", method, path, {}, {}, body))
    assert (reply.status, reply.headers["x-amzn-ErrorType"]) == (status, code)


def test_an_answer_outside_the_documented_shape_is_a_bug() -> None:
    operation = next(o for o in service_model.operations("bedrock") if o.name == "CreateInferenceProfile")
    with pytest.raises(errors.ContractError, match="status"):
        service_model.respond(operation, {"inferenceProfileArn": "x", "status": "SLEEPING"})
