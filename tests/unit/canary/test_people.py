"""What people do with a canary: accept with its price, stop it, and what the guard and retirement do."""

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from distillery.core.aliases import Aliases
from distillery.core.canary import CanaryOutcome
from distillery.core.canary_start import BEFORE, GUARD, canary_usd
from distillery.core.errors import EndpointFailed, RunActive
from distillery.core.executions import Executions
from distillery.core.hosting_mode import HostingMode
from distillery.core.ledger.alias_writes import AliasWrites
from distillery.core.ledger.history import AliasHistory
from distillery.core.ledger.leases import Leases
from distillery.core.ledger.ledger import Ledger
from distillery.core.names import Names
from distillery.core.notices import Notices
from distillery.core.pipeline import Stage, Verdict
from lambdas.canary import handler
from lambdas.endpoint.stale_canaries import MAY_SERVE, StaleCanaries
from lambdas.endpoint.stale_runs import PATIENCE
from tests.fakes.callers import ANA, LEA
from tests.fakes.pipeline import recipe, student, verdict
from tests.unit.canary.harness import MACHINE, OPTIONS, CanaryHarness
from tests.unit.promotion.harness import PARAMETER

DENIED = "the ledger is denied"
HOURLY: dict[str, Any] = {
    "hosting": HostingMode.PROVISIONED,
    "model_units": 2,
    "unit_price_usd_per_hour": Decimal(10),
    "monthly_budget_usd": Decimal(1000),
}


def end_run(harness: CanaryHarness) -> str:
    state = harness.run_state
    state["follow_up"] = harness.twice("follow_up", state)
    harness.twice("close", state)
    return str(state["follow_up"]["outcome"])


@pytest.fixture
def hourly(harness: CanaryHarness) -> CanaryHarness:
    harness.ledger.unlock("support", harness.run)
    harness.recipes["support"] = recipe(canary=OPTIONS, **HOURLY)
    harness.run_state = harness.state("c", of=harness.recipes["support"])
    harness.run = harness.run_state["run"]["id"]
    assert end_run(harness) == "awaiting-acceptance"
    return harness


def test_an_endpoint_that_bills_by_the_hour_waits_for_somebody_who_confirms_its_price(hourly: CanaryHarness) -> None:
    assert "bills up to $140.00" in hourly.ledger.run(hourly.run).reason
    status, answer = hourly.decide(hourly.run)
    assert (status, answer["error"]["type"]) == (400, "BadRequest")
    assert "bills up to $140.00, and $0 was confirmed" in answer["error"]["message"]
    assert hourly.ledger.active() == {}
    status, answer = hourly.decide(hourly.run, canary_usd="140.00")
    assert (status, answer["outcome"]) == (200, "running")
    state = hourly.started()
    assert state["action"] == "canary"
    assert hourly.ledger.active() == {}
    hourly.admit(state)
    assert [fake.units for fake in hourly.bedrock.throughputs.values()] == [2]
    hourly.watch(state)
    assert hourly.end(state) == "promoted"
    assert hourly.acceptances.of("support")[0].outcome == "promoted"


def test_the_price_is_of_every_hour_begun() -> None:
    assert canary_usd(recipe(canary=OPTIONS, **HOURLY)) == Decimal(140)  # 1 hour and 6 around it, 2 units at $10
    assert canary_usd(recipe(**HOURLY)) == canary_usd(recipe(canary=OPTIONS)) == 0


def test_the_price_covers_an_endpoint_that_only_the_guard_deletes(hourly: CanaryHarness) -> None:
    """Its creation takes as long as its lease, and its execution ends without deleting it."""
    hourly.decide(hourly.run, canary_usd="140.00")
    state, created = hourly.started(), hourly.seconds
    state["candidate"] = hourly.canary("create", state)
    hourly.seconds += BEFORE.total_seconds()
    hourly.bedrock.settle()
    handler.step({"step": "admit", "state": state}, None)
    (lease,) = Leases(hourly.table).all()
    deleted = datetime.fromisoformat(lease.until) + GUARD
    assert Decimal(deleted.timestamp() - created) / 3600 * 2 * 10 <= Decimal("140.00")


def test_the_month_counts_its_endpoint(hourly: CanaryHarness) -> None:
    hourly.decide(hourly.run, canary_usd="140.00")
    (month,) = [item for key, item in hourly.table.items.items() if key[1].startswith("month#")]
    (holder,) = [each.holder for each in hourly.canaries.of("support")]
    assert json.loads(month["runs"])[holder] == "140.00"


def reserved(harness: CanaryHarness) -> list[str]:
    """What the month has reserved for canaries."""
    (month,) = [item for key, item in harness.table.items.items() if key[1].startswith("month#")]
    return [usd for holder, usd in json.loads(month["runs"]).items() if holder.startswith("canary-")]


