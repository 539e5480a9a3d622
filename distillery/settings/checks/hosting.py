"""Students that cannot be hosted in the way that a recipe wants."""

from collections.abc import Iterator
from datetime import date

from distillery.core.catalog import Eligibility, HostingMode, on_demand_eligible, throughput_eligible
from distillery.settings.checks.model_usage import judged, known_recipes
from distillery.settings.environment import Settings
from distillery.settings.finding import Finding

_ELIGIBLE = {HostingMode.ON_DEMAND: on_demand_eligible, HostingMode.PROVISIONED: throughput_eligible}


def check_hosting(settings: Settings, on: date) -> Iterator[Finding]:
    """Each recipe's student, customized on the day, may be hosted in the home Region as its recipe says."""
    home = settings.home_region
    for name, recipe, teacher, student in known_recipes(settings):
        day = judged(on, home, teacher, student)
        modes: dict[HostingMode, Eligibility] = {mode: ask(student.id, home, day) for mode, ask in _ELIGIBLE.items()}
        if not modes[recipe.hosting].ok:
            possible = [f"{mode.value!r}" for mode, eligible in modes.items() if eligible.ok]
            yield Finding(
                where=f"recipes.{name}.hosting",
                wrong=f"{recipe.hosting.value!r} is not possible: {modes[recipe.hosting].reason}",
                allowed=" or ".join(possible) or f"none in {home} on {day}",
                fix=f"write hosting = {possible[0]}" if possible else "choose another student or home_region",
            )


def check_unit_prices(settings: Settings, _on: date) -> Iterator[Finding]:
    """Provisioned Throughput bills by the hour, and the catalog guesses no price: whoever buys it states it."""
    for name, recipe in settings.recipes.items():
        if recipe.hosting is HostingMode.PROVISIONED and recipe.unit_price_usd_per_hour is None:
            yield Finding(
                where=f"recipes.{name}.unit_price_usd_per_hour",
                wrong="it is missing, while hosting is 'provisioned'",
                allowed="US dollars for one model unit and hour, more than 0",
                fix="write the price that the AWS pricing page, or your contract, gives for this student",
            )
