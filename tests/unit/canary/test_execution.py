"""The synthesized state machine runs canaries over fakes: what it hands from step to step, and how long it waits."""

import json
from dataclasses import dataclass
from typing import Any

import pytest

from distillery.core.canary import CanaryOutcome
from lambdas.canary.handler import step as canary
from lambdas.promotion.handler import step as promotion
from tests.fakes.pipeline import student
from tests.faults.machine import Interpreter, Json, StateFailed
from tests.unit.canary.harness import CanaryHarness
from tests.unit.stages.test_canary import definition

pytestmark = pytest.mark.slow


@dataclass
class Fakes:
    """Where the state machine runs. `broken`: steps of the canary's function that fail."""

    harness: CanaryHarness
    broken: frozenset[str] = frozenset()

    def run_function(self, function: str, payload: Json) -> Any:
        given = json.loads(json.dumps(payload))
        is_canary = "CanaryFunction" in function
        if is_canary and given["step"] in self.broken:
            raise StateFailed("EndpointFailed", json.dumps({"errorMessage": "it broke"}))
        try:
            return json.loads(json.dumps((canary if is_canary else promotion)(given, None)))
        except Exception as error:
            raise StateFailed(type(error).__name__, json.dumps({"errorMessage": str(error)})) from error

    def now(self) -> float:
        return self.harness.seconds

    def wait(self, seconds: float) -> None:
        self.harness.seconds += seconds
        self.harness.bedrock.settle()

    def new_token(self) -> str:
        raise NotImplementedError

    def answer_to(self, token: str) -> Any:
        raise NotImplementedError


def execute(harness: CanaryHarness, given: Json, *broken: str) -> None:
    Interpreter(Fakes(harness, frozenset(broken)), definition()).run(given)


def test_one_that_passes_goes_live(harness: CanaryHarness) -> None:
    begun = harness.seconds
    execute(harness, harness.begin())
    assert (harness.outcome, harness.alias["current"]) == ("promoted", student("b").model_arn)
    assert (harness.alias["canary"], harness.endpoints, harness.ledger.active()) == (None, [], {})
    assert 3600 + 300 < harness.seconds - begun < 3600 + 1200


def test_one_that_is_worse_is_withdrawn(harness: CanaryHarness) -> None:
    harness.cloudwatch.failed = {"dev-canary-": 10}
    begun = harness.seconds
    execute(harness, harness.begin())
    assert (harness.outcome, harness.alias["current"]) == ("rejected", student("a").model_arn)
    assert (harness.alias["canary"], harness.endpoints) == (None, [])
    assert harness.seconds - begun < 900


def test_one_without_traffic_waits_for_a_person(harness: CanaryHarness) -> None:
    harness.cloudwatch.calls = 0
    execute(harness, harness.begin())
    assert (harness.outcome, harness.endpoints) == ("awaiting-acceptance", [])


@pytest.mark.parametrize("step", ["create", "describe", "admit", "look"])
def test_one_that_breaks_is_withdrawn(harness: CanaryHarness, step: str) -> None:
    with pytest.raises(StateFailed, match="EndpointFailed"):
        execute(harness, harness.begin(), step)
    assert (harness.outcome, harness.endpoints) == ("awaiting-acceptance", [])
    assert harness.alias["canary"] is None
    assert "it broke" in harness.ledger.run(harness.run).reason
    assert harness.canaries.of("support")[0].outcome is CanaryOutcome.FAILED


def test_what_the_step_cannot_withdraw_is_withdrawn_when_it_is_closed(harness: CanaryHarness) -> None:
    harness.cloudwatch.failed = {"dev-canary-": 10}
    with pytest.raises(StateFailed):
        execute(harness, harness.begin(), "withdraw")
    assert (harness.alias["canary"], harness.outcome) == (None, "rejected")
    assert (harness.endpoints, harness.canaries.current("support")) == ([], None)


def test_what_cannot_be_withdrawn_at_all_is_deleted_and_stays_in_progress(
    harness: CanaryHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So the guard takes it out of the alias. Until then, callers get the live endpoint after a failed call."""

    def denied(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr("lambdas.canary.canary.take_out", denied)
    harness.cloudwatch.failed = {"dev-canary-": 10}
    with pytest.raises(StateFailed):
        execute(harness, harness.begin())
    assert harness.alias["canary"]["end"]
    assert harness.endpoints == []
    left = harness.canaries.current("support")
    assert left is not None
    assert left.closed is None


def test_the_execution_that_follows_a_stop_only_ends_it(harness: CanaryHarness) -> None:
    state = harness.admit(harness.begin())
    harness.stop()
    execute(harness, harness.started())
    assert (harness.outcome, harness.alias["canary"], harness.endpoints) == ("declined", None, [])
    assert state["holder"] == harness.canaries.of("support")[0].holder
