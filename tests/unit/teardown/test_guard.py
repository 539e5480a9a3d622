"""The guard of an environment's removal: whatever is left is refused or deleted, and never outlives a deletion."""

import itertools
import json
from types import SimpleNamespace
from typing import Any

import pytest

from distillery.core.borrowing import Borrowing
from distillery.core.env_vars import Variable
from distillery.core.inventory import Inventory
from distillery.core.ledger.borrowed_models import BorrowedModels
from distillery.core.model_leases import lease_tag
from lambdas.teardown.handler import guard, step
from lambdas.teardown.remaining import Environment
from simulator_support.fakes import distilled
from tests.unit.teardown.account import DELETE, GUARD, Account, Killed

CONTEXT = SimpleNamespace(log_stream_name="stream")
KINDS = ("throughput", "deployment", "model", "job", "alias", "execution")
SUBSETS = [
    pytest.param(subset, id=" ".join(subset) or "nothing", marks=[] if size in (0, 1, len(KINDS)) else pytest.mark.slow)
    for size in range(len(KINDS) + 1)
    for subset in itertools.combinations(KINDS, size)
]
EVERYTHING = KINDS
OF = "environment 'dev' still has what bills or serves, and nothing was deleted"


def held(patch: pytest.MonkeyPatch, *kinds: str, keep_data: bool) -> Account:
    account = Account(patch, keep_data=keep_data)
    for kind in kinds:
        getattr(account, kind)()
    return account


def delete(**changes: Any) -> None:
    guard(DELETE | changes, CONTEXT)


def retire(account: Account, request: str = "request-1") -> dict[str, Any]:
    """Does what the state machine does (infra/constructs/teardown.py), and returns the response."""
    state = json.loads(account.services.started[request])
    while True:
        try:
            progress = step({"step": "retire", "state": state}, CONTEXT)
            if progress["done"]:
                break
            state["progress"] = progress
        except Killed:
            continue
        except Exception as error:
            cause = json.dumps({"errorMessage": str(error)})
            told = {"Error": type(error).__name__, "Cause": cause}
            step({"step": "give_up", "state": state | {"error": told}}, CONTEXT)
            break
        account.world.pass_time(0.5, step=0.5)
    return account.responses[-1]


