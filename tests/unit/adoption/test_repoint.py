"""A run whose promotion goes by re-point uses the source's model, under a lease that lasts as long as it is needed."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from distillery.core import clock
from distillery.core.admitted_ways import AdmittedWays
from distillery.core.aliases import Aliases
from distillery.core.borrowing import RENEW_AFTER, Borrowing
from distillery.core.errors import BadRequest, Misconfigured, ModelUnavailable, RunStopped
from distillery.core.ledger.borrowed_models import BorrowedModel, BorrowedModels, is_borrowed
from distillery.core.ledger.evaluations import Evaluations
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.promotions import Promotions
from distillery.core.ledger.student_promotion import StudentPromotion
from distillery.core.model_leases import LENGTH, lease_on
from distillery.core.names import TAG_ENVIRONMENT, Names
from distillery.core.pipeline import Outcome, Run, Student
from distillery.core.promotions import AdmittedRecord, Way
from lambdas.adoption.adopter import Adopter, AdoptionResult, AdoptionStatus, LeaseResult
from lambdas.adoption.copies import ModelCopies
from lambdas.endpoint.borrowed import BorrowedModelsKeeper
from simulator_support.fakes import World, distilled
from tests.fakes.pipeline import alias, dataset, recipe
from tests.fakes.pipeline import distilled as trained
from tests.fakes.services import FakeSsm
from tests.fakes.table import MemoryTable

OURS, PROMOTION = "staging", "promotion-support-20261123T120000Z"


class Account:
    """Two environments of one account: dev has a model, and staging a run that it is promoted to."""

    def __init__(self) -> None:
        self.world, self.table, self.ssm = World(), MemoryTable(), FakeSsm()
        self.bedrock = self.world.client()
        tags: Any = [{"key": TAG_ENVIRONMENT, "value": "dev"}]
        self.model = distilled(self.world, "dev-support-1", customModelName="dev-support-1", customModelTags=tags)
        self.ledger, self.promotions = Ledger(self.table), Promotions(self.table)
        self.borrowing = Borrowing(OURS, self.bedrock, BorrowedModels(self.table))
        ssm: Any = self.ssm
        self.aliases = Aliases(ssm)
        self.copies = ModelCopies(Names(OURS), self.bedrock, "alias/ours")
        self.ways = AdmittedWays(lenders=("dev",))
        self.keeper = BorrowedModelsKeeper(Names(OURS), self.ledger, self.aliases, self.borrowing)

    def run(self, way: Way = Way.REPOINT) -> Run:
        """A run that was opened for a promotion."""
        record = AdmittedRecord(
            digest="a" * 64,
            environment="dev",
            account="111111111111",
            region="us-east-1",
            run="support-c-d-1",
            model_arn=self.model,
            job_arn="arn:job",
            judged="2026-11-21T09:00:00+00:00",
            issued="2026-11-21T09:00:01+00:00",
            expires="2026-12-21T09:00:01+00:00",
            dataset_digest="e" * 64,
            training_digest="f" * 64,
        )
        promoted = StudentPromotion(
            id=PROMOTION,
            recipe="support",
            way=way,
            record=record,
            by="arn:ana",
            by_id="AIDAANN",
            reason="",
            opened="2026-11-23T12:00:00",
        )
        assert self.promotions.begin(promoted)
        return self.ledger.open(recipe(), dataset(), again=False, promotion=PROMOTION).run

    @property
    def adopter(self) -> Adopter:
        return Adopter(self.ledger, self.promotions, self.borrowing, self.copies, self.ways)

    def adopt(self, run: Run) -> AdoptionResult:
        return self.adopter.adopt(run)

    def serve(self, current: str, previous: str | None = None) -> None:
        self.aliases.write(Names(OURS).alias("support"), replace(alias(), current=current, previous=previous))

    @property
    def lease(self) -> str:
        """The environment with a lease on the model; empty without one."""
        answer = self.bedrock.list_tags_for_resource(resourceARN=self.model)
        found = lease_on({tag["key"]: tag["value"] for tag in answer["tags"]}, clock.now())
        return found.environment if found else ""

    def pass_time(self, time: timedelta) -> None:
        self.world.pass_time(time / timedelta(minutes=1), step=time / timedelta(minutes=1))


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Account:
    made = Account()
    monkeypatch.setattr(clock, "timestamp", lambda: made.world.clock.now().timestamp())
    return made


def test_a_run_without_a_promotion_or_by_another_way_trains(account: Account) -> None:
    run = account.ledger.open(recipe(), dataset(), again=False).run
    assert account.adopt(run) == AdoptionResult(status=AdoptionStatus.TRAIN)
    account.ledger.close(run.id, Outcome.FAILED)
    assert account.adopt(account.run(Way.REDISTIL)) == AdoptionResult(status=AdoptionStatus.TRAIN)
    assert account.lease == ""


@pytest.mark.parametrize("way", [Way.REPOINT, Way.COPY])
def test_a_way_that_the_settings_no_longer_admit_is_refused(account: Account, way: Way) -> None:
    """They have changed since the run was opened, such as while it waited for an approval."""
    run, account.ways = account.run(way), AdmittedWays(lenders=("qa",), copy_from=("333333333333",))
    with pytest.raises(BadRequest, match="no longer allow it"):
        account.adopt(run)
    assert account.lease == ""


def test_the_source_s_model_is_the_student_and_the_lease_is_there_before(account: Account) -> None:
    run = account.run()
    student = Student(model_arn=account.model, job_arn="arn:job", borrowed=True)
    for _ in range(2):
        assert account.adopt(run) == AdoptionResult(status=AdoptionStatus.ADOPTED, student=student)
    assert account.lease == OURS
    record = account.ledger.run(run.id)
    assert (record.has_student, is_borrowed(record)) == (True, True)


def test_a_model_that_the_source_has_deleted_and_a_run_that_was_stopped_adopt_nothing(account: Account) -> None:
    run = account.run()
    account.ledger.stops.request(run.id, by="arn:ana", reason="no")
    with pytest.raises(RunStopped):
        account.adopt(run)
    assert account.lease == ""
    account.bedrock.delete_custom_model(modelIdentifier=account.model)
    with pytest.raises(ModelUnavailable, match="does not exist any more"):
        account.borrowing.borrow(account.model, run.id)
    assert account.borrowing.models.all() == ()


def test_a_lease_is_renewed_while_the_run_or_the_alias_needs_the_model_and_then_ends(account: Account) -> None:
    run = account.run()
    account.adopt(run)
    assert account.keeper.keep() == {"renewed": [], "ended": []}
    for _ in range(9):
        account.pass_time(RENEW_AFTER + timedelta(minutes=1))
        assert account.keeper.keep()["renewed"] == [account.model]
    account.serve(account.model)
    account.ledger.close(run.id, Outcome.PROMOTED)
    account.pass_time(LENGTH - timedelta(hours=1))
    assert account.keeper.keep()["renewed"] == [account.model]
    account.serve("arn:newer", account.model)
    assert account.keeper.keep()["ended"] == []
    account.serve("arn:newest", "arn:newer")
    assert account.keeper.keep() == {"renewed": [], "ended": [account.model]}
    assert (account.lease, account.keeper.keep()) == ("", {})


@pytest.mark.parametrize(
    ("outcome", "needed"),
    [(Outcome.REJECTED, False), (Outcome.AWAITING_ACCEPTANCE, True), (Outcome.FAILED, False)],
)
def test_a_run_that_waits_for_a_person_needs_its_model(account: Account, outcome: Outcome, needed: bool) -> None:
    run = account.run()
    account.adopt(run)
    account.ledger.close(run.id, outcome)
    assert account.keeper.keep()["ended"] == ([] if needed else [account.model])
    assert account.lease == (OURS if needed else "")


def test_what_works_on_the_recipe_keeps_the_lease(account: Account) -> None:
    run = account.run()
    account.adopt(run)
    account.ledger.close(run.id, Outcome.REJECTED)
    account.ledger.lock("support", "rollback-support-20261123T120000Z")
    assert account.keeper.keep()["ended"] == []


def test_a_lease_that_is_taken_while_another_ends_it_keeps_its_tag(account: Account) -> None:
    run = account.run()
    account.adopt(run)
    (seen,) = account.borrowing.models.all()
    account.pass_time(timedelta(minutes=1))
    account.borrowing.borrow(account.model, run.id)
    account.borrowing.end(seen)
    assert account.lease == OURS
    assert len(account.borrowing.models.all()) == 1


def test_the_lease_of_a_model_that_somebody_deleted_ends(account: Account) -> None:
    run = account.run()
    account.adopt(run)
    account.bedrock.delete_custom_model(modelIdentifier=account.model)
    account.ledger.close(run.id, Outcome.REJECTED)
    assert account.keeper.keep()["ended"] == [account.model]
    assert account.borrowing.models.all() == ()


@pytest.mark.parametrize("killed_after", ["GetCustomModel", "TagResource"])
def test_a_step_that_was_killed_after_any_call_is_repeated(account: Account, killed_after: str) -> None:
    run, killed = account.run(), list[str]()

    def kill(model: Any, **_: Any) -> None:
        if model.name == killed_after and not killed:
            killed.append(model.name)
            raise KeyboardInterrupt

    account.bedrock.meta.events.register("after-call.bedrock", kill)
    with pytest.raises(KeyboardInterrupt):
        account.adopt(run)
    assert account.adopt(run).status is AdoptionStatus.ADOPTED
    assert (account.lease, len(account.borrowing.models.all())) == (OURS, 1)
    assert account.ledger.run(run.id).has_student


def test_a_model_that_was_deleted_while_it_is_needed_is_reported_and_stops_no_other(account: Account) -> None:
    run = account.run()
    account.adopt(run)
    account.borrowing.models.keep(BorrowedModel(arn=f"{account.model[:-1]}0", run=run.id, until="2026-01-01T00:00:00Z"))
    account.pass_time(RENEW_AFTER + timedelta(minutes=1))
    with pytest.raises(ExceptionGroup) as raised:
        account.keeper.keep()
    (error,) = raised.value.exceptions
    assert isinstance(error, ModelUnavailable)
    (renewed,) = [each for each in account.borrowing.models.all() if each.arn == account.model]
    assert not renewed.is_due(clock.now() + LENGTH - timedelta(minutes=1))


@pytest.mark.parametrize("way", [Way.REPOINT, Way.REDISTIL])
def test_an_evaluation_takes_the_lease_that_ended_with_a_failed_run(account: Account, way: Way) -> None:
    run = account.run(way)
    adopter = account.adopter
    if account.adopt(run).status is AdoptionStatus.TRAIN:
        trained(account.ledger, run, "a")
    account.ledger.close(run.id, Outcome.FAILED)
    account.keeper.keep()
    assert account.lease == ""
    Evaluations(account.table).begin(
        run.id, "evaluation-support-20261123T120000Z", by="arn:ana", reason="again", usd=Decimal(1), cap_usd=Decimal(99)
    )
    borrows = way is Way.REPOINT
    assert adopter.lease(run) == adopter.lease(run) == LeaseResult(borrowed=borrows)
    account.ledger.close(run.id, Outcome.AWAITING_ACCEPTANCE)
    account.pass_time(LENGTH)
    assert account.keeper.keep() == ({"renewed": [account.model], "ended": []} if borrows else {})
    assert account.lease == (OURS if borrows else "")


def test_an_evaluation_of_a_student_that_its_owner_deleted_fails(account: Account) -> None:
    run = account.run()
    account.adopt(run)
    account.bedrock.delete_custom_model(modelIdentifier=account.model)
    with pytest.raises(ModelUnavailable, match="does not exist any more"):
        account.adopter.lease(run)


@pytest.mark.parametrize("needed", [True, False])
def test_the_guard_reports_a_model_that_serves_and_that_the_settings_no_longer_allow(
    account: Account, needed: bool
) -> None:
    run = account.run()
    account.adopt(run)
    account.serve(account.model if needed else "arn:newer")
    account.ledger.close(run.id, Outcome.PROMOTED)
    guard = replace(account.keeper, is_allowed=False)
    for _ in range(2):
        if needed:
            with pytest.raises(ExceptionGroup) as raised:
                guard.keep()
            (error,) = raised.value.exceptions
            assert isinstance(error, Misconfigured)
        else:
            guard.keep()
    assert len(account.borrowing.models.all()) == needed
    assert account.lease == OURS, "its tag is left to expire"
