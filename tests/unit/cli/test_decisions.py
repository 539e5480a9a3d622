"""`distillery approve` and `reject`: what they show, ask and send."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from distillery.core.ledger.ledger import Ledger
from distillery.core.pipeline import Outcome, Run
from distillery.core.recipe import OverBudgetPolicy
from tests.fakes.pipeline import dataset, recipe
from tests.unit.cli.account import FakeAccount
from tests.unit.cli.conftest import Command

DEAR = replace(
    dataset(),
    estimate_usd=Decimal("31.20"),
    at_most_usd=Decimal("90.00"),
    detectable_difference=Decimal("0.0831"),
)
ESTIMATE = {"lines": [{"what": "training", "usd": "31.20"}], "total_usd": "31.20", "prices_as_of": "2026-07-28"}


@pytest.fixture
def waiting(ledger: Ledger, account: FakeAccount) -> Run:
    of = recipe(budget_usd=Decimal(25), over_budget=OverBudgetPolicy.APPROVE)
    run = ledger.open(of, DEAR, again=False, awaiting=True).run
    told = ESTIMATE | {"at_most_usd": "90.00", "tokens_in": 7, "tokens_out": 5, "afterwards": [], "answers": []}
    account.objects[DEAR.report_uri] = json.dumps(
        {"estimate": told, "evaluation": {"sentence": "9 prompts detect much."}}
    ).encode()
    account.answers["approval-function"] = {"run": run.id, "outcome": "running"}
    return run


def test_the_estimate_is_shown_and_what_was_seen_is_what_is_approved(
    account: FakeAccount, command: Command, waiting: Run
) -> None:
    said = command("approve", waiting.id, "--yes")
    assert said.code == 0
    assert "$31.20 training" in said.out
    assert "verdict: 9 prompts detect much." in said.out
    assert said.out.endswith(f"run {waiting.id} has started; follow it with: distillery watch {waiting.id}")
    sent = {"run": waiting.id, "approve": True, "usd": "90.00"}
    assert account.calls == [("approval-function", sent, None)]


def test_nothing_is_sent_before_somebody_says_yes(
    account: FakeAccount, command: Command, waiting: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def no(question: str, *, abort: bool) -> None:
        asked.append(question)
        raise SystemExit(1)

    monkeypatch.setattr("typer.confirm", no)
    assert command("approve", waiting.id).code == 1
    assert asked == [f"Start {waiting.id} for about $31.20, $90.00 at most? The budget of support is $25"]
    assert account.calls == []


def test_items_of_another_estimate_are_not_shown(account: FakeAccount, command: Command, waiting: Run) -> None:
    account.objects[DEAR.report_uri] = json.dumps({"estimate": ESTIMATE | {"total_usd": "1.00"}}).encode()
    assert "training" not in command("approve", waiting.id, "--yes").out


def test_a_run_is_rejected_with_its_reason(account: FakeAccount, command: Command, waiting: Run) -> None:
    said = command("reject", waiting.id, "--reason", "not this month")
    assert (said.code, said.out) == (0, f"run {waiting.id} is declined; you can try its prompts again")
    sent = {"run": waiting.id, "approve": False, "usd": "90.00", "reason": "not this month"}
    assert account.calls == [("approval-function", sent, None)]


@pytest.mark.parametrize("verb", ["status", "watch"])
def test_a_run_that_waits_says_for_what_and_what_to_do(command: Command, waiting: Run, verb: str) -> None:
    said = command(verb)
    assert "awaiting-approval" in said.out
    seen = "estimated at $31.20, $90.00 at most, the budget is $25, detects differences of 8.4 points"
    assert f"{seen}: distillery approve {waiting.id}" in said.out
    assert said.code == (1 if verb == "watch" else 0)


def test_an_upload_that_waits_is_no_failure_of_the_upload(
    account: FakeAccount, command: Command, waiting: Run, tmp_path: object
) -> None:
    answer = {"status": "awaiting-approval", "run": waiting.id, "report_uri": DEAR.report_uri, "reason": "above [x]"}
    account.answers["dataset-function"] = answer
    said = command("run", "support", __file__)
    assert (said.code, said.out) == (0, f"run {waiting.id} waits for an approval: above [x]")


def test_a_run_that_does_not_wait_is_reported_in_the_functions_words(
    account: FakeAccount, command: Command, ledger: Ledger
) -> None:
    run = ledger.open(recipe(), dataset(), again=False).run
    account.objects[run.dataset.report_uri] = b"{}"
    ledger.close(run.id, Outcome.FAILED)
    said = command("approve", run.id, "--yes")
    assert said.code == 1
    assert said.err.startswith("distillery: nobody expected")
