"""Before a student goes to another account by a copy, the source shares its model with that account alone, until the
copy is there."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from distillery.cli.promote.sharing import CopyShare, copy_share, is_copied
from distillery.client import FunctionRefused
from distillery.core import catalog
from distillery.core.errors import BadRequest
from distillery.core.promotions import Way, promotion_folder
from distillery.records.refusal import Refusal
from tests.unit.cli.account import PIPELINE, FakeAccount
from tests.unit.cli.conftest import Command
from tests.unit.cli.promotable import RUN, promotable

HERE, THERE = "111111111111", "222222222222"
ID = "promotion-support-20261123T120000Z"
STARTED = "support-aaaaa-bbbbbbbb-1"
WORDS = ("promote", RUN, "--to", "staging", "--to-profile", "staging", "--yes")


def plan(way: Way, account: str) -> Any:
    """A plan whose first possible way is this one, from account 111111111111."""
    record = SimpleNamespace(account=HERE)
    return SimpleNamespace(
        there=SimpleNamespace(place=SimpleNamespace(account=account)),
        verified=SimpleNamespace(statement=SimpleNamespace(record=record)),
        output=SimpleNamespace(
            run="support-a-b-1",
            ways=[SimpleNamespace(way=Way.REPOINT, possible=False), SimpleNamespace(way=way, possible=True)],
        ),
    )


@pytest.mark.parametrize(
    ("way", "account", "shared"),
    [(Way.COPY, THERE, True), (Way.COPY, HERE, False), (Way.REDISTIL, THERE, False), (Way.REPOINT, HERE, False)],
)
def test_only_a_copy_to_another_account_needs_a_share(way: Way, account: str, shared: bool) -> None:
    source: Any = SimpleNamespace(environment="launch")
    found = plan(way, account)
    assert (copy_share(source, found) is not None and is_copied(found)) == shared


def test_a_source_that_shares_nothing_says_what_to_configure() -> None:
    source: Any = SimpleNamespace(environment="launch", account=SimpleNamespace(pipeline={"decisions": {}}))
    with pytest.raises(BadRequest, match=f"add account {THERE} to share_with"):
        CopyShare(on=source, run="support-a-b-1", account=THERE).begin()


@dataclass
class Copying:
    """The two functions that are asked, in the order of `asked`: `share`, `end`, or the state that the target answers.

    Attributes:
        states: Of the promotion, at each look; the last one stays.
        copied: The states in which the run has its student.
        refuses: What the target answers instead.
        way: The one that the promotion was admitted with.
    """

    states: list[str]
    copied: tuple[str, ...] = ("running: copied", "promoted", "awaiting-acceptance")
    refuses: Exception | None = None
    way: Way = Way.COPY
    asked: list[str] = field(default_factory=list)

    def share(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        assert (request["run"], request["account"]) == (RUN, THERE)
        self.asked.append("end" if request.get("end") else "share")
        return {"until": None}

    def admit(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        if self.refuses:
            raise self.refuses
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        self.asked.append(state)
        return {
            "promotion": ID,
            "way": self.way.value,
            "prefix": promotion_folder("support", ID),
            "run": "" if state == "admitted" else STARTED,
            "first": not request["promotion"],
            "state": state.partition(":")[0],
            "awaits_prompts": state == "admitted",
            "has_student": state in self.copied,
        }


Copy = Callable[..., Copying]


@pytest.fixture
def copying(account: FakeAccount, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Copy:
    """The record's run goes to staging by a copy: as if Bedrock shared models of its base."""
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    promotable(account, monkeypatch, tmp_path, settings=f'copy_from = ["{HERE}"]\n')
    known = catalog.model
    monkeypatch.setattr(catalog, "model", lambda name: replace(known(name), shareable=True))
    published: Mapping[str, Any] = PIPELINE
    account.pipeline = {**published, "decisions": {**published["decisions"], "share": "share-function"}}

    def set_up(*states: str, **more: Any) -> Copying:
        made = Copying([*states], **more)
        account.answers |= {"promote-function": made.admit, "share-function": made.share}
        return made

    return set_up


