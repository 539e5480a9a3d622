"""`distillery promote RUN --to ENV` has the target admit the record, and copies the prompts that it trains on."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from distillery.client import FunctionRefused, NotDeployed
from distillery.core.promotions import MARKER, Way, promotion_folder
from distillery.records.refusal import Refusal
from tests.fakes.s3 import FakeS3
from tests.unit.cli.account import PIPELINE, FakeAccount
from tests.unit.cli.conftest import Command, CommandResult
from tests.unit.cli.promotable import FOLDER, HELD_OUT, RUN, TRAINED, URI, promotable

ID = "promotion-support-20261123T120000Z"
THERE = promotion_folder("support", ID)
STARTED = "support-aaaaa-bbbbbbbb-1"
WRITTEN = [f"{THERE}train.jsonl", f"{THERE}heldout.jsonl", THERE + MARKER]
FOLLOW = f"AWS_PROFILE=staging distillery --env staging --region us-east-1 watch {STARTED}"
PROFILE = ("--to-profile", "staging")
WORDS = ("promote", RUN, "--to", "staging", *PROFILE)


@dataclass
class FakeAdmission:
    """The target's admission function: it consumes a record once, and has a run when the last object is there.

    refuses: what it answers instead. way: the way that it takes. runs: whether a run begins at all. ended: the states
    of its runs that have ended without a student, the first one first; each is admitted again only by `again`.
    """

    bucket: FakeS3
    refuses: Exception | None = None
    way: Way = Way.REDISTIL
    runs: bool = True
    used_by: str = ""
    ended: list[str] = field(default_factory=list)
    admitted_again: int = 0
    asked: list[Mapping[str, Any]] = field(default_factory=list)

    def __call__(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        self.asked.append(request)
        if self.refuses:
            raise self.refuses
        known = self.used_by
        if known and request["promotion"] != known:
            details = {"reason": Refusal.REPLAYED.value, "promotion": known}
            raise FunctionRefused("RecordRefused", f"promotion '{known}' has used the record", details)
        self.used_by = ID
        self.admitted_again = len(self.ended) if request["again"] else self.admitted_again
        markers = self.written().count(THERE + MARKER) if self.runs else 0
        ended = markers == len(self.ended) > 0
        return {
            "promotion": ID,
            "way": self.way.value,
            "prefix": THERE,
            "run": f"{STARTED[:-1]}{markers}" if markers else "",
            "first": not known,
            "state": self.ended[-1] if ended else "running" if markers else "admitted",
            "awaits_prompts": not markers or (ended and self.admitted_again == len(self.ended)),
        }

    def written(self) -> list[str]:
        """The keys in the target's prompts bucket, in the order in which they were written."""
        return [one.key for one in self.bucket.kept if one.bucket == "prompts"]


Start = Callable[..., FakeAdmission]


@pytest.fixture
def start(account: FakeAccount, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Start:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)

    def set_up(**more: Any) -> FakeAdmission:
        admission = FakeAdmission(promotable(account, monkeypatch, tmp_path, **more))
        account.answers["promote-function"] = admission
        return admission

    return set_up


def test_the_record_is_admitted_and_the_prompts_are_copied(
    start: Start, command: Command, account: FakeAccount
) -> None:
    admission = start()
    said = command(*WORDS, "--yes", "--reason", "new labels")
    assert said.code == 0, said.out + said.err
    assert admission.written() == WRITTEN
    assert [one.body for one in admission.bucket.kept if one.bucket == "prompts"][:2] == [TRAINED, HELD_OUT]
    assert base64.b64decode(admission.asked[0]["record"]) == account.objects[URI]
    assert admission.asked[0]["reason"] == "new labels"
    for part in (
        f"promotion {ID} is admitted in staging",
        f"copied train.jsonl ({len(TRAINED)} bytes)",
        f"run {STARTED} has begun; follow it with: {FOLLOW}",
    ):
        assert part in said.out, part


def test_the_target_is_reached_with_its_own_credentials(start: Start, command: Command, account: FakeAccount) -> None:
    start()
    command(*WORDS, "--yes")
    assert dict(account.sessions) == {
        "dev": {"profile": None, "keys": {}},
        "staging": {"profile": "staging", "keys": {}},
    }


