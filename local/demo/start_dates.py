"""The environments whose local account starts on another day than today."""

from datetime import date

from local.account import LocalAccount
from local.emulator.clock import VirtualClock

# The system announced in December 2024 works only before its models' end of life.
START_DATES = {"launch": "2024-12-04"}


def start_date(environment: str) -> date | None:
    """Returns the day on which the environment's local account starts; None for today."""
    day = START_DATES.get(environment)
    return date.fromisoformat(day) if day else None


def has_valid_date(account: LocalAccount, environment: str) -> bool:
    """Whether a running account has the environment's start date and, for a date in the past, is still in its month."""
    if account.date != START_DATES.get(environment):
        return False
    day = start_date(environment)
    now = VirtualClock(account.clock_file).now()
    return day is None or (now.year, now.month) == (day.year, day.month)