def test_the_month_keeps_what_its_endpoint_can_have_cost(hourly: CanaryHarness) -> None:
    """Two units at $10 an hour, for a bit more than an hour, and one in which the guard may delete it."""
    price = str(canary_usd(hourly.ledger.run(hourly.run).run.recipe))
    hourly.decide(hourly.run, canary_usd=price)
    state = hourly.admit(hourly.started())
    assert reserved(hourly) == [price]
    hourly.watch(state)
    hourly.end(state)
    assert reserved(hourly) == ["60"]


def test_the_month_keeps_nothing_of_one_without_an_endpoint(hourly: CanaryHarness) -> None:
    price = str(canary_usd(hourly.ledger.run(hourly.run).run.recipe))
    for _ in range(8):  # the month has room for seven at once
        assert hourly.decide(hourly.run, canary_usd=price)[0] == 200
        state = hourly.started() | {"error": {"Error": "QuotaTooSmall", "Cause": "{}"}}
        handler.step({"step": "withdraw", "state": state}, None)
        handler.step({"step": "close", "state": state}, None)
        assert reserved(hourly) == []
        hourly.seconds += 60


def test_the_budget_of_the_settings_counts_and_not_the_one_that_the_run_began_with(hourly: CanaryHarness) -> None:
    price = str(canary_usd(hourly.ledger.run(hourly.run).run.recipe))
    hourly.recipes["support"] = recipe(canary=OPTIONS, **HOURLY | {"monthly_budget_usd": Decimal(50)})
    assert hourly.decide(hourly.run, canary_usd=price)[0] == 409
    hourly.seconds += 60
    hourly.recipes["support"] = recipe(canary=OPTIONS, **HOURLY)
    assert hourly.decide(hourly.run, canary_usd=price)[0] == 200


def test_a_month_without_room_refuses_it(harness: CanaryHarness) -> None:
    harness.ledger.unlock("support", harness.run)
    harness.run_state = harness.state("c", of=recipe(canary=OPTIONS, **HOURLY | {"monthly_budget_usd": Decimal(50)}))
    harness.run = harness.run_state["run"]["id"]
    end_run(harness)
    status, answer = harness.decide(harness.run, canary_usd="140.00")
    assert (status, answer["error"]["type"]) == (409, "OverBudget")
    assert (harness.ledger.active(), harness.canaries.current("support")) == ({}, None)
    assert not harness.ledger.run(harness.run).promoting


def test_an_accepted_student_that_is_worse_leaves_its_run_as_it_was(harness: CanaryHarness) -> None:
    harness.ledger.unlock("support", harness.run)
    failed: Verdict = verdict(passed=False)
    harness.run_state = harness.state("c", of=harness.with_canary(), judged=failed)
    harness.run = harness.run_state["run"]["id"]
    assert end_run(harness) == "rejected"
    status, _ = harness.decide(harness.run)
    assert status == 200
    state = harness.admit(harness.started())
    harness.cloudwatch.failed = {"dev-canary-": 15}
    harness.watch(state)
    assert harness.end(state) == "rejected"
    assert not harness.ledger.run(harness.run).promoting
    (acceptance,) = harness.acceptances.of("support")
    assert (acceptance.outcome, acceptance.closed is not None) == ("rejected", True)


def test_nobody_accepts_a_student_whose_canary_decides(harness: CanaryHarness) -> None:
    """Not even where nothing is live any more, so that no canary could begin."""
    state = harness.admit(harness.begin())
    for _ in range(2):
        status, answer = harness.decide(harness.run)
        assert (status, answer["error"]["type"]) == (409, "NothingToAccept")
        assert f"{state['holder']} decides about its student" in answer["error"]["message"]
        harness.ssm.parameters.pop(PARAMETER, None)
    assert (harness.ledger.run(harness.run).acceptance, harness.ledger.active()) == ("", {})
    assert harness.decide(harness.run, accept=False)[1]["error"]["type"] == "BadRequest"


def test_a_person_may_skip_the_canary_and_the_ledger_keeps_that(hourly: CanaryHarness) -> None:
    """Also where the month has no room for its endpoint, whose price is then not asked."""
    hourly.recipes["support"] = recipe(canary=OPTIONS, **HOURLY | {"monthly_budget_usd": Decimal(50)})
    assert hourly.decide(hourly.run)[0] == 400
    assert hourly.decide(hourly.run, without_canary=True)[0] == 200
    assert hourly.canaries.current("support") is None
    acceptance = hourly.acceptances.of("support")[0]
    assert (acceptance.without_canary, acceptance.closed) == (True, None)
    assert hourly.ledger.run(hourly.run).promoting


