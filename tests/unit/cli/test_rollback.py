"""`distillery rollback`: it sends what was seen and why, follows until the end, and shows the alias's history."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from distillery.client import FunctionRefused
from distillery.core.ledger.history import AliasHistory
from distillery.core.ledger.rollbacks import Rollbacks
from distillery.core.pipeline import Outcome
from distillery.core.serialization import to_wire
from tests.fakes.pipeline import alias
from tests.unit.cli.account import FakeAccount
from tests.unit.cli.conftest import Command

HOLDER = "rollback-support-20261123T090807Z"
ASK = ("rollback", "support", "--reason", "worse")


@pytest.fixture
def rollbacks(account: FakeAccount, monkeypatch: pytest.MonkeyPatch) -> Rollbacks:
    """A rollback that is in progress, and a function that started it."""
    account.aliases["support"] = to_wire(alias())
    account.answers["rollback-function"] = {"to": "arn:old", "to_version": 1, "execution": "arn:e", "holder": HOLDER}
    kept = Rollbacks(account.table)
    kept.begin(alias(), HOLDER, by="arn:ana", why="worse")
    return kept


def ending(monkeypatch: pytest.MonkeyPatch, end: Callable[[], None]) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: end())


@pytest.mark.parametrize(
    ("outcome", "code", "said"),
    [
        (Outcome.ROLLED_BACK, 0, "rolled-back: alias version 3"),
        (Outcome.FAILED, 5, "failed: alias version 3; the live model stays"),
    ],
)
def test_it_is_followed_until_it_ends(
    rollbacks: Rollbacks, command: Command, monkeypatch: pytest.MonkeyPatch, outcome: Outcome, code: int, said: str
) -> None:
    ending(monkeypatch, lambda: rollbacks.end("support", HOLDER, outcome, "alias version 3"))
    told = command(*ASK)
    assert (told.code, told.out) == (code, f"rolling support back to arn:old ({HOLDER}) {said}")


@pytest.mark.parametrize(("words", "sent"), [((), {}), (("--to", "1"), {"to": 1})])
def test_without_waiting_it_says_how_to_follow(
    account: FakeAccount, rollbacks: Rollbacks, command: Command, words: tuple[str, ...], sent: dict[str, int]
) -> None:
    told = command(*ASK, "--no-wait", *words)
    assert (told.code, told.out.endswith(") follow it with: distillery status support")) == (0, True)
    asked = {"recipe": "support", "version": 2, "reason": "worse", **sent}
    assert account.calls == [("rollback-function", asked, None)]


@pytest.mark.parametrize("words", [(), ("--reason", ""), ("--reason", " ")])
def test_it_needs_a_reason(
    account: FakeAccount, rollbacks: Rollbacks, command: Command, words: tuple[str, ...]
) -> None:
    told = command("rollback", "support", "--to", "1", *words)
    assert (told.code, account.calls) == (2, [])
    assert told.err.endswith("distillery rollback support --to 1 --reason WHY")


def test_the_history_is_shown_and_nothing_is_sent(account: FakeAccount, rollbacks: Rollbacks, command: Command) -> None:
    AliasHistory(account.table).keep(alias(), by="support-aaaaa-bbbbbbbb-1")
    told = command("rollback", "support", "--list")
    newest, older = told.out.split(" version 1 ")
    assert (told.code, account.calls) == (0, [])
    assert newest.split()[:3] == ["version", "2", "(live)"]
    assert "2026-11-23 09:08 support-aaaaa-bbbbbbbb-1" in " ".join(newest.split())
    assert older.split()[:2] == ["time", "unknown"]
    assert older.endswith(str(alias().previous))


def test_a_list_takes_no_version(account: FakeAccount, rollbacks: Rollbacks, command: Command) -> None:
    told = command("rollback", "support", "--list", "--to", "1")
    assert (told.code, account.calls) == (2, [])
    assert "--list shows all versions and takes no --to (1)" in told.err


def test_a_recipe_without_a_live_model_has_no_history(account: FakeAccount, command: Command) -> None:
    assert command("rollback", "support", "--list").out.startswith("recipe support has had no live model")


@pytest.mark.parametrize("words", [("--list",), ("--list", "--json"), ("--reason", "worse")])
def test_a_recipe_that_does_not_exist_is_named(account: FakeAccount, command: Command, words: tuple[str, ...]) -> None:
    told = command("rollback", "suport", *words)
    assert (told.code, account.calls) == (2, [])
    assert "there is no recipe 'suport'; environment 'dev' has ['support', 'triage']" in told.err


def test_a_live_recipe_that_the_settings_no_longer_have_is_rolled_back(
    account: FakeAccount, rollbacks: Rollbacks, command: Command
) -> None:
    account.aliases["former"] = to_wire(replace(alias(), recipe="former"))
    assert command("rollback", "former", "--reason", "worse", "--no-wait").code == 0
    assert [name for name, *_ in account.calls] == ["rollback-function"]


def test_what_cannot_be_rolled_back_is_reported_in_one_sentence(account: FakeAccount, command: Command) -> None:
    refused = "recipe 'support' has had one model only, arn:first"
    account.answers["rollback-function"] = FunctionRefused("NothingToRollBack", refused)
    told = command(*ASK)
    assert (told.code, told.err) == (4, f"distillery: {refused}")


def test_who_asked_for_a_rollback_and_why_is_shown_for_ever(rollbacks: Rollbacks, command: Command) -> None:
    assert "asked by arn:ana: worse" in command("status", "support").out
