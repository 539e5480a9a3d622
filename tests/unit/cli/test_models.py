"""`distillery models`: what it lists, and that it deletes what was confirmed alone."""

from collections.abc import Mapping
from typing import Any

import pytest

from distillery.core.models import StoredModel
from distillery.core.serialization import to_wire
from tests.unit.cli.account import FakeAccount
from tests.unit.cli.conftest import Command


def wire(recipe: str, number: int, needed: str = "") -> Any:
    return to_wire(
        StoredModel(
            arn=f"arn:{recipe}:{number}", name="n", run=f"{recipe}-a-b-{number}", recipe=recipe, outcome="rejected",
            verdict="failed", created="2026-01-01T00:00:00+00:00", status="Active", named="", hosted_by=(),
            needed=needed,
        )
    )  # fmt: skip


STORED = {
    "support": [wire("support", 2, "an alias names it as current"), wire("support", 1)],
    "triage": [],
    "gone": [wire("gone", 1)],
}


@pytest.fixture(autouse=True)
def _function(account: FakeAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    def decide(decision: str, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        assert decision == "models"
        account.calls.append((decision, asked, None))
        arns = list(asked.get("delete", ()))
        told = {"deleted": [each for each in arns if "gone" not in each]}
        told["left"] = [{"arn": each, "why": "it is needed"} for each in arns if "gone" in each]
        more = {"recipes": ["gone", "support"], "storage_usd": "1.95", "storage_as_of": "2026-07-28"}
        return {"recipe": asked["recipe"], "models": STORED[asked["recipe"]], **told, **more}

    monkeypatch.setattr(account, "decide", decide)


def deletions(account: FakeAccount) -> list[Any]:
    return [asked for _, asked, _ in account.calls if "delete" in asked]


def test_every_model_is_listed_also_of_a_recipe_that_left_the_settings(account: FakeAccount, command: Command) -> None:
    said = command("models")
    assert (said.code, deletions(account)) == (0, [])
    assert "support  2 models, $3.90 of storage a month" in said.out or "support 2 models, $3.90 of storage" in said.out
    assert "stays: an alias names it as current" in said.out
    assert "gone-a-b-1" in said.out
    assert said.out.endswith("2 of 3 models may be deleted")


def test_prune_deletes_what_was_shown_and_says_what_it_left(account: FakeAccount, command: Command) -> None:
    said = command("models", "prune", "--yes", "--keep", "1")
    assert deletions(account) == [
        {"recipe": "support", "keep": 1, "delete": ["arn:support:1"]},
        {"recipe": "gone", "keep": 1, "delete": ["arn:gone:1"]},
    ]
    assert "deleted arn:support:1" in said.out
    assert "left arn:gone:1: it is needed" in said.out
    assert said.code == 1


def test_without_a_yes_nothing_is_deleted(
    account: FakeAccount, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no(question: str, *, abort: bool) -> None:
        assert question == "Delete 2 models of dev? They cannot be restored"
        raise SystemExit(1)

    monkeypatch.setattr("typer.confirm", no)
    assert command("models", "prune").code == 1
    assert command("models", "prune", "--json").code == 0
    assert deletions(account) == []


def test_yes_without_prune_is_refused(account: FakeAccount, command: Command) -> None:
    said = command("models", "--yes")
    assert (said.code, account.calls) == (2, [])
    assert "distillery models prune --yes" in said.err


def test_one_recipe_may_be_asked_for(account: FakeAccount, command: Command) -> None:
    command("models", "--recipe", "gone")
    assert [asked for _, asked, _ in account.calls] == [{"recipe": "gone", "keep": 3}]
