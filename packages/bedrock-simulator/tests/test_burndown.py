"""Tokens of a quota are reserved when a call starts, returned when it ends, and expire after a minute."""

from datetime import timedelta

from bedrock_simulator.runtime.burndown import Burndown
from simulator_support.fakes import TODAY


class Elapsed:
    """Real time that a test lets pass."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_what_a_call_did_not_use_is_given_back_when_it_ends() -> None:
    elapsed = Elapsed()
    quota = Burndown(elapsed)
    first = quota.reserve("q", 900, 1000, TODAY)
    assert first
    assert quota.reserve("q", 101, 1000, TODAY) is None
    quota.settle(first, 20, seconds=2.0)
    elapsed.seconds = 1.9
    assert quota.reserve("q", 101, 1000, TODAY) is None
    elapsed.seconds = 2.0
    assert quota.reserve("q", 981, 1000, TODAY) is None
    assert quota.reserve("q", 980, 1000, TODAY)


def test_a_call_may_cost_more_than_it_reserved() -> None:
    quota = Burndown()
    first = quota.reserve("q", 100, 1000, TODAY)
    assert first
    quota.settle(first, 950, seconds=0.0)
    assert quota.reserve("q", 51, 1000, TODAY) is None


def test_a_minute_later_nothing_is_left_of_a_call_whether_it_has_ended_or_not() -> None:
    quota = Burndown()
    first, second = quota.reserve("q", 500, 1000, TODAY), quota.reserve("q", 500, 1000, TODAY)
    assert first
    assert second
    quota.settle(first, 400, seconds=0.0)
    assert quota.reserve("q", 101, 1000, TODAY + timedelta(seconds=59)) is None
    later = TODAY + timedelta(seconds=60)
    assert quota.reserve("q", 1000, 1000, later)
    quota.settle(second, 400, seconds=0.0)
    assert quota.reserve("q", 1, 1000, later) is None


def test_a_call_that_lasts_longer_than_a_minute_gives_nothing_back() -> None:
    elapsed = Elapsed()
    quota = Burndown(elapsed)
    long = quota.reserve("q", 1000, 1000, TODAY)
    assert long
    quota.settle(long, 0, seconds=90.0)
    later = TODAY + timedelta(seconds=60)
    assert quota.reserve("q", 1000, 1000, later)
    elapsed.seconds = 90.0
    assert quota.reserve("q", 1, 1000, later) is None


def test_quotas_are_apart_and_one_without_a_limit_takes_everything() -> None:
    quota = Burndown()
    assert quota.reserve("q", 1000, 1000, TODAY)
    assert quota.reserve("r", 1000, 1000, TODAY)
    free = quota.reserve("q", 10**9, None, TODAY)
    assert free
    quota.settle(free, 10**9, seconds=1.0)
    assert quota.reserve("q", 1, 1000, TODAY) is None
    held = quota.reserve("s", 1, 1000, TODAY)
    assert held
    quota.clear()
    quota.settle(held, 1000, seconds=0.0)
    assert quota.reserve("q", 1000, 1000, TODAY)
