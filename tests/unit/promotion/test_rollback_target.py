"""Which version a rollback returns to, and that no request undoes an earlier one unasked."""

import ast
import inspect
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distillery.core.errors import BadRequest, NothingToRollBack
from distillery.core.ledger import items
from distillery.core.ledger.history import LiveVersion
from distillery.core.ledger.items import model_of
from distillery.core.ledger.rollbacks import RollbackRecord
from distillery.core.pipeline import Alias, Outcome
from lambdas.promotion import rollback as rollback_module
from lambdas.promotion import rollback_target as rollback_target_module
from lambdas.promotion.rollback_target import rollback_target
from tests.fakes.errors import service_error
from tests.fakes.pipeline import alias as sample
from tests.fakes.pipeline import student
from tests.unit.promotion.harness import Harness

ROOT = Path(__file__).parents[3]


def refusal(harness: Harness, **asked: Any) -> str:
    status, answer = harness.ask_back(**asked)
    assert status in (400, 409)
    assert harness.ledger.active() == {}
    return f"{answer['error']['type']}: {answer['error']['message']}"


@pytest.fixture
def three(harness: Harness) -> Harness:
    """Three students went live, one after the other."""
    for letter in "abc":
        harness.walk(harness.state(letter))
    return harness


def live(harness: Harness) -> tuple[int, str]:
    return harness.alias["version"], harness.alias["current"]


def model(letter: str) -> str:
    return student(letter).model_arn


def test_a_version_of_the_history_goes_live_with_the_reason_in_the_ledger(three: Harness) -> None:
    state = three.roll_back(to=1, reason="wrong\nlanguage")
    assert live(three) == (4, model("a"))
    assert three.alias["previous"] == model("c")
    (record,) = three.rollbacks.of("support")
    assert (record.why, record.left_version, record.to_version) == ("wrong language", 3, 1)
    assert state["alias"]["run"] == next(
        each.run.id for each in three.ledger.runs("support") if model_of(each) == model("a")
    )


@pytest.mark.parametrize("to", [None, 1])
def test_a_second_press_does_not_undo_the_first(three: Harness, to: int | None) -> None:
    asked = {"to": to} if to else {}
    three.roll_back(**asked)
    before = live(three)
    said = refusal(three, **asked)
    assert said.startswith("NothingToRollBack: ")
    assert ("with --to 3 or another of" if to is None else "is live already") in said
    assert live(three) == before
    three.roll_back(to=3)
    assert live(three) == (5, model("c"))


def test_after_a_later_promotion_the_version_before_needs_no_name(three: Harness) -> None:
    three.roll_back()
    three.walk(three.state("d"))
    three.roll_back()
    assert live(three) == (6, model("b"))


def test_a_rollback_that_failed_may_be_asked_again(three: Harness) -> None:
    three.ask_back()
    (record,) = three.rollbacks.of("support")
    three.rollbacks.end("support", record.holder, Outcome.FAILED, "it is gone")
    three.ledger.unlock("support", record.holder)
    assert three.ask_back()[1]["to_version"] == 2


def _sentences(page: str) -> list[str]:
    """What the table of refusals of the runbook quotes from them."""
    rows = page.split("| refusal |")[1].split("\n\n")[0].splitlines()[2:]
    return [quoted for row in rows for quoted in re.findall(r"`([^`]+)`", row.split("|")[1])]


def test_the_runbook_quotes_what_a_person_sees() -> None:
    """The command shows sentences, not the names of errors."""
    sources = [rollback_target_module, rollback_module, items]
    texts = [
        node.value
        for source in sources
        for node in ast.walk(ast.parse(inspect.getsource(source)))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    quoted = _sentences((ROOT / "docs/runbooks/incidents/roll-back.md").read_text(encoding="utf-8"))
    assert len(quoted) >= 5
    assert [one for one in quoted if not any(one in text for text in texts)] == []


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"reason": ""}, "BadRequest: the roll-back of recipe 'support' has no reason"),
        ({"reason": " \n"}, "BadRequest: the roll-back of recipe 'support' has no reason"),
        ({"reason": "x" * 1001}, "BadRequest: the reason has 1001 characters"),
        ({"to": 7}, "BadRequest: the alias of 'support' has no version 7 in its history; choose one of 2, 1"),
        ({"to": 3}, "NothingToRollBack: the model of version 3 of recipe 'support' is live already"),
        ({"version": 2}, "BadRequest: the alias of 'support' is version 3 by now, not 2"),
    ],
)
def test_what_is_refused_starts_nothing(three: Harness, asked: dict[str, Any], said: str) -> None:
    assert refusal(three, **asked).startswith(said)
    assert (three.machine.started, three.rollbacks.of("support")) == ([], [])


def test_a_model_that_somebody_deleted_cannot_go_live(three: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    def get_custom_model(*, modelIdentifier: str) -> dict[str, str]:  # noqa: N803 the API's name
        if modelIdentifier == model("b"):
            raise service_error("ResourceNotFoundException")
        return {"modelArn": modelIdentifier}

    monkeypatch.setattr(three.bedrock, "get_custom_model", get_custom_model)
    said = refusal(three)
    assert "version 2 of recipe 'support', does not exist any more" in said
    assert "distillery rollback support --list" in said
    assert three.ask_back(to=1)[0] == 200


def test_what_an_older_version_promoted_is_in_the_history(three: Harness) -> None:
    for key in [key for key in three.table.items if key[1].startswith("alias#")]:
        del three.table.items[key]
    three.roll_back(to=1)
    assert live(three) == (4, model("a"))


def test_after_a_retirement_the_versions_go_on(three: Harness) -> None:
    three.ssm.parameters.clear()
    three.walk(three.state("d"))
    assert live(three) == (4, model("d"))
    three.roll_back(to=2)
    assert live(three) == (5, model("b"))


MODELS = st.sampled_from("abcd")


@given(st.data())
def test_a_plain_request_never_returns_to_a_model_that_a_rollback_left(data: st.DataObject) -> None:
    """Random promotions and rollbacks; after each, what plain requests and named ones may do."""
    first = data.draw(MODELS)
    now = replace(sample(), version=1, current=first, previous=None, changed="t000")
    versions, rollbacks = [LiveVersion(version=1, model=first)], list[RollbackRecord]()
    for step in range(1, 8):
        back = _attempt(now, versions, rollbacks, data.draw(st.none() | st.integers(1, 9)))
        if back is not None and data.draw(st.booleans()):
            new = back.model
            assert new != now.current
            record = RollbackRecord(
                holder=f"rollback-support-{step}", by="ana", left=now.current, to=new, opened=f"t{step:03}",
                outcome=Outcome.ROLLED_BACK, closed=f"t{step:03}",
            )  # fmt: skip
            rollbacks.insert(0, record)
        else:
            new = data.draw(st.sampled_from([letter for letter in "abcd" if letter != now.current]))
        rolled = bool(rollbacks) and rollbacks[0].holder.endswith(f"-{step}")
        now = replace(now, version=now.version + 1, current=new, previous=now.current, changed=f"t{step:03}")
        versions.insert(0, LiveVersion(version=now.version, model=new))
        assert (_attempt(now, versions, rollbacks, None) is None) is rolled


def _attempt(
    now: Alias, versions: list[LiveVersion], rollbacks: list[RollbackRecord], to: int | None
) -> LiveVersion | None:
    try:
        return rollback_target(now, versions, rollbacks, to)
    except (BadRequest, NothingToRollBack):
        return None
