"""However far the clock leaps, one tick does everything that is due, as many small steps would."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import test_batch_jobs as batches
import test_evaluation_jobs as evaluations
from bedrock_simulator.control_plane.batches import runner as batch_runner
from bedrock_simulator.control_plane.evaluations import runner as evaluation_runner
from bedrock_simulator.fault_kinds import Fault
from simulator_support.fakes import World, job, jsonl, prompts


def started(kinds: Sequence[str], *faults: Fault) -> World:
    """A world with a job of each kind, each just created."""
    world = World()
    world.bedrock.faults.add(*faults)
    world.objects.objects |= {
        ("train-bucket", "train.jsonl"): jsonl(prompts(100)),
        batches.INPUT: batches.lines(),
        evaluations.DATA: evaluations.rows(),
    }
    for number, kind in enumerate(kinds):
        match kind:
            case "customization":
                world.client().create_model_customization_job(**job(f"job-{number}"))
            case "batch":
                world.client().create_model_invocation_job(**batches.batch(f"batch-{number}"))
            case _:
                asked = evaluations.evaluation(evaluations.dataset("Builtin.Accuracy"), jobName=f"evaluation-{number}")
                world.client().create_evaluation_job(**asked)
    return world


def facts(world: World) -> Any:
    """Statuses, outputs and events; an event of each status, in order for each job."""
    inventory = world.bedrock.inventory("111111111111")
    told: dict[str, list[str]] = {}
    for event in world.events.events:
        status = event["detail"].get("jobStatus") or event["detail"].get("status")
        told.setdefault(event["resources"][0], []).append(status)
    return inventory, sorted(world.objects.objects), {arn: statuses[-1] for arn, statuses in told.items()}


KINDS = ("customization", "batch", "evaluation")


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.sampled_from(KINDS), min_size=1, max_size=3),
    st.integers(1, 30 * 60),
    st.sampled_from(["", "Validation", "DataProcessing", "Training"]),
)
def test_one_leap_does_what_many_steps_do(kinds: list[str], minutes: int, failed: str) -> None:
    faults = [Fault("failed-job", stage=failed)] if failed else []
    leaping, stepping = started(kinds, *faults), started(kinds, *faults)
    leaping.clock.forward(minutes=minutes)
    leaping.bedrock.tick()
    for _ in range(minutes // 7):
        stepping.clock.forward(minutes=7)
        stepping.bedrock.tick()
    stepping.clock.forward(minutes=minutes % 7)
    for _ in range(9):
        stepping.bedrock.tick()
    assert facts(leaping) == facts(stepping)
    assert not leaping.bedrock.tick(), "something was left to do"


@pytest.mark.parametrize("kind", KINDS)
def test_a_day_later_every_job_has_ended_when_the_clock_answers(kind: str) -> None:
    world = started([kind])
    world.clock.forward(days=2)
    world.bedrock.tick()
    inventory = world.bedrock.inventory("111111111111")
    assert [row["status"] for name in ("jobs", "batch_jobs", "evaluation_jobs") for row in inventory[name]] == [
        "Completed"
    ]


@pytest.mark.parametrize(("kind", "broken"), [("batch", batch_runner), ("evaluation", evaluation_runner)])
def test_a_bug_in_the_work_of_one_job_fails_that_job_alone(
    kind: str, broken: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = started([kind, "customization"])

    def raises(*_: Any, **__: Any) -> Any:
        raise RecursionError("deep")

    name = "run_records" if kind == "batch" else "build_output"
    monkeypatch.setattr(broken, name, raises)
    world.clock.forward(days=2)
    world.bedrock.tick()
    inventory = world.bedrock.inventory("111111111111")
    assert [row["status"] for row in inventory["jobs"]] == ["Completed"]
    failed = inventory["batch_jobs" if kind == "batch" else "evaluation_jobs"]
    assert [row["status"] for row in failed] == ["Failed"]
