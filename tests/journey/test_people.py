"""What operators and callers do by the command line, each under the policy that the stacks declare, and no more."""

from pathlib import Path

import pytest

from lambdas.shared.road import Outcome
from tests.journey.conftest import Deploy
from tests.journey.environment import RECIPE, Environment
from tests.journey.leftovers import nothing_is_left
from tests.journey.prompts import DELIVERY, jsonl, support

ASK = ("ask", RECIPE, "Where is my parcel?")


def test_operators_run_and_callers_ask_and_neither_does_what_is_the_others(
    deploy: Deploy, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    environment, file = deploy("dev"), tmp_path / "prompts.jsonl"
    file.write_bytes(jsonl(support(*DELIVERY)))
    run = _operated(environment, file)
    assert environment.promoted().endpoint.arn in environment.command(*ASK, by="caller").replace("\n", "")
    nothing_is_left(environment)
    others = {
        ("operator", ASK): "ssm:GetParameter",
        ("caller", ("run", RECIPE, str(file))): "s3:PutObject",
        ("caller", ("status",)): "ssm:GetParameter",
        ("caller", ("watch", run)): "dynamodb:GetItem",
        ("caller", ("rollback", RECIPE)): "ssm:GetParameter",
    }
    for (kind, verb), action in others.items():
        with subtests.test(kind, verb=verb[0]):
            done = environment.attempt(*verb, by=kind)
            assert (done.returncode, done.stdout) == (1, "")
            assert f"user/distillery-dev-{kind} is not authorized to perform: {action}" in done.stderr


def _operated(environment: Environment, file: Path) -> str:
    """An operator's way from a file to a promoted run; the run's id."""
    assert "has started" in environment.command("run", RECIPE, str(file))
    (record,) = environment.runs()
    ended = environment.ended(record.run.id)
    assert ended.outcome is Outcome.PROMOTED, ended.reason
    assert "promoted" in environment.command("watch", record.run.id)
    assert f"alias version 1 of run {record.run.id}" in environment.command("status").replace("\n", " ")
    assert "run" in environment.command("run", RECIPE, str(file)), "the same prompts are the same run"
    return record.run.id