def test_the_document_names_the_promotion_and_its_run(start: Start, command: Command) -> None:
    start()
    said = command(*WORDS, "--yes", "--json")
    found = json.loads(said.out)
    assert (said.code, found["promotion"], found["first"], found["started_run"]) == (0, ID, True, STARTED)
    assert (found["admitted"], found["way"], found["unchecked"]) == (True, "re-distil", [])
    assert found["next"] == FOLLOW


def test_nothing_happens_without_a_confirmation(
    start: Start, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    admission = start()
    asked: list[str] = []

    def declined(question: str, **_: Any) -> None:
        asked.append(question)
        raise KeyboardInterrupt

    monkeypatch.setattr("typer.confirm", declined)
    assert command(*WORDS).code == 130
    assert asked[0].startswith(f"Promote run {RUN} of dev to staging, way re-distil, at a cost of about $")
    assert (admission.asked, admission.written()) == ([], [])


@pytest.mark.parametrize("after", [0, 1, 2])
def test_the_same_command_continues_after_an_interrupt(
    start: Start, command: Command, account: FakeAccount, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    """`after`: how many objects were written before it."""
    admission, put = start(), FakeS3.put_object

    def interrupted(self: FakeS3, **asked: Any) -> Any:
        if asked["Bucket"] == "prompts" and len(admission.written()) == after:
            raise KeyboardInterrupt
        return put(self, **asked)

    monkeypatch.setattr(FakeS3, "put_object", interrupted)
    said = command(*WORDS, "--yes")
    assert (said.code, f"promotion {ID} continues when the same command is run again" in said.err) == (130, True)
    monkeypatch.setattr(FakeS3, "put_object", put)
    again = command(*WORDS, "--yes")
    assert (again.code, f"promotion {ID} is continued in staging" in again.out) == (0, True), again.out
    assert admission.written()[-3:] == WRITTEN
    assert f"run {STARTED} has begun" in again.out


@pytest.mark.parametrize(("error", "code"), [(KeyboardInterrupt(), 130), (NotDeployed("no function URL"), 2)])
def test_once_all_prompts_are_there_the_promotion_goes_on_without_the_command(
    start: Start, command: Command, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int
) -> None:
    """The same command would be refused then, because the record's run has begun."""
    admission = start()

    def interrupted(_seconds: float) -> None:
        raise error

    monkeypatch.setattr("time.sleep", interrupted)
    said = command(*WORDS, "--yes")
    assert (said.code, admission.written()) == (code, WRITTEN)
    look = "AWS_PROFILE=staging distillery --env staging --region us-east-1 promotions"
    assert f"promotion {ID} has its prompts, and goes on; see its run with: {look}" in said.err
    assert "same command" not in said.err


@pytest.mark.parametrize("ids", [("--promotion", ID), ()])
def test_a_record_that_was_used_is_refused_and_its_promotion_can_be_named(
    start: Start, command: Command, ids: tuple[str, ...]
) -> None:
    admission = start()
    assert command(*WORDS, "--yes").code == 0
    said = command(*WORDS, "--yes", "--json", *ids)
    found = json.loads(said.out)
    if ids:
        assert (said.code, found["first"], found["started_run"]) == (0, False, STARTED)
    else:
        assert (said.code, [one["reason"] for one in found["refusals"]], found["next"]) == (4, ["replayed"], None)
        assert "refused (replayed)" in command(*WORDS, "--yes").out
    assert admission.written() == WRITTEN, "nothing was copied twice"


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (
            FunctionRefused("RecordRefused", "too old", {"reason": "older-than-live"}),
            4,
            "refused (older-than-live): too",
        ),
        (FunctionRefused("RunActive", "promotion x of recipe 'support' is still open (running)"), 4, "is still open"),
        (NotDeployed("environment 'staging' has no function URL"), 2, "has no function URL"),
    ],
)
def test_what_the_target_refuses_starts_nothing(
    start: Start, command: Command, error: Exception, code: int, said: str
) -> None:
    admission = start()
    admission.refuses = error
    done = command(*WORDS, "--yes")
    assert (done.code, said in done.out + done.err) == (code, True), done
    assert admission.written() == []


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        ({"expires": "2026-11-23T12:00:00+00:00"}, 4, "refused (expired)"),
        (
            {"edits": (("budget_usd = 25", "budget_usd = 1\nmonthly_budget_usd = 25"),)},
            4,
            "staging would refuse the run",
        ),
        ({"subjects": {"report": "b" * 64}}, 2, "the target trains on them, so nothing was started"),
    ],
)
def test_what_is_known_to_be_refused_consumes_no_record(
    start: Start, command: Command, more: dict[str, Any], code: int, said: str
) -> None:
    admission = start(**more)
    done = command(*WORDS, "--yes")
    assert (done.code, said in done.out + done.err) == (code, True), done
    assert admission.asked == []


