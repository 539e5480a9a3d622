"""`distillery promotions` lists what was promoted to an environment, with the state of each run."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from distillery.core.ledger.items import run_item
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.promotions import Promotions
from distillery.core.pipeline import Outcome, Run, Stage
from distillery.core.serialization import to_wire
from tests.fakes.errors import service_error
from tests.fakes.pipeline import dataset, recipe, verdict
from tests.unit.cli.account import FakeAccount
from tests.unit.cli.conftest import Command
from tests.unit.core.ledger.test_promotions import ANN, promotion

OF = promotion()


def _with_run(account: FakeAccount, outcome: Outcome) -> str:
    run = Run(id="support-c-d-1", recipe=recipe(), dataset=dataset(), attempt=1)
    account.table.put(run_item(run, outcome, opened="2026-11-23T12:00:00+00:00"))
    assert account.table.put_all(Promotions(account.table).link(OF.id, run.id))
    return run.id


def _listed(command: Command) -> list[Mapping[str, Any]]:
    said = command("promotions", "--json")
    assert said.code == 0, said.err
    found: list[Mapping[str, Any]] = json.loads(said.out)["promotions"]
    return found


def test_there_are_none_at_first(command: Command) -> None:
    assert command("promotions").out == "nothing was promoted to dev yet"
    assert _listed(command) == []


def test_a_promotion_without_a_run_names_the_command_that_copies_the_prompts(
    command: Command, account: FakeAccount
) -> None:
    assert Promotions(account.table).begin(OF)
    said = command("promotions")
    for part in (
        f"{OF.id} admitted 2026-11-23 12:00 re-distil",
        "from run support-c-d-1 of staging, record aaaaaaaaaaaa…",
        f"asked for by {ANN}: the new labels",
        f"distillery --env staging promote support-c-d-1 --to dev --promotion {OF.id}",
    ):
        assert part in said.out, part
    (found,) = _listed(command)
    assert (found["promotion"], found["state"], found["run"], found["source"]) == (OF.id, "admitted", None, "staging")


def test_the_command_names_the_credentials_of_both_environments(
    command: Command, account: FakeAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "there")
    assert Promotions(account.table).begin(OF)
    again = f"promote support-c-d-1 --to dev --to-profile there --promotion {OF.id}"
    said = command("promotions").out
    assert "to copy them, with credentials for staging: " in said
    assert again in said
    assert "promoted by its s3:// address needs that in place of the run" in said


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.STOPPED, Outcome.DECLINED])
def test_a_promotion_whose_run_ended_without_a_student_names_the_command_for_another(
    command: Command, account: FakeAccount, outcome: Outcome
) -> None:
    promotions = Promotions(account.table)
    assert promotions.begin(OF)
    _with_run(account, outcome)
    assert "to begin another run of it, with credentials for staging: " in command("promotions").out
    promotions.abandon(OF.id, by=ANN, reason="the wrong run")
    said = command("promotions").out
    assert ("to begin another run" in said, "given up by" in said) == (False, True)


@pytest.mark.parametrize(
    ("outcome", "shown"),
    [
        (Outcome.RUNNING, "running"),
        (Outcome.AWAITING, "approve support-c-d-1"),
        (Outcome.AWAITING_ACCEPTANCE, "accept support-c-d-1"),
        (Outcome.PROMOTED, "promoted"),
        (Outcome.REJECTED, "rejected"),
    ],
)
def test_the_state_is_that_of_the_run(command: Command, account: FakeAccount, outcome: Outcome, shown: str) -> None:
    assert Promotions(account.table).begin(OF)
    run = _with_run(account, outcome)
    (found,) = _listed(command)
    assert (found["run"], found["state"]) == (run, outcome.value)
    said = command("promotions").out
    assert shown in said
    assert f"run {run}" in said


def test_the_report_of_the_evaluation_is_named(command: Command, account: FakeAccount, ledger: Ledger) -> None:
    assert Promotions(account.table).begin(OF)
    run = _with_run(account, Outcome.RUNNING)
    ledger.begin(run, Stage.EVALUATION)
    ledger.end(run, Stage.EVALUATION, verdict())
    (found,) = _listed(command)
    assert found["report_uri"] == to_wire(verdict())["report_uri"]
    assert f"report: {found['report_uri']}" in command("promotions").out


def test_a_promotion_is_given_up_with_a_reason(command: Command, account: FakeAccount) -> None:
    promotions = Promotions(account.table)
    assert promotions.begin(OF)

    def admission(request: Mapping[str, Any]) -> Mapping[str, Any]:
        assert request["abandon"]
        promotions.abandon(request["promotion"], by=ANN, reason=request["reason"])
        return {"promotion": request["promotion"]}

    account.answers["promote-function"] = admission
    said = command("promotions", "abandon", OF.id, "--reason", "wrong run")
    assert (said.code, f"given up by {ANN}: wrong run" in said.out) == (0, True), said
    (found,) = _listed(command)
    assert (found["state"], found["abandoned_by"], found["abandoned_reason"]) == ("abandoned", ANN, "wrong run")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("abandon",), "abandon needs a promotion and --reason"),
        (("abandon", OF.id), "abandon needs a promotion and --reason"),
        (("--reason", "why"), "leave it out to list promotions"),
    ],
)
def test_what_is_missing_is_said(command: Command, words: tuple[str, ...], said: str) -> None:
    done = command("promotions", *words)
    assert (done.code, said in done.err) == (2, True)


def _denied(recipes: tuple[str, ...]) -> Callable[[Promotions, str], list[Any]]:
    def of(_self: Promotions, recipe: str) -> list[Any]:
        if recipe in recipes:
            raise service_error("AccessDeniedException")
        return []

    return of


@pytest.mark.parametrize(("recipes", "code"), [(("triage",), 0), (("support", "triage"), 7)])
def test_recipes_that_the_caller_may_not_read_are_left_out(
    command: Command, monkeypatch: pytest.MonkeyPatch, recipes: tuple[str, ...], code: int
) -> None:
    monkeypatch.setattr(Promotions, "of", _denied(recipes))
    assert command("promotions").code == code
