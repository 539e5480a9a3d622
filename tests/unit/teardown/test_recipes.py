"""The guard of a recipe's removal: an update that drops what still serves fails, and nothing else does."""

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from distillery.core.canary import CanaryOptions, CanaryOutcome
from distillery.core.ledger.canaries import Canaries
from distillery.core.ledger.ledger import Ledger
from lambdas.teardown.handler import keep_recipes
from tests.fakes.pipeline import open_run, recipe
from tests.unit.teardown.account import DELETE, Account

CONTEXT = SimpleNamespace(log_stream_name="stream")


def update(old: list[str], new: list[str], **changes: Any) -> None:
    asked = {"OldResourceProperties": {"Recipes": old}, "ResourceProperties": {"Recipes": new}, "RequestType": "Update"}
    keep_recipes(DELETE | {"PhysicalResourceId": "recipes"} | asked | changes, CONTEXT)


@pytest.mark.parametrize("kind", ["throughput", "deployment", "alias"])
@pytest.mark.parametrize(
    ("old", "new", "status", "refused"),
    [
        (["faq", "support"], ["faq"], "UPDATE_IN_PROGRESS", True),
        (["support"], [], "UPDATE_IN_PROGRESS", True),
        (["faq", "support"], ["support"], "UPDATE_IN_PROGRESS", False),
        (["support"], ["support"], "UPDATE_IN_PROGRESS", False),
        (["support"], ["faq", "support"], "UPDATE_IN_PROGRESS", False),
        (["faq", "support"], ["faq"], "UPDATE_ROLLBACK_IN_PROGRESS", False),  # a roll-back never fails
    ],
)
def test_a_recipe_that_serves_is_not_dropped(
    kind: str, old: list[str], new: list[str], status: str, refused: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = Account(monkeypatch, keep_data=True)
    getattr(account, kind)()
    account.services.status = status
    update(old, new)
    (response,) = account.responses
    assert (response["Status"], response["PhysicalResourceId"]) == ("FAILED" if refused else "SUCCESS", "recipes")
    if refused:
        assert response["Reason"].startswith("the settings no longer have what still serves: support. Run the command")
        wanted = "clean" if kind == "deployment" else "retire support --reason WHY"
        assert f"`distillery --env dev {wanted}`" in response["Reason"]


@pytest.mark.parametrize("kind", ["model", "job", "execution"])
def test_what_a_recipe_has_made_may_outlive_it(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account(monkeypatch, keep_data=True)
    getattr(account, kind)()
    account.services.status = "UPDATE_IN_PROGRESS"
    update(["support"], [])
    assert account.responses[0]["Status"] == "SUCCESS"


@pytest.mark.parametrize("request_type", ["Create", "Delete"])
def test_neither_its_creation_nor_its_deletion_is_checked(request_type: str, monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account(monkeypatch, keep_data=True)
    account.alias()
    update(["support"], [], RequestType=request_type)
    assert account.responses[0]["Status"] == "SUCCESS"


def test_a_stack_without_recipes_has_no_property(monkeypatch: pytest.MonkeyPatch) -> None:
    """The CDK omits an empty list."""
    account = Account(monkeypatch, keep_data=True)
    account.services.status = "UPDATE_IN_PROGRESS"
    update([], [], OldResourceProperties={"Recipes": ["faq"]}, ResourceProperties={})
    assert account.responses[0]["Status"] == "SUCCESS"


NOVA, CLAUDE = "amazon.nova-premier-v1:0", "anthropic.claude-sonnet-4-5-20250929-v1:0"


@pytest.mark.parametrize("what", ["Models", "Tags"])
@pytest.mark.parametrize(
    ("old", "new", "refused"),
    [
        ({"support": [NOVA, CLAUDE]}, {"support": [CLAUDE]}, NOVA),
        ({"support": [NOVA]}, {}, NOVA),
        ({"support": [NOVA]}, {"faq": [NOVA]}, ""),  # its role is granted the models of all recipes
        ({"support": [NOVA]}, {"support": [CLAUDE, NOVA]}, ""),
        ({"faq": [NOVA], "support": [CLAUDE]}, {"support": [CLAUDE]}, ""),  # no run of faq is under way
        ({}, {"support": [NOVA]}, ""),
    ],
)
def test_no_model_and_no_tag_is_taken_from_a_run(
    what: str, old: dict[str, list[str]], new: dict[str, list[str]], refused: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = Account(monkeypatch, keep_data=True)
    account.services.status = "UPDATE_IN_PROGRESS"
    Ledger(account.table).lock("support", "support-run-1")
    recipes = {"Recipes": ["faq", "support"]}
    properties = {"OldResourceProperties": recipes | {what: old}, "ResourceProperties": recipes | {what: new}}
    update([], [], **properties)
    (response,) = account.responses
    assert response["Status"] == ("FAILED" if refused else "SUCCESS")
    assert f"support-run-1 ({refused})" in response.get("Reason", "") or not refused
    Ledger(account.table).unlock("support", "support-run-1")
    update([], [], **properties)
    assert account.responses[-1]["Status"] == "SUCCESS"


@pytest.mark.parametrize(
    ("old", "new", "refused"),
    [(["support"], [], True), (["support"], ["faq"], True), (["support"], ["support"], False), (["faq"], [], False)],
)
def test_a_canary_in_progress_keeps_what_ends_it(
    old: list[str], new: list[str], refused: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    account, recipes = Account(monkeypatch, keep_data=True), {"Recipes": ["faq", "support"]}
    account.services.status = "UPDATE_IN_PROGRESS"
    run = open_run(Ledger(account.table), recipe(canary=CanaryOptions()))
    canaries, holder = Canaries(account.table), "canary-support-20261130T090000Z"
    begun = canaries.begin(Ledger(account.table).run(run.id), holder, left="arn:live", usd=Decimal(0))
    properties = {
        "OldResourceProperties": recipes | {"Canaries": old},
        "ResourceProperties": recipes | ({"Canaries": new} if new else {}),
    }
    update([], [], **properties)
    (response,) = account.responses
    assert response["Status"] == ("FAILED" if refused else "SUCCESS")
    assert f"{holder}: distillery stop {run.id} --reason WHY" in response.get("Reason", "") or not refused
    canaries.end(begun, CanaryOutcome.STOPPED, "a person stopped it")
    update([], [], **properties)
    assert account.responses[-1]["Status"] == "SUCCESS"
