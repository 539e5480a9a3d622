"""Names that Bedrock or CloudFormation would refuse with their suffixes."""

import re
from collections.abc import Iterator
from datetime import date

from distillery.core import limits, names
from distillery.core.recipe import Recipe
from distillery.settings.environment import Settings
from distillery.settings.finding import ConfigFinding

ROUTE_MAX = 40
"""An application inference profile is named after environment, route and cost centre, with a hash: 64 in all (botocore
1.44.5)."""

_FORM = "lower-case letters and digits in words joined by single hyphens"
_LAST_ATTEMPT = 999


def check_names(settings: Settings, _on: date) -> Iterator[ConfigFinding]:
    """The names that people choose: the environment, its recipes, routes and cost centres."""
    yield from _name("environment", settings.environment, names.ENVIRONMENT_MAX, "rename the file")
    for recipe in settings.recipes:
        yield from _name(f"recipes.{recipe}", recipe, names.RECIPE_MAX, "rename the table")
    for name, route in settings.routes.items():
        if route.recipe is None:
            yield from _name(f"routes.{name}", name, ROUTE_MAX, "rename the table")
        for index, centre in enumerate(route.cost_centres):
            longest = max(ROUTE_MAX - len(name), 1)
            yield from _name(f"routes.{name}.cost_centres[{index}]", centre, longest, "rename it, or the route")


def _name(where: str, name: str, longest: int, fix: str) -> Iterator[ConfigFinding]:
    if names.NAME.fullmatch(name) and len(name) <= longest:
        return
    wrong = f"the name {name!r} has {len(name)} characters"
    if not names.NAME.fullmatch(name):
        wrong = f"the name {name!r} cannot be part of every name that is derived from it"
    yield ConfigFinding(where=where, wrong=wrong, allowed=f"{_FORM}, at most {longest} characters", fix=fix)


def check_derived_names(settings: Settings, _on: date) -> Iterator[ConfigFinding]:
    """The longest names that Bedrock has to accept: those of a run's last possible attempt."""
    for recipe in settings.recipes.values():
        for what, name, pattern in longest_names(settings.environment, recipe):
            if len(name) > limits.NAME_MAX or not pattern.fullmatch(name):
                over = max(len(name) - limits.NAME_MAX, 0)
                yield ConfigFinding(
                    where=f"recipes.{recipe.name}",
                    wrong=f"its {what} would be named {name!r}, of {len(name)} characters",
                    allowed=f"{limits.NAME_MAX} characters that match {pattern.pattern}",
                    fix=f"shorten the recipe's name by {over} characters" if over else "rename the recipe",
                )


def longest_names(environment: str, recipe: Recipe) -> Iterator[tuple[str, str, re.Pattern[str]]]:
    """(what, its longest name, Bedrock's pattern for it)."""
    derived = names.Names(environment)
    any_digest = names.digest("any")
    run = names.run_id(
        recipe=recipe.name, recipe_digest=recipe.digest, dataset_digest=any_digest, attempt=_LAST_ATTEMPT
    )
    yield "customization job", derived.job(run, restarted=True), limits.JOB_NAME
    yield "custom model", derived.job(run, restarted=True), limits.MODEL_NAME
    yield "candidate endpoint", derived.candidate(run), limits.MODEL_NAME
    yield "live endpoint", derived.live(recipe.name, recipe.student), limits.MODEL_NAME
