"""Two runs, operators, schedules and deployments in any order: nobody pays twice, nothing is left, and work goes on."""

import logging
from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from distillery.core.ledger.ledger import Ledger
from simulator_support.thoroughness import cases
from tests.faults.interleaving import ACTIONS, HOURS, Action, run_together
from tests.faults.turns import Turns

pytestmark = pytest.mark.slow
MOST_ACTIONS = 10
ANY_ACTION = st.builds(Action, st.sampled_from(ACTIONS), st.integers(0, 60 * HOURS), st.integers(0, 2))
SECOND_UPLOAD = Action("upload", 60, 1)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Functions that fail log tracebacks, which nobody reads here."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@settings(max_examples=cases(60))
@given(st.lists(ANY_ACTION, max_size=MOST_ACTIONS), st.integers(0, 2**32))
@example([SECOND_UPLOAD, Action("stop", 90), Action("resume", 150), Action("rollback", 700)], 1)
@example([Action("upload", 0, 1), Action("retire", 400, 1), Action("deploy", 100, 1), Action("evaluate", 500)], 2)
@example([Action("upload", 330, 1), Action("rollback", 640), Action("rollback", 640), Action("retire", 640)], 3)
def test_any_order_of_two_runs_and_everything_else_ends_well(actions: list[Action], seed: int) -> None:
    assert run_together(actions, seed) == []


def test_a_lock_that_is_kept_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Ledger, "unlock", lambda *_: None)
    assert any("is locked by" in broken for broken in run_together([Action("rollback", 700)], 1))


def _add_two(seed: int) -> int:
    """Two tasks that add one each, with a service call between the read and the write."""
    turns, total = Turns(seed), [0]

    def add() -> None:
        read = total[0]
        turns.call()
        total[0] = read + 1

    turns.add("first", 0, add)
    turns.add("second", 0, add)
    while turns.take_one(0):
        pass
    return total[0]


def test_tasks_meet_between_the_calls_of_each_other_in_the_order_of_the_seed() -> None:
    found = [_add_two(seed) for seed in range(30)]
    assert {*found} == {1, 2}
    assert found == [_add_two(seed) for seed in range(30)]
