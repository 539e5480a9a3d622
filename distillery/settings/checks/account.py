"""The account, the Regions, and the tags that identify cost."""

from collections.abc import Iterator, Mapping
from datetime import date

from distillery.core import catalog
from distillery.core.limits import TAG
from distillery.settings.environment import Settings
from distillery.settings.finding import ConfigFinding, closest_matches


def check_regions(settings: Settings, _on: date) -> Iterator[ConfigFinding]:
    """Some model can be distilled, or called, in the Region. `recipe` and `route` check the models themselves."""
    homes = {region for pair in catalog.pairs() for region in pair.regions}
    calling = {region for model in catalog.models() for region in _callable_from(model)}
    yield from _region("home_region", settings.home_region, homes, "distils")
    yield from _region("inference_region", settings.inference_region, calling, "serves a model of the catalog")


def _region(where: str, region: str, known: set[str], does: str) -> Iterator[ConfigFinding]:
    if region not in known:
        yield ConfigFinding(
            where=where,
            wrong=f"{region!r} is not a Region in which Bedrock {does}",
            allowed=", ".join(sorted(known)),
            fix=f"write one of these (near it: {closest_matches(region, known)})",
        )


def _callable_from(model: catalog.Model) -> set[str]:
    return {*model.in_region, *(source for profile in model.profiles for source in profile.destinations)}


_RESERVED = ("aws:", "distillery:")
_KEY_MAX, _VALUE_MAX = 128, 256


def check_account(settings: Settings, _on: date) -> Iterator[ConfigFinding]:
    """Data that is kept needs a named account, not that of whatever credentials deploy."""
    if settings.keep_data and settings.account is None:
        yield ConfigFinding(
            where="account",
            wrong="it is missing, while keep_data is true",
            allowed="12 digits in quotes where data is kept",
            fix='write account = "<the account that owns this data>", or keep_data = false',
        )


def check_tags(settings: Settings, _on: date) -> Iterator[ConfigFinding]:
    """Bedrock accepts the tags on jobs, models and endpoints."""
    yield from _tags("cost_tags", settings.cost_tags)
    for name, recipe in settings.recipes.items():
        yield from _tags(f"recipes.{name}.tags", recipe.tags)
    for name, route in settings.routes.items():
        yield from _tags(f"routes.{name}", {"team": route.team} if route.team else {})


def _tags(where: str, tags: Mapping[str, str]) -> Iterator[ConfigFinding]:
    for key, value in tags.items():
        fits = 0 < len(key) <= _KEY_MAX and len(value) <= _VALUE_MAX and TAG.fullmatch(key + value)
        if fits and not key.lower().startswith(_RESERVED):
            continue
        yield ConfigFinding(
            where=f"{where}.{key}",
            wrong=f"the tag {key!r} = {value!r} cannot be set",
            allowed=f"keys of 1 to {_KEY_MAX} and values of up to {_VALUE_MAX} characters that match {TAG.pattern}, "
            f"no key that begins with {' or '.join(_RESERVED)}",
            fix="rename the key, or remove the other characters",
        )
