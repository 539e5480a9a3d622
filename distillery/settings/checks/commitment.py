"""Commitments without an acknowledgement, and of endpoints that cannot have one."""

from collections.abc import Iterator
from datetime import date

from distillery.core.hosting_mode import HostingMode
from distillery.core.recipe import Recipe
from distillery.settings.environment import Settings
from distillery.settings.finding import ConfigFinding


def check_commitments(settings: Settings, on: date) -> Iterator[ConfigFinding]:
    """A commitment has a date of acknowledgement, and a live endpoint that bills by the hour at all hours.

    The age of the date is no finding: a deployment beside a live endpoint starts no term (`core/commitment.py`).
    """
    for name, recipe in settings.recipes.items():
        where = f"recipes.{name}.commitment"
        yield from _date(recipe, where, on)
        if recipe.commitment:
            yield from _endpoint(recipe, where)


def _date(recipe: Recipe, where: str, on: date) -> Iterator[ConfigFinding]:
    day, where_day = recipe.commitment_acknowledged, f"{where}_acknowledged"
    if recipe.commitment and day is None:
        yield ConfigFinding(
            where=where_day,
            wrong=f"it is missing, and commitment is {recipe.commitment.value!r}, which bills to its end in any case",
            allowed=f"the day of the acknowledgement, such as {on}, without quotes",
            fix="write the day on which somebody acknowledged what the commitment bills (docs/money.md)",
        )
    if day is not None and not recipe.commitment:
        yield ConfigFinding(
            where=where_day,
            wrong=f"it is {day}, and there is no commitment",
            allowed="a date where there is a commitment",
            fix="remove it, or write the commitment that was acknowledged",
        )
    if day is not None and day > on:
        yield ConfigFinding(
            where=where_day,
            wrong=f"it is {day}, in the future",
            allowed=f"a day until {on}",
            fix="write the day on which somebody acknowledged what the commitment bills",
        )


def _endpoint(recipe: Recipe, where: str) -> Iterator[ConfigFinding]:
    if not recipe.is_hourly:
        yield ConfigFinding(
            where=where,
            wrong=f"hosting is {recipe.hosting.value!r}, which has no commitments",
            allowed=f"a commitment where hosting is {HostingMode.PROVISIONED.value!r}",
            fix="remove commitment and commitment_acknowledged, or change hosting",
        )
    if recipe.business_hours:
        yield ConfigFinding(
            where=where,
            wrong="the recipe has business_hours, and a committed endpoint cannot be deleted when they close",
            allowed="a commitment or business hours",
            fix="remove one of them",
        )
