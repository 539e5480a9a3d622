"""A verdict after a canary: what the canary has told counts, and its student does not go live by itself."""

from typing import Any

import pytest

from distillery.core.ledger.evaluations import Evaluations
from distillery.core.pipeline import Outcome
from lambdas.promotion.target import HAD_CANARY
from tests.fakes.pipeline import student
from tests.unit.canary.harness import MACHINE, CanaryHarness

WORSE = {"dev-canary-": 10}
LATER = "evaluation-support-20261201T090000Z"


def resume(harness: CanaryHarness) -> dict[str, Any]:
    """The state of an evaluation that takes up the run's verdict, which stands."""
    harness.seconds += 60
    Evaluations(harness.table).begin(harness.run, LATER, by="arn:ana", reason="quota raised")
    state = {name: harness.run_state[name] for name in ("run", "student", "verdict")}
    return state | {"action": "evaluate", "evaluation": {"execution": LATER}}


def does_not_go_live(harness: CanaryHarness) -> bool:
    """Whether the resumed run waits for a person, and what its execution could do is refused."""
    state = resume(harness)
    with pytest.raises(Exception, match="waits for a person"):
        harness.twice("promote", state)
    state["follow_up"] = harness.twice("follow_up", state)
    harness.twice("close", state)
    assert state["follow_up"] == {"outcome": "awaiting-acceptance", "why": HAD_CANARY}
    return harness.outcome == "awaiting-acceptance" and bool(harness.alias["current"] == student("a").model_arn)


def test_a_failed_run_that_was_accepted_and_was_worse_is_resumed(harness: CanaryHarness) -> None:
    harness.ledger.close(harness.run, Outcome.FAILED, "its promotion failed")
    assert harness.decide(harness.run)[0] == 200
    state = harness.admit(harness.started())
    harness.cloudwatch.failed = WORSE
    harness.watch(state)
    harness.end(state)
    assert (harness.outcome, harness.canaries.of("support")[0].outcome) == ("failed", "worse")
    assert does_not_go_live(harness)


@pytest.mark.parametrize("follows", ["keep", "wait"])
def test_a_failed_run_whose_canary_was_inconclusive_is_resumed(monkeypatch: pytest.MonkeyPatch, follows: str) -> None:
    harness = CanaryHarness(monkeypatch, inconclusive=follows)
    harness.ledger.close(harness.run, Outcome.FAILED, "its promotion failed")
    harness.decide(harness.run)
    state = harness.admit(harness.started())
    harness.cloudwatch.calls = 0
    harness.watch(state)
    harness.end(state)
    assert harness.canaries.of("support")[0].outcome == "inconclusive"
    assert does_not_go_live(harness)


def test_a_run_that_failed_after_its_canary_began_is_resumed(harness: CanaryHarness) -> None:
    state = harness.run_state
    state["follow_up"] = harness.twice("follow_up", state)
    state["follow_up"] = harness.canary("begin", state, machine=MACHINE)
    harness.ledger.close(harness.run, Outcome.FAILED, "its execution ended as ABORTED")
    begun = harness.admit(harness.started())
    harness.cloudwatch.failed = WORSE
    harness.watch(begun)
    assert harness.end(begun) == "failed"
    assert does_not_go_live(harness)


def test_a_failed_run_whose_canary_a_person_stopped_is_resumed(harness: CanaryHarness) -> None:
    harness.ledger.close(harness.run, Outcome.FAILED, "its promotion failed")
    harness.decide(harness.run)
    harness.admit(harness.started())
    harness.canaries.stop(harness.canaries.of("support")[0], by="arn:lea", why="complaints")
    ending = {"action": "canary", "recipe": "support", "holder": harness.canaries.of("support")[0].holder}
    harness.withdraw({**ending, "ending": True})
    assert harness.canaries.of("support")[0].outcome == "stopped"
    assert does_not_go_live(harness)


def test_beside_another_live_model_it_takes_a_share_again(harness: CanaryHarness) -> None:
    state = harness.admit(harness.begin())
    harness.cloudwatch.calls = 0
    harness.watch(state)
    assert harness.end(state) == "awaiting-acceptance"
    assert harness.twice("follow_up", harness.run_state)["outcome"] == "awaiting-acceptance"
    harness.roll_back()
    harness.seconds += 60
    harness.decide(harness.run, replace_newer=True)
    assert harness.started()["action"] == "canary"
