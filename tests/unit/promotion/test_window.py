"""The promotion window: nothing goes live outside of it, what has begun is completed; roll-backs are not limited."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from distillery.core.judging import VerdictOutcome
from distillery.core.pipeline import Outcome
from distillery.core.promotion_window import PromotionWindow, closed_now, dump
from tests.fakes.pipeline import verdict
from tests.unit.promotion.harness import Harness

WINDOW = PromotionWindow(opens="09:00", closes="16:00", timezone="Europe/Berlin")
MONDAY_NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
FRIDAY_EVENING = datetime(2026, 11, 27, 15, 0, tzinfo=UTC)
"""16:00 in Berlin."""
NEXT = "closed, opens at 2026-11-30T08:00"
PASSED = replace(verdict(), outcome=VerdictOutcome.PASSED)


@pytest.fixture
def windowed(harness: Harness) -> Harness:
    harness.set("PROMOTION_WINDOW", dump(WINDOW))
    harness.seconds = FRIDAY_EVENING.timestamp()
    return harness


@pytest.mark.parametrize(
    ("at", "is_closed"),
    [
        (MONDAY_NOON, False),
        (datetime(2026, 11, 23, 8, 0, tzinfo=UTC), False),
        (datetime(2026, 11, 23, 7, 59, 59, tzinfo=UTC), True),
        (datetime(2026, 11, 27, 14, 59, 59, tzinfo=UTC), False),
        (FRIDAY_EVENING, True),
        (datetime(2026, 11, 28, 12, 0, tzinfo=UTC), True),
        (datetime(2026, 7, 6, 7, 0, tzinfo=UTC), False),  # summer time
    ],
)
def test_the_window_is_open_on_its_days_on_the_clock_of_its_zone(
    monkeypatch: pytest.MonkeyPatch, at: datetime, is_closed: bool
) -> None:
    assert closed_now(at) == ""
    monkeypatch.setenv("PROMOTION_WINDOW", dump(WINDOW))
    assert bool(closed_now(at)) is is_closed
    assert bool(WINDOW.closed(at)) is is_closed


def test_a_student_that_passed_outside_of_the_window_waits(windowed: Harness) -> None:
    state = windowed.state("a", judged=PASSED)
    assert windowed.end(state) == Outcome.AWAITING_ACCEPTANCE
    record = windowed.ledger.run(state["run"]["id"])
    assert record.outcome is Outcome.AWAITING_ACCEPTANCE
    assert record.reason.startswith("It is outside of the promotion window (09:00 to 16:00 Europe/Berlin, monday")
    assert NEXT in record.reason
    assert "accept" in windowed.sns.published[-1]["Message"]
    assert windowed.ssm.parameters == {}
    assert windowed.ledger.active() == {}


def test_a_student_that_passed_in_the_window_goes_live(windowed: Harness) -> None:
    windowed.seconds = MONDAY_NOON.timestamp()
    state = windowed.state("a", judged=PASSED)
    assert windowed.twice("follow_up", state)["outcome"] == Outcome.PROMOTED


def test_what_has_begun_in_the_window_is_completed_after_it(windowed: Harness) -> None:
    windowed.seconds = MONDAY_NOON.timestamp()
    state = windowed.state("a", judged=PASSED)
    state["follow_up"] = windowed.twice("follow_up", state)
    windowed.seconds = FRIDAY_EVENING.timestamp()
    windowed.walk(state)
    assert windowed.alias["run"] == state["run"]["id"]


def test_a_run_that_is_resumed_after_its_student_went_live_ends_as_promoted(windowed: Harness) -> None:
    windowed.seconds = MONDAY_NOON.timestamp()
    state = windowed.state("a", judged=PASSED)
    state["live"] = windowed.twice("promote", state)
    windowed.bedrock.settle()
    windowed.twice("record", state)
    windowed.seconds = FRIDAY_EVENING.timestamp()
    assert windowed.twice("follow_up", state)["outcome"] == Outcome.PROMOTED


def test_one_that_did_not_pass_ends_as_ever(windowed: Harness) -> None:
    state = windowed.state("a", judged=replace(verdict(passed=False), outcome=VerdictOutcome.FAILED))
    assert windowed.end(state) == Outcome.REJECTED


def test_nobody_accepts_a_student_outside_of_the_window(windowed: Harness) -> None:
    state = windowed.state("a", judged=PASSED)
    windowed.end(state)
    run = state["run"]["id"]
    before = dict(windowed.table.items)
    status, answer = windowed.decide(run)
    assert (status, answer["error"]["type"]) == (409, "OutsideWindow")
    assert NEXT in answer["error"]["message"]
    assert windowed.table.items == before
    windowed.seconds = datetime(2026, 11, 30, 8, 0, tzinfo=UTC).timestamp()
    assert windowed.decide(run)[0] == 200
    windowed.promote_accepted()
    assert windowed.alias["run"] == run


def test_an_acceptance_is_found_again_and_a_student_declined_at_any_time(windowed: Harness) -> None:
    state, other = windowed.state("a", judged=PASSED), None
    windowed.end(state)
    windowed.seconds = MONDAY_NOON.timestamp()
    assert windowed.decide(state["run"]["id"])[0] == 200
    windowed.seconds = FRIDAY_EVENING.timestamp()
    status, answer = windowed.decide(state["run"]["id"], seen="")
    assert (status, answer["first"]) == (200, False)
    windowed.promote_accepted()
    other = windowed.state("b", judged=PASSED)
    windowed.end(other)
    assert windowed.decide(other["run"]["id"], accept=False)[0] == 200


def test_a_rollback_is_never_limited(windowed: Harness) -> None:
    windowed.seconds = MONDAY_NOON.timestamp()
    for letter in "ab":
        windowed.walk(windowed.state(letter, judged=verdict()))
    windowed.seconds = FRIDAY_EVENING.timestamp()
    windowed.roll_back()
    assert windowed.alias["version"] == 3


def test_an_execution_of_an_older_version_says_the_reason_that_there_was(harness: Harness) -> None:
    state = harness.state("a", judged=PASSED)
    state["follow_up"] = {"outcome": Outcome.AWAITING_ACCEPTANCE}
    harness.twice("close", state)
    assert "does not compare the student" in harness.ledger.run(state["run"]["id"]).reason
    assert json.loads(dump(WINDOW))["opens"] == "09:00"