def test_the_share_ends_once_the_copy_is_there(copying: Copy, command: Command) -> None:
    functions = copying("admitted", "running", "running", "running", "running: copied", "running: copied")
    said = command(*WORDS)
    assert said.code == 0, said.out + said.err
    assert functions.asked == ["share", "admitted", "share", "running", "running", "running", "running: copied", "end"]
    assert f"the model is shared with account {THERE} until the copy is there" in said.out
    assert said.out.endswith("the model is not shared any more")


@pytest.mark.parametrize("ended", ["failed", "stopped", "declined"])
def test_it_ends_too_if_nothing_is_copied_any_more(copying: Copy, command: Command, ended: str) -> None:
    functions = copying("admitted", "running", ended)
    assert command(*WORDS).code == 0
    assert functions.asked[-2:] == [ended, "end"]


def test_a_run_that_a_person_has_to_approve_is_not_waited_for(copying: Copy, command: Command) -> None:
    functions = copying("admitted", "awaiting-approval")
    said = command(*WORDS)
    assert (said.code, functions.asked[-1]) == (0, "awaiting-approval")
    assert "the share of the model ends within a day" in said.out
    assert f"the same command with --promotion {ID} ends it as soon as the copy is there" in said.out


@pytest.mark.parametrize(
    ("state", "asked"),
    [
        ("running", ["running", "share", "running: copied", "end"]),
        ("running: copied", ["running: copied", "end"]),
        ("promoted", ["promoted", "end"]),
    ],
)
def test_the_same_command_ends_it_after_an_interrupt(
    copying: Copy, command: Command, monkeypatch: pytest.MonkeyPatch, state: str, asked: list[str]
) -> None:
    functions = copying("admitted", "running")

    def interrupted(_seconds: float) -> None:
        if functions.asked.count("running"):
            raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", interrupted)
    said = command(*WORDS)
    assert (said.code, functions.asked) == (130, ["share", "admitted", "share", "running"])
    assert f"the same command with --promotion {ID} ends it" in said.err
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    functions.states, functions.asked = [state, "running: copied"] if state == "running" else [state], []
    assert command(*WORDS, "--promotion", ID).code == 0
    assert functions.asked == asked


@pytest.mark.parametrize(
    ("refused", "asked"),
    [
        (FunctionRefused("RecordRefused", "too old", {"reason": Refusal.OLDER_THAN_LIVE.value}), ["share", "end"]),
        (FunctionRefused("RunActive", "another is open"), ["share", "end"]),
        (FunctionRefused("RecordRefused", "used", {"reason": Refusal.REPLAYED.value, "promotion": ID}), ["share"]),
        (FunctionRefused("NotAdmitted", "the recipe names other deciders"), ["share"]),
    ],
)
def test_a_refused_record_leaves_no_share_but_that_of_an_earlier_promotion(
    copying: Copy, command: Command, refused: FunctionRefused, asked: list[str]
) -> None:
    functions = copying("admitted", refuses=refused)
    assert command(*WORDS).code == 4
    assert functions.asked == asked


def test_a_target_that_does_not_answer_may_need_the_share(copying: Copy, command: Command) -> None:
    functions = copying("admitted", refuses=ConnectionError("the function did not answer"))
    said = command(*WORDS)
    assert (said.code != 0, functions.asked) == (True, ["share"])
    assert f"the model is shared with account {THERE}; the share ends within a day" in said.err


def test_a_promotion_that_goes_another_way_needs_no_share(copying: Copy, command: Command) -> None:
    functions = copying("admitted", "running", way=Way.REDISTIL)
    assert command(*WORDS).code == 0
    assert functions.asked == ["share", "admitted", "end", "running"]
