"""Regions that the catalog knows nothing of."""

from collections.abc import Iterator
from datetime import date

from distillery.core import catalog
from distillery.settings.environment import Settings
from distillery.settings.finding import Finding, near


def check_regions(settings: Settings, _on: date) -> Iterator[Finding]:
    """Whether a model can be distilled, or called, there at all; which ones is asked by `pair` and `route`."""
    homes = {region for pair in catalog.pairs() for region in pair.regions}
    calling = {region for model in catalog.models() for region in _callable_from(model)}
    yield from _region("home_region", settings.home_region, homes, "distils")
    yield from _region("inference_region", settings.inference_region, calling, "serves a model of the catalog")


def _region(where: str, region: str, known: set[str], does: str) -> Iterator[Finding]:
    if region not in known:
        yield Finding(
            where=where,
            wrong=f"{region!r} is not a Region in which Bedrock {does}",
            allowed=", ".join(sorted(known)),
            fix=f"write one of these (near it: {near(region, known)})",
        )


def _callable_from(model: catalog.Model) -> set[str]:
    return {*model.in_region, *(source for profile in model.profiles for source in profile.destinations)}
