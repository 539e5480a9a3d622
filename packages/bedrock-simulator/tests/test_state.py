"""What is remembered is enough to go on from: the same things, the same answers, the same future."""

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
from bedrock_simulator.faults import Fault
from bedrock_simulator.records import RegionResources
from bedrock_simulator.settings import Quotas
from simulator_support.fakes import ACCOUNT, TODAY, World, answer, distilled, job, jsonl, prompts, say
from simulator_support.steps import ACTIONS, LIFE, PRO, REGIONS, Action, hosts

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
    """A shelf in a dict."""

    def __init__(self) -> None:
        self.pairs: dict[str, bytes] = {}

    def put(self, name: str, pairs: bytes) -> None:
        self.pairs.setdefault(name, pairs)

    def get(self, name: str) -> bytes:
        return self.pairs[name]


def populated() -> World:
    """A world with a bucket of training files, for distillation with and without golden answers, and a wrong one."""
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
    return world.bedrock.remember(lambda memory: state.encode(memory, drawer))


def again(world: World) -> World:
    """Another world, at the same time, with the same buckets, that remembers what this one does."""
    drawer, other = Drawer(), World(world.clock.at, quotas=world.bedrock.settings.quotas)
    kept = encoded(world, drawer)
    other.objects = copy.deepcopy(world.objects)
    object.__setattr__(other.bedrock._around, "objects", other.objects)
    other.bedrock.restore(state.decode(kept, drawer))
    assert json.loads(encoded(other, drawer)) == json.loads(kept)
    return other


def told(world: World) -> list[Any]:
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


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example([*LIFE])
@given(st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(0, 5)), max_size=14))
def test_whatever_was_done_another_goes_on_from_where_this_one_is(steps: list[tuple[Action, int]]) -> None:
    world = populated()
    for act, number in steps:
        with suppress(ClientError):  # what is refused changes nothing, and is as good a step as any
            act(world, number)
    other = again(world)
    assert told(other) == told(world)
    told_before = len(world.events.events)
    for each in (world, other):
        each.pass_time(120, step=10)
    assert told(other) == told(world)
    assert other.events.events == world.events.events[told_before:]


def test_a_student_and_a_teacher_answer_as_before_and_are_not_trained_until_they_are_asked() -> None:
    world = populated()
    model = distilled(world)
    world.client().create_custom_model_deployment(modelDeploymentName="live", modelArn=model)
    world.pass_time(10)
    other = again(world)
    (student,) = [each.student for estate in other.bedrock._estates.values() for each in estate.models.values()]
    assert (student.pairs[0][1], student._trained) == ("refund", None)
    for asked in (PRO, *hosts(world)):
        assert [_said(other, asked, question) for question in QUESTIONS] == [
            _said(world, asked, question) for question in QUESTIONS
        ]
    assert student._trained is not None
    assert _said(other, PRO, prompts()[0]["messages"][0]["content"][0]["text"]) == "refund"


def test_a_job_goes_on_with_what_it_has_worked_out() -> None:
    """Its training file may be gone by then."""
    world = populated()
    world.client().create_model_customization_job(**job())
    world.pass_time(40, step=10)
    other = again(world)
    other.objects.objects.clear()
    other.pass_time(60, step=10)
    assert other.client().get_model_customization_job(jobIdentifier="distill-intent-1")["status"] == "Completed"


def test_a_token_is_known_and_a_late_event_told_after_a_restart() -> None:
    world = populated()
    world.bedrock.faults.add(Fault("delayed-event", seconds=3600, times=1))
    request = job(clientRequestToken="once")
    arn = world.client().create_model_customization_job(**request)["jobArn"]
    other = again(world)
    assert other.client().create_model_customization_job(**request)["jobArn"] == arn
    assert other.events.events == []
    other.pass_time(61)
    assert [event["detail"]["jobStatus"] for event in other.events.events] == ["Completed", "InProgress"]


def test_pairs_are_kept_once_however_many_models_share_them() -> None:
    world, drawer = populated(), Drawer()
    model = distilled(world)
    world.client(region="us-west-2").create_model_copy_job(sourceModelArn=model, targetModelName="copied")
    world.pass_time(30, step=10)
    kept = encoded(world, drawer)
    (name,) = drawer.pairs
    assert kept.count(f'"{name}"'.encode()) == 3  # of the model, of its copy, and of the copy job


def test_an_estate_that_holds_what_cannot_be_kept_is_found_out() -> None:
    """Every field of an estate has a type that is read back as it was written."""
    world = World()
    world.client().list_custom_models()
    ((_, estate),) = world.bedrock._estates.items()
    for each in fields(RegionResources):
        if isinstance(value := getattr(estate, each.name), dict):
            value["x"] = object()
            with pytest.raises(NotImplementedError, match="object cannot be kept"):
                encoded(world, Drawer())
            del value["x"]


@pytest.mark.parametrize(
    ("kept", "sentence"),
    [
        (b"", "truncated"),
        (b"[]", "Expected `object`"),
        (b"{}", "version' is missing"),
        (b'{"version":2,"memory":{}}', "it is of version 2, and this simulator reads 1"),
        (b'{"version":1}', "memory' is missing"),
        (b'{"version":1,"memory":{"estates":[{"account":1}]}}', r"Expected `str`, got `int` - at"),
        (b'{"version":1,"memory":{"told":[]}}', "Expected `object`"),
    ],
)  # fmt: skip
def test_what_is_no_memory_is_said_in_a_sentence(kept: bytes, sentence: str) -> None:
    with pytest.raises(state.InvalidState, match=sentence):
        state.decode(kept, Drawer())


def test_a_student_whose_pairs_are_gone_is_said() -> None:
    world, drawer = populated(), Drawer()
    distilled(world)
    kept = encoded(world, drawer)
    with pytest.raises(state.InvalidState, match="is missing"):
        state.decode(kept, Drawer())
