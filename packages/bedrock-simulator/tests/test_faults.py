"""Faults: which are valid, when they apply, and what a caller then sees."""

import json
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

import pytest
from botocore.exceptions import ClientError, EventStreamError

from bedrock_simulator.errors import DEFAULT_MESSAGES
from bedrock_simulator.fault_kinds import KINDS, STAGES, Fault
from bedrock_simulator.faults import FaultContext, Faults
from bedrock_simulator.ports import Request, Response, StreamInterrupted
from bedrock_simulator.protocol import service_model
from bedrock_simulator.settings import Latency
from simulator_support.fakes import ACCOUNT, TODAY, World, distilled, job, jsonl, prompts, say

MICRO = "amazon.nova-micro-v1:0"
DETAILS = ("validation", "dataProcessing", "training")
HERE = FaultContext(ACCOUNT, "us-east-1")
OWN: dict[str, dict[str, Any]] = {"error": {"error": "ThrottlingException"}}


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"kind": "earthquake"}, "unknown kind of fault 'earthquake'; allowed are error, slow"),
        ({"kind": "error"}, "needs the name of an error"),
        ({"kind": "error", "error": "OutOfMemory"}, r"\* does not declare the error OutOfMemory; it de"),
        ({"kind": "error", "error": "ModelTimeoutException", "operation": "GetCustomModel"}, "does not declare"),
        ({"kind": "error", "error": "ThrottlingException", "operation": "GetLost"}, "no operation 'GetLost'"),
        ({"kind": "stream", "operation": "Converse"}, "Converse does not return a stream"),
        ({"kind": "filtered", "operation": "ListCustomModels"}, "no model answers in ListCustomModels"),
        ({"kind": "slow", "error": "ThrottlingException"}, "'slow' has no field error"),
        ({"kind": "lost-event", "operation": "Converse", "seconds": 1}, "'lost-event' has no field operation, seconds"),
        ({"kind": "slow", "probability": 1.5}, "probability is 1.5: it must be between 0 and 1"),
        ({"kind": "slow", "times": 0}, "times is 0: write a number from 1 to 1000000000"),
        ({"kind": "slow", "seconds": -1}, "seconds is -1: write a number from 0 to 315360000"),
        ({"kind": "slow", "seconds": float("inf")}, "seconds is inf: write a number"),
        ({"kind": "slow", "seconds": float("nan")}, "seconds is nan: write a number"),
        ({"kind": "stream", "operation": "ConverseStream", "events": 10**20}, "events is 10"),
        ({"kind": "slow", "after": -1}, "after is -1: write a number from 0 to"),
        ({"kind": "stuck-job", "stage": "Lunch"}, "no stage 'Lunch'; its stages are Validation"),
    ],
)  # fmt: skip
def test_a_fault_that_cannot_be_is_refused_in_one_sentence(fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Fault(**fields)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_valid_and_in_the_table_of_its_module(kind: str) -> None:
    from bedrock_simulator import fault_kinds

    assert Fault(kind, **OWN.get(kind, {})).kind == kind
    assert f"\n{kind} " in str(fault_kinds.__doc__)


def test_every_error_that_calls_declare_for_trouble_has_its_sentence() -> None:
    assert set(DEFAULT_MESSAGES) <= {
        name
        for service in service_model.SERVICES
        for operation in service_model.operations(service)
        for name in (*operation.errors, *operation.stream_errors)
    }


def struck(fault: Fault, times: int = 10, seed: str = "s") -> list[int]:
    """The occasions on which the fault applies."""
    faults = Faults([fault], seed=seed)
    return [number for number in range(times) if faults.match(fault.kind, HERE)]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
        ({"times": 2}, [0, 1]),
        ({"after": 3, "times": 2}, [3, 4]),
        ({"probability": 0.0}, []),
        ({"region": "us-west-2"}, []),
        ({"account": "222222222222"}, []),
        ({"named": "dev-"}, []),
    ],
)
def test_a_fault_strikes_by_count_and_place(fields: dict[str, Any], expected: list[int]) -> None:
    assert struck(Fault("lost-event", **fields)) == expected


