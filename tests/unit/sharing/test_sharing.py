"""The model of a run that went live is shared with one account of the settings, until an end that the guard sees to."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from distillery.core import aws, clock
from distillery.core.env_vars import Variable
from distillery.core.ledger.ledger import Ledger
from distillery.core.model_shares import LENGTH, TAG_UNTIL, ModelShares
from distillery.core.names import TAG_ENVIRONMENT, Names
from distillery.core.pipeline import Outcome
from lambdas.sharing.handler import share
from tests.fakes.callers import ANA, HERE, event, response
from tests.fakes.errors import service_error
from tests.fakes.pipeline import distilled, open_run, recipe, student
from tests.fakes.ram import FakeRam
from tests.fakes.table import MemoryTable

THERE = "222222222222"
START = datetime(2024, 12, 10, 9, tzinfo=UTC)


class Harness:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at, self.ram, self.table = START, FakeRam(), MemoryTable()
        self.ledger = Ledger(self.table)
        monkeypatch.setattr(clock, "timestamp", lambda: self.at.timestamp())
        monkeypatch.setattr(aws, "_client", lambda service, region: {"ram": self.ram}[service])
        monkeypatch.setattr("lambdas.sharing.handler.Table", lambda name: self.table)
        monkeypatch.setattr("distillery.core.recipe.load_all", lambda: {"support": recipe()})
        told = {"ENVIRONMENT": "dev", "LEDGER": "ledger", "SHARE_WITH": json.dumps([THERE])}
        for variable, value in told.items():
            monkeypatch.setenv(Variable[variable], value)
        self.run = open_run(self.ledger).id
        distilled(self.ledger, self.ledger.run(self.run).run, "a")

    def ask(self, **more: Any) -> tuple[int, Any]:
        return response(share(event({"run": self.run, "account": THERE, **more}, ANA), HERE))

    @property
    def shares(self) -> ModelShares:
        return ModelShares(Names("dev"), self.ram)


@pytest.fixture
def harness(monkeypatch: pytest.MonkeyPatch) -> Harness:
    made = Harness(monkeypatch)
    made.ledger.close(made.run, Outcome.PROMOTED)
    return made


def test_one_model_is_shared_with_one_account_once(harness: Harness) -> None:
    status, told = harness.ask()
    assert (status, told["model"], told["until"]) == (200, student("a").model_arn, "2024-12-11T09:00:00+00:00")
    assert harness.ask()[1] == told
    (made,) = harness.ram.shares.values()
    assert (made["resourceArns"], made["principals"]) == ([student("a").model_arn], [THERE])
    tags = {tag["key"]: tag["value"] for tag in made["tags"]}
    assert (tags[TAG_ENVIRONMENT], tags["distillery:owner"]) == ("dev", ANA.arn)
    assert (harness.ask(end=True)[0], harness.ram.shares) == (200, {})
    assert harness.ask(end=True)[0] == 200


def test_a_share_that_cannot_be_ended_stops_no_other(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    for account in ("333333333333", THERE):
        harness.shares.share(student("a").model_arn, harness.run, account, by="arn:ana")
    first, end = min(harness.ram.shares), harness.ram.delete_resource_share

    def delete(*, resourceShareArn: str) -> dict[str, Any]:  # noqa: N803 the API's name
        if resourceShareArn == first:
            raise service_error("InternalServerErrorException")
        return end(resourceShareArn=resourceShareArn)

    monkeypatch.setattr(harness.ram, "delete_resource_share", delete)
    harness.at += LENGTH
    with pytest.raises(ExceptionGroup):
        harness.shares.end_expired()
    assert list(harness.ram.shares) == [first]


def test_the_guard_ends_what_has_expired_or_has_no_end(harness: Harness) -> None:
    harness.ask()
    assert harness.shares.end_expired() == []
    harness.at += LENGTH
    assert harness.shares.end_expired() == [f"dev-{harness.run}-{THERE}"]
    assert harness.shares.end_expired() == []
    harness.ask()
    (made,) = harness.ram.shares.values()
    made["tags"] = [tag for tag in made["tags"] if tag["key"] != TAG_UNTIL]
    assert len(harness.shares.end_expired()) == 1
    harness.ask()
    harness.at += LENGTH + timedelta(minutes=1)
    assert harness.ask()[1]["until"] == "2024-12-13T09:01:00+00:00", "an expired share is made anew"
    assert len(harness.ram.shares) == 1


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"account": "333333333333"}, "the settings share models with 222222222222"),
        ({"run": "support-a-b-9"}, "no run"),
    ],
)
def test_what_is_refused(harness: Harness, more: dict[str, str], said: str) -> None:
    status, told = harness.ask(**more)
    assert (status, said in told["error"]["message"]) == (400, True)
    assert harness.ram.asked == 0


def test_another_organization_is_named_as_the_reason(harness: Harness) -> None:
    harness.ram.refuse = "OperationNotPermittedException"
    status, told = harness.ask()
    assert status == 400
    assert "must belong to one AWS Organization" in told["error"]["message"]


def test_a_run_that_did_not_go_live_is_not_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    harness = Harness(monkeypatch)
    harness.ledger.close(harness.run, Outcome.REJECTED)
    status, told = harness.ask()
    assert (status, harness.ram.asked) == (400, 0)
    assert "only the model of a run that went live" in told["error"]["message"]