def test_a_run_above_its_budget_that_a_person_may_approve_is_promoted(start: Start, command: Command) -> None:
    admission = start(edits=(("budget_usd = 25", 'budget_usd = 1\nmonthly_budget_usd = 25\nover_budget = "approve"'),))
    assert command(*WORDS, "--yes").code == 0
    assert admission.written() == WRITTEN


def test_a_file_that_changes_meanwhile_is_not_copied(
    start: Start, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    admission = start()
    found: Callable[[Any], Any] = admission.__call__

    def changing(request: Mapping[str, Any]) -> Mapping[str, Any]:
        admission.bucket.put(f"{FOLDER}/heldout.jsonl", b"{}\n")
        answer: Mapping[str, Any] = found(request)
        return answer

    monkeypatch.setattr(FakeAdmission, "__call__", lambda _self, request: changing(request))
    done = command(*WORDS, "--yes")
    assert (done.code, "somebody changed the file" in done.err) == (2, True), done
    assert done.err.endswith(f"promotion {ID} continues when the same command is run again")
    assert admission.written() == WRITTEN[:1]


@pytest.mark.parametrize("changed", [False, True])
def test_a_large_file_is_copied_in_parts(
    start: Start, command: Command, monkeypatch: pytest.MonkeyPatch, changed: bool
) -> None:
    admission = start()
    monkeypatch.setattr("distillery.cli.promote.copying.PART", 1000)
    monkeypatch.setattr("distillery.cli.promote.copying.BLOCK", 700)
    complete = FakeS3.upload_part
    if changed:
        monkeypatch.setattr(
            FakeS3,
            "upload_part",
            lambda self, **asked: _fail() if asked["PartNumber"] == 3 else complete(self, **asked),
        )
    done = command(*WORDS, "--yes")
    assert admission.bucket.unfinished == [], "an upload in parts is ended, whatever happens"
    if changed:
        assert (done.code, admission.written()) == (130, [])
        return
    assert [one.body for one in admission.bucket.kept if one.bucket == "prompts"][:2] == [TRAINED, HELD_OUT]


def _fail() -> None:
    raise KeyboardInterrupt


def test_another_way_needs_the_prompts_too(start: Start, command: Command) -> None:
    admission = start()
    admission.way = Way.REPOINT
    said = command(*WORDS, "--yes")
    assert (said.code, admission.written(), f"run {STARTED} has begun" in said.out) == (0, WRITTEN, True)


@pytest.mark.parametrize("state", ["failed", "declined", "stopped"])
def test_another_run_follows_one_that_ended_without_a_student(start: Start, command: Command, state: str) -> None:
    admission = start()
    command(*WORDS, "--yes")
    admission.ended.append(state)
    unnamed = command(*WORDS, "--yes")
    assert (unnamed.code, "refused (replayed)" in unnamed.out, admission.written()) == (4, True, WRITTEN)
    said = command(*WORDS, "--yes", "--promotion", ID)
    assert (said.code, admission.written()) == (0, WRITTEN * 2), said.out + said.err
    assert f"run {STARTED[:-1]}2 has begun" in said.out


@pytest.mark.parametrize("after", [0, 1, 2])
def test_another_run_is_started_also_after_an_interrupt(
    start: Start, command: Command, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    """`after`: how many objects were written again before it."""
    admission, put = start(), FakeS3.put_object
    command(*WORDS, "--yes")
    admission.ended.append("failed")

    def interrupted(self: FakeS3, **asked: Any) -> Any:
        if len(admission.written()) == len(WRITTEN) + after:
            raise KeyboardInterrupt
        return put(self, **asked)

    monkeypatch.setattr(FakeS3, "put_object", interrupted)
    assert command(*WORDS, "--yes", "--promotion", ID).code == 130
    monkeypatch.setattr(FakeS3, "put_object", put)
    assert f"run {STARTED[:-1]}2 has begun" in command(*WORDS, "--yes", "--promotion", ID).out


def test_a_run_that_goes_on_is_not_said_to_begin(start: Start, command: Command) -> None:
    admission = start()
    command(*WORDS, "--yes")
    said = command(*WORDS, "--yes", "--promotion", ID)
    assert f"its run {STARTED} is running; follow it with: {FOLLOW}" in said.out
    assert admission.written() == WRITTEN


def test_only_the_confirmed_way_may_be_taken(start: Start, command: Command) -> None:
    admission = start()
    assert command(*WORDS, "--yes").code == 0
    assert [one["way"] for one in admission.asked[:1]] == ["re-distil"]


def test_a_promotion_that_was_admitted_with_another_way_is_confirmed_with_it(
    start: Start, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The settings have changed since: what was shown is not what the promotion costs."""
    admission, asked = start(), list[str]()
    admission.used_by, admission.way = ID, Way.COPY

    def answered(question: str, **_: Any) -> None:
        asked.append(question)
        if "another way" in question:
            raise KeyboardInterrupt

    monkeypatch.setattr("typer.confirm", answered)
    assert command(*WORDS, "--promotion", ID).code == 130
    assert [one for one in asked if "another way, copy, and keeps it" in one]
    assert admission.written() == []


def test_a_run_that_does_not_begin_is_looked_for_later(start: Start, command: Command) -> None:
    admission = start()
    admission.runs = False
    said = command(*WORDS, "--yes")
    assert said.code == 0
    assert "the run has not begun yet; see what it waits for with: AWS_PROFILE=staging distillery" in said.out
    assert said.out.endswith("promotions")


def _publish_users(monkeypatch: pytest.MonkeyPatch) -> None:
    """A local account with a user of each environment. The command sets the user's variables in its process."""

    class Published:
        def variables_for(self, environment: str) -> dict[str, str]:
            return {"AWS_ACCESS_KEY_ID": environment}

        def region(self, environment: str) -> str:
            return "us-east-1"

    monkeypatch.setattr("distillery.cli.local_account.PublishedAccount.find", Published)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "before")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("promote", RUN, "--to", "staging", "--yes"), "staging is in account 222222222222: name a profile"),
        (("--local", *WORDS), "the local account knows its users"),
    ],
)
def test_credentials_that_cannot_reach_the_target_are_a_sentence(
    start: Start, command: Command, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], said: str
) -> None:
    admission = start()

    _publish_users(monkeypatch)
    done: CommandResult = command(*words)
    assert (done.code, said in done.err) == (2, True), done
    assert admission.asked == []


