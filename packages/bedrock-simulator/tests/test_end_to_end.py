"""Distillation end to end, with botocore's own clients over HTTP."""

from threading import Thread
from typing import Any

import pytest
from botocore.exceptions import ClientError

from bedrock_simulator.engine import Bedrock
from bedrock_simulator.settings import Quotas
from simulator_support.fakes import DECEMBER, World, answer, distilled, job, jsonl, prompts, say, updating_deployment


def test_a_job_goes_through_its_stages_and_ends_with_a_model() -> None:
    world = World()
    world.objects.objects["train-bucket", "train.jsonl"] = jsonl(prompts())
    bedrock = world.client()
    arn = bedrock.create_model_customization_job(**job())["jobArn"]
    seen = []
    for _ in range(16):
        details = bedrock.get_model_customization_job(jobIdentifier=arn)["statusDetails"]
        seen.append(tuple(stage["status"] for stage in details.values()))
        world.pass_time(5)
    assert list(dict.fromkeys(seen)) == [
        ("InProgress", "NotStarted", "NotStarted"),
        ("Completed", "InProgress", "NotStarted"),
        ("Completed", "Completed", "InProgress"),
        ("Completed", "Completed", "Completed"),
    ]
    done = bedrock.get_model_customization_job(jobIdentifier="distill-intent-1")
    assert done["status"] == "Completed"
    assert 40 < (done["endTime"] - done["creationTime"]).total_seconds() / 60 < 90
    model = bedrock.get_custom_model(modelIdentifier=done["outputModelArn"])
    assert (model["modelName"], model["modelStatus"]) == ("distill-intent-1-model", "Active")


def test_every_change_of_status_is_one_event_with_the_documented_keys() -> None:
    world = World()
    distilled(world)
    reported = [event["detail"]["jobStatus"] for event in world.events.events]
    assert reported == ["InProgress", "Completed"]
    last = world.events.events[-1]
    assert (last["source"], last["type"]) == ("aws.bedrock", "Model Customization Job State Change")
    assert {"version", "jobArn", "outputModelArn", "endTime", "trainingDataConfig"} <= set(last["detail"])


def test_events_are_delivered_while_others_may_call() -> None:
    world = World()
    calls: list[int] = []

    class CallsBack:
        """Calls Bedrock from another thread before an event is delivered, as a Lambda behind a rule does."""

        def emit(self, *_: Any) -> None:
            caller = Thread(target=lambda: calls.append(len(world.client().list_custom_models()["modelSummaries"])))
            caller.start()
            caller.join(timeout=5)

    world.bedrock = Bedrock(clock=world.clock, objects=world.objects, events=CallsBack(), roles=world.roles)
    world.client().create_model_customization_job(**job())
    world.bedrock.tick()
    assert calls == [0]


def test_a_distilled_student_on_a_deployment_answers_better_than_the_untrained() -> None:
    world = World()
    model = distilled(world)
    bedrock = world.client()
    arn = bedrock.create_custom_model_deployment(modelDeploymentName="intent", modelArn=model)[
        "customModelDeploymentArn"
    ]
    with pytest.raises(ClientError, match="not ready"):
        say(world, arn, "hello")
    world.pass_time(10)
    assert bedrock.get_custom_model_deployment(customModelDeploymentIdentifier=arn)["status"] == "Active"
    questions = {
        "please reimburse the amount of purchase X": "refund",
        "has it shipped yet, package Y": "delivery",
        "my password is rejected for user Z": "login",
        "stop renewing membership W": "cancellation",
    }
    right = sum(answer(say(world, arn, q)) == label for q, label in questions.items())
    untrained = sum(answer(say(world, "amazon.nova-micro-v1:0", q)) == label for q, label in questions.items())
    assert right == 4 > untrained


def test_an_update_serves_the_old_model_until_it_is_done() -> None:
    world = World()
    arn, first, second = updating_deployment(world)
    bedrock = world.client()
    during = bedrock.get_custom_model_deployment(customModelDeploymentIdentifier=arn)
    assert (during["modelArn"], during["updateDetails"]["updateStatus"]) == (first, "Updating")
    assert answer(say(world, arn, "I want my money back"))
    world.pass_time(10)
    after = bedrock.get_custom_model_deployment(customModelDeploymentIdentifier=arn)
    assert (after["modelArn"], after["updateDetails"]["updateStatus"]) == (second, "UpdateCompleted")


def test_throughput_needs_a_quota_serves_and_bills_until_deleted() -> None:
    world = World()
    model = distilled(world)
    bedrock = world.client()
    ask = {"provisionedModelName": "live", "modelId": model, "modelUnits": 1}
    with pytest.raises(ClientError, match="does not currently have any no commitment model units reserved"):
        bedrock.create_provisioned_model_throughput(**ask)
    world.grant(Quotas(model_units=1))
    arn = bedrock.create_provisioned_model_throughput(**ask)["provisionedModelArn"]
    world.pass_time(120, step=10)
    assert bedrock.get_provisioned_model_throughput(provisionedModelId=arn)["status"] == "InService"
    assert answer(say(world, arn, "where is my parcel number 3")) == "delivery"
    assert world.bedrock.inventory("111111111111")["bills_by_the_hour"] == [arn]
    with pytest.raises(ClientError, match="ConflictException"):
        bedrock.delete_custom_model(modelIdentifier=model)
    bedrock.delete_provisioned_model_throughput(provisionedModelId=arn)
    left = world.bedrock.inventory("111111111111")
    assert (left["bills_by_the_hour"], left["hours_billed"]) == ([], 2.0)


def test_the_launch_system_runs_in_december_2024() -> None:
    world = World(DECEMBER, quotas=Quotas(model_units=2))
    student = "anthropic.claude-3-haiku-20240307-v1:0"
    model = distilled(
        world,
        region="us-west-2",
        teacher="anthropic.claude-3-5-sonnet-20241022-v2:0",
        baseModelIdentifier=f"{student}:200k",
    )
    bedrock = world.client(region="us-west-2")
    with pytest.raises(ClientError, match="UnknownOperationException"):
        bedrock.create_custom_model_deployment(modelDeploymentName="x", modelArn=model)
    arn = bedrock.create_provisioned_model_throughput(provisionedModelName="live", modelId=model, modelUnits=1)[
        "provisionedModelArn"
    ]
    world.pass_time(15)
    assert answer(say(world, arn, "where is my parcel number 3", region="us-west-2")) == "delivery"
    haiku = "us.anthropic.claude-3-5-haiku-20241022-v1:0"
    reply = say(world, haiku, "hi", region="us-east-2", performanceConfig={"latency": "optimized"})
    assert reply["performanceConfig"] == {"latency": "optimized"}
    assert reply["ResponseMetadata"]["HTTPHeaders"]["x-simulated-model"] == "true"
