"""`distillery stop` and `resume`: what they send, what they say, and what `status` and `watch` say afterwards."""

from decimal import Decimal
from typing import Any

import pytest

from distillery.core.ledger.ledger import Ledger
from distillery.core.pipeline import Outcome, Run
from tests.fakes.pipeline import open_run
from tests.unit.cli.account import FakeAccount
from tests.unit.cli.conftest import Command

RUN = "support-aaaaa-bbbbbbbb-1"
STOPPED: dict[str, Any] = {
    "run": RUN,
    "outcome": "stopped",
    "by": "arn:eve",
    "at": "2026-11-23T09:08:07+00:00",
    "reason": "wrong prompts",
    "first": True,
    "spent_usd": "4.10",
    "spent": ["$4.10 for the customization job"],
    "left": [],
}
RESUMED: dict[str, Any] = {
    "run": RUN,
    "execution": "evaluation-support-x",
    "judge_only": False,
    "student": "arn:model",
    "taken_up": False,
}


@pytest.fixture
def asked(account: FakeAccount) -> FakeAccount:
    decisions = {verb: f"https://operations.example/{verb}" for verb in ("stop", "resume")}
    account.pipeline = {**account.pipeline, "decisions": decisions}
    account.answers |= {"stop-function": STOPPED, "resume-function": RESUMED}
    return account


@pytest.mark.parametrize("verb", ["stop", "resume"])
def test_the_request_names_run_and_reason(asked: FakeAccount, command: Command, verb: str) -> None:
    assert command(verb, RUN, "--reason", "wrong prompts").code == 0
    assert asked.calls == [(f"{verb}-function", {"run": RUN, "reason": "wrong prompts"}, None)]
    assert command(verb, RUN).code == 2


SAID = [
    ({}, f"run {RUN} is stopped; the live model stays"),
    ({"first": False}, f"run {RUN} is stopped: arn:eve stopped it at 2026-11-23T09:08:07+00:00: wrong prompts"),
    ({"outcome": "rejected"}, f"what worked on run {RUN} is stopped; the run is rejected"),
    ({}, "cost so far: up to $4.10: $4.10 for the customization job"),
    ({"spent_usd": None, "spent": ["no price"]}, "cost so far: unknown: no price"),
    ({"left": ["the endpoint dev-x"]}, "left: the endpoint dev-x"),
    ({}, f"to continue it: distillery resume {RUN} --reason WHY"),
]


@pytest.mark.parametrize(("answer", "said"), SAID)
def test_a_stop_says_what_became_of_the_run_and_what_it_cost(
    asked: FakeAccount, command: Command, answer: dict[str, Any], said: str
) -> None:
    asked.answers["stop-function"] = STOPPED | answer
    assert said in " ".join(command("stop", RUN, "--reason", "x").out.split())


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({}, "missing answers are requested, then judged; follow it with: distillery watch"),
        ({"judge_only": True}, "stored answers are judged"),
        ({"taken_up": True}, "made the student arn:model, which is used"),
    ],
)
def test_a_resumption_says_what_it_uses(
    asked: FakeAccount, command: Command, answer: dict[str, Any], said: str
) -> None:
    asked.answers["resume-function"] = RESUMED | answer
    assert said in " ".join(command("resume", RUN, "--reason", "x").out.split())


@pytest.fixture
def stopped(account: FakeAccount) -> Run:
    ledger = Ledger(account.table)
    run = open_run(ledger)
    ledger.stops.request(run.id, by="arn:eve", reason="wrong prompts", spent_usd=Decimal("4.10"), spent=("a job",))
    return run


def test_status_shows_who_is_stopping_a_run(account: FakeAccount, command: Command, stopped: Run) -> None:
    assert "arn:eve is stopping it: wrong prompts" in command("status", "support").out


def test_status_shows_a_stopped_run_its_cost_and_how_it_continues(
    account: FakeAccount, command: Command, stopped: Run
) -> None:
    Ledger(account.table).close(stopped.id, Outcome.STOPPED, "wrong prompts")
    said = " ".join(command("status", "support").out.split())
    assert "stopped by arn:eve" in said
    assert "cost when it was stopped: up to $4.10: a job" in said
    assert f"to continue it: distillery resume {stopped.id} --reason WHY" in said


def test_watch_ends_with_the_code_of_a_run_without_promotion(
    account: FakeAccount, command: Command, stopped: Run
) -> None:
    Ledger(account.table).close(stopped.id, Outcome.STOPPED, "wrong prompts")
    said = command("watch", stopped.id)
    assert (said.code, "stopped: wrong prompts" in said.out) == (6, True)
