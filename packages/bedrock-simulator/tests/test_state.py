"""A restored state behaves as the original: the same resources, the same answers, the same future."""

import copy
import json
from contextlib import suppress
from dataclasses import fields
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bedrock_simulator import state
from bedrock_simulator.fault_kinds import Fault
from bedrock_simulator.records import RegionResources
from bedrock_simulator.settings import Quotas
from simulator_support.fakes import ACCOUNT, TODAY, World, answer, distilled, job, jsonl, prompts, say
from simulator_support.steps import ACTIONS, LIFE, PRO, REGIONS, Action, hosts
from simulator_support.thoroughness import cases

QUESTIONS = ("please reimburse the amount", "has it shipped yet", "my password is rejected", "stop renewing", "hello")
LISTS = {
    "list_model_customization_jobs": "modelCustomizationJobSummaries",
    "list_custom_models": "modelSummaries",
    "list_provisioned_model_throughputs": "provisionedModelSummaries",
    "list_custom_model_deployments": "modelDeploymentSummaries",
    "list_model_copy_jobs": "modelCopyJobSummaries",
    "list_model_invocation_jobs": "invocationJobSummaries",
    "list_evaluation_jobs": "jobSummaries",
}


class Drawer:
    """A store in a dict."""

    def __init__(self) -> None:
        self.pairs: dict[str, bytes] = {}

    def put(self, name: str, pairs: bytes) -> None:
        self.pairs.setdefault(name, pairs)

    def get(self, name: str) -> bytes:
        return self.pairs[name]


def populated() -> World:
    """A world with a bucket of training files: with golden answers, without them, and an invalid one."""
    world = World(TODAY, quotas=Quotas(model_units=3))
    for name, body in (
        ("train", jsonl(prompts())),
        ("bare", jsonl(prompts(golden=False))),
        ("other", jsonl(prompts(system="Another task: refund, delivery, login, cancellation"))),
        ("wrong", b"{"),
    ):
        world.objects.objects["train-bucket", f"{name}.jsonl"] = body
    return world


def encoded(world: World, drawer: Drawer) -> bytes:
    return world.bedrock.snapshot(lambda memory: state.encode(memory, drawer))


def again(world: World) -> World:
    """Another world, at the same time and with the same buckets, restored from this one's state."""
    drawer, other = Drawer(), World(world.clock.at, quotas=world.bedrock.settings.quotas)
    stored = encoded(world, drawer)
    other.objects = copy.deepcopy(world.objects)
    object.__setattr__(other.bedrock._services, "objects", other.objects)
    other.bedrock.restore(state.decode(stored, drawer))
    assert json.loads(encoded(other, drawer)) == json.loads(stored)
    return other


def reported(world: World) -> list[Any]:
    """What a caller can see of it."""
    seen: list[Any] = [world.bedrock.inventory(ACCOUNT)]
    for region in REGIONS:
        bedrock = world.client(region=region)
        seen += [getattr(bedrock, operation)().get(result) for operation, result in LISTS.items()]
        seen.append(bedrock.list_inference_profiles(typeEquals="APPLICATION")["inferenceProfileSummaries"])
        seen.append(bedrock.get_model_invocation_logging_configuration().get("loggingConfig"))
    for arn in [each["modelArn"] for each in world.client().list_custom_models()["modelSummaries"]]:
        found = world.client().get_custom_model(modelIdentifier=arn)
        seen.append({name: value for name, value in found.items() if name != "ResponseMetadata"})
        seen.append(world.client().list_tags_for_resource(resourceARN=arn)["tags"])
    for model in (PRO, *hosts(world)):
        seen.append([_said(world, model, question) for question in QUESTIONS])
    return seen


def _said(world: World, model: str, question: str) -> str:
    try:
        return answer(say(world, model, question))
    except ClientError as refusal:
        return str(refusal)


