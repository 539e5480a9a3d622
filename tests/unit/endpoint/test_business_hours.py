"""Business hours from the guard's pass to the alias, by virtual time: no endpoint bills unnoticed, and none is lost."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from distillery.core.aliases import Aliases
from distillery.core.aws import ClientError
from distillery.core.business_hours import BusinessHours
from distillery.core.env_vars import Variable
from distillery.core.errors import BadRequest, EndpointChanging
from distillery.core.executions import Executions
from distillery.core.hosting import hosting_by_mode
from distillery.core.hosting_mode import HostingMode
from distillery.core.ledger.holders import HolderKind, new_holder
from distillery.core.ledger.hours_changes import HoursChanges
from distillery.core.ledger.ledger import Ledger
from distillery.core.names import Names
from distillery.core.notices import Notices
from distillery.core.pipeline import Endpoint, Stage
from distillery.core.recipe import Recipe
from lambdas.endpoint.business_hours import BusinessHoursKeeper
from lambdas.endpoint.hourly import HourlyEndpoints
from lambdas.endpoint.stale_runs import StaleRuns
from lambdas.endpoint.sweep import OrphanedEndpoints, Sweep
from lambdas.promotion.handler import step
from tests.fakes.pipeline import provisioned
from tests.unit.promotion.harness import PARAMETER, Harness

HOURS = BusinessHours(opens="08:00", closes="18:00", timezone="Europe/Berlin")
NAMES = Names("dev")
MACHINE = "arn:aws:states:us-east-1:111111111111:stateMachine:pipeline"
NOON, EVENING, MORNING = (datetime(2026, 11, day, hour, 1, tzinfo=UTC) for day, hour in ((30, 11), (30, 17), (27, 7)))
NIGHT, NEXT_DAY = EVENING + timedelta(hours=5), datetime(2026, 12, 1, 7, 1, tzinfo=UTC)
PAUSE, OPEN = {"support": "pause"}, {"support": "open"}


class Clock(Harness):
    """The promotion stage and the guard, at a time that a test chooses, with a live endpoint that bills by the hour."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(monkeypatch)
        self.recipe = provisioned(business_hours=HOURS)
        self.at(NOON)
        self.walk(self.state("a", self.recipe))
        self.sns.published.clear()

    def at(self, now: datetime) -> None:
        self.seconds = now.timestamp()

    @property
    def live(self) -> str:
        return NAMES.live("support", self.recipe.student)

    @property
    def changes(self) -> HoursChanges:
        return HoursChanges(self.table)

    def guard(self, of: Recipe | None = None, *, committed: str = "") -> dict[str, Any]:
        """A pass of the guard. `committed`: the ARN of an endpoint under a commitment."""
        ssm, sns, machine, bedrock = cast("tuple[Any, ...]", (self.ssm, self.sns, self.machine, self.bedrock))
        executions, ledger = Executions(MACHINE, machine), Ledger(self.table)
        notices, aliases = Notices("arn:topic", sns), Aliases(ssm)
        orphans = OrphanedEndpoints(NAMES, ledger, aliases)
        recipes = {"support": of or self.recipe}
        return Sweep(
            ledger,
            StaleRuns(ledger, self.rollbacks, self.acceptances, executions, notices),
            orphans,
            hosting_by_mode(bedrock),
            notices,
            HourlyEndpoints(NAMES, ledger, bedrock, orphans.claims),
            hours=BusinessHoursKeeper(
                NAMES, recipes, aliases, ledger, self.changes, executions, lambda arn: arn == committed
            ),
        ).run()

    def begin(self) -> dict[str, Any]:
        """The state of the execution that the guard has just started, which runs."""
        state: dict[str, Any] = json.loads(self.machine.started[-1]["input"])
        self.machine.executions[state["holder"]] = "RUNNING"
        return state

    def end(self, state: dict[str, Any], error: Exception | None = None) -> str:
        if error is not None:
            state["error"] = {"Error": type(error).__name__, "Cause": json.dumps({"errorMessage": str(error)})}
            self.ours("delete", state)
        self.machine.executions[state["holder"]] = "FAILED" if error else "SUCCEEDED"
        return str(self.twice("close", state)["outcome"])

    def pause(self) -> None:
        self.at(EVENING)
        assert self.guard()["hours"] == PAUSE
        state = self.begin()
        self.twice("pause", state)
        assert self.ours("delete", state) == {"deleted": True}
        assert self.ours("delete", state) == {"deleted": False}
        assert self.end(state) == "done"

    def ours(self, name: str, state: dict[str, Any]) -> Any:
        return step({"step": name, "state": state}, None)

    def open(self, now: datetime = NEXT_DAY) -> None:
        self.at(now)
        assert self.guard()["hours"] == OPEN
        state = self.begin()
        state["live"] = self.twice("promote", state)
        assert self.guard()["deleted"] == []  # a lease keeps it while it is created
        self.bedrock.settle()
        assert self.twice("describe", state) == {"status": "ready"}
        state["alias"] = self.twice("record", state)
        assert self.end(state) == "done"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def test_at_night_the_alias_is_paused_and_nothing_bills_and_in_the_morning_it_serves_again(clock: Clock) -> None:
    before = clock.alias
    clock.pause()
    paused = clock.alias
    assert paused == before | {"paused": {"since": "2026-11-30T17:01:00+00:00", "until": "2026-12-01T07:00:00+00:00"}}
    assert clock.bedrock.throughputs == {}
    clock.at(NIGHT)
    assert (clock.guard()["hours"], clock.guard()["deleted"]) == ({}, [])
    clock.open()
    assert list(clock.bedrock.throughputs) == [clock.live]
    assert clock.alias == before  # also its version: what is live is the same
    assert clock.guard()["hours"] == {}
    assert (clock.ledger.leases.all(), clock.changes.all(), clock.sns.published) == ((), [], [])


