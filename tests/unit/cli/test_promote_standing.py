"""`distillery promote` asks the source whether the student went live there, and whether it was rolled back."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from distillery.core.ledger.history import AliasHistory
from distillery.core.ledger.items import run_item
from distillery.core.ledger.rollbacks import Rollbacks
from distillery.core.pipeline import Alias, Outcome, Run
from distillery.core.serialization import to_wire
from distillery.core.standings import Standing, StandingState, standing_uri
from tests.fakes.errors import service_error
from tests.fakes.pipeline import alias, dataset, recipe
from tests.fakes.records import record
from tests.unit.cli.account import FakeAccount
from tests.unit.cli.conftest import Command
from tests.unit.cli.promotable import RUN, promotable

MODEL = record().model_arn
WORDS = ("promote", RUN, "--to", "staging", "--dry-run", "--json")


@dataclass
class Source:
    """The ledger and the alias of dev."""

    account: FakeAccount
    version: int = 0

    def live(self, model: str, by: str) -> Alias:
        self.version += 1
        made = replace(alias(), version=self.version, current=model, previous=None, run=by, changed=self.time)
        AliasHistory(self.account.table).keep(made, by=by)
        self.account.aliases["support"] = to_wire(made)
        return made

    def roll_back(self, left: Alias, to: str) -> None:
        rollbacks, holder = Rollbacks(self.account.table), f"rollback-support-20261123T10000{self.version}Z"
        assert rollbacks.begin(left, holder, by="ann", why="it leaks names")
        self.live(to, holder)
        rollbacks.end("support", holder, Outcome.ROLLED_BACK, "done")

    @property
    def time(self) -> str:
        return f"2026-11-23T09:3{self.version}:00+00:00"


@pytest.fixture
def source(account: FakeAccount, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Source:
    promotable(account, monkeypatch, tmp_path)
    run = Run(id=RUN, recipe=recipe(), dataset=dataset(), attempt=1)
    account.table.put_new(run_item(run, Outcome.PROMOTED, opened="2026-11-23T09:00:00+00:00"))
    return Source(account)


def reasons(command: Command, *more: str) -> list[str]:
    return [one["reason"] for one in json.loads(command(*WORDS, *more).out)["refusals"]]


def test_a_student_that_never_went_live_is_refused(source: Source, command: Command) -> None:
    source.live("arn:other", "other")
    assert reasons(command) == ["never-live"]
    assert reasons(command, "--allow-rolled-back", "--reason", "no") == ["never-live"]


def test_a_student_that_another_has_replaced_is_promoted(source: Source, command: Command) -> None:
    source.live(MODEL, RUN)
    source.live("arn:other", "other")
    assert reasons(command) == []


def test_a_student_that_was_rolled_back_needs_a_reason(source: Source, command: Command) -> None:
    source.live("arn:other", "other")
    source.roll_back(source.live(MODEL, RUN), "arn:other")
    said = command(*WORDS)
    (refusal,) = json.loads(said.out)["refusals"]
    assert (said.code, refusal["reason"], "it leaks names" in refusal["sentence"]) == (4, "rolled-back", True)
    without = command(*WORDS, "--allow-rolled-back")
    assert (without.code, "needs a reason" in without.err) == (2, True)
    again = command(*WORDS, "--allow-rolled-back", "--reason", "the leak is mended elsewhere")
    found = json.loads(again.out)
    assert (again.code, found["refusals"]) == (0, [])
    assert found["next"].endswith("--allow-rolled-back --reason 'the leak is mended elsewhere'")


def test_a_student_that_went_live_again_is_promoted(source: Source, command: Command) -> None:
    source.live("arn:other", "other")
    source.roll_back(source.live(MODEL, RUN), "arn:other")
    source.live(MODEL, "acceptance-support-20261123T110000Z")
    assert reasons(command) == []


@pytest.fixture
def reader(source: Source, monkeypatch: pytest.MonkeyPatch) -> Source:
    """The source as a data reader sees it: without its ledger."""

    def denied(*_: object, **__: object) -> Any:
        raise service_error("AccessDeniedException")

    monkeypatch.setattr(AliasHistory, "of", denied)
    return source


URI = standing_uri("data", RUN)


def asked(command: Command, *more: str) -> tuple[list[str], list[str]]:
    """The reasons of the refusals, and of what is unchecked."""
    found = json.loads(command(*WORDS, *more).out)
    return [one["reason"] for one in found["refusals"]], [one["reason"] for one in found["unchecked"]]


OTHERS = json.dumps(to_wire(Standing(model="arn:other", state=StandingState.LIVE, at="2026-11-23T10:00:00+00:00")))


@pytest.mark.parametrize(
    "body", [None, b"{}", b"no json", OTHERS.encode()], ids=["no standing", "empty", "broken", "another student's"]
)
def test_what_cannot_be_asked_is_said(reader: Source, command: Command, body: bytes | None) -> None:
    if body:
        reader.account.objects[URI] = body
    refused, unchecked = asked(command)
    assert (refused, "rolled-back" in unchecked) == ([], True)


@pytest.mark.parametrize(("state", "refused"), [(StandingState.ROLLED_BACK, ["rolled-back"]), (StandingState.LIVE, [])])
def test_a_data_reader_sees_a_roll_back_in_the_standing(
    reader: Source, command: Command, state: StandingState, refused: list[str]
) -> None:
    found = Standing(model=MODEL, state=state, at="2026-11-23T10:00:00+00:00")
    reader.account.objects[URI] = json.dumps(to_wire(found)).encode()
    said, unchecked = asked(command)
    assert (said, "rolled-back" in unchecked) == (refused, False)
    assert asked(command, "--allow-rolled-back", "--reason", "mended")[0] == []
