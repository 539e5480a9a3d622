"""What the command shows of a canary, and the price that an acceptance confirms."""

from decimal import Decimal

import pytest

from distillery.core.canary import CanaryJudgement, CanaryOptions, CanaryOutcome, CriterionResult, CriterionState
from distillery.core.hosting_mode import HostingMode
from distillery.core.ledger.canaries import Canaries
from distillery.core.ledger.ledger import Ledger
from distillery.core.pipeline import Outcome, Run, Stage
from distillery.core.recipe import Recipe
from tests.fakes.pipeline import dataset, distilled, recipe, verdict
from tests.unit.cli.account import FakeAccount
from tests.unit.cli.conftest import Command

HOLDER = "canary-support-20261123T090807Z"
EVE = "arn:aws:sts::111111111111:assumed-role/approvers/eve"
OPTIONS = CanaryOptions(share=0.25, minutes=90)
LOOK = CanaryJudgement(
    outcome=CanaryOutcome.RUNNING,
    calls=40,
    live_calls=400,
    criteria=(CriterionResult(name="latency", state=CriterionState.OPEN, limit=1.25, text="latency 1.20 times"),),
    sentence="Nothing is decided after 40 answers",
)


def evaluated(ledger: Ledger, of: Recipe, outcome: Outcome) -> Run:
    run = ledger.open(of, dataset(), again=False).run
    distilled(ledger, run, "b")
    ledger.begin(run.id, Stage.EVALUATION)
    ledger.end(run.id, Stage.EVALUATION, verdict())
    ledger.close(run.id, outcome, "Its canary takes 25% of the calls.")
    return run


def test_status_shows_a_canary_from_its_begin_to_its_end(
    account: FakeAccount, command: Command, ledger: Ledger
) -> None:
    run = evaluated(ledger, recipe(canary=OPTIONS), Outcome.CANARY)
    canaries = Canaries(account.table)
    record = canaries.begin(ledger.run(run.id), HOLDER, left="arn:live", usd=Decimal(0))
    said = command("status", "support").out
    assert f"{HOLDER} canary of run {run.id}: its endpoint is being created" in said
    assert f"To end it now: distillery stop {run.id} --reason WHY" in said
    canaries.admit(record, begun="2026-11-23T09:10:00+00:00", end="2026-11-23T10:40:00+00:00")
    canaries.keep_look(record, LOOK)
    said = command("status", "support").out
    assert "takes calls until 2026-11-23T10:40:00+00:00" in said
    assert "Nothing is decided after 40 answers" in said
    assert "latency 1.20 times" in said
    canaries.stop(record, by=EVE, why="complaints")
    assert f"stopped by {EVE}: complaints" in command("status", "support").out
    canaries.end(record, CanaryOutcome.STOPPED, "complaints")
    assert f"{HOLDER} stopped of run {run.id}" in command("status", "support").out


HOURLY = recipe(canary=OPTIONS, hosting=HostingMode.PROVISIONED, model_units=2, unit_price_usd_per_hour=Decimal(10))


@pytest.fixture
def hourly(account: FakeAccount, ledger: Ledger) -> Run:
    run = evaluated(ledger, HOURLY, Outcome.AWAITING_ACCEPTANCE)
    account.answers["acceptance-function"] = {"run": run.id, "first": True, "by": EVE, "at": "", "reason": ""}
    return run


def test_the_price_of_the_second_endpoint_is_confirmed(
    account: FakeAccount, command: Command, hourly: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr("typer.confirm", lambda question, *, abort: asked.append(question))
    assert command("accept", hourly.id, "--reason", "shorter").code == 0
    (question,) = asked
    assert "takes 25% of the calls for 90 minutes first. Its second endpoint bills up to $160.00" in question
    ((_, sent, _),) = account.calls
    assert sent["canary_usd"] == "160.00"


def test_json_asks_nothing_and_needs_yes(account: FakeAccount, command: Command, hourly: Run) -> None:
    assert command("accept", hourly.id, "--reason", "shorter", "--json").code == 2
    assert account.calls == []
    assert command("accept", hourly.id, "--reason", "shorter", "--json", "--yes").code == 0


def test_a_roll_back_says_how_to_end_the_canary_alone(account: FakeAccount, command: Command, ledger: Ledger) -> None:
    run = evaluated(ledger, recipe(canary=OPTIONS), Outcome.CANARY)
    Canaries(account.table).begin(ledger.run(run.id), HOLDER, left="arn:live", usd=Decimal(0))
    account.answers["rollback-function"] = {"execution": "arn:x", "holder": "", "to": "arn:old", "to_version": 1}
    said = command("rollback", "support", "--reason", "worse", "--no-wait").out
    assert f"to end that alone: distillery stop {run.id} --reason WHY" in said