def test_the_alias_is_paused_before_its_endpoint_is_deleted(clock: Clock) -> None:
    clock.at(EVENING)
    clock.guard()
    state = clock.begin()
    clock.twice("pause", state)
    assert (clock.alias["paused"]["until"], list(clock.bedrock.throughputs)) == (
        "2026-12-01T07:00:00+00:00",
        [clock.live],
    )
    assert clock.guard()["deleted"] == []  # callers may still use it, and a lease keeps it


@pytest.mark.parametrize("now", [NOON, EVENING, NIGHT])
def test_a_recipe_without_hours_is_never_paused(clock: Clock, now: datetime) -> None:
    clock.at(now)
    assert clock.guard(provisioned())["hours"] == {}


def test_hours_that_are_removed_at_night_open_the_endpoint(clock: Clock) -> None:
    clock.pause()
    assert clock.guard(provisioned())["hours"] == OPEN


def test_an_execution_that_was_killed_after_the_pause_leaves_no_endpoint(clock: Clock) -> None:
    clock.at(EVENING)
    clock.guard()
    state = clock.begin()
    clock.twice("pause", state)
    clock.machine.executions[state["holder"]] = "ABORTED"
    swept = clock.guard()
    assert (swept["deleted"], swept["hours"]) == ([clock.live], {})
    assert clock.bedrock.throughputs == {}
    clock.open()


def test_an_opening_that_was_killed_leaves_no_endpoint_and_is_tried_again(clock: Clock) -> None:
    clock.pause()
    clock.at(NEXT_DAY)
    clock.guard()
    state = clock.begin()
    clock.twice("promote", state)
    clock.bedrock.settle()
    clock.machine.executions[state["holder"]] = "ABORTED"
    clock.at(NEXT_DAY + timedelta(minutes=15))
    assert clock.guard()["deleted"] == [clock.live]
    assert clock.machine.started[-1]["name"] != state["holder"]
    clock.machine.executions[clock.begin()["holder"]] = "ABORTED"
    clock.open(NEXT_DAY + timedelta(minutes=30))


def test_an_execution_that_never_started_is_given_up_after_an_hour(clock: Clock) -> None:
    clock.at(EVENING)
    clock.guard()
    clock.at(EVENING + timedelta(minutes=59))
    assert clock.guard()["hours"] == {}
    clock.at(EVENING + timedelta(minutes=61))
    assert clock.guard()["hours"] == PAUSE


