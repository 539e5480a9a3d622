"""The account starts once, says why it cannot start, and leaves nothing behind."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from local.account import ROOT, LocalAccount, NoLocalAccount
from local.emulator import process
from local.emulator.serving_process import Starter, start_process
from tests.journey import accounts
from tests.unit.local.emulator.harness import EmulatorHarness


@pytest.fixture
def asked(tmp_path: Path) -> LocalAccount:
    """An account that was not started yet, in its own folder."""
    return LocalAccount(state=tmp_path / "state", port=0, date="2024-12-04", speed=360)


@pytest.fixture(params=["as a process", "as a copy"] if sys.platform == "linux" else ["as a process"])
def starter(request: pytest.FixtureRequest) -> Iterator[Starter]:
    """Starts the emulator in one of the two ways."""
    if request.param == "as a process":
        yield start_process
    else:
        with accounts.copies() as copying:
            yield copying


def test_a_started_account_is_reused_and_a_stopped_one_leaves_no_process(asked: LocalAccount, starter: Starter) -> None:
    first = process.start(asked, starter)
    harness = EmulatorHarness(first)
    harness.invoke(harness.function("def handler(event, context): return 1"))
    pid = int((asked.state / "pid").read_text())
    assert process.start(asked) == first == LocalAccount.load(asked.state) == process.holding(asked.state)
    with pytest.raises(process.CannotStart, match="already runs with date 2024-12-04"):
        process.start(replace(asked, date=None))
    assert process.stop(asked.state)
    assert (process._alive(pid), process.running(asked.state), process.stop(asked.state)) == (False, None, False)
    with pytest.raises(NoLocalAccount, match="start one with"):
        LocalAccount.load(asked.state)


def test_an_account_that_does_not_answer_is_not_replaced(asked: LocalAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its data is still there: it may only be busy for longer than the question waits."""
    account = process.start(asked)
    pid = int((asked.state / "pid").read_text())
    monkeypatch.setattr(process, "_healthy", lambda _account: False)
    with pytest.raises(process.CannotStart, match="runs and does not answer: wait until it is less busy"):
        process.start(asked)
    assert (process.holding(asked.state), process._alive(pid)) == (account, True)
    assert process.stop(asked.state)


def test_an_account_that_hangs_is_killed(asked: LocalAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_GRACE", 0.5)
    process.start(asked)
    pid = int((asked.state / "pid").read_text())
    os.kill(pid, signal.SIGSTOP)
    assert process.stop(asked.state)
    assert not process._alive(pid)


BUSY = """
import pathlib, time
def handler(event, context):
    pathlib.Path(event["begun"]).touch()
    time.sleep(3600)
"""


def test_workers_that_outlived_a_killed_account_are_stopped_too(asked: LocalAccount, tmp_path: Path) -> None:
    """A worker that waits for its next event ends with the account. One that is busy does not notice."""
    harness = EmulatorHarness(process.start(asked))
    function, begun = harness.function(BUSY), tmp_path / "begun"
    payload = json.dumps({"begun": str(begun)}).encode()
    harness.client("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=payload)
    harness.until(begun.exists)
    pid = int((asked.state / "pid").read_text())
    os.kill(pid, signal.SIGKILL)
    assert process.stop(asked.state)
    assert not process._alive(pid)


def test_a_stranger_who_got_the_number_later_is_left_alone(asked: LocalAccount) -> None:
    asked.state.mkdir()
    with subprocess.Popen(["sleep", "60"], cwd="/", start_new_session=True) as stranger:
        (asked.state / "pid").write_text(str(stranger.pid))
        assert process.running(asked.state) is None
        assert not process.stop(asked.state)
        assert stranger.poll() is None
        stranger.kill()


@pytest.mark.parametrize("look", [process._commands_from_proc, process._commands_from_ps])
def test_a_groups_commands_are_seen_however_the_system_lists_them(look: Callable[[int], Iterator[str]]) -> None:
    with subprocess.Popen(["sleep", "61"], start_new_session=True) as sleeper:
        commands = [""]
        while commands == [""]:  # as a command line reads for a moment after exec
            commands = [command.strip() for command in look(sleeper.pid)]
        assert commands == ["sleep 61"]
        sleeper.kill()


def test_who_interrupts_the_start_leaves_nothing(asked: LocalAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    pids: list[int] = []

    def interrupted(started: "subprocess.Popen[bytes]", _account: LocalAccount) -> None:
        pids.append(started.pid)
        raise KeyboardInterrupt

    monkeypatch.setattr(process, "_wait_until_healthy", interrupted)
    with pytest.raises(KeyboardInterrupt):
        process.start(asked)
    assert not process._alive(pids[0])
    assert not (asked.state / "account.json").exists()


def test_it_listens_on_loopback_alone(asked: LocalAccount) -> None:
    account = process.start(asked)
    log = (asked.state / "emulator.log").read_text()
    process.stop(asked.state)
    assert f"Running on http://127.0.0.1:{account.port} " in log


def test_a_busy_port_is_one_sentence(asked: LocalAccount) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(process.CannotStart, match=rf"^port {port} on 127.0.0.1 is taken by another program: "):
            process.start(replace(asked, port=port))


@pytest.mark.parametrize("name", ["PYTHON", "LAMBDA_PYTHON"])
def test_a_missing_environment_is_one_sentence(asked: LocalAccount, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(process, name, ROOT / ".venv-gone" / "bin" / "python")
    with pytest.raises(process.CannotStart, match=r"\.venv-gone .* is missing: `make install`"):
        process.start(asked)


def test_a_full_disk_is_one_sentence(asked: LocalAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = SimpleNamespace(free=5 * 10**7)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)
    with pytest.raises(process.CannotStart, match="only 50 MB are free"):
        process.start(asked)


def test_a_wrong_date_is_one_sentence(asked: LocalAccount) -> None:
    with pytest.raises(process.CannotStart, match="'yesterday' is not a date"):
        process.start(replace(asked, date="yesterday"))


def test_the_command_says_what_it_did(asked: LocalAccount) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "local.emulator", *arguments, "--state", str(asked.state)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    started = run("start", "--port", "0", "--date", "2024-12-04", "--fail-jobs", "bad-")
    assert started.stdout.startswith("local AWS account 111111111111 on http://127.0.0.1:")
    assert LocalAccount.load(asked.state).fail_jobs == ("bad-",)
    assert '"date": "2024-12-04"' in run("status").stdout
    refused = run("stop")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "which nothing can restore: it keeps running; to stop it and discard them, run `make down DISCARD=1`" in (
        refused.stderr
    )
    elsewhere = run("start", "--port", str(LocalAccount.load(asked.state).port % 60000 + 1024))
    assert (elsewhere.returncode, "so it cannot run on port" in elsewhere.stderr) == (1, True)
    assert run("stop", "--discard").stdout == "stopped\n"
    assert (run("stop").stdout, run("status").returncode) == ("nothing was running\n", 1)


def test_a_clients_environment_leads_to_the_account_and_nowhere_else(asked: LocalAccount) -> None:
    mine = {"AWS_PROFILE": "work", "AWS_SESSION_TOKEN": "t", "HTTPS_PROXY": "http://p", "PATH": "/bin"}
    found = replace(asked, port=4566).environ("us-east-2", base=mine)
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN", "HTTPS_PROXY"} & set(found)
    assert (found["PATH"], found["AWS_REGION"]) == ("/bin", "us-east-2")
    assert found["AWS_ENDPOINT_URL"] == found["AWS_ENDPOINT_URL_S3"] == "http://127.0.0.1:4566"
    assert "AWS_REGION" not in asked.environ(base={})
