"""The hours whose logs are read: invocation logs have one folder per hour, in UTC."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Self

from distillery.core.errors import BadRequest
from distillery.core.escaping import quoted

HOUR, DAY = "%Y/%m/%d/%H", "%Y/%m/%d"
_ONE_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class HourRange:
    """The hours [first, end) in UTC, as `2026/11/23/09`, whose order as text is their order in time."""

    first: str
    end: str

    @classmethod
    def ending_at(cls, now: datetime, days: int, since: str | None = None) -> Self:
        """Return the hours up to and including the current one.

        Args:
            now: the current time.
            days: number of days to go back, if `since` is None.
            since: the day to begin with, as 2026-11-01.

        Raises:
            BadRequest: `since` is not a date, or is in the future.
        """
        this_hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        first = this_hour - timedelta(days=days) if since is None else _parse_day(since, this_hour)
        return cls(first=first.strftime(HOUR), end=(this_hour + _ONE_HOUR).strftime(HOUR))

    def days(self) -> Iterator[str]:
        """Iterate over the days of these hours, as prefixes of keys."""
        day, end = _parse_hour(self.first), _parse_hour(self.end)
        while day < end:
            yield day.strftime(DAY)
            day = datetime.combine(day.date() + timedelta(days=1), time(tzinfo=UTC))

    def __contains__(self, hour: str) -> bool:
        return self.first <= hour < self.end


def _parse_day(since: str, now: datetime) -> datetime:
    try:
        first = datetime.combine(date.fromisoformat(since), time(tzinfo=UTC))
    except ValueError as error:
        raise BadRequest(f"since is {quoted(since)}; a day such as 2026-11-01 is needed") from error
    if first > now:
        raise BadRequest(f"since is {since}, which is in the future; name a day that has begun")
    return first


def _parse_hour(hour: str) -> datetime:
    return datetime.strptime(hour, HOUR).replace(tzinfo=UTC)
