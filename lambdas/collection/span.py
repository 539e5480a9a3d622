"""From which hours calls are collected: logs lie in a folder for each hour, in UTC."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Self

from distillery.core.errors import BadRequest
from distillery.core.escaping import quoted

HOUR, DAY = "%Y/%m/%d/%H", "%Y/%m/%d"
_ONE = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """[first, end): whole hours, as `2026/11/23/09`, which sort as they follow each other."""

    first: str
    end: str

    @classmethod
    def back(cls, days: int, now: datetime, since: str | None = None) -> Self:
        """`days` back from now, or from the beginning of the day `since`; the hour that runs is the last.

        Raises BadRequest for a `since` that is no day, or is to come.
        """
        this_hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        first = this_hour - timedelta(days=days) if since is None else _day(since, this_hour)
        return cls(first=first.strftime(HOUR), end=(this_hour + _ONE).strftime(HOUR))

    def days(self) -> Iterator[str]:
        """The days that it touches, as folders are named."""
        day, end = _read(self.first), _read(self.end)
        while day < end:
            yield day.strftime(DAY)
            day = datetime.combine(day.date() + timedelta(days=1), time(tzinfo=UTC))

    def holds(self, hour: str) -> bool:
        return self.first <= hour < self.end


def _day(since: str, now: datetime) -> datetime:
    try:
        first = datetime.combine(date.fromisoformat(since), time(tzinfo=UTC))
    except ValueError as error:
        raise BadRequest(f"since is {quoted(since)}; a day such as 2026-11-01 is needed") from error
    if first > now:
        raise BadRequest(f"since is {since}, which is to come; name a day that has begun")
    return first


def _read(hour: str) -> datetime:
    return datetime.strptime(hour, HOUR).replace(tzinfo=UTC)
