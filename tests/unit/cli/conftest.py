"""Runs the command as users do, on a fake account."""

import sys
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from distillery.cli import main
from distillery.core.ledger.ledger import Ledger
from tests.unit.cli.account import FakeAccount


@dataclass(frozen=True, slots=True)
class CommandResult:
    """The command's output, with white space collapsed, and its exit code."""

    code: int
    out: str
    err: str


Command = Callable[..., CommandResult]


@pytest.fixture
def account() -> FakeAccount:
    return FakeAccount()


@pytest.fixture
def ledger(account: FakeAccount) -> Ledger:
    return Ledger(account.table)


@pytest.fixture
def command(account: FakeAccount, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs the command: `command("status", "support")`."""

    def the_account(environment: str, region: str | None, *, prepare: object, **access: object) -> FakeAccount:
        account.sessions.append((environment, access))
        account.environment, account.region = environment, region
        return account

    monkeypatch.setattr("distillery.client.Account", the_account)
    monkeypatch.setattr("distillery.core.ledger.table.Table", lambda _name, table: table)
    monkeypatch.setattr("distillery.cli.invocation.program", lambda: "distillery")
    monkeypatch.setenv("COLUMNS", "140")  # wide enough that no table cell wraps
    for name in ("DISTILLERY_ENV", "DISTILLERY_LOCAL"):
        monkeypatch.delenv(name, raising=False)

    def call(*words: str) -> CommandResult:
        monkeypatch.setattr(sys, "argv", ["distillery", *words])
        try:
            main()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        printed = capsys.readouterr()
        return CommandResult(code, " ".join(printed.out.split()), " ".join(printed.err.split()))

    return call
