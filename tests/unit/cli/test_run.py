"""`distillery run` uploads prompts to a prefix without a trigger, and calls the dataset function."""

import json
from pathlib import Path

import pytest

from distillery.core.ledger.ledger import Ledger
from distillery.core.pipeline import Outcome
from tests.fakes.pipeline import open_run
from tests.unit.cli.account import FakeAccount
from tests.unit.cli.conftest import Command

STARTED = {"status": "started", "run": "support-aaaaa-bbbbbbbb-1", "report_uri": "s3://data/r.json", "reason": ""}


@pytest.fixture
def prompts(tmp_path: Path) -> Path:
    file = tmp_path / "prompts.jsonl"
    file.write_text("{}\n")
    return file


def test_it_asks_for_the_very_version_that_it_uploaded(account: FakeAccount, command: Command, prompts: Path) -> None:
    account.answers["dataset-function"] = STARTED
    said = command("run", "support", str(prompts))
    assert said.code == 0
    assert said.out == (
        "run support-aaaaa-bbbbbbbb-1 has started; follow it with: distillery watch support-aaaaa-bbbbbbbb-1"
    )
    assert account.uploads == [("support", "uploads/support/prompts.jsonl")]
    uri = "s3://prompts/uploads/support/prompts.jsonl"
    payload = {"recipe": "support", "uri": uri, "version": "v1", "again": False}
    assert account.calls == [("dataset-function", payload, None)]


def test_again_asks_for_a_new_attempt(account: FakeAccount, command: Command, prompts: Path) -> None:
    account.answers["dataset-function"] = STARTED
    command("run", "support", str(prompts), "--again")
    assert account.calls[0][1]["again"] is True


def test_the_same_prompts_lead_to_their_run(account: FakeAccount, command: Command, prompts: Path) -> None:
    account.answers["dataset-function"] = STARTED | {"status": "same"}
    said = command("run", "support", str(prompts))
    assert said.code == 0
    assert "already have run support-aaaaa-bbbbbbbb-1" in said.out
    assert "--again" in said.out


@pytest.mark.parametrize("status", ["rejected", "over-budget", "busy"])
def test_what_starts_nothing_says_why_and_exits_with_1(
    account: FakeAccount, command: Command, prompts: Path, status: str
) -> None:
    account.answers["dataset-function"] = {"status": status, "run": None, "report_uri": None, "reason": "too few [x]"}
    said = command("run", "support", str(prompts))
    assert (said.code, said.out) == (4, f"{status}: too few [x]")


def test_a_rejected_file_shows_what_was_found_and_how_to_mend_it(
    account: FakeAccount, command: Command, prompts: Path
) -> None:
    found = {"code": "not-json", "severity": "error", "count": 12, "wrong": "expecting value, at character 1"}
    found |= {"allowed": "one JSON object", "fix": "use [json]", "places": [f"a.jsonl:{n}" for n in range(1, 13)]}
    account.objects["s3://data/r.json"] = json.dumps({"findings": [found]}).encode()
    account.answers["dataset-function"] = STARTED | {"status": "rejected", "reason": "12 lines are bad"}
    said = command("run", "support", str(prompts))
    assert said.code == 4
    assert "error not-json ×12: expecting value, at character 1" in said.out
    assert "at a.jsonl:1, a.jsonl:2, a.jsonl:3, a.jsonl:4, a.jsonl:5 and 7 more" in said.out
    assert "fix use [json]" in said.out
    assert said.out.endswith("no run was started. The complete report: s3://data/r.json")


def test_an_unknown_recipe_uploads_nothing_and_lists_the_recipes(
    account: FakeAccount, command: Command, prompts: Path
) -> None:
    said = command("run", "suport", str(prompts))
    assert said.code == 2
    assert said.err == "distillery: there is no recipe 'suport'; environment 'dev' has ['support', 'triage']"
    assert not account.uploads


def test_a_file_that_is_not_there_is_a_usage_error(account: FakeAccount, command: Command) -> None:
    said = command("run", "support", "nowhere.jsonl")
    assert said.code == 2
    assert "nowhere.jsonl" in said.err
    assert not account.calls


@pytest.mark.parametrize(("outcome", "code"), [(Outcome.PROMOTED, 0), (Outcome.REJECTED, 6), (Outcome.FAILED, 5)])
def test_wait_ends_as_the_run_does(
    account: FakeAccount, ledger: Ledger, command: Command, prompts: Path, outcome: Outcome, code: int
) -> None:
    run = open_run(ledger)
    ledger.close(run.id, outcome, "so it was")
    account.answers["dataset-function"] = STARTED | {"run": run.id}
    said = command("run", "support", str(prompts), "--wait")
    assert said.code == code
    assert said.out.endswith(outcome if outcome is Outcome.PROMOTED else f"{outcome}: so it was")
