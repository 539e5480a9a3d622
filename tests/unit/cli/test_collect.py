"""`distillery collect` calls one function in the inference Region and reports what it collected."""

import pytest

from distillery.core.logs import DAMAGED_FILE, DAMAGED_LINE
from tests.unit.cli.account import FakeAccount
from tests.unit.cli.conftest import Command

FUNCTION = "collect-function"


def test_prompts_that_were_sent_are_reported_with_what_was_left_out(account: FakeAccount, command: Command) -> None:
    left_out = {"a turn is empty": 2, "it was asked more than once": 30, DAMAGED_FILE: 3, DAMAGED_LINE: 4}
    account.answers[FUNCTION] = {
        "status": "collected",
        "uri": "s3://prompts/x",
        "calls": 162,
        "prompts": 130,
        "left_out": left_out,
    }
    said = command("collect", "support", "--since", "2026-11-01")
    assert said.code == 0
    assert "130 prompts of 162 calls are at s3://prompts/x" in said.out
    assert said.out.index("30 calls, it was asked more than once") < said.out.index("2 calls, a turn is empty")
    assert "left out: 3 log files, damaged" in said.out
    assert "left out: 4 lines, not JSON" in said.out
    assert account.calls == [(FUNCTION, {"recipe": "support", "since": "2026-11-01"}, "us-east-2")]


def test_a_query_is_reported_by_its_id(account: FakeAccount, command: Command) -> None:
    account.answers[FUNCTION] = {"status": "querying", "query": "q-1"}
    said = command("collect", "support")
    assert (said.code, "query q-1" in said.out) == (0, True)
    assert account.calls == [(FUNCTION, {"recipe": "support", "since": None}, "us-east-2")]


@pytest.mark.parametrize("status", ["collected", "querying"])
@pytest.mark.parametrize("of_anybody", [True, False])
def test_whoever_collects_is_told_where_anybody_may_teach(
    status: str, of_anybody: bool, account: FakeAccount, command: Command
) -> None:
    sent = {"uri": "s3://prompts/x", "calls": 130, "prompts": 130, "left_out": {}, "query": "q-1"}
    account.answers[FUNCTION] = {"status": status, "of_anybody": of_anybody, **sent}
    assert ("recipes.support.logs names no principals" in command("collect", "support").out) is of_anybody


def test_what_is_refused_is_an_error(account: FakeAccount, command: Command) -> None:
    account.answers[FUNCTION] = {"status": "refused", "reason": "3 prompts [of] support"}
    said = command("collect", "support")
    assert (said.code, "refused: 3 prompts [of] support" in said.out) == (4, True)


def test_a_recipe_that_there_is_not_asks_nothing(account: FakeAccount, command: Command) -> None:
    assert command("collect", "nowhere").code == 2
    assert account.calls == []
