"""Old data sets are deleted in all versions, except those that are or may be in use."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from distillery.core import clock
from distillery.core.aliases import Aliases
from distillery.core.env_vars import Variable
from distillery.core.ledger.acceptances import Acceptances
from distillery.core.ledger.approvals import Approvals
from distillery.core.ledger.ledger import Ledger
from distillery.core.names import Names
from distillery.core.notices import Notices
from distillery.core.pipeline import Outcome, Run
from distillery.core.system_prompt import SystemPrompt, SystemPrompts, SystemPromptUse, object_key
from lambdas.expiry import handler
from lambdas.expiry.data_sets import DatasetExpiry
from tests.fakes.pipeline import alias, dataset, distilled, recipe, student
from tests.fakes.s3 import FakeS3
from tests.fakes.services import FakeSns, FakeSsm
from tests.fakes.table import MemoryTable

DAYS = 90
NAMES = Names("dev")


class Harness:
    """A bucket of data sets, a ledger and an alias, and a date."""

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
        """A finished run that created the model of that letter."""
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
            acceptances=Acceptances(self.table),
            aliases=Aliases(ssm),
            notices=Notices("arn:topic", sns),
            now=clock.now,
        ).expire()

    @staticmethod
    def any(value: object) -> Any:
        return value

    @property
    def left(self) -> set[str]:
        """Returns the data sets of which a version is left, by the letters of their digests."""
        return {key.split("/")[2][:2] for key in self.s3.remaining_keys("data") if key.startswith("datasets/")}


@pytest.fixture
def harness(monkeypatch: pytest.MonkeyPatch) -> Harness:
    return Harness(monkeypatch)


def test_an_unused_data_set_expires_in_all_versions_without_a_marker(harness: Harness) -> None:
    harness.upload("aa")
    harness.upload("aa")
    harness.later(DAYS)
    assert harness.expire() == {
        "deleted": 6,
        "data_sets": [f"support/{'aa' * 32}"],
        "declined": [],
        "system_prompts": [],
    }
    assert harness.s3.remaining_keys() == []


def test_a_data_set_younger_than_its_days_stays(harness: Harness) -> None:
    harness.upload("aa")
    harness.later(DAYS - 0.01)
    assert harness.expire()["deleted"] == 0
    assert harness.left == {"aa"}


def test_prompts_that_were_uploaded_again_stay_and_their_old_versions_end(harness: Harness) -> None:
    harness.upload("aa")
    harness.later(DAYS)
    harness.upload("aa")
    assert harness.expire()["deleted"] == 3
    assert len(harness.s3.remaining_keys()) == 3


def test_data_sets_of_the_current_and_the_previous_model_outlive_all_others(harness: Harness) -> None:
    for digest, letter in (("aa", "a"), ("bb", "b"), ("cc", "c")):
        harness.student(digest, letter)
    harness.student("dd", "d", Outcome.REJECTED)
    harness.alias("c", "b")
    harness.later(10 * DAYS)
    harness.expire()
    assert harness.left == {"bb", "cc"}


def test_a_data_set_that_falls_out_of_the_alias_ends_the_next_day(harness: Harness) -> None:
    harness.student("aa", "a")
    harness.student("bb", "b")
    harness.alias("a")
    harness.later(DAYS)
    harness.expire()
    harness.student("cc", "c")
    harness.alias("c", "b")
    harness.expire()
    assert harness.left == {"cc"}


def test_a_run_that_was_approved_late_keeps_its_prompts_until_it_ends(harness: Harness) -> None:
    run = harness.run("aa", awaiting=True)
    harness.later(DAYS - 1)
    worst = run.dataset.at_most_usd
    Approvals(harness.table).approve(run.id, worst, by="arn:ana", cap_usd=worst)
    harness.later(5)
    harness.expire()
    assert harness.left == {"aa"}
    harness.ledger.close(run.id, Outcome.FAILED)
    harness.expire()
    assert harness.left == set()


def test_prompts_never_outlive_their_days_by_waiting_for_an_approval(harness: Harness) -> None:
    """Otherwise a run that nobody decides on would retain texts for ever."""
    run = harness.run("aa", awaiting=True)
    harness.later(DAYS)
    assert harness.expire()["declined"] == [run.id]
    assert harness.left == set()
    record = harness.ledger.run(run.id)
    assert (record.outcome, "kept for 90 days" in record.reason) == (Outcome.DECLINED, True)
    assert run.id in harness.sns.published[0]["Message"]


def test_a_waiting_run_whose_prompts_were_uploaded_again_goes_on_waiting(harness: Harness) -> None:
    run = harness.run("aa", awaiting=True)
    harness.later(DAYS)
    harness.upload("aa")
    assert harness.expire()["declined"] == []
    assert harness.ledger.run(run.id).outcome is Outcome.AWAITING


def test_no_data_set_ends_of_a_recipe_whose_live_model_no_run_made(harness: Harness) -> None:
    """A ledger that has lost a run must not cause the deletion of the live model's data set."""
    harness.student("aa", "a")
    harness.upload("bb", "triage")
    harness.alias("z")
    harness.later(DAYS)
    with pytest.raises(ExceptionGroup, match="tries again") as raised:
        harness.expire()
    assert "no run in the ledger made" in str(raised.value.exceptions[0])
    assert harness.left == {"aa"}, "the other recipe's data set must be deleted"


