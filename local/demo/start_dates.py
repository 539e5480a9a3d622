"""Which environments live on another date than today."""

from datetime import date

from local.account import LocalAccount
from local.emulator.clock import VirtualClock

# The system announced in December 2024 works only while its models live.
CALENDARS = {"launch": "2024-12-04"}


def launch_day(environment: str) -> date | None:
    """The day on which the environment's local account begins; None for today."""
    day = CALENDARS.get(environment)
    return date.fromisoformat(day) if day else None


def in_season(account: LocalAccount, environment: str) -> bool:
    """Whether a running account began where the environment's begins and, for a day of the past, is in its month."""
    if account.date != CALENDARS.get(environment):
        return False
    day = launch_day(environment)
    now = VirtualClock(account.clock_file).now()
    return day is None or (now.year, now.month) == (day.year, day.month)