def test_chance_is_seeded() -> None:
    often = Fault("lost-event", probability=0.3)
    first = struck(often, 2000)
    assert first == struck(often, 2000) != struck(often, 2000, seed="another")
    assert 0.26 < len(first) / 2000 < 0.34


def test_a_count_holds_among_threads() -> None:
    faults = Faults([Fault("lost-event", times=100)])
    with ThreadPoolExecutor(8) as pool:
        hit = list(pool.map(lambda _: faults.match("lost-event", HERE) is not None, range(1000)))
    assert (sum(hit), faults.list_faults()[0][1]) == (100, 100)


def test_of_one_subject_a_fault_decides_once_until_it_is_cleared() -> None:
    faults = Faults([Fault("stuck-job", times=1)])
    first, second = (FaultContext(ACCOUNT, "us-east-1", subject=subject) for subject in ("a", "b"))
    assert [bool(faults.match("stuck-job", each)) for each in (first, first, second, first)] == [1, 1, 0, 1]
    assert faults.clear("fault-1")
    assert not faults.clear("fault-1")
    assert faults.match("stuck-job", first) is None


@pytest.mark.parametrize(
    ("error", "status"),
    [
        ("ThrottlingException", 429),
        ("InternalServerException", 500),
        ("ServiceUnavailableException", 503),
        ("ModelNotReadyException", 429),
        ("ModelTimeoutException", 408),
        ("AccessDeniedException", 403),
    ],
)
def test_a_call_is_refused_with_an_error_that_it_declares(error: str, status: int) -> None:
    world = World(TODAY, Fault("error", operation="Converse", error=error, times=1))
    with pytest.raises(ClientError) as refusal:
        say(world, MICRO, "hello")
    reported = refusal.value.response
    assert (reported["Error"]["Code"], reported["ResponseMetadata"]["HTTPStatusCode"]) == (error, status)
    assert reported["Error"]["Message"] == DEFAULT_MESSAGES[error]
    assert say(world, MICRO, "hello")


def test_an_error_strikes_only_operations_that_declare_it() -> None:
    world = World(TODAY, Fault("error", error="ModelTimeoutException", message="too slow"))
    assert world.client().list_custom_models()["modelSummaries"] == []
    with pytest.raises(ClientError, match="too slow"):
        say(world, MICRO, "hello")
    assert world.bedrock.faults.list_faults()[0][1] == 1


def test_a_fault_can_be_of_one_model() -> None:
    world = World(TODAY, Fault("error", error="ThrottlingException", named="amazon.nova-pro"))
    assert say(world, MICRO, "hello")
    with pytest.raises(ClientError, match="Too many requests"):
        say(world, "amazon.nova-pro-v1:0", "hello")


def listing(world: World, *, exempt_from_faults: bool = False) -> Response:
    return world.bedrock.handle(
        Request(
            "bedrock", ACCOUNT, "us-east-1", "GET", "/custom-models", {}, {}, b"", exempt_from_faults=exempt_from_faults
        )
    )


def test_a_slow_answer_is_delayed_and_a_lost_one_dropped_after_the_work() -> None:
    world = World(TODAY, Fault("slow", seconds=2.5), Fault("no-answer", times=1, after=1))
    assert (listing(world).delay, listing(world).dropped, listing(world).dropped) == (2.5, True, False)
    world.bedrock.faults.add(Fault("no-answer", operation="CreateModelCustomizationJob"))
    world.client().create_model_customization_job(**job())
    assert world.client().get_model_customization_job(jobIdentifier="distill-intent-1")["status"] == "InProgress"


def test_a_call_of_the_hosts_own_meets_no_fault() -> None:
    world = World(TODAY, Fault("error", error="ThrottlingException"))
    assert (listing(world).status, listing(world, exempt_from_faults=True).status) == (429, 200)
    assert world.bedrock.faults.list_faults()[0][1] == 1


