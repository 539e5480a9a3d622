"""Old data sets end in all their versions; what is in use, or may be, is never touched."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from distillery.core import clock
from distillery.core.aliases import Aliases
from distillery.core.env_vars import Variable
from distillery.core.ledger.approvals import Approvals
from distillery.core.ledger.ledger import Ledger
from distillery.core.names import Names
from distillery.core.notices import Notices
from distillery.core.pipeline import Outcome, Run
from lambdas.expiry import handler
from lambdas.expiry.data_sets import DatasetExpiry
from tests.fakes.road import alias, dataset, distilled, recipe, student
from tests.fakes.s3 import FakeS3
from tests.fakes.services import FakeSns, FakeSsm
from tests.fakes.table import MemoryTable

DAYS = 90
NAMES = Names("dev")


class World:
    """A bucket of data sets, a ledger and an alias, and a day."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at = datetime(2026, 11, 23, 9, tzinfo=UTC)
        monkeypatch.setattr(clock, "timestamp", lambda: self.at.timestamp())
        self.table, self.ssm, self.sns = MemoryTable(), FakeSsm(), FakeSns()
        self.ledger = Ledger(self.table)
        self.s3 = FakeS3(now=lambda: self.at)

    def upload(self, digest: str, recipe_name: str = "support") -> None:
        for name in ("train.jsonl", "heldout.jsonl", "report.json"):
            self.s3.put(f"s3://data/datasets/{recipe_name}/{digest * 32}/{name}", "a prompt")

    def run(self, digest: str, *, awaiting: bool = False) -> Run:
        self.upload(digest)
        return self.ledger.open(recipe(), dataset(digest=digest), again=True, awaiting=awaiting).run

    def student(self, digest: str, letter: str, outcome: Outcome = Outcome.PROMOTED) -> None:
        """A run that made the model of that letter, and has left the road."""
        run = self.run(digest)
        distilled(self.ledger, run, letter)
        self.ledger.close(run.id, outcome)

    def alias(self, current: str, previous: str | None = None) -> None:
        ssm: Any = self.ssm
        before = student(previous).model_arn if previous else None
        live = replace(alias(), current=student(current).model_arn, previous=before)
        Aliases(ssm).write(NAMES.alias("support"), live)

    def later(self, days: float) -> None:
        self.at += timedelta(days=days)

    def expire(self) -> dict[str, Any]:
        ssm, sns, s3 = self.any(self.ssm), self.any(self.sns), self.any(self.s3)
        return DatasetExpiry(
            names=NAMES,
            s3=s3,
            bucket="data",
            days=DAYS,
            ledger=self.ledger,
            approvals=Approvals(self.table),
            aliases=Aliases(ssm),
            notices=Notices("arn:topic", sns),
            now=clock.now,
        ).expire()

    @staticmethod
    def any(value: object) -> Any:
        return value

    @property
    def left(self) -> set[str]:
        """The data sets of which anything is left, by the letters of their digests."""
        return {key.split("/")[2][:2] for key in self.s3.held("data") if key.startswith("datasets/")}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return World(monkeypatch)


def test_a_data_set_of_no_use_ends_after_its_days_in_all_versions_and_without_a_marker(world: World) -> None:
    world.upload("aa")
    world.upload("aa")
    world.later(DAYS)
    assert world.expire() == {"deleted": 6, "data_sets": [f"support/{'aa' * 32}"], "declined": []}
    assert world.s3.held() == []


def test_a_data_set_younger_than_its_days_stays(world: World) -> None:
    world.upload("aa")
    world.later(DAYS - 0.01)
    assert world.expire()["deleted"] == 0
    assert world.left == {"aa"}


def test_prompts_that_were_uploaded_again_stay_and_their_old_versions_end(world: World) -> None:
    world.upload("aa")
    world.later(DAYS)
    world.upload("aa")
    assert world.expire()["deleted"] == 3
    assert len(world.s3.held()) == 3


def test_data_sets_of_the_current_and_the_previous_model_outlive_all_others(world: World) -> None:
    for digest, letter in (("aa", "a"), ("bb", "b"), ("cc", "c")):
        world.student(digest, letter)
    world.student("dd", "d", Outcome.REJECTED)
    world.alias("c", "b")
    world.later(10 * DAYS)
    world.expire()
    assert world.left == {"bb", "cc"}


def test_a_data_set_that_falls_out_of_the_alias_ends_the_next_day(world: World) -> None:
    world.student("aa", "a")
    world.student("bb", "b")
    world.alias("a")
    world.later(DAYS)
    world.expire()
    world.student("cc", "c")
    world.alias("c", "b")
    world.expire()
    assert world.left == {"cc"}