@settings(max_examples=cases(25), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example([*LIFE])
@given(st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(0, 5)), max_size=14))
def test_whatever_was_done_another_goes_on_from_where_this_one_is(steps: list[tuple[Action, int]]) -> None:
    world = populated()
    for act, number in steps:
        with suppress(ClientError):  # a refused step changes nothing, and is a valid step too
            act(world, number)
    other = again(world)
    assert reported(other) == reported(world)
    told_before = len(world.events.events)
    for each in (world, other):
        each.pass_time(120, step=10)
    assert reported(other) == reported(world)
    assert other.events.events == world.events.events[told_before:]


def test_restored_models_answer_as_before_and_train_at_the_first_call() -> None:
    world = populated()
    model = distilled(world)
    world.client().create_custom_model_deployment(modelDeploymentName="live", modelArn=model)
    world.pass_time(10)
    other = again(world)
    (student,) = [each.student for resources in other.bedrock._regions.values() for each in resources.models.values()]
    assert (student.pairs[0][1], student._trained) == ("refund", None)
    for requested in (PRO, *hosts(world)):
        assert [_said(other, requested, question) for question in QUESTIONS] == [
            _said(world, requested, question) for question in QUESTIONS
        ]
    assert student._trained is not None
    assert _said(other, PRO, prompts()[0]["messages"][0]["content"][0]["text"]) == "refund"


def test_a_job_goes_on_with_what_it_has_worked_out() -> None:
    """Its training file may not exist any more."""
    world = populated()
    world.client().create_model_customization_job(**job())
    world.pass_time(40, step=10)
    other = again(world)
    other.objects.objects.clear()
    other.pass_time(60, step=10)
    assert other.client().get_model_customization_job(jobIdentifier="distill-intent-1")["status"] == "Completed"


def test_a_restart_keeps_tokens_and_late_events() -> None:
    world = populated()
    world.bedrock.faults.add(Fault("delayed-event", seconds=3600, times=1))
    request = job(clientRequestToken="once")
    arn = world.client().create_model_customization_job(**request)["jobArn"]
    other = again(world)
    assert other.client().create_model_customization_job(**request)["jobArn"] == arn
    assert other.events.events == []
    other.pass_time(61)
    assert [event["detail"]["jobStatus"] for event in other.events.events] == ["Completed", "InProgress"]


def test_pairs_that_models_share_are_stored_once() -> None:
    world, drawer = populated(), Drawer()
    model = distilled(world)
    world.client(region="us-west-2").create_model_copy_job(sourceModelArn=model, targetModelName="copied")
    world.pass_time(30, step=10)
    stored = encoded(world, drawer)
    (name,) = drawer.pairs
    assert stored.count(f'"{name}"'.encode()) == 3  # of the model, of its copy, and of the copy job


def test_a_resource_of_a_type_that_cannot_be_encoded_is_an_error() -> None:
    """Every field of the resources has a type that is decoded as it was encoded."""
    world = World()
    world.client().list_custom_models()
    ((_, resources),) = world.bedrock._regions.items()
    for each in fields(RegionResources):
        if isinstance(value := getattr(resources, each.name), dict):
            value["x"] = object()
            with pytest.raises(NotImplementedError, match="object cannot be encoded"):
                encoded(world, Drawer())
            del value["x"]


@pytest.mark.parametrize(
    ("stored", "message"),
    [
        (b"", "truncated"),
        (b"[]", "Expected `object`"),
        (b"{}", "version' is missing"),
        (b'{"version":2,"memory":{}}', "it has version 2, and this simulator reads 1"),
        (b'{"version":1}', "memory' is missing"),
        (b'{"version":1,"memory":{"estates":[{"account":1}]}}', r"Expected `str`, got `int` - at"),
        (b'{"version":1,"memory":{"told":[]}}', "Expected `object`"),
    ],
)  # fmt: skip
def test_an_invalid_state_is_an_error_with_a_reason(stored: bytes, message: str) -> None:
    with pytest.raises(state.InvalidState, match=message):
        state.decode(stored, Drawer())


def test_missing_pairs_are_an_error() -> None:
    world, drawer = populated(), Drawer()
    distilled(world)
    stored = encoded(world, drawer)
    with pytest.raises(state.InvalidState, match="is missing"):
        state.decode(stored, Drawer())
