"""The CDK command line as the demo runs it, replaced by a script."""

import os
import time
from pathlib import Path

import pytest
import typer

from local.account import LocalAccount
from local.demo import deployment


@pytest.fixture
def account(tmp_path: Path) -> LocalAccount:
    return LocalAccount(state=tmp_path, port=4566)


def _cdk(script: str, account: LocalAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in = account.state / "cdk"
    stand_in.write_text(f"#!/bin/sh\n{script}\n")
    stand_in.chmod(0o755)
    monkeypatch.setattr(deployment, "CDK", stand_in)


def test_ctrl_c_ends_the_cdk_and_everything_that_it_started(
    account: LocalAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    _cdk(f"sleep 300 & echo $! > {account.state}/child; echo started; wait", account, monkeypatch)

    def interrupted(_line: str) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(deployment, "_short", interrupted)
    with pytest.raises(KeyboardInterrupt):
        deployment._cdk(account, ["deploy"], "cdk deploy", folder=account.state)
    child = int((account.state / "child").read_text())
    assert _gone(child), "the CDK is still running although nothing waits for it"


def _gone(pid: int) -> bool:
    """Whether the process ends within a second: its new parent may need a moment to reap it."""
    for _ in range(20):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        if Path(f"/proc/{pid}/stat").exists() and ") Z " in Path(f"/proc/{pid}/stat").read_text():
            return True
        time.sleep(0.05)
    return False


def test_a_deployment_that_fails_shows_its_last_lines_and_where_the_log_is(
    account: LocalAccount, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _cdk("for n in $(seq 40); do echo line $n; done; exit 3", account, monkeypatch)
    with pytest.raises(typer.Exit):
        deployment._cdk(account, ["deploy"], "cdk deploy", folder=account.state)
    said = capsys.readouterr().out
    assert "cdk deploy failed" in said
    assert "line 40" in said
    assert "line 20\n" not in said
    assert str(account.state / "cdk-deploy.log") in "".join(said.split())
    assert (account.state / "cdk-deploy.log").read_text().startswith("line 1\n")