def test_one_that_a_person_stopped_is_accepted_afterwards(harness: CanaryHarness) -> None:
    harness.admit(harness.begin())
    harness.stop()
    harness.withdraw(harness.started())
    harness.seconds += 60
    assert harness.decide(harness.run)[0] == 200
    assert harness.started()["action"] == "canary"


def test_somebody_stops_it_and_the_student_is_declined(harness: CanaryHarness) -> None:
    state = harness.admit(harness.begin())
    status, answer = harness.stop()
    assert (status, answer["outcome"], answer["by"], answer["first"]) == (200, "declined", ANA.arn, True)
    assert harness.machine.executions[state["holder"]] == "ABORTED"
    assert harness.stop(LEA)[1]["first"] is False
    ending = harness.started()
    assert (ending["action"], ending["ending"], ending["holder"]) == ("canary", True, state["holder"])
    harness.withdraw(ending)
    record = harness.ledger.run(harness.run)
    assert (record.outcome, record.closed_by) == ("declined", ANA.arn)
    assert harness.alias["current"] == student("a").model_arn
    assert (harness.alias["canary"], harness.endpoints, harness.canaries.current("support")) == (None, [], None)
    assert harness.canaries.of("support")[0].outcome is CanaryOutcome.STOPPED


@pytest.mark.parametrize("stopped", [False, True])
def test_one_that_was_worse_stays_worse_however_its_execution_ends(harness: CanaryHarness, stopped: bool) -> None:
    """While it was being withdrawn, somebody stopped it, or its execution was aborted."""
    state = harness.admit(harness.begin())
    harness.cloudwatch.failed = {"dev-canary-": 15}
    harness.watch(state)
    if stopped:
        harness.stop()
    harness.withdraw({name: state[name] for name in ("action", "recipe", "holder")} | {"ending": True})
    (canary,) = harness.canaries.of("support")
    assert (canary.outcome, harness.outcome) == (CanaryOutcome.WORSE, "declined" if stopped else "rejected")
    assert "worse than the live model" in harness.ledger.run(harness.run).reason
    assert harness.ledger.run(harness.run).closed_by == (ANA.arn if stopped else None)


def test_a_look_that_comes_after_a_stop_withdraws_it(harness: CanaryHarness) -> None:
    state = harness.admit(harness.begin())
    harness.stop()
    assert (harness.look(state)["step"], state["look"]["outcome"]) == ("withdraw", "stopped")


def test_nothing_is_created_after_a_stop(harness: CanaryHarness) -> None:
    state = harness.begin()
    harness.stop()
    with pytest.raises(Exception, match="was stopped by"):
        harness.canary("create", state)
    assert harness.endpoints == []


def test_one_whose_student_is_going_live_cannot_be_stopped(harness: CanaryHarness) -> None:
    state = harness.admit(harness.begin())
    harness.watch(state)
    status, answer = harness.stop()
    assert (status, answer["error"]["type"]) == (409, "NothingToStop")
    assert harness.end(state) == "promoted"


def guard(harness: CanaryHarness) -> StaleCanaries:
    executions, notices = Executions(MACHINE, harness.machine), Notices("arn:topic")  # type: ignore[arg-type]
    names, aliases, writes = Names("dev"), Aliases(), AliasWrites(harness.table)
    ledgers = harness.ledger, AliasHistory(harness.table), harness.canaries, harness.acceptances
    return StaleCanaries(names, aliases, writes, *ledgers, executions, notices)


def test_the_guard_withdraws_what_an_aborted_execution_left(harness: CanaryHarness) -> None:
    state = harness.admit(harness.begin())
    assert guard(harness).settle() == {}
    harness.machine.executions[state["holder"]] = "ABORTED"
    assert guard(harness).settle() == {state["holder"]: "withdrawn"}
    ending = harness.started()
    assert guard(harness).settle() == {}
    harness.withdraw(ending)
    assert (harness.outcome, harness.endpoints, guard(harness).settle()) == ("awaiting-acceptance", [], {})


def test_the_guard_stops_what_the_stop_did_not_reach(harness: CanaryHarness) -> None:
    state = harness.admit(harness.begin())
    harness.canaries.stop(harness.canaries.find("support", state["holder"]), by=ANA.arn, why="complaints")
    assert guard(harness).settle() == {state["holder"]: "stopped"}
    assert guard(harness).settle() == {state["holder"]: "withdrawn"}


@pytest.mark.parametrize(("stopped", "ended"), [(False, "awaiting-acceptance"), (True, "declined")])
def test_where_the_withdrawal_broke_too_the_guard_ends_it(harness: CanaryHarness, stopped: bool, ended: str) -> None:
    state = harness.admit(harness.begin())
    if stopped:
        harness.stop()
    harness.machine.executions |= {
        state["holder"]: "FAILED",
        harness.canaries.find("support", state["holder"]).withdrawal: "FAILED",
    }
    assert guard(harness).settle() == {state["holder"]: "closed"}
    assert (harness.outcome, harness.canaries.current("support")) == (ended, None)
    assert harness.ledger.run(harness.run).closed_by == (ANA.arn if stopped else None)
    assert harness.alias["canary"] is None
    assert Leases(harness.table).all() == ()  # so the guard deletes the endpoint


