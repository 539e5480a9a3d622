"""Who may have answers scored, and only where a recipe needs it: the scoring function, its job role, and the key."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from distillery.core.judging import GraderKind, GraderSpec
from tests.policy.synthesis import settings, synthesized, templates
from tests.policy.templates import EnvironmentTemplates, Resource

ARN = "arn:aws:lambda:us-east-1:111122223333:function:score:live"
FUNCTION = GraderSpec(kind=GraderKind.FUNCTION, options={"arn": ARN})
JUDGE = GraderSpec(kind=GraderKind.JUDGE, options={"model": "anthropic.claude-haiku-4-5-20251001-v1:0"})


def graded_by(*specs: GraderSpec) -> EnvironmentTemplates:
    """dev with these graders."""
    dev = settings("dev")
    recipes = {name: replace(recipe, graders=specs) for name, recipe in dev.recipes.items()}
    return synthesized(dev.model_copy(update={"recipes": recipes}))


@pytest.fixture(scope="module")
def both() -> EnvironmentTemplates:
    return graded_by(FUNCTION, JUDGE)


def scoring(of: EnvironmentTemplates, kind: str) -> list[Resource]:
    return [each for each in of.resources(kind) if "Scoring" in each.id]


def statements(of: EnvironmentTemplates, role: str) -> Iterator[dict[str, Any]]:
    for policy in scoring(of, "AWS::IAM::Policy"):
        if role in policy.id:
            yield from policy.properties["PolicyDocument"]["Statement"]


def policies(of: EnvironmentTemplates, role: str) -> Iterator[dict[str, Any]]:
    """The statements of a role of any construct."""
    for policy in of.resources("AWS::IAM::Policy"):
        if role in policy.id:
            yield from policy.properties["PolicyDocument"]["Statement"]


def definition(of: EnvironmentTemplates) -> dict[str, Any]:
    (machine,) = [each for each in of.resources("AWS::StepFunctions::StateMachine") if each.stack.part == "pipeline"]
    parts = machine.properties["DefinitionString"]["Fn::Join"][1]
    found: dict[str, Any] = json.loads("".join(part if isinstance(part, str) else "arn" for part in parts))
    return found


def actions(of: EnvironmentTemplates, role: str) -> set[str]:
    every = (each["Action"] for each in statements(of, role))
    return {action for each in every for action in ([each] if isinstance(each, str) else each)}


def test_a_recipe_without_such_graders_has_none_of_it() -> None:
    dev = templates("dev")
    assert [each for each in dev.resources() if "Scoring" in each.id] == []
    assert "Evaluation" not in json.dumps([each.properties for each in dev.resources("AWS::KMS::Key")])


def test_the_function_may_invoke_exactly_the_teams_function(both: EnvironmentTemplates) -> None:
    (invoke,) = (each for each in statements(both, "FunctionRole") if each["Action"] == "lambda:InvokeFunction")
    assert invoke["Resource"] == ARN


def test_a_function_alone_brings_no_right_to_start_jobs() -> None:
    only = graded_by(FUNCTION)
    assert not any(action.startswith("bedrock:") for action in actions(only, "FunctionRole"))
    assert [each for each in scoring(only, "AWS::IAM::Role") if "JobRole" in each.id] == []


def test_a_judge_alone_brings_no_right_to_invoke_functions() -> None:
    assert "lambda:InvokeFunction" not in actions(graded_by(JUDGE), "FunctionRole")


def test_a_job_is_started_with_the_environments_tags_only(both: EnvironmentTemplates) -> None:
    (create,) = (each for each in statements(both, "FunctionRole") if each["Action"] == "bedrock:CreateEvaluationJob")
    assert create["Condition"]["StringEquals"] == {"aws:RequestTag/distillery:environment": "dev"}
    (passing,) = (each for each in statements(both, "FunctionRole") if each["Action"] == "iam:PassRole")
    assert passing["Condition"] == {"StringEquals": {"iam:PassedToService": "bedrock.amazonaws.com"}}


def test_only_jobs_of_the_environment_are_stopped(both: EnvironmentTemplates) -> None:
    for role in ("ScoringFunctionRole", "EndpointSweepRole"):
        (stop,) = (each for each in policies(both, role) if each["Action"] == "bedrock:StopEvaluationJob")
        assert stop["Condition"]["StringEquals"] == {"aws:ResourceTag/distillery:environment": "dev"}
        assert "evaluation-job/*" in json.dumps(stop["Resource"])


def test_the_sweep_knows_of_judges_only_where_there_are_some(both: EnvironmentTemplates) -> None:
    for of, known in ((both, "true"), (graded_by(FUNCTION), None)):
        (sweep,) = (each for each in of.resources("AWS::Lambda::Function") if "EndpointSweep" in each.id)
        assert sweep.properties["Environment"]["Variables"].get("JUDGES") == known
        actions_of_it = json.dumps([*policies(of, "EndpointSweepRole")])
        assert ("bedrock:ListEvaluationJobs" in actions_of_it) is (known is not None)


def test_a_failed_run_stops_its_judges_whatever_else_fails(both: EnvironmentTemplates) -> None:
    states = definition(both)["States"]
    released, stopped = states["Release what is left"], states["Stop judges"]
    closed = {"Close failed run"}
    assert {released["Next"], *(each["Next"] for each in released["Catch"])} == {"Stop judges"}
    assert {stopped["Next"], *(each["Next"] for each in stopped["Catch"])} == closed
    assert "Stop judges" not in definition(graded_by(FUNCTION))["States"]


def test_only_bedrocks_evaluation_jobs_of_the_account_assume_the_job_role(both: EnvironmentTemplates) -> None:
    (role,) = (each for each in scoring(both, "AWS::IAM::Role") if "JobRole" in each.id)
    (trust,) = role.properties["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "bedrock.amazonaws.com"}
    assert set(trust["Condition"]) == {"StringEquals", "ArnLike"}
    assert "evaluation-job/*" in json.dumps(trust["Condition"]["ArnLike"])


def test_a_job_reads_and_writes_what_it_judges_and_nothing_else(both: EnvironmentTemplates) -> None:
    objects = [
        each
        for each in statements(both, "JobRole")
        if "s3:GetObject" in each["Action"] or "s3:PutObject" in each["Action"]
    ]
    assert objects
    assert all("/evaluations/*/judging/*" in json.dumps(each["Resource"]) for each in objects)
    assert "lambda:InvokeFunction" not in actions(both, "JobRole")


def test_the_key_admits_the_jobs_where_there_is_a_judge(both: EnvironmentTemplates) -> None:
    found = [
        each
        for key in both.resources("AWS::KMS::Key")
        for each in key.properties["KeyPolicy"]["Statement"]
        if str(each.get("Sid", "")).startswith("Evaluation")
    ]
    assert {each["Sid"] for each in found} == {"EvaluationJobs", "EvaluationKey"}
    assert all("evaluation-job/*" in json.dumps(each["Condition"]) for each in found)


def test_answers_are_scored_before_the_verdict(both: EnvironmentTemplates) -> None:
    states = definition(both)["States"]["Pipeline"]["Branches"][0]["States"]
    follows = {name: state.get("Next") or state.get("Default") for name, state in states.items()}
    way, name = [], "For each chunk"
    while name != "Judge":
        way.append(name)
        name = follows[name]
    released, scored = way[:2], way[2:]  # judges may take a day, and need no endpoint
    assert released == ["For each chunk", "Release candidate"]
    assert scored == ["Plan scores", "For each chunk to score", "Judges needed?", "Answers scored"]
    assert states["Judges needed?"]["Choices"][0]["Next"] == "Begin round"
    assert (states["Wait for judges"]["Seconds"], follows["Wait for judges"]) == (120, "Follow judges")