def test_a_start_that_is_refused_leaves_no_change(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    def throttled(**_: Any) -> None:
        raise ClientError({"Error": {"Code": "ThrottlingException", "Message": ""}}, "StartExecution")

    clock.at(EVENING)
    with monkeypatch.context() as patch:
        patch.setattr(clock.machine, "start_execution", throttled)
        with pytest.raises(ExceptionGroup):
            clock.guard()
    assert clock.changes.all() == []
    assert clock.guard()["hours"] == PAUSE


def test_a_lost_answer_to_the_creation_buys_no_second_endpoint(clock: Clock) -> None:
    clock.pause()
    clock.at(NEXT_DAY)
    clock.guard()
    state = clock.begin()
    clock.bedrock.lose.add("create_provisioned_model_throughput")
    clock.twice("promote", state)
    assert clock.bedrock.calls.count("create_provisioned_model_throughput") == 2  # one for the run, one for the hours
    assert list(clock.bedrock.throughputs) == [clock.live]


def test_without_capacity_in_the_morning_people_are_told_once_and_the_alias_stays_paused(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    clock.pause()
    clock.bedrock.refuse["create_provisioned_model_throughput"] = "ServiceQuotaExceededException"
    for quarter in range(4):
        clock.at(NEXT_DAY + timedelta(minutes=15 * quarter))
        assert clock.guard()["hours"] == OPEN
        state = clock.begin()
        with pytest.raises(Exception, match="may not host") as refused:
            clock.ours("promote", state)
        assert clock.end(state, refused.value) == "failed"
        assert clock.alias["paused"]
        assert clock.guard()["hours"] == {}  # the failed execution wakes the guard at once
    assert [told["Subject"] for told in clock.sns.published] == ["Distillery: support does not serve"] * 2  # twice()
    assert "get the route's fallback" in clock.sns.published[0]["Message"]
    assert '"GuardActed":1' in capsys.readouterr().out
    clock.bedrock.refuse.clear()
    clock.open(NEXT_DAY + timedelta(hours=1))


def test_an_endpoint_that_fails_is_deleted_with_the_opening(clock: Clock) -> None:
    clock.pause()
    clock.at(NEXT_DAY)
    clock.guard()
    state = clock.begin()
    clock.twice("promote", state)
    clock.bedrock.throughputs[clock.live].status = "Failed"
    with pytest.raises(Exception, match="is in state 'failed'") as failed:
        clock.ours("describe", state)
    assert clock.end(state, failed.value) == "failed"
    assert clock.bedrock.throughputs == {}
    clock.open(NEXT_DAY + timedelta(minutes=15))


def holds_a_rollback(clock: Clock) -> None:
    clock.ledger.lock("support", new_holder(HolderKind.ROLLBACK, "support", EVENING))


def makes_a_student_live(clock: Clock) -> None:
    run = clock.state("b", clock.recipe)["run"]["id"]
    clock.ledger.begin(run, Stage.PROMOTION)


def asks_the_live_model(clock: Clock) -> None:
    run = clock.state("b", clock.recipe)["run"]["id"]
    clock.ledger.leases.take(run, owner=run, purpose="evaluation")


def trains(clock: Clock) -> None:
    clock.state("b", clock.recipe)


@pytest.mark.parametrize(
    ("busy", "pauses", "opens"),
    [
        (holds_a_rollback, False, False),
        (makes_a_student_live, False, False),
        (asks_the_live_model, False, True),
        (trains, True, True),
    ],
)
def test_hours_wait_for_what_uses_the_endpoint_and_for_nothing_else(
    clock: Clock, busy: Callable[[Clock], None], pauses: bool, opens: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Clock(monkeypatch)
    other.pause()
    for each, now, expected in ((clock, EVENING, PAUSE if pauses else {}), (other, NEXT_DAY, OPEN if opens else {})):
        monkeypatch.setattr("distillery.core.clock.timestamp", lambda each=each: each.seconds)
        each.at(now)
        busy(each)
        for holder in each.ledger.active().values():
            each.machine.executions[holder] = "RUNNING"
        assert each.guard()["hours"] == expected
        assert bool(each.changes.all()) is bool(expected)


def test_a_promotion_waits_for_a_change_and_then_ends_the_pause(clock: Clock) -> None:
    clock.at(EVENING)
    state = clock.state("b", clock.recipe)
    clock.machine.executions[state["run"]["id"]] = "RUNNING"
    assert clock.guard()["hours"] == PAUSE
    hours = clock.begin()
    with pytest.raises(EndpointChanging, match="this is retried"):
        clock.ours("promote", state)
    clock.twice("pause", hours)
    clock.ours("delete", hours)
    clock.end(hours)
    clock.walk(state)
    assert (clock.alias["paused"], clock.alias["version"]) == (None, 2)
    assert list(clock.bedrock.throughputs) == [clock.live]  # the new one, by the name of the old
    assert clock.guard()["hours"] == PAUSE  # it is still evening


def test_a_roll_back_at_night_serves_until_the_next_pass(clock: Clock) -> None:
    clock.walk(clock.state("b", clock.recipe))
    clock.pause()
    clock.roll_back()
    assert (clock.alias["paused"], clock.alias["version"]) == (None, 3)
    assert clock.guard()["hours"] == PAUSE


def test_an_execution_that_the_guard_did_not_start_changes_nothing(clock: Clock) -> None:
    clock.at(EVENING)
    clock.guard()
    state = clock.begin()
    for forged in ({**state, "holder": "hours-support-20260101T000000Z"}, {**state, "action": "open"}):
        for name in ("pause", "delete", "promote"):
            if name == "promote" and forged["action"] == "pause":
                continue
            with pytest.raises(BadRequest, match="is no change in progress"):
                clock.ours(name, forged)
    assert clock.alias["paused"] is None


def test_a_deployment_is_left_alone(clock: Clock) -> None:
    live = Aliases(clock.ssm).read(PARAMETER)  # type: ignore[arg-type]  # a fake
    assert live is not None
    there = replace(live, endpoint=Endpoint(arn=live.endpoint.arn, name="x", mode=HostingMode.ON_DEMAND))
    Aliases(clock.ssm).write(PARAMETER, there)  # type: ignore[arg-type]  # a fake
    clock.at(EVENING)
    assert clock.guard()["hours"] == {}


def test_the_guard_reads_the_recipes_where_one_bills_by_the_hour(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lambdas.endpoint.sweep.Table", lambda _name: clock.table)
    monkeypatch.setattr("lambdas.endpoint.sweep.client", lambda service: getattr(clock, service, None))
    monkeypatch.setattr("lambdas.endpoint.sweep.load_all", lambda: {"support": clock.recipe})
    assert Sweep.of_environment().hours is None
    monkeypatch.setenv(Variable.IDLE_DAYS, "14")
    assert Sweep.of_environment().hours is not None


def test_an_endpoint_under_a_commitment_is_not_paused(clock: Clock) -> None:
    clock.at(EVENING)
    assert clock.guard(committed=clock.alias["endpoint"]["arn"])["hours"] == {}
    assert clock.guard(committed="arn:another")["hours"] == PAUSE


def test_an_alias_that_cannot_be_read_keeps_no_other_endpoint_at_night(clock: Clock) -> None:
    clock.ssm.put_parameter(Name=NAMES.alias("faq"), Value="{}", Type="String", Overwrite=True)
    ssm, machine = cast("tuple[Any, ...]", (clock.ssm, clock.machine))
    recipes = {"faq": replace(clock.recipe, name="faq"), "support": clock.recipe}
    ledger, executions = Ledger(clock.table), Executions(MACHINE, machine)
    keeper = BusinessHoursKeeper(NAMES, recipes, Aliases(ssm), ledger, clock.changes, executions)
    clock.at(EVENING)
    with pytest.raises(ExceptionGroup, match="business hours"):
        keeper.keep()
    assert [change.recipe for change in clock.changes.all()] == ["support"]
