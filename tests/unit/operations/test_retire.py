"""The function that retires a recipe, against the simulated Bedrock."""

import json
from dataclasses import replace
from typing import Any

import pytest

from distillery.core.ledger.hours_changes import HoursAction, HoursChanges
from distillery.core.names import TAG_ENVIRONMENT, TAG_RECIPE
from distillery.core.serialization import to_wire
from lambdas.operations.deletion_handler import retire
from tests.fakes.callers import ANA, HERE, event, response
from tests.fakes.pipeline import alias
from tests.unit.operations.test_prune import Harness

PARAMETER = "/distillery/dev/alias/support"


class Retired(Harness):
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(monkeypatch)
        self.first, self.second = self.model(1), self.model(2)
        self.endpoint = self.host("dev-support-live", self.second)
        self.host("dev-billing-live", self.model(1, "billing"), "billing")
        self.ssm.parameters[PARAMETER] = json.dumps(to_wire(replace(alias(), current=self.second)))

    def host(self, name: str, model: str, of: str = "support") -> str:
        tags: Any = [{"key": TAG_ENVIRONMENT, "value": "dev"}, {"key": TAG_RECIPE, "value": of}]
        made = self.world.client().create_custom_model_deployment(modelDeploymentName=name, modelArn=model, tags=tags)
        self.world.pass_time(120, step=10)
        return str(made["customModelDeploymentArn"])

    def retire(self, **asked: Any) -> tuple[int, Any]:
        body = {"recipe": "support", "version": 2, "reason": "replaced by\ntriage", **asked}
        return response(retire(event(body, ANA), HERE))

    @property
    def hosted(self) -> list[str]:
        found = self.world.client().list_custom_model_deployments()["modelDeploymentSummaries"]
        return sorted(each["customModelDeploymentName"] for each in found)


@pytest.fixture
def harness(monkeypatch: pytest.MonkeyPatch) -> Retired:
    return Retired(monkeypatch)


@pytest.mark.parametrize("students", [False, True])
def test_alias_endpoint_and_if_asked_models_are_deleted_and_the_reason_kept(harness: Retired, students: bool) -> None:
    status, told = harness.retire(students=students)
    assert (status, told["done"], told["endpoints"]) == (200, True, ["dev-support-live"])
    assert sorted(told["models"]) == (sorted([harness.first, harness.second]) if students else [])
    assert (harness.ssm.parameters, harness.hosted) == ({}, ["dev-billing-live"])
    (item,) = harness.table.query("recipe#support", "retirement-")
    assert (item["why"], item["by"], item["left"]) == ("replaced by triage", ANA.arn, harness.second)
    assert harness.ledger.active() == {}


def test_a_second_request_completes_the_first_and_then_finds_nothing(
    harness: Retired, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise OSError("killed")

    with monkeypatch.context() as patch:
        patch.setattr("lambdas.operations.retire.Retirement._delete_endpoints", killed)
        with pytest.raises(Exception, match="left out"):
            harness.retire()
    assert (harness.ssm.parameters, harness.hosted) == ({}, ["dev-billing-live", "dev-support-live"])
    told = harness.retire(version=0, students=True)[1]
    assert (told["done"], told["endpoints"], len(told["models"])) == (True, ["dev-support-live"], 2)
    assert harness.retire(version=0, students=True)[1]["endpoints"] == []


def test_a_recipe_whose_endpoint_business_hours_change_is_retired_only_after_that(harness: Retired) -> None:
    changes, holder = HoursChanges(harness.table), "hours-support-20261130T170000Z"
    assert changes.begin("support", holder, HoursAction.PAUSE)
    status, told = harness.retire()
    assert (status >= 400, "RunActive" in str(told), holder in str(told)) == (True, True, True), told
    assert (PARAMETER in harness.ssm.parameters, harness.ledger.active()) == (True, {})
    change = changes.current("support")
    assert change is not None
    changes.end(change, "", failed=False)
    assert harness.retire()[1]["done"]


def test_an_endpoint_with_a_lease_stays_and_so_does_its_model(harness: Retired) -> None:
    harness.ledger.leases.hold("dev-support-live", owner="arn:ana", purpose="canary")
    told = harness.retire(students=True)[1]
    assert (told["done"], told["models"]) == (False, [harness.first])
    why = {each["what"]: each["why"] for each in told["left"]}
    assert "a lease of arn:ana keeps it" in why["dev-support-live"]
    assert why[harness.second] == "dev-support-live serves it"


def test_a_committed_endpoint_stays_until_its_term_ends(harness: Retired) -> None:
    harness.world.client().create_provisioned_model_throughput(
        provisionedModelName="dev-support-live-committed",
        modelId=harness.second,
        modelUnits=1,
        commitmentDuration="OneMonth",
        tags=[{"key": TAG_ENVIRONMENT, "value": "dev"}, {"key": TAG_RECIPE, "value": "support"}],
    )
    told = harness.retire()[1]
    assert (told["done"], told["endpoints"]) == (False, ["dev-support-live"])
    (left,) = told["left"]
    assert (left["what"], "its commitment ends at" in left["why"]) == ("dev-support-live-committed", True)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"reason": " "}, "BadRequest"),
        ({"reason": "x" * 1001}, "BadRequest"),
        ({"version": 1}, "BadRequest"),
    ],
)
def test_what_is_refused_deletes_nothing(harness: Retired, asked: dict[str, Any], said: str) -> None:
    status, refused = harness.retire(**asked)
    assert (status, refused["error"]["type"]) == (400, said)
    assert (len(harness.ssm.parameters), len(harness.hosted), harness.ledger.active()) == (1, 2, {})


@pytest.mark.parametrize("holder", ["support-aaaaa-bbbbbbbb-1", "rollback-support-20261123T090807Z"])
def test_nothing_is_deleted_while_something_has_the_recipe(harness: Retired, holder: str) -> None:
    harness.ledger.lock("support", holder)
    status, refused = harness.retire(students=True)
    assert (status, refused["error"]["type"]) == (409, "RunActive")
    assert (len(harness.ssm.parameters), len(harness.hosted)) == (1, 2)


def test_a_recipe_that_the_settings_lost_is_retired_too(harness: Retired) -> None:
    harness.recipes = {}
    assert harness.retire()[1]["done"] is True
