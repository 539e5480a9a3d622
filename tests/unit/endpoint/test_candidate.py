"""The endpoint stage, through its handler."""

from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from distillery.core import aws
from distillery.core.env_vars import Variable
from distillery.core.errors import BadRequest, EndpointFailed, QuotaTooSmall, Unfinished
from distillery.core.ledger.ledger import Ledger
from distillery.core.names import TAG_ROUTE
from distillery.core.pipeline import Stage
from distillery.core.recipe import Recipe
from distillery.core.serialization import to_wire
from lambdas.endpoint.handler import step
from tests.fakes.bedrock import FakeBedrock
from tests.fakes.pipeline import open_run, provisioned, recipe, student
from tests.fakes.table import MemoryTable

RECIPES = [recipe(), provisioned()]


@pytest.fixture
def bedrock(monkeypatch: pytest.MonkeyPatch) -> FakeBedrock:
    fake = FakeBedrock()
    monkeypatch.setattr(aws, "_client", lambda service, region: fake)
    monkeypatch.setenv(Variable.ENVIRONMENT, "dev")
    monkeypatch.setenv(Variable.LEDGER, "ledger")
    return fake


@pytest.fixture
def ledger(monkeypatch: pytest.MonkeyPatch) -> Ledger:
    table = MemoryTable()
    for module in ("lambdas.endpoint.handler", "distillery.core.borrowing"):
        monkeypatch.setattr(f"{module}.Table", lambda name: table)
    return Ledger(table)


@pytest.mark.parametrize("settings", RECIPES)
def test_a_candidate_is_made_described_and_released(bedrock: FakeBedrock, ledger: Ledger, settings: Recipe) -> None:
    run = open_run(ledger, settings)
    state: dict[str, Any] = {"action": "distil", "run": to_wire(run), "student": to_wire(student())}
    state["candidate"] = step({"step": "create", "state": state}, None)
    assert step({"step": "create", "state": state}, None) == state["candidate"]
    assert state["candidate"]["name"] == f"dev-{run.id}-candidate"
    (made,) = bedrock.everything().values()
    assert TAG_ROUTE not in made.tags, "callers could use a model without a verdict"
    assert step({"step": "describe", "state": state}, None) == {"status": "pending"}
    assert ledger.run(run.id).stages[Stage.ENDPOINT].ended is None
    bedrock.settle()
    assert step({"step": "describe", "state": state}, None) == {"status": "ready"}
    assert ledger.run(run.id).stages[Stage.ENDPOINT].product == state["candidate"]
    bare = {"run": to_wire(run)}
    assert step({"step": "release", "state": bare}, None) == {"released": True}
    assert step({"step": "release", "state": bare}, None) == {"released": False}
    assert bedrock.everything() == {}


def test_the_lease_of_a_borrowed_student_is_there_before_its_endpoint(bedrock: FakeBedrock, ledger: Ledger) -> None:
    run = open_run(ledger)
    borrowed = replace(student(), model_arn="arn:aws:bedrock:us-east-1:111111111111:custom-model/m", borrowed=True)
    bedrock.refuse["create_custom_model_deployment"] = "AccessDeniedException"
    with pytest.raises(ClientError):
        step({"step": "create", "state": {"run": to_wire(run), "student": to_wire(borrowed)}}, None)
    assert [*bedrock.leases] == ["distillery:lease/dev"]
    assert [each.run for each in ledger.borrowed.all()] == [run.id]


def test_a_candidate_that_failed_stops_the_run(bedrock: FakeBedrock, ledger: Ledger) -> None:
    state: dict[str, Any] = {"run": to_wire(open_run(ledger)), "student": to_wire(student())}
    state["candidate"] = step({"step": "create", "state": state}, None)
    bedrock.everything()[state["candidate"]["name"]].status = "Failed"
    with pytest.raises(EndpointFailed):
        step({"step": "describe", "state": state}, None)


def test_a_candidate_still_being_created_is_released_by_a_later_try(bedrock: FakeBedrock, ledger: Ledger) -> None:
    state: dict[str, Any] = {"run": to_wire(open_run(ledger, provisioned())), "student": to_wire(student())}
    step({"step": "create", "state": state}, None)
    with pytest.raises(Unfinished):
        step({"step": "release", "state": state}, None)


def test_an_unknown_step_is_refused(bedrock: FakeBedrock, ledger: Ledger) -> None:
    with pytest.raises(BadRequest, match="create, describe, release"):
        step({"step": "dance", "state": {"run": to_wire(open_run(ledger))}}, None)


@pytest.mark.parametrize("settings", RECIPES)
def test_a_candidate_has_a_lease_while_it_exists(bedrock: FakeBedrock, ledger: Ledger, settings: Recipe) -> None:
    run = open_run(ledger, settings)
    state: dict[str, Any] = {"run": to_wire(run), "student": to_wire(student())}
    step({"step": "create", "state": state}, None)
    lease = ledger.leases.of(run.id)
    assert lease is not None
    assert (lease.owner, lease.purpose, lease.has_expired) == (run.id, f"evaluation of run {run.id}", False)
    bedrock.settle()
    step({"step": "release", "state": state}, None)
    assert ledger.leases.of(run.id) is None


@pytest.mark.parametrize("settings", RECIPES)
def test_a_later_candidate_is_requested_with_a_token_of_its_own(
    bedrock: FakeBedrock, ledger: Ledger, settings: Recipe
) -> None:
    run = open_run(ledger, settings)
    own: dict[str, Any] = {"run": to_wire(run), "student": to_wire(student())}
    for more in ({}, {"evaluation": {"execution": "evaluation-support-1"}}):
        step({"step": "create", "state": own | more}, None)
        bedrock.settle()
        step({"step": "release", "state": own}, None)
    assert len(set(bedrock.tokens)) == 2


def test_no_candidate_is_created_above_the_ceiling_of_model_units(
    bedrock: FakeBedrock, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(Variable.MAX_MODEL_UNITS, "3")
    first, second = (open_run(ledger, provisioned(name=name)) for name in ("support", "triage"))
    states = [{"run": to_wire(run), "student": to_wire(student())} for run in (first, second)]
    made = step({"step": "create", "state": states[0]}, None)
    with pytest.raises(QuotaTooSmall, match="max_model_units"):
        step({"step": "create", "state": states[1]}, None)
    assert step({"step": "create", "state": states[0]}, None) == made, "it exists already"
    assert list(bedrock.everything()) == [made["name"]]
    assert ledger.leases.of(second.id) is None