@pytest.mark.parametrize("kinds", SUBSETS)
def test_a_stack_goes_only_when_nothing_is_left(kinds: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    account = held(monkeypatch, *kinds, keep_data=True)
    delete()
    (response,) = account.responses
    assert response["Status"] == ("FAILED" if kinds else "SUCCESS")
    assert response["PhysicalResourceId"] == GUARD
    if kinds:
        assert response["Reason"].startswith(OF)
        assert "log stream" not in response["Reason"]
    assert account.is_empty() == (not kinds), "an environment that keeps its data keeps this too"


@pytest.mark.slow
@pytest.mark.parametrize("kinds", SUBSETS)
def test_an_environment_that_keeps_no_data_is_emptied(kinds: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    account = held(monkeypatch, *kinds, keep_data=False)
    delete()
    if kinds:
        assert account.responses == [], "the state machine replies"
        retire(account)
    assert [(each["Status"], each["PhysicalResourceId"]) for each in account.responses] == [("SUCCESS", GUARD)]
    assert account.is_empty()


@pytest.mark.parametrize("keep_data", [True, False])
@pytest.mark.parametrize("kinds", [(), EVERYTHING])
def test_a_commitment_refuses_before_anything_is_deleted(
    kinds: tuple[str, ...], keep_data: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = held(monkeypatch, "committed", *kinds, keep_data=keep_data)
    before = Environment.of_function().remaining()
    delete()
    (response,) = account.responses
    assert response["Status"] == "FAILED"
    assert "under a commitment, and nothing was deleted" in response["Reason"]
    assert "committed until 2026-12-" in response["Reason"]
    assert Environment.of_function().remaining() == before
    assert account.services.started == {}


def test_a_commitment_that_is_bought_meanwhile_ends_the_retirement(monkeypatch: pytest.MonkeyPatch) -> None:
    account = held(monkeypatch, "model", keep_data=False)
    delete()
    account.committed()
    response = retire(account)
    assert response["Status"] == "FAILED"
    assert response["Reason"].startswith("environment 'dev' has Provisioned Throughput under a commitment")


def test_a_refusal_names_what_it_costs_and_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    account = held(monkeypatch, keep_data=True)
    arn = account.throughput()
    account.execution()
    account.alias("faq")
    delete()
    (response,) = account.responses
    assert (
        f"(1) {arn} (dev-support-live) bills $20.00 an hour, $14,600.00 a month, for 2 model units: "
        "`distillery --env dev retire support --reason WHY`. (2) alias /distillery/dev/alias/faq names arn:of-faq, "
        "which is gone: `distillery --env dev retire faq --reason WHY`. (3) execution support-aaaaa-bbbbbbbb-1 is "
        "running: `distillery --env dev stop support-aaaaa-bbbbbbbb-1 --reason WHY`. (4) custom model "
    ) in response["Reason"]
    assert "is stored for $1.95 a month: `distillery --env dev clean`" in response["Reason"]


def test_a_reason_has_room_for_what_bills_most(monkeypatch: pytest.MonkeyPatch) -> None:
    account = held(monkeypatch, "throughput", keep_data=True)
    for number in range(200):
        account.alias(f"recipe-{number}")
    delete()
    (response,) = account.responses  # its size is checked where it is received
    assert "(1) arn:aws:bedrock:us-east-1:111111111111:provisioned-model/" in response["Reason"]
    assert "more: `distillery --env dev clean` lists them." in response["Reason"]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"RequestType": "Create", "PhysicalResourceId": None}, "CREATE_IN_PROGRESS"),
        ({"RequestType": "Update"}, "UPDATE_IN_PROGRESS"),
        ({"PhysicalResourceId": "Guarded"}, "DELETE_IN_PROGRESS"),  # of a Create that failed
        ({}, "ROLLBACK_IN_PROGRESS"),
        ({}, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"),
        ({}, "UPDATE_ROLLBACK_IN_PROGRESS"),
    ],
)
@pytest.mark.parametrize("keep_data", [True, False])
def test_only_the_deletion_of_the_stack_is_guarded(
    change: dict[str, Any], status: str, keep_data: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = held(monkeypatch, *EVERYTHING, keep_data=keep_data)
    account.services.status = status
    delete(**change)
    assert [(each["Status"], each["PhysicalResourceId"]) for each in account.responses] == [("SUCCESS", GUARD)]
    assert not account.is_empty()


def test_a_deletion_that_was_refused_can_be_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    account = held(monkeypatch, "alias", keep_data=True)
    delete()
    delete()
    account.services.parameters.clear()
    delete(RequestId="request-2")
    assert [each["Status"] for each in account.responses] == ["FAILED", "FAILED", "SUCCESS"]


def test_an_event_that_lambda_delivers_twice_starts_one_retirement(monkeypatch: pytest.MonkeyPatch) -> None:
    account = held(monkeypatch, "alias", keep_data=False)
    delete()
    account.world.pass_time(1)
    delete()
    assert (len(account.services.started), account.responses) == (1, [])


@pytest.mark.slow
def test_a_function_that_is_killed_after_any_call_is_continued(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    account = held(monkeypatch, *EVERYTHING, keep_data=False)
    delete()
    account.services.after = calls.append
    retire(account)
    assert {"DeleteCustomModel", "DeleteProvisionedModelThroughput", "DeleteParameter", "respond"} <= {*calls}
    for killed_after in sorted({calls.index(name) for name in calls}):  # after the first call of each operation
        with monkeypatch.context() as patch:
            account = held(patch, *EVERYTHING, keep_data=False)
            delete()
            made = itertools.count()

            def kill(_name: str, made: Any = made, at: int = killed_after) -> None:
                if next(made) == at:
                    raise Killed

            account.services.after = kill
            assert retire(account) == {"Status": "SUCCESS"} | account.responses[0], calls[killed_after]
            assert {each["Status"] for each in account.responses} == {"SUCCESS"}
            assert account.is_empty()


def test_what_takes_too_long_is_said_and_continued_by_the_next_deletion(monkeypatch: pytest.MonkeyPatch) -> None:
    account = held(monkeypatch, "alias", keep_data=False)
    delete()
    account.alias("faq")
    with monkeypatch.context() as patch:
        patch.setattr(account.services, "delete_parameter", lambda **_: None)
        patch.setattr(Inventory, "is_empty", False)
        response = retire(account)
    assert response["Status"] == "FAILED"
    assert "AWS has not deleted everything yet; delete the stack again. (1)" in response["Reason"]
    delete(RequestId="request-2")
    assert retire(account, "request-2")["Status"] == "SUCCESS"


def test_an_error_is_reported_without_its_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    account = held(monkeypatch, "alias", keep_data=False)
    delete()
    state = json.loads(account.services.started["request-1"])
    cause = json.dumps({"errorMessage": "no", "errorType": "AccessDeniedException", "stackTrace": ["secret"]})
    step({"step": "give_up", "state": state | {"error": {"Error": "AccessDeniedException", "Cause": cause}}}, CONTEXT)
    step({"step": "give_up", "state": state | {"error": {"Error": "States.Timeout"}}}, CONTEXT)
    reasons = [each["Reason"] for each in account.responses]
    assert reasons == ["AccessDeniedException: no", "States.Timeout: no reason is known"]


@pytest.mark.parametrize("keep_data", [True, False])
def test_an_environment_stays_while_another_uses_one_of_its_models(
    keep_data: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = held(monkeypatch, "model", "deployment", keep_data=keep_data)
    account.lend("staging")
    delete()
    refused = account.responses[-1]
    assert refused["Status"] == "FAILED"
    assert "environment staging has a lease on it until" in refused["Reason"]
    assert "`distillery --env staging retire support --reason WHY`" in refused["Reason"]
    assert account.services.started == {}
    assert not account.is_empty()


def test_a_lease_that_is_taken_during_a_retirement_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    account = held(monkeypatch, "model", keep_data=False)
    delete()
    account.lend("staging")
    refused = retire(account)
    assert (refused["Status"], account.is_empty()) == ("FAILED", False)
    assert "has models that other environments use, and nothing was deleted" in refused["Reason"]


@pytest.mark.parametrize("kinds", [(), ("deployment",)], ids=["nothing", "a deployment"])
def test_an_environment_that_goes_ends_its_leases_of_others_models(
    kinds: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    account = held(monkeypatch, *kinds, keep_data=False)
    monkeypatch.setenv(Variable.BORROWS, "true")
    theirs = distilled(account.world, "qa-support-1", customModelName="qa-support-1")
    bedrock = account.world.client()
    Borrowing("dev", bedrock, BorrowedModels(account.table)).borrow(theirs, "support-aaaaa-bbbbbbbb-1")
    assert [tag["key"] for tag in bedrock.list_tags_for_resource(resourceARN=theirs)["tags"]] == [lease_tag("dev")]
    delete()
    done = retire(account) if kinds else account.responses[-1]
    assert (done["Status"], account.is_empty()) == ("SUCCESS", True)
    assert bedrock.list_tags_for_resource(resourceARN=theirs)["tags"] == []
    assert BorrowedModels(account.table).all() == ()
