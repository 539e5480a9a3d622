"""`distillery retire`: it asks, sends what was seen, and names what is left."""

from typing import Any

import pytest

from distillery.core.serialization import to_wire
from tests.fakes.pipeline import alias
from tests.unit.cli.account import FakeAccount
from tests.unit.cli.conftest import Command

RETIRE = ("retire", "support", "--reason", "replaced")


def answer(left: list[dict[str, str]]) -> Any:
    told = {"alias": "arn:e", "endpoints": ["dev-support-live"], "models": [], "left": left}
    return {"recipe": "support", **told, "done": not left}


@pytest.mark.parametrize(("live", "version"), [(True, 2), (False, 0)])
def test_it_sends_the_version_that_was_seen(account: FakeAccount, command: Command, live: bool, version: int) -> None:
    if live:
        account.aliases["support"] = to_wire(alias())
    account.answers["retirement-function"] = answer([])
    said = command(*RETIRE, "--students", "--yes")
    assert (said.code, said.out) == (0, "deleted dev-support-live recipe support is retired")
    sent = {"recipe": "support", "version": version, "reason": "replaced", "students": True}
    assert account.calls == [("retirement-function", sent, None)]


def test_what_is_left_is_named_with_the_command_to_repeat(account: FakeAccount, command: Command) -> None:
    account.answers["retirement-function"] = answer([{"what": "arn:m", "why": "x serves it"}])
    said = command(*RETIRE, "--yes")
    assert said.code == 1
    assert "left arn:m: x serves it" in said.out
    assert said.out.endswith("repeat the command: distillery retire support --reason WHY")


def test_it_asks_first(account: FakeAccount, command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def no(question: str, *, abort: bool) -> None:
        asked.append(question)
        raise SystemExit(1)

    monkeypatch.setattr("typer.confirm", no)
    assert command(*RETIRE, "--students").code == 1
    assert asked == ["Retire support of dev: no live model, its endpoints and all its models?"]
    assert command(*RETIRE, "--json").code == 2
    assert account.calls == []