def test_a_run_that_is_promoted_while_the_alias_is_read_keeps_its_data_set(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Runs are read before the alias, so one of them names the data set whenever the promotion happens."""
    run = harness.run("aa")
    distilled(harness.ledger, run, "a")
    harness.later(DAYS)
    runs = harness.ledger.runs

    def promoted_afterwards(recipe_name: str) -> Any:
        before = runs(recipe_name)
        harness.alias("a")
        harness.ledger.close(run.id, Outcome.PROMOTED)
        return before

    monkeypatch.setattr(Ledger, "runs", lambda _ledger, name: promoted_afterwards(name))
    harness.expire()
    assert harness.left == {"aa"}


def test_golden_sets_and_whatever_is_no_data_set_are_left_alone(harness: Harness) -> None:
    for key in ("golden/support/questions.jsonl", "evaluations/r/report.json", "datasets.jsonl"):
        harness.s3.put(f"s3://data/{key}", "a prompt")
    harness.later(100 * DAYS)
    assert harness.expire()["deleted"] == 0
    assert len(harness.s3.remaining_keys()) == 3


def test_what_s3_refuses_to_delete_is_reported_and_the_rest_goes(harness: Harness) -> None:
    harness.upload("aa")
    harness.upload("bb", "triage")
    harness.s3.refuse = {key for key in harness.s3.remaining_keys() if "support" in key}
    harness.later(DAYS)
    with pytest.raises(ExceptionGroup) as raised:
        harness.expire()
    assert "would not delete 3 objects" in str(raised.value.exceptions[0])
    assert harness.left == {"aa"}


def test_more_versions_than_one_request_deletes_are_all_deleted(harness: Harness) -> None:
    for number in range(1001):
        harness.s3.put(f"s3://data/datasets/support/{number:064}/train.jsonl", "a prompt")
    harness.later(DAYS)
    assert harness.expire()["deleted"] == 1001
    assert [len(asked) for asked in harness.s3.deletes] == [1000, 1]


def test_the_function_does_this_by_its_variables(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    said = {
        Variable.ENVIRONMENT: "dev",
        Variable.LEDGER: "ledger",
        Variable.DATA_BUCKET: "data",
        Variable.DATA_DAYS: "90",
        Variable.TOPIC: "arn:topic",
    }
    for name, value in said.items():
        monkeypatch.setenv(name, value)
    clients = {"s3": harness.s3, "ssm": harness.ssm, "sns": harness.sns}
    monkeypatch.setattr(handler, "client", clients.__getitem__)
    monkeypatch.setattr("distillery.core.aliases.client", clients.__getitem__)
    monkeypatch.setattr("distillery.core.notices.client", clients.__getitem__)
    monkeypatch.setattr(handler, "Table", lambda _name: harness.table)
    harness.upload("aa")
    harness.later(DAYS)
    assert handler.expire({}, None)["deleted"] == 3


def test_a_later_attempt_at_the_same_prompts_counts_like_the_first(harness: Harness) -> None:
    harness.student("aa", "a", Outcome.REJECTED)
    again = harness.run("aa")
    distilled(harness.ledger, again, "b")
    harness.ledger.close(again.id, Outcome.PROMOTED)
    assert again.attempt == 2
    harness.alias("b")
    harness.later(DAYS)
    harness.expire()
    assert harness.left == {"aa"}


def _text(harness: Harness, letter: str, of: str = "support") -> SystemPrompt:
    """Writes the system prompt of that letter."""
    system = SystemPrompts(SystemPromptUse.SHARED, letter).described
    uri = f"s3://data/{object_key(of, system.sha256)}"
    harness.s3.put(uri, letter)
    return system.at(uri)


def test_system_prompts_that_nothing_uses_expire_with_the_data_sets(harness: Harness) -> None:
    current, previous, *_ = (_text(harness, letter) for letter in "abcd")
    active = _text(harness, "e")
    unused = [object_key("support", SystemPrompts(SystemPromptUse.SHARED, letter).described.sha256) for letter in "cd"]
    other = _text(harness, "a", "returns")
    harness.student("aa", "a")
    harness.student("bb", "b")
    harness.alias("a", "b")
    ssm: Any = harness.ssm
    live = Aliases(ssm).read(NAMES.alias("support"))
    assert live is not None
    Aliases(ssm).write(NAMES.alias("support"), replace(live, system=current, previous_system=previous))
    harness.ledger.open(recipe(), replace(dataset(digest="cc"), system=active.at("s3://data/x")), again=True)
    harness.later(DAYS - 1)
    assert harness.expire()["system_prompts"] == []
    harness.later(1)
    gone = [*unused, other.uri.removeprefix("s3://data/")]
    assert sorted(harness.expire()["system_prompts"]) == sorted(gone)
    kept = {key for key in harness.s3.remaining_keys("data") if key.startswith("system-prompts/")}
    assert kept == {one.uri.removeprefix("s3://data/") for one in (current, previous, active)}


def test_a_recipe_whose_alias_cannot_be_read_keeps_its_system_prompts(harness: Harness) -> None:
    system = _text(harness, "a")
    harness.ssm.parameters[NAMES.alias("support")] = "no JSON"
    harness.later(DAYS)
    with pytest.raises(ExceptionGroup):
        harness.expire()
    assert harness.s3.remaining_keys("data") == [system.uri.removeprefix("s3://data/")]
