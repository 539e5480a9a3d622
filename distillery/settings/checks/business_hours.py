"""Business hours that no clock has, or of endpoints that are not billed by the hour."""

from collections.abc import Iterator
from datetime import date

from distillery.core.business_hours import TIME, WEEK_HOURS, BusinessHours, minutes, time_zone
from distillery.core.hosting_mode import HostingMode
from distillery.settings.environment import Settings
from distillery.settings.finding import ConfigFinding


def check_business_hours(settings: Settings, _on: date) -> Iterator[ConfigFinding]:
    """Each recipe with business hours is hosted by the hour, and its hours and time zone exist."""
    for name, recipe in settings.recipes.items():
        hours, where = recipe.business_hours, f"recipes.{name}.business_hours"
        if hours is None:
            continue
        if not recipe.is_hourly:
            yield ConfigFinding(
                where=where,
                wrong=f"hosting is {recipe.hosting.value!r}, which costs nothing while nobody calls it",
                allowed=f"business hours where hosting is {HostingMode.PROVISIONED.value!r}",
                fix="remove them, or change hosting",
            )
        yield from check_hours(hours, where)


def check_hours(hours: BusinessHours, where: str) -> Iterator[ConfigFinding]:
    """Hours that exist, on days that do, in a time zone that does. `where`: the key of their table."""
    yield from _times(hours, where)
    yield from _days(hours, where)
    yield from _zone(hours, where)


def _times(hours: BusinessHours, where: str) -> Iterator[ConfigFinding]:
    texts = {"opens": hours.opens, "closes": hours.closes}
    wrong = {key: text for key, text in texts.items() if not TIME.fullmatch(text)}
    for key, text in wrong.items():
        yield ConfigFinding(
            f"{where}.{key}", f"{text!r} is no time", "hours and minutes from 00:00 to 24:00", 'write it as "08:00"'
        )
    if not wrong and minutes(hours.opens) >= minutes(hours.closes):
        yield ConfigFinding(
            where=f"{where}.closes",
            wrong=f"it is {hours.closes}, and opens is {hours.opens}",
            allowed="a time after opens, on the same day; at the latest 24:00",
            fix="write a later time, or remove the table where the night belongs to the hours too",
        )
    elif not wrong and hours.hours_per_week >= WEEK_HOURS:
        yield ConfigFinding(where, "they are every hour of the week", "hours of which some are left out", "remove them")


def _days(hours: BusinessHours, where: str) -> Iterator[ConfigFinding]:
    if not hours.days or len({*hours.days}) < len(hours.days):
        yield ConfigFinding(
            where=f"{where}.days",
            wrong=f"it is {[day.value for day in hours.days]}",
            allowed="one or more days, each once",
            fix='write the days, such as ["monday", "friday"], or remove the key for monday to friday',
        )


def _zone(hours: BusinessHours, where: str) -> Iterator[ConfigFinding]:
    try:
        time_zone(hours.timezone)
    except ValueError:
        yield ConfigFinding(
            where=f"{where}.timezone",
            wrong=f"{hours.timezone!r} is no time zone",
            allowed="a time zone of the IANA database",
            fix='write a name such as "Europe/Berlin" or "America/New_York"',
        )