def test_a_target_that_admits_nothing_says_what_it_needs(start: Start, command: Command, account: FakeAccount) -> None:
    admission = start()
    published: Mapping[str, Any] = PIPELINE
    decisions = {name: url for name, url in published["decisions"].items() if name != "promote"}
    account.pipeline = {**published, "decisions": decisions}
    done = command(*WORDS, "--yes")
    assert (done.code, "staging is deployed without an admission function" in done.err) == (2, True), done
    assert admission.asked == []


def test_a_target_that_is_not_there_says_whose_credentials_are_needed(
    start: Start, command: Command, account: FakeAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    start()

    class Elsewhere:
        @property
        def pipeline(self) -> Mapping[str, Any]:
            raise NotDeployed("environment 'staging' is not deployed in us-east-1 of this account")

    def the_account(environment: str, region: str | None, **_: object) -> Any:
        return Elsewhere() if environment == "staging" else account

    monkeypatch.setattr("distillery.client.Account", the_account)
    done = command(*WORDS, "--yes")
    assert (done.code, "name a profile with credentials for it" in done.err) == (2, True), done


def test_the_local_account_knows_the_user_of_each_environment(
    start: Start, command: Command, account: FakeAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    start()

    _publish_users(monkeypatch)
    assert command("--local", "promote", RUN, "--to", "staging", "--yes").code == 0
    assert dict(account.sessions)["staging"] == {"profile": None, "keys": {"AWS_ACCESS_KEY_ID": "staging"}}