def test_a_run_that_was_approved_late_keeps_its_prompts_until_it_ends(world: World) -> None:
    run = world.run("aa", awaiting=True)
    world.later(DAYS - 1)
    worst = run.dataset.at_most_usd
    Approvals(world.table).approve(run.id, worst, by="arn:ana", cap_usd=worst)
    world.later(5)
    world.expire()
    assert world.left == {"aa"}
    world.ledger.close(run.id, Outcome.FAILED)
    world.expire()
    assert world.left == set()


def test_prompts_never_outlive_their_days_by_waiting_for_an_approval(world: World) -> None:
    """Else a run that nobody decides on would keep what people wrote for ever."""
    run = world.run("aa", awaiting=True)
    world.later(DAYS)
    assert world.expire()["declined"] == [run.id]
    assert world.left == set()
    record = world.ledger.run(run.id)
    assert (record.outcome, "kept for 90 days" in record.reason) == (Outcome.DECLINED, True)
    assert run.id in world.sns.published[0]["Message"]


def test_a_waiting_run_whose_prompts_were_uploaded_again_goes_on_waiting(world: World) -> None:
    run = world.run("aa", awaiting=True)
    world.later(DAYS)
    world.upload("aa")
    assert world.expire()["declined"] == []
    assert world.ledger.run(run.id).outcome is Outcome.AWAITING


def test_no_data_set_ends_of_a_recipe_whose_live_model_no_run_made(world: World) -> None:
    """A ledger that lost a run must not cost the data set of the model that serves."""
    world.student("aa", "a")
    world.upload("bb", "triage")
    world.alias("z")
    world.later(DAYS)
    with pytest.raises(ExceptionGroup, match="tries again") as raised:
        world.expire()
    assert "no run in the ledger made" in str(raised.value.exceptions[0])
    assert world.left == {"aa"}, "the other recipe's ends all the same"


def test_a_run_that_is_promoted_while_the_alias_is_read_keeps_its_data_set(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Runs are read before the alias: whichever way the promotion falls, one of them names the data set."""
    run = world.run("aa")
    distilled(world.ledger, run, "a")
    world.later(DAYS)
    runs = world.ledger.runs

    def promoted_afterwards(recipe_name: str) -> Any:
        before = runs(recipe_name)
        world.alias("a")
        world.ledger.close(run.id, Outcome.PROMOTED)
        return before

    monkeypatch.setattr(Ledger, "runs", lambda _ledger, name: promoted_afterwards(name))
    world.expire()
    assert world.left == {"aa"}


def test_golden_sets_and_whatever_is_no_data_set_are_left_alone(world: World) -> None:
    for key in ("golden/support/questions.jsonl", "evaluations/r/report.json", "datasets.jsonl"):
        world.s3.put(f"s3://data/{key}", "a prompt")
    world.later(100 * DAYS)
    assert world.expire()["deleted"] == 0
    assert len(world.s3.held()) == 3


def test_what_s3_refuses_to_delete_is_told_and_the_rest_goes(world: World) -> None:
    world.upload("aa")
    world.upload("bb", "triage")
    world.s3.refuse = {key for key in world.s3.held() if "support" in key}
    world.later(DAYS)
    with pytest.raises(ExceptionGroup) as raised:
        world.expire()
    assert "would not delete 3 objects" in str(raised.value.exceptions[0])
    assert world.left == {"aa"}


def test_more_versions_than_one_request_deletes_are_all_deleted(world: World) -> None:
    for number in range(1001):
        world.s3.put(f"s3://data/datasets/support/{number:064}/train.jsonl", "a prompt")
    world.later(DAYS)
    assert world.expire()["deleted"] == 1001
    assert [len(asked) for asked in world.s3.deletes] == [1000, 1]


def test_the_function_does_this_by_its_variables(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    said = {
        Variable.ENVIRONMENT: "dev",
        Variable.LEDGER: "ledger",
        Variable.DATA_BUCKET: "data",
        Variable.DATA_DAYS: "90",
        Variable.TOPIC: "arn:topic",
    }
    for name, value in said.items():
        monkeypatch.setenv(name, value)
    clients = {"s3": world.s3, "ssm": world.ssm, "sns": world.sns}
    monkeypatch.setattr(handler, "client", clients.__getitem__)
    monkeypatch.setattr("distillery.core.aliases.client", clients.__getitem__)
    monkeypatch.setattr("distillery.core.notices.client", clients.__getitem__)
    monkeypatch.setattr(handler, "Table", lambda _name: world.table)
    world.upload("aa")
    world.later(DAYS)
    assert handler.expire({}, None)["deleted"] == 3


def test_a_later_attempt_at_the_same_prompts_counts_like_the_first(world: World) -> None:
    world.student("aa", "a", Outcome.REJECTED)
    again = world.run("aa")
    distilled(world.ledger, again, "b")
    world.ledger.close(again.id, Outcome.PROMOTED)
    assert again.attempt == 2
    world.alias("b")
    world.later(DAYS)
    world.expire()
    assert world.left == {"aa"}
