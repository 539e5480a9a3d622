"""`distillery evaluate`: what it sends, and what it says."""

import json

import pytest

from tests.unit.cli.account import FakeAccount
from tests.unit.cli.conftest import Command

RUN = "support-aaaaa-bbbbbbbb-1"
SENT = {"run": RUN, "judge_only": False, "current_settings": False, "reason": ""}
GIVEN = [
    ((), {}),
    (("--judge-only",), {"judge_only": True}),
    (("--current-settings",), {"current_settings": True}),
    (("--reason", "the quota is raised"), {"reason": "the quota is raised"}),
]


@pytest.fixture
def asked(account: FakeAccount) -> FakeAccount:
    decisions = {"evaluation": "https://evaluation.example/"}
    account.pipeline = {**account.pipeline, "decisions": decisions}
    account.answers["evaluation-function"] = {"run": RUN, "execution": "evaluation-support-x", "judge_only": False}
    return account


@pytest.mark.parametrize(("options", "changed"), GIVEN)
def test_the_request_says_what_was_asked_for(
    asked: FakeAccount, command: Command, options: tuple[str, ...], changed: dict[str, object]
) -> None:
    said = command("evaluate", RUN, *options)
    assert said.code == 0
    assert asked.calls == [("evaluation-function", SENT | changed, None)]
    assert said.out.endswith(f"follow it with: distillery watch {RUN}")


def test_the_answer_is_printed_as_json(asked: FakeAccount, command: Command) -> None:
    answer = asked.answers["evaluation-function"]
    assert json.loads(command("evaluate", RUN, "--json").out) == {"schema": "distillery.evaluate/1"} | dict(answer)  # type: ignore[arg-type]
