"""A model that another account shares is copied once for a run, and the copy is the run's student."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bedrock_simulator.settings import Quotas
from distillery.core import clock
from distillery.core.admitted_ways import AdmittedWays
from distillery.core.borrowing import Borrowing
from distillery.core.errors import JobFailed
from distillery.core.ledger.borrowed_models import BorrowedModels
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.promotions import Promotions
from distillery.core.names import TAG_ENVIRONMENT, TAG_RECIPE, TAG_RUN, Names
from distillery.core.pipeline import Run, Student
from distillery.core.promotions import Way
from lambdas.adoption.adopter import Adopter, AdoptionResult, AdoptionStatus
from lambdas.adoption.copies import LONGEST, ModelCopies
from simulator_support.fakes import World, distilled
from tests.fakes.pipeline import dataset, recipe
from tests.fakes.table import MemoryTable
from tests.unit.core.ledger.test_promotions import RECORD, promotion

THERE = "222222222222"
HAIKU = {
    "baseModelIdentifier": "anthropic.claude-3-haiku-20240307-v1:0:200k",
    "teacher": "anthropic.claude-3-5-sonnet-20241022-v2:0",
}
RUN = Run(id="support-aaaaa-bbbbbbbb-1", recipe=recipe(tags={"team": "care"}), dataset=dataset(), attempt=1)


class Accounts:
    """The source's model, which is shared with the target's account."""

    def __init__(self) -> None:
        self.world = World(datetime(2024, 12, 10, tzinfo=UTC), quotas=Quotas(model_units=1))
        self.model = distilled(self.world, region="us-west-2", **HAIKU)
        self.world.shares.shared = {THERE: [self.model]}
        self.bedrock = self.world.client(region="us-west-2", account=THERE)
        self.key = f"arn:aws:kms:us-west-2:{THERE}:key/{'a' * 36}"
        self.world.keys.keys["alias/ours"] = self.key
        self.copies = ModelCopies(Names("prod"), self.bedrock, "alias/ours")


@pytest.fixture
def accounts(monkeypatch: pytest.MonkeyPatch) -> Accounts:
    made = Accounts()
    monkeypatch.setattr(clock, "timestamp", lambda: made.world.clock.now().timestamp())
    return made


def test_a_copy_is_started_once_and_becomes_the_student(accounts: Accounts) -> None:
    assert [accounts.copies.copy(RUN, accounts.model) for _ in range(3)] == [None, None, None]
    (job,) = accounts.bedrock.list_model_copy_jobs()["modelCopyJobSummaries"]
    accounts.world.shares.shared = {}
    accounts.world.pass_time(16)
    student = accounts.copies.copy(RUN, accounts.model)
    assert student == Student(model_arn=job["targetModelArn"], job_arn=job["jobArn"])
    assert student.model_arn.split(":")[4] == THERE
    made = accounts.bedrock.get_custom_model(modelIdentifier=student.model_arn)
    assert (made["modelName"], made["modelKmsKeyArn"]) == (f"prod-{RUN.id}", accounts.key)
    answer = accounts.bedrock.list_tags_for_resource(resourceARN=student.model_arn)
    tags = {tag["key"]: tag["value"] for tag in answer["tags"]}
    assert tags == {TAG_ENVIRONMENT: "prod", TAG_RECIPE: "support", TAG_RUN: RUN.id, "team": "care"}


def test_a_model_that_is_not_shared_is_not_copied(accounts: Accounts) -> None:
    accounts.world.shares.shared = {}
    with pytest.raises(JobFailed, match="may not copy"):
        accounts.copies.copy(RUN, accounts.model)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"status": "Failed", "failureMessage": "no capacity"}, "failed: no capacity"),
        ({"status": "Failed"}, "gave no reason"),
        ({"creationTime": datetime(2024, 12, 10, tzinfo=UTC) - LONGEST - timedelta(days=1)}, "not done after 24 hours"),
    ],
)
def test_a_copy_that_fails_or_never_ends_fails_the_run(
    accounts: Accounts, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], said: str
) -> None:
    accounts.copies.copy(RUN, accounts.model)
    real = accounts.bedrock.get_model_copy_job
    monkeypatch.setattr(accounts.bedrock, "get_model_copy_job", lambda **asked: real(**asked) | changes)
    with pytest.raises(JobFailed, match=said):
        accounts.copies.copy(RUN, accounts.model)


def test_a_run_waits_until_its_copy_is_there_and_borrows_nothing(accounts: Accounts) -> None:
    table = MemoryTable()
    ledger, promotions = Ledger(table), Promotions(table)
    promoted = promotion(way=Way.COPY, record=replace(RECORD, model_arn=accounts.model))
    assert promotions.begin(promoted)
    run = ledger.open(recipe(), dataset(), again=False, promotion=promoted.id).run
    borrowing, ways = (
        Borrowing("prod", accounts.bedrock, BorrowedModels(table)),
        AdmittedWays(copy_from=(RECORD.account,)),
    )
    adopter = Adopter(ledger, promotions, borrowing, accounts.copies, ways)
    assert adopter.adopt(run) == AdoptionResult(status=AdoptionStatus.PENDING)
    assert not ledger.run(run.id).has_student
    accounts.world.pass_time(16)
    found = adopter.adopt(run)
    assert found.status is AdoptionStatus.ADOPTED
    assert found.student is not None
    assert (found.student.borrowed, ledger.run(run.id).has_student) == (False, True)
    assert ledger.borrowed.all() == ()
