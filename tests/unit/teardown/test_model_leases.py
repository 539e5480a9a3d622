"""`distillery clean` gives back the models of other environments: it ends leases that nothing needs."""

from typing import Any

import pytest

from distillery.core.borrowing import Borrowing
from distillery.core.env_vars import Variable
from distillery.core.ledger.borrowed_models import BorrowedModels
from distillery.core.ledger.ledger import Ledger
from distillery.core.model_leases import lease_tag
from distillery.core.pipeline import Outcome
from simulator_support.fakes import distilled
from tests.fakes.pipeline import dataset, recipe
from tests.unit.teardown.account import tags
from tests.unit.teardown.test_cleaning import Cleaned

UNKNOWN = "faq-aaaaa-bbbbbbbb-1"


class Borrower(Cleaned):
    """An environment that has a lease of another's model, for a run of its own."""

    def __init__(self, patch: pytest.MonkeyPatch, run: str = "") -> None:
        super().__init__(patch)
        patch.setenv(Variable.BORROWS, "true")
        self.bedrock = self.world.client()
        self.theirs = distilled(self.world, "qa-support-1", customModelName="qa-support-1")
        self.models = BorrowedModels(self.table)
        self.run = run or Ledger(self.table).open(recipe(), dataset(), again=False).run.id
        Borrowing("dev", self.bedrock, self.models).borrow(self.theirs, self.run)

    def close(self, outcome: Outcome) -> None:
        Ledger(self.table).close(self.run, outcome)

    def host(self) -> str:
        made = self.bedrock.create_custom_model_deployment(
            modelDeploymentName="dev-support-1-candidate", modelArn=self.theirs, tags=tags("support-1")
        )
        return str(made["customModelDeploymentArn"])

    @property
    def has_lease(self) -> bool:
        found = self.bedrock.list_tags_for_resource(resourceARN=self.theirs)["tags"]
        return lease_tag("dev") in [tag["key"] for tag in found]

    def of_lease(self, **asked: Any) -> dict[str, Any] | None:
        return next((each for each in self.left(**asked) if each["kind"] == "model-lease"), None)


@pytest.mark.parametrize("known", [True, False], ids=["a run that has ended", "a run that the ledger lacks"])
def test_a_lease_that_nothing_needs_is_listed_and_ended(known: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    account = Borrower(monkeypatch, "" if known else UNKNOWN)
    if known:
        account.close(Outcome.REJECTED)
    found = account.of_lease()
    assert found is not None
    assert (found["arn"], found["recipe"], found["kept"]) == (account.theirs, "support" if known else "faq", "")
    assert account.run in found["costs"]
    assert account.has_lease, "a list ends nothing"
    deleted, left = account.pass_until_done()
    assert (deleted, left) == ([account.theirs], [])
    assert (account.has_lease, account.models.all()) == (False, ())


def test_a_run_in_progress_keeps_its_lease_until_it_was_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Borrower(monkeypatch)
    told = account.ask(delete=True, retire=True)[1]
    assert (told["deleted"], [each["kind"] for each in told["left"]]) == ([], ["run", "model-lease"])
    assert account.has_lease
    account.close(Outcome.STOPPED)
    assert account.pass_until_done()[0] == [account.theirs]
    assert not account.has_lease


def test_a_student_that_waits_keeps_its_lease_unless_everything_is_retired(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Borrower(monkeypatch)
    account.close(Outcome.AWAITING_ACCEPTANCE)
    (left,) = account.pass_until_done()[1]
    assert left["kept"] == f"its run {account.run} is awaiting-acceptance"
    assert left["command"] == f"distillery --env dev reject {account.run}"
    assert account.has_lease
    assert account.pass_until_done(retire=True) == ([account.theirs], [])
    assert not account.has_lease


def test_what_serves_keeps_its_lease_and_an_endpoint_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Borrower(monkeypatch)
    account.close(Outcome.PROMOTED)
    account.host()
    account.alias()
    assert account.pass_until_done()[0] == []
    assert account.has_lease
    account.services.parameters.clear()  # `retire` deletes aliases
    assert account.pass_until_done() == (["dev-support-1-candidate", account.theirs], [])
    assert not account.has_lease


def test_an_endpoint_that_stays_keeps_the_lease_of_its_model(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Borrower(monkeypatch)
    account.close(Outcome.PROMOTED)
    account.host()
    Ledger(account.table).leases.hold("dev-support-1-candidate", owner="arn:ana", purpose="a look")
    deleted, left = account.pass_until_done()
    assert (deleted, [each["kind"] for each in left]) == ([], ["endpoint", "model-lease"])
    assert left[1]["kept"].startswith("dev-support-1-candidate serves it: a lease of arn:ana keeps it until")
    assert account.has_lease


def test_where_the_settings_no_longer_allow_it_only_the_ledger_forgets_the_lease(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    account = Borrower(monkeypatch)
    account.close(Outcome.REJECTED)
    monkeypatch.delenv(Variable.BORROWS)
    assert account.pass_until_done() == ([account.theirs], [])
    assert (account.has_lease, account.models.all()) == (True, ())
