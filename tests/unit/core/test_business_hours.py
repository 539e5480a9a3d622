"""Business hours on the clocks of time zones, on days when those are put forward or back too."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest

from distillery.core.business_hours import (
    WORKING_DAYS,
    BusinessHours,
    Weekday,
    bundled_time_zone,
    minutes,
    time_zone,
)

BERLIN, NEW_YORK, KOLKATA = "Europe/Berlin", "America/New_York", "Asia/Kolkata"
EVERY_DAY = tuple(Weekday)


def hours(
    opens: str = "08:00", closes: str = "18:00", zone: str = BERLIN, **more: tuple[Weekday, ...]
) -> BusinessHours:
    return BusinessHours(opens=opens, closes=closes, timezone=zone, **more)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


WEEK, EVERY = hours(), hours(days=EVERY_DAY)
GAP, TWICE = hours("02:30", "03:30", days=EVERY_DAY), hours("01:00", "02:30", days=EVERY_DAY)
CASES: Mapping[str, tuple[BusinessHours, str, bool, str]] = MappingProxyType(
    {  # hours, now in UTC, whether it is open, and the next change in UTC
        "before it opens": (WEEK, "2026-11-30T06:59:59", False, "2026-11-30T07:00"),
        "as it opens": (WEEK, "2026-11-30T07:00", True, "2026-11-30T17:00"),
        "before it closes": (WEEK, "2026-11-30T16:59:59", True, "2026-11-30T17:00"),
        "as it closes": (WEEK, "2026-11-30T17:00", False, "2026-12-01T07:00"),
        "at a weekend": (WEEK, "2026-12-05T10:00", False, "2026-12-07T07:00"),
        "on a Friday night": (WEEK, "2026-12-04T20:00", False, "2026-12-07T07:00"),
        "in summer": (WEEK, "2026-07-01T06:00", True, "2026-07-01T16:00"),
        "in the week before the clocks go forward": (WEEK, "2026-03-27T17:30", False, "2026-03-30T06:00"),
        "in the week before the clocks go back": (WEEK, "2026-10-23T17:30", False, "2026-10-26T07:00"),
        "in New York, which changes on another day": (
            hours(zone=NEW_YORK), "2026-03-09T12:00", True, "2026-03-09T22:00",
        ),
        "half an hour off": (hours(zone=KOLKATA), "2026-11-30T02:30", True, "2026-11-30T12:30"),
        "from midnight to midnight": (
            hours("00:00", "24:00", days=(Weekday.SUNDAY,)), "2026-03-29T10:00", True, "2026-03-29T22:00",
        ),
        "on one day a week, the day before": (
            hours(days=(Weekday.MONDAY,)), "2026-11-30T18:00", False, "2026-12-07T07:00",
        ),
        # Berlin, 2026-03-29: 02:00 becomes 03:00, at 01:00 UTC. 02:30 does not exist and is as much later, 03:30.
        "at an opening that does not exist": (GAP, "2026-03-29T01:29", False, "2026-03-30T00:30"),
        "on the day after it": (GAP, "2026-03-30T00:30", True, "2026-03-30T01:30"),
        "where one day joins the next": (
            hours("00:00", "24:00"), "2026-11-30T12:00", True, "2026-12-04T23:00",
        ),
        # Berlin, 2026-10-25: 03:00 becomes 02:00, at 01:00 UTC. 02:30 is at 00:30 and at 01:30 UTC.
        "before a closing that exists twice": (TWICE, "2026-10-25T00:29", True, "2026-10-25T00:30"),
        "between the two": (TWICE, "2026-10-25T00:45", False, "2026-10-26T00:00"),
        "after both": (TWICE, "2026-10-25T01:45", False, "2026-10-26T00:00"),
        "the long day": (EVERY, "2026-10-25T06:59", False, "2026-10-25T07:00"),
        "the short day": (EVERY, "2026-03-29T05:59", False, "2026-03-29T06:00"),
    }
)  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_hours_follow_the_clocks_of_their_zone(name: str) -> None:
    of, now, is_open, change = CASES[name]
    assert of.is_open(at(now)) is is_open
    assert of.next_change(at(now)) == at(change)


@pytest.mark.parametrize("zone", [BERLIN, NEW_YORK, KOLKATA, "UTC"])
def test_a_year_has_one_opening_and_one_closing_each_working_day(zone: str) -> None:
    of, now, changes = hours(zone=zone), at("2026-01-01T00:00"), []
    was_open = of.is_open(now)
    while (now := of.next_change(now)) < at("2027-01-01T00:00"):
        assert of.is_open(now) is not was_open
        assert of.is_open(now - timedelta(seconds=1)) is was_open
        was_open = not was_open
        changes.append(now)
    assert len(changes) == 2 * 261
    assert sum((close - opened for opened, close in zip(changes[::2], changes[1::2], strict=True)), timedelta()) == (
        261 * timedelta(hours=10)
    )


@pytest.mark.parametrize(
    ("now", "opened"),
    [
        ("2026-11-30T07:00", "2026-11-30T07:00"),
        ("2026-11-30T12:00", "2026-11-30T07:00"),
        ("2026-11-30T06:00", "2026-11-27T07:00"),
        ("2026-12-06T12:00", "2026-12-04T07:00"),
    ],
)
def test_the_latest_opening_is_known(now: str, opened: str) -> None:
    assert WEEK.opened(at(now)) == at(opened)


def test_the_hours_of_a_week_are_added_up() -> None:
    assert (WEEK.hours_per_week, hours("00:00", "24:00", days=EVERY_DAY).hours_per_week) == (50, 168)
    assert hours("08:00", "08:30", days=WORKING_DAYS[:1]).hours_per_week == 0.5


@pytest.mark.slow
@pytest.mark.parametrize("zone", [BERLIN, NEW_YORK, KOLKATA, "Australia/Lord_Howe", "America/Sao_Paulo"])
def test_the_copy_of_dateutil_says_what_the_system_says(zone: str) -> None:
    for month in range(1, 13):
        here, there = (datetime(2026, month, 15, 12, tzinfo=of) for of in (time_zone(zone), bundled_time_zone(zone)))
        assert here.utcoffset() == there.utcoffset()


def test_a_system_without_time_zones_has_the_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    class NoZones(ZoneInfo):
        def __new__(cls, key: str) -> Self:
            raise ZoneInfoNotFoundError(key)

    monkeypatch.setattr("zoneinfo.ZoneInfo", NoZones)
    time_zone.cache_clear()
    try:
        assert WEEK.is_open(at("2026-07-01T06:00"))
    finally:
        time_zone.cache_clear()


@pytest.mark.parametrize("name", ["Europe/Atlantis", "", "../etc/passwd", "Europe", "METADATA"])
def test_what_is_no_time_zone_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is no time zone"):
        time_zone(name)


@pytest.mark.parametrize(("text", "expected"), [("00:00", 0), ("08:30", 510), ("23:59", 1439), ("24:00", 1440)])
def test_a_time_is_minutes_since_midnight(text: str, expected: int) -> None:
    assert minutes(text) == expected


@pytest.mark.parametrize("text", ["8:00", "24:01", "12:60", "noon", "", "08:00:00"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no time"):
        minutes(text)
