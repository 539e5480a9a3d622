"""What the demo refuses before it starts anything."""

import io
import time
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer

from bedrock_simulator.clock import ClockState
from distillery.settings import ConfigError
from local.account import LocalAccount
from local.demo import run_demo, workflow
from local.demo.workflow import has_valid_date
from local.emulator import process
from local.emulator.clock import write
from local.emulator.process import CannotStart
from tests.unit.dataset.fakes import file

LAUNCH = "2024-12-04"


@pytest.mark.parametrize("environment", ["staging", "prod"])
def test_an_environment_of_another_account_is_refused_in_one_sentence(environment: str) -> None:
    with pytest.raises(CannotStart, match=rf"^environment '{environment}' is for account \d+, and the local account"):
        run_demo(environment=environment, prompts=None, again=False, port=1)


def test_an_unknown_environment_is_refused_with_those_there_are() -> None:
    with pytest.raises(ConfigError, match="Allowed: dev, launch, prod, staging"):
        run_demo(environment="nowhere", prompts=None, again=False, port=1)


def test_a_recipe_that_the_environment_does_not_have_is_refused_with_those_it_has() -> None:
    wanted = r"no recipe 'tickets'; it has support: add the table \[recipes.tickets\] to environments/launch.toml"
    with pytest.raises(CannotStart, match=wanted):
        run_demo(environment="launch", prompts=None, again=False, port=1, recipe="tickets")


def test_a_recipe_without_an_example_needs_prompts() -> None:
    with pytest.raises(
        CannotStart, match="support, tickets have: give your own with `make demo RECIPE=mine PROMPTS=FILE"
    ):
        run_demo(environment="dev", prompts=None, again=False, port=1, recipe="mine")


@pytest.mark.parametrize(
    ("name", "body", "reason"),
    [
        ("prompts.csv", b"question,answer", "ends in none of .jsonl"),
        ("prompts.jsonl", b"", "empty-file"),
        ("prompts.jsonl", b'{"messages":[{"role":"user","content":"hi"}]}\n' * 200, "--from openai"),
        ("prompts.jsonl", file(110), "too-few-prompts"),
    ],
)
def test_prompts_that_a_run_would_refuse_are_refused_before_anything_starts(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    body: bytes,
    reason: str,
) -> None:
    (tmp_path / name).write_bytes(body)
    for started in ("_account", "bootstrap", "deploy"):
        monkeypatch.setattr(f"local.demo.workflow.{started}", lambda *_: pytest.fail("something was started"))
    with pytest.raises(typer.Exit):
        run_demo(environment="dev", prompts=tmp_path / name, again=False, port=1)
    printed = capsys.readouterr()
    assert reason in printed.out + printed.err
    assert "nothing was started" in printed.out


@pytest.mark.parametrize(
    ("environment", "began", "now", "may"),
    [
        ("dev", None, datetime(2026, 11, 25, tzinfo=UTC), True),
        ("dev", None, datetime(2028, 1, 1, tzinfo=UTC), True),
        ("dev", LAUNCH, datetime(2024, 12, 4, tzinfo=UTC), False),
        ("launch", None, datetime(2026, 11, 25, tzinfo=UTC), False),
        ("launch", LAUNCH, datetime(2024, 12, 31, 23, tzinfo=UTC), True),
        ("launch", LAUNCH, datetime(2025, 1, 1, 1, tzinfo=UTC), False),
        ("launch", LAUNCH, datetime(2025, 12, 4, tzinfo=UTC), False),
    ],
)
def test_an_account_serves_the_environment_whose_calendar_it_keeps(
    tmp_path: Path, environment: str, began: str | None, now: datetime, may: bool
) -> None:
    account = LocalAccount(state=tmp_path, port=4566, date=began)
    write(account.clock_file, ClockState(real=time.time(), virtual=now.timestamp(), speed=1))
    assert has_valid_date(account, environment) is may


@pytest.mark.parametrize(
    ("running", "environment", "port", "discard", "sentence"),
    [
        (None, "launch", None, False, "run `make demo ENV=launch DISCARD=1`"),
        (LAUNCH, "dev", None, False, "run `make demo ENV=dev DISCARD=1`"),
        (None, "dev", 4599, False, "already runs on port 4566, so it cannot run on port 4599"),
        (None, "dev", 4566, False, None),
        (None, "dev", None, False, None),
        (None, "launch", 4599, True, None),
    ],
)
def test_a_running_account_is_kept_unless_its_loss_is_agreed_to(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    running: str | None,
    environment: str,
    port: int | None,
    discard: bool,
    sentence: str | None,
) -> None:
    found = LocalAccount(state=tmp_path, port=4566, date=running)
    found.save()
    virtual = datetime.fromisoformat(f"{running or '2026-11-25'}T00:00:00+00:00").timestamp()
    write(found.clock_file, ClockState(real=time.time(), virtual=virtual, speed=1))
    stopped: list[Path] = []
    started: list[LocalAccount] = []
    monkeypatch.setattr(process, "running", lambda _state: found)
    monkeypatch.setattr(process, "stop", stopped.append)

    def start(account: LocalAccount) -> LocalAccount:
        started.append(account)
        return account

    monkeypatch.setattr(process, "start", start)
    monkeypatch.setattr("local.demo.workflow.os", SimpleNamespace(environ={}))
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    if sentence is None:
        workflow._account(environment, port, discard=discard)
        assert [account.port for account in started] == [port or 4566]
    else:
        with pytest.raises(CannotStart, match=sentence):
            workflow._account(environment, port, discard=discard)
    assert len(stopped) == discard