@pytest.mark.parametrize("goes_live", [False, True])
def test_where_the_withdrawal_broke_too_the_guard_knows_what_is_live(
    harness: CanaryHarness, monkeypatch: pytest.MonkeyPatch, goes_live: bool
) -> None:
    state = harness.admit(harness.begin())
    harness.watch(state)
    harness.twice("promote", state)
    harness.bedrock.settle()
    if goes_live:
        _record_the_alias_alone(harness, monkeypatch, state)
    withdrawal = harness.canaries.find("support", state["holder"]).withdrawal
    harness.machine.executions |= {state["holder"]: "ABORTED", withdrawal: "FAILED"}
    assert guard(harness).settle() == {state["holder"]: "closed"}
    assert harness.outcome == ("promoted" if goes_live else "awaiting-acceptance")
    assert harness.canaries.of("support")[0].outcome == ("passed" if goes_live else "failed")
    assert (MAY_SERVE in harness.ledger.run(harness.run).reason) is not goes_live
    assert harness.ledger.active() == {}
    versions = [each.version for each in AliasHistory(harness.table).stored("support")]
    assert versions == ([3, 2, 1] if goes_live else [2, 1])
    assert bool(harness.ledger.run(harness.run).stages[Stage.PROMOTION].ended) is goes_live


def test_what_could_not_be_unlocked_stays_in_progress_until_the_guard_ends_it(
    harness: CanaryHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = harness.admit(harness.begin())
    harness.watch(state)
    assert harness.ledger.active() == {"support": state["holder"]}
    with monkeypatch.context() as broken:
        broken.setattr(Ledger, "unlock", _denied)
        with pytest.raises(Exception, match=DENIED):
            harness.canary("close", state)
    withdrawal = harness.canaries.find("support", state["holder"]).withdrawal
    harness.machine.executions |= {state["holder"]: "FAILED", withdrawal: "FAILED"}
    assert guard(harness).settle() == {state["holder"]: "closed"}
    assert harness.ledger.active() == {}


def test_the_ledger_has_what_went_live_although_the_step_broke_that_records_it(
    harness: CanaryHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = harness.admit(harness.begin())
    harness.watch(state)
    harness.twice("promote", state)
    harness.bedrock.settle()
    _record_the_alias_alone(harness, monkeypatch, state)
    harness.withdraw({**state, "error": {"Error": "EndpointFailed", "Cause": "{}"}})
    assert harness.outcome == "promoted"
    assert [each.version for each in AliasHistory(harness.table).stored("support")] == [3, 2, 1]
    assert harness.ledger.run(harness.run).stages[Stage.PROMOTION].ended


def _record_the_alias_alone(harness: CanaryHarness, monkeypatch: pytest.MonkeyPatch, state: dict[str, Any]) -> None:
    """The step `record` breaks after the alias is written."""
    with monkeypatch.context() as broken:
        broken.setattr(AliasHistory, "keep", _denied)
        with pytest.raises(Exception, match=DENIED):
            harness.twice("record", state)


def _denied(*_: Any, **__: Any) -> None:
    raise EndpointFailed(DENIED)


@pytest.mark.parametrize("stopped", [False, True])
def test_where_the_withdrawal_broke_too_what_was_worse_stays_worse(harness: CanaryHarness, stopped: bool) -> None:
    state = harness.admit(harness.begin())
    harness.cloudwatch.failed = {"dev-canary-": 15}
    harness.watch(state)
    if stopped:
        harness.stop()
    withdrawal = harness.canaries.find("support", state["holder"]).withdrawal
    harness.machine.executions |= {state["holder"]: "ABORTED", withdrawal: "FAILED"}
    guard(harness).settle()
    assert harness.canaries.of("support")[0].outcome is CanaryOutcome.WORSE
    assert harness.outcome == ("declined" if stopped else "rejected")


def test_one_that_was_never_started_is_withdrawn_after_an_hour(harness: CanaryHarness) -> None:
    state = harness.begin()
    del harness.machine.executions[state["holder"]]
    assert guard(harness).settle() == {}
    harness.seconds += PATIENCE.total_seconds() + 1
    assert guard(harness).settle() == {state["holder"]: "withdrawn"}


def test_a_recipe_with_a_canary_is_not_retired(harness: CanaryHarness) -> None:
    harness.begin()
    with pytest.raises(RunActive, match="distillery stop"):
        harness.canaries.check_free("support")