@pytest.mark.parametrize("stage", STAGES)
def test_a_stuck_job_stays_in_its_stage_until_the_fault_is_cleared(stage: str) -> None:
    world = World(TODAY, Fault("stuck-job", stage=stage, named="distill-"))
    world.objects.objects["train-bucket", "train.jsonl"] = jsonl(prompts())
    bedrock = world.client()
    bedrock.create_model_customization_job(**job())
    world.pass_time(6000, step=100)
    details = bedrock.get_model_customization_job(jobIdentifier="distill-intent-1")["statusDetails"]
    states = [details[name]["status"] for name in ("validationDetails", "dataProcessingDetails", "trainingDetails")]
    place = STAGES.index(stage)
    assert states == ["Completed"] * place + ["InProgress"] + ["NotStarted"] * (2 - place)
    world.bedrock.faults.clear()
    world.pass_time(300, step=10)
    assert bedrock.get_model_customization_job(jobIdentifier="distill-intent-1")["status"] == "Completed"


@pytest.mark.parametrize(("stage", "detail"), list(zip(STAGES, DETAILS, strict=True)))
def test_a_job_fails_in_the_stage_and_with_the_message_of_the_fault(stage: str, detail: str) -> None:
    world = World(TODAY, Fault("failed-job", stage=stage, message="The cat sat on it.", times=1))
    world.objects.objects["train-bucket", "train.jsonl"] = jsonl(prompts())
    world.client().create_model_customization_job(**job())
    world.clock.forward(hours=5)
    world.bedrock.tick()
    failed = world.client().get_model_customization_job(jobIdentifier="distill-intent-1")
    assert (failed["status"], failed["failureMessage"]) == ("Failed", "The cat sat on it.")
    assert failed["statusDetails"][f"{detail}Details"]["status"] == "Failed"
    assert distilled(world, "distill-intent-2")


@pytest.mark.parametrize(
    ("fault", "reported"),
    [
        (Fault("lost-event", times=1), ["Completed"]),
        (Fault("doubled-event", after=1), ["InProgress", "Completed", "Completed"]),
        (Fault("lost-event", named="another-"), ["InProgress", "Completed"]),
    ],
)
def test_events_are_lost_or_doubled(fault: Fault, reported: list[str]) -> None:
    world = World(TODAY, fault)
    distilled(world)
    assert [event["detail"]["jobStatus"] for event in world.events.events] == reported


def test_a_late_event_is_overtaken_by_those_in_time() -> None:
    world = World(TODAY, Fault("delayed-event", seconds=3600, times=1))
    distilled(world)
    assert [event["detail"]["jobStatus"] for event in world.events.events] == ["InProgress", "Completed"]
    world = World(TODAY, Fault("delayed-event", seconds=3600, times=1))
    world.client().create_model_customization_job(**job())
    world.pass_time(59)
    assert [event["detail"]["jobStatus"] for event in world.events.events] == ["Failed"]
    world.pass_time(2)
    assert [event["detail"]["jobStatus"] for event in world.events.events] == ["Failed", "InProgress"]


def reported(world: World) -> list[str]:
    """The names of the events of one streamed response."""
    messages = [{"role": "user", "content": [{"text": "where is my parcel"}]}]
    stream = world.client("bedrock-runtime").converse_stream(modelId=MICRO, messages=messages)["stream"]
    return [name for event in stream for name in event]


def test_a_stream_ends_after_so_many_events_with_an_error_that_it_declares() -> None:
    world = World(TODAY, Fault("stream", events=2, error="ModelStreamErrorException", times=1))
    with pytest.raises(EventStreamError, match=r"modelStreamErrorException.*An error occurred while streaming"):
        reported(world)
    assert len(reported(world)) > 4


@pytest.mark.parametrize("scale", [0.0, 0.001])
def test_a_stream_breaks_off_after_so_many_events(scale: float) -> None:
    world = World(TODAY, Fault("stream", operation="ConverseStream", events=2), latency=Latency(scale=scale))
    body = json.dumps({"messages": [{"role": "user", "content": [{"text": "where is my parcel"}]}]}).encode()
    path = f"/model/{MICRO}/converse-stream"
    chunks = iter(
        world.bedrock.handle(Request("bedrock-runtime", ACCOUNT, "us-east-1", "POST", path, {}, {}, body)).chunks or ()
    )
    sent = b"".join(piece for _, piece in islice(chunks, 2 if scale else 1))
    with pytest.raises(StreamInterrupted):
        next(chunks)
    assert (sent.count(b":message-type"), sent.count(b"contentBlockDelta"), b"messageStop" in sent) == (2, 1, False)
