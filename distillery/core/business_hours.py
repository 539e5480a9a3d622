"""Business hours: when a live endpoint on Provisioned Throughput serves, on the clocks of a time zone.

A day's hours are the time from one instant to another, so a clock that is put forward or back neither skips nor repeats
them: an opening time that does not exist is as much later, and one that exists twice is the first. EventBridge
Scheduler skips a time that does not exist (Scheduler user guide, schedule-types), so its events only say when to look.
"""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00")
DAY = timedelta(days=1)
WEEK_HOURS = 7 * 24


class Weekday(StrEnum):
    """In the order of `date.weekday`."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


WEEKDAYS = tuple(Weekday)
WORKING_DAYS = WEEKDAYS[:5]


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessHours:
    """When a live endpoint on Provisioned Throughput serves. Otherwise it is deleted, and its alias paused."""

    opens: str
    """When it begins to serve, such as "08:00". Bedrock then takes up to half an hour to create it."""
    closes: str
    """When it ends, later on the same day, such as "18:00"; at the latest "24:00"."""
    timezone: str
    """A time zone of the IANA database, such as "Europe/Berlin"."""
    days: tuple[Weekday, ...] = WORKING_DAYS
    """On which days."""

    @property
    def hours_per_week(self) -> float:
        return (minutes(self.closes) - minutes(self.opens)) / 60 * len(self.days)

    def is_open(self, now: datetime) -> bool:
        return any(opens <= now < closes for opens, closes in self._around(now))

    def next_change(self, now: datetime) -> datetime:
        """When it opens or closes next, in UTC."""
        is_open = self.is_open(now)
        changes = sorted(change for hours in self._around(now) for change in hours if change > now)
        return next(change for change in changes if self.is_open(change) is not is_open)

    def opened(self, now: datetime) -> datetime:
        """When the latest hours began, in UTC."""
        return max(opens for opens, _ in self._around(now) if opens <= now)

    def _around(self, now: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The hours of each day from a week ago to a week ahead, in UTC."""
        zone = time_zone(self.timezone)
        today = now.astimezone(zone).date()
        for offset in range(-8, 9):
            day = today + offset * DAY
            if WEEKDAYS[day.weekday()] in self.days:
                opens, closes = _instant(day, self.opens, zone), _instant(day, self.closes, zone)
                if opens < closes:  # they may be the same where the clock is put forward
                    yield opens, closes


def hours_sentence(hours: BusinessHours, now: datetime) -> str:
    """The hours, whether they are now, and when that changes, for people."""
    days = ", ".join(day.value for day in hours.days)
    change = hours.next_change(now).isoformat(timespec="minutes")
    now_and_next = f"open, closes at {change}" if hours.is_open(now) else f"closed, opens at {change}"
    return f"{hours.opens} to {hours.closes} {hours.timezone}, {days}: {now_and_next}"


def minutes(text: str) -> int:
    """Minutes since midnight of a time such as "08:00". Raises ValueError where it is none."""
    if not TIME.fullmatch(text):
        raise ValueError(f"{text!r} is no time; write hours and minutes, such as 08:00")
    hour, _, minute = text.partition(":")
    return int(hour) * 60 + int(minute)


def _instant(day: date, text: str, zone: "ZoneInfo") -> datetime:
    wall = datetime.combine(day, time()) + timedelta(minutes=minutes(text))
    return wall.replace(tzinfo=zone).astimezone(UTC)


@cache
def time_zone(name: str) -> "ZoneInfo":
    """The time zone, of the system's database or, where it has none, of the copy that dateutil brings with boto3.

    Images of Amazon Linux 2023 for Lambda lacked the database (aws/aws-lambda-dotnet 1620). UNVERIFIED: whether that of
    Python has it.

    Raises:
        ValueError: There is no such time zone.
    """
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # every run has a recipe, and few recipes have hours

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return bundled_time_zone(name)


def bundled_time_zone(name: str) -> "ZoneInfo":
    """The time zone of the copy. Raises ValueError where it has no such time zone."""
    import tarfile
    from importlib import resources
    from zoneinfo import ZoneInfo

    packed = resources.files("dateutil.zoneinfo").joinpath("dateutil-zoneinfo.tar.gz")
    with packed.open("rb") as stream, tarfile.open(fileobj=stream) as files:
        try:
            found = files.extractfile(name)
        except KeyError:
            found = None
        body = found.read() if found else b""
    if not body.startswith(b"TZif"):
        raise ValueError(f"{name!r} is no time zone; write one of the IANA database, such as Europe/Berlin")
    return ZoneInfo.from_file(io.BytesIO(body), key=name)
