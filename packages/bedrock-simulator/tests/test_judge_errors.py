"""Judges of evaluation jobs: their errors, ratings that are missing, and jobs that fail, hang or are stopped."""

import json
from dataclasses import replace
from typing import Any

import pytest

from bedrock_simulator.control_plane.evaluations import scores
from bedrock_simulator.control_plane.evaluations.scores import ScoredResponse
from bedrock_simulator.fault_kinds import Fault
from bedrock_simulator.settings import JudgeSettings
from simulator_support.fakes import TODAY, World
from test_evaluation_jobs import DATA, GIVEN, JUDGED, PRO, evaluation, output, results, rows, run

RIGHT = [ScoredResponse(f"question {n}", "refund", "refund", "") for n in range(400)]
WRONG = [replace(each, response="something else") for each in RIGHT]
SCALE = [{"definition": "Wrong", "value": {"floatValue": 0.0}}, {"definition": "Right", "value": {"floatValue": 1.0}}]


def rated(answers: list[ScoredResponse], judge: str = PRO, **settings: Any) -> list[float | None]:
    made = replace(JudgeSettings(error_rate=0.0), **settings)
    text = "Rate {{prediction}} by {{ground_truth}}"
    return [scores.judged("Own", each, judge, SCALE, text, made)["result"] for each in answers]


def test_without_errors_the_ratings_are_right() -> None:
    assert set(rated(RIGHT)) == {1.0}
    assert set(rated(WRONG)) == {0.0}


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 1.0])
def test_a_share_of_ratings_is_wrong_and_the_same_every_time(rate: float) -> None:
    found = rated(RIGHT, error_rate=rate)
    assert found.count(0.0) == pytest.approx(400 * rate, abs=30)
    assert found == rated(RIGHT, error_rate=rate)
    assert set(rated(WRONG, error_rate=rate)) == {0.0}, "what has nothing in common is not mistaken"


def test_judges_and_seeds_err_on_ratings_of_their_own() -> None:
    pro, other = rated(RIGHT, error_rate=0.1), rated(RIGHT, "meta.llama3-3-70b-instruct-v1:0", error_rate=0.1)
    assert pro != other
    assert pro != rated(RIGHT, error_rate=0.1, seed="2")
    both = sum(not one and not two for one, two in zip(pro, other, strict=True))
    assert both < 15


def test_a_judge_may_be_fooled() -> None:
    assert set(rated(WRONG, fooled_rate=1.0)) == {1.0}
    assert set(rated(RIGHT, fooled_rate=1.0)) == {1.0}


@pytest.mark.parametrize("rate", [0.0, 0.25, 1.0])
def test_a_share_of_ratings_is_missing(rate: float) -> None:
    assert rated(RIGHT, unscored_rate=rate).count(None) == pytest.approx(400 * rate, abs=40)


@pytest.mark.parametrize("name", ["error_rate", "fooled_rate", "unscored_rate"])
def test_a_rate_is_a_share(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} is 1.5: write a number from 0 to 1"):
        replace(JudgeSettings(), **{name: 1.5})  # type: ignore[arg-type]  # mypy takes it for any of the fields


def test_a_line_without_a_rating_is_in_the_output() -> None:
    world = World()
    world.bedrock.settings = replace(world.bedrock.settings, judges=JudgeSettings(unscored_rate=1.0))
    body = rows(["refund"] * 4)
    assert run(world, evaluation(JUDGED, judge=f"us.{PRO}", model=GIVEN), body)["status"] == "Completed"
    assert results(world, "Builtin.Correctness") == [None] * 4
    (lines,) = output(world).values()
    assert [line["modelResponses"][0]["response"] for line in lines] == ["refund"] * 4
    assert all("evaluatorDetails" not in json.dumps(line) for line in lines)


def test_a_job_that_hangs_is_stopped_and_bills_for_nothing_more() -> None:
    world = World(TODAY, Fault("stuck-job", named="eval"))
    world.objects.objects[DATA] = rows(["refund"] * 4)
    bedrock = world.client()
    arn = bedrock.create_evaluation_job(**evaluation(JUDGED, judge=f"us.{PRO}", model=GIVEN))["jobArn"]
    world.pass_time(24 * 60, step=60)
    assert bedrock.get_evaluation_job(jobIdentifier=arn)["status"] == "InProgress"
    bedrock.stop_evaluation_job(jobIdentifier=arn)
    assert bedrock.get_evaluation_job(jobIdentifier=arn)["status"] == "Stopping"
    world.pass_time(2, step=1)
    assert bedrock.get_evaluation_job(jobIdentifier=arn)["status"] == "Stopped"
    assert output(world) == {}
