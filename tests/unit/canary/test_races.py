"""What happens at the same moment as a step of a canary, and what follows when an execution ends in between."""

from typing import Any

import pytest

from distillery.core.ledger.alias_writes import LENGTH, AliasWrites
from distillery.core.ledger.evaluations import check_evaluable
from lambdas.canary import handler
from lambdas.canary.canary import RunningCanary
from lambdas.canary.endpoint import CanaryEndpoint
from lambdas.canary.metrics import CanaryMetrics
from tests.fakes.pipeline import student
from tests.unit.canary.harness import CanaryHarness


def ready(harness: CanaryHarness) -> dict[str, Any]:
    """Until its endpoint serves."""
    state = harness.begin()
    state["candidate"] = harness.canary("create", state)
    harness.bedrock.settle()
    return state


def test_one_that_is_stopped_while_it_is_admitted_is_not_left_in_the_alias(
    harness: CanaryHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    state, let_in = ready(harness), CanaryEndpoint.let_in

    def stopped_meanwhile(self: CanaryEndpoint, *given: Any) -> None:
        let_in(self, *given)
        harness.stop()
        harness.canary("withdraw", harness.started())

    monkeypatch.setattr(CanaryEndpoint, "let_in", stopped_meanwhile)
    with pytest.raises(Exception, match="was stopped by"):
        handler.step({"step": "admit", "state": state}, None)
    assert harness.alias["canary"] is None


@pytest.mark.parametrize("closed", [False, True])
def test_one_that_is_withdrawn_while_it_is_admitted_is_not_left_in_the_alias(
    harness: CanaryHarness, monkeypatch: pytest.MonkeyPatch, closed: bool
) -> None:
    """Its execution was aborted, which does not end the invocation, and the guard's withdraws it. Nobody stopped it."""
    state, let_in = ready(harness), CanaryEndpoint.let_in
    ending = {name: state[name] for name in ("action", "recipe", "holder")} | {"ending": True}

    def withdrawn_meanwhile(self: CanaryEndpoint, *given: Any) -> None:
        let_in(self, *given)
        harness.canary("withdraw", ending)
        if closed:
            harness.canary("close", ending)

    monkeypatch.setattr(CanaryEndpoint, "let_in", withdrawn_meanwhile)
    with pytest.raises(Exception, match="was withdrawn at"):
        handler.step({"step": "admit", "state": state}, None)
    assert harness.alias["canary"] is None


def test_a_student_does_not_go_live_after_its_canary_was_withdrawn(
    harness: CanaryHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The alias still names it, as the last look has read it."""
    state = harness.admit(harness.begin())
    harness.seconds += 66 * 60
    harness.canaries.withdraw(harness.canaries.find("support", state["holder"]))
    state["look"] = handler.step({"step": "look", "state": state}, None)
    assert (state["look"]["step"], "withdrawn meanwhile" in state["look"]["reason"]) == ("withdraw", True)
    assert harness.ledger.active() == {}


def test_a_withdrawal_waits_for_the_write_of_the_alias(harness: CanaryHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    state, write, refused = ready(harness), RunningCanary._write, list[str]()

    def withdrawn_meanwhile(self: RunningCanary, alias: Any) -> None:
        monkeypatch.setattr(RunningCanary, "_write", write)
        with pytest.raises(Exception, match="being written") as error:
            handler.step({"step": "withdraw", "state": state}, None)
        refused.append(type(error.value).__name__)
        write(self, alias)

    monkeypatch.setattr(RunningCanary, "_write", withdrawn_meanwhile)
    handler.step({"step": "admit", "state": state}, None)
    assert refused == ["EndpointChanging"]
    harness.canary("withdraw", state)
    assert harness.alias["canary"] is None


def test_a_repeated_step_waits_for_its_first_invocation(
    harness: CanaryHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    state, write = ready(harness), RunningCanary._write

    def repeated_meanwhile(self: RunningCanary, alias: Any) -> None:
        monkeypatch.setattr(RunningCanary, "_write", write)
        with pytest.raises(Exception, match="being written"):
            handler.step({"step": "admit", "state": state}, None)
        with pytest.raises(Exception, match="being written"):  # the refused one has not released the lock
            harness.twice("record", harness.state("c") | {"live": None})
        write(self, alias)

    monkeypatch.setattr(RunningCanary, "_write", repeated_meanwhile)
    handler.step({"step": "admit", "state": state}, None)
    handler.step({"step": "admit", "state": state}, None)
    assert harness.alias["canary"]["salt"] == state["holder"]


def test_a_killed_writer_is_waited_for(harness: CanaryHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    state, writes = ready(harness), AliasWrites(harness.table)
    with monkeypatch.context() as killed:
        killed.setattr(harness.table, "delete", lambda *_, **__: False)  # nothing releases its lock
        with writes.of("support", f"{state['holder']} admit"):
            pass
    with pytest.raises(Exception, match="being written"):
        handler.step({"step": "admit", "state": state}, None)
    harness.seconds += LENGTH.total_seconds() + 1
    handler.step({"step": "admit", "state": state}, None)
    assert harness.alias["canary"]["salt"] == state["holder"]


def test_a_roll_back_during_the_last_look_is_not_undone(
    harness: CanaryHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = harness.admit(harness.begin())
    harness.seconds += 66 * 60
    measure = CanaryMetrics.read

    def rolled_back_meanwhile(self: CanaryMetrics, *given: Any) -> Any:
        measured = measure(self, *given)
        harness.roll_back()
        return measured

    monkeypatch.setattr(CanaryMetrics, "read", rolled_back_meanwhile)
    state["look"] = handler.step({"step": "look", "state": state}, None)
    assert (state["look"]["step"], state["look"]["outcome"]) == ("withdraw", "superseded")
    assert harness.ledger.active() == {}
    assert harness.end(state) == "inconclusive"
    assert harness.alias["current"] == student("f").model_arn


def test_one_whose_execution_ends_after_its_student_went_live_is_promoted(harness: CanaryHarness) -> None:
    state = harness.admit(harness.begin())
    harness.watch(state)
    harness.twice("promote", state)
    harness.bedrock.settle()
    harness.twice("record", state)
    ended = {name: state[name] for name in ("action", "recipe", "holder")} | {"ending": True}
    harness.withdraw(ended)
    assert (harness.outcome, harness.alias["current"]) == ("promoted", student("b").model_arn)
    assert harness.canaries.of("support")[0].outcome == "passed"
    assert harness.ledger.active() == {}


@pytest.mark.parametrize("updated", [False, True])
def test_one_whose_execution_ends_during_its_promotion_says_what_the_live_endpoint_serves(
    harness: CanaryHarness, updated: bool
) -> None:
    state = harness.admit(harness.begin())
    harness.watch(state)
    harness.twice("promote", state)
    if updated:
        harness.bedrock.settle()
    ended = {name: state[name] for name in ("action", "recipe", "holder")} | {"ending": True}
    harness.withdraw(ended)
    assert (harness.outcome, harness.alias["current"]) == ("awaiting-acceptance", student("a").model_arn)
    said = f"{'serves' if updated else 'is being updated to'} {student('b').model_arn}, and the alias still names"
    assert said in harness.ledger.run(harness.run).reason
    assert said in harness.sns.published[-1]["Message"]
    assert said in harness.canaries.of("support")[0].reason


def test_a_promotion_that_broke_before_it_changed_the_live_endpoint_says_nothing_of_it(harness: CanaryHarness) -> None:
    state = harness.admit(harness.begin())
    harness.watch(state)
    harness.withdraw({**state, "error": {"Error": "QuotaTooSmall", "Cause": "{}"}})
    reason = harness.ledger.run(harness.run).reason
    assert ("making its student live failed" in reason, "The live endpoint" in reason) == (True, False)


def test_a_student_that_was_worse_does_not_go_live_by_a_later_verdict(harness: CanaryHarness) -> None:
    state = harness.admit(harness.begin())
    harness.cloudwatch.failed = {"dev-canary-": 10}
    harness.watch(state)
    assert harness.end(state) == "rejected"
    follow_up = harness.twice("follow_up", harness.run_state)
    assert (follow_up["outcome"], "has ended" in follow_up["why"]) == ("awaiting-acceptance", True)
    with pytest.raises(Exception, match="waits for a person"):
        harness.twice("promote", harness.run_state)


def test_a_run_is_not_evaluated_again_during_its_canary(harness: CanaryHarness) -> None:
    harness.begin()
    with pytest.raises(Exception, match="distillery stop"):
        check_evaluable(harness.ledger.run(harness.run))
