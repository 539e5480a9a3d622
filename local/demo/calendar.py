"""Which environments live on another date than today."""

from datetime import date

# The system announced in December 2024 works only while its models live.
CALENDARS = {"launch": "2024-12-04"}


def launch_day(environment: str) -> date | None:
    """The day on which the environment's local account begins; None for today."""
    day = CALENDARS.get(environment)
    return date.fromisoformat(day) if day else None
