"""A running account's data is discarded only if somebody agrees."""

import builtins
import sys
from pathlib import Path

import pytest

from local.account import LocalAccount
from local.emulator.discarding import approve_discard
from local.emulator.ports import CannotStart

COMMAND = "make down DISCARD=1"


@pytest.fixture
def account(tmp_path: Path) -> LocalAccount:
    made = LocalAccount(state=tmp_path, port=4566)
    made.save()
    return made


def _terminal(monkeypatch: pytest.MonkeyPatch, answer: str | type[BaseException], *, there: bool = True) -> list[str]:
    asked: list[str] = []

    def reply(question: str) -> str:
        asked.append(question)
        if isinstance(answer, str):
            return answer
        raise answer

    monkeypatch.setattr(builtins, "input", reply)
    for stream in (sys.stdin, sys.stdout):
        monkeypatch.setattr(stream, "isatty", lambda: there, raising=False)
    return asked


@pytest.mark.parametrize("answer", ["y", "Y", "yes", " Yes "])
def test_a_yes_discards(account: LocalAccount, monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    account.publish("dev", region="us-east-1", variables={})
    asked = _terminal(monkeypatch, answer)
    approve_discard(account, command=COMMAND, discard=False)
    assert "port 4566 holds environment dev with all its stacks, runs and models" in asked[0]


@pytest.mark.parametrize("answer", ["", "n", "no", "yesterday", "ja", EOFError, KeyboardInterrupt])
def test_anything_else_keeps_it(
    account: LocalAccount, monkeypatch: pytest.MonkeyPatch, answer: str | type[BaseException]
) -> None:
    _terminal(monkeypatch, answer)
    with pytest.raises(CannotStart, match="nothing was stopped"):
        approve_discard(account, command=COMMAND, discard=False)


def test_without_a_terminal_nothing_is_asked_and_the_command_is_named(
    account: LocalAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    for environment in ("dev", "launch"):
        account.publish(environment, region="us-east-1", variables={})
    asked = _terminal(monkeypatch, "y", there=False)
    with pytest.raises(CannotStart, match=f"environments dev, launch with .* run `{COMMAND}`"):
        approve_discard(account, command=COMMAND, discard=False)
    assert asked == []


def test_who_agreed_before_is_not_asked(account: LocalAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = _terminal(monkeypatch, "n")
    approve_discard(account, command=COMMAND, discard=True)
    assert asked == []
