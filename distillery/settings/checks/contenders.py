"""Contenders that no estimate could show."""

from collections.abc import Iterator
from datetime import date

from distillery.core import catalog
from distillery.core.catalog import Latency
from distillery.settings.checks.model_usage import contenders, found, judged
from distillery.settings.environment import Settings
from distillery.settings.finding import Finding


def check_contenders(settings: Settings, on: date) -> Iterator[Finding]:
    """Each contender is called from the home Region, named once, and has a price."""
    region = settings.home_region
    for use, named_before in contenders(settings):
        model = found(use.model)
        if model is None:  # `life` says so
            continue
        profile = catalog.profile_for(model.id, region)
        through = None if region in model.in_region or profile is None else profile.id
        if named_before:
            yield _finding(use.where, f"{model.id!r} is named twice", "each model once", "remove one")
        elif not catalog.latency_offered(model.id, Latency.STANDARD, region, judged(on, region, model)):
            wrong = f"{model.id!r} is not served to callers in {region}"
            yield _finding(use.where, wrong, "models that are called from home_region", "choose another model")
        elif catalog.price(model.id, profile=through, on=on) is None:
            fix = "add the price with its date and source in distillery/core/catalog"
            yield _finding(use.where, f"no source gives a price of {model.id!r}", "models with a price", fix)


def _finding(where: str, wrong: str, allowed: str, fix: str) -> Finding:
    return Finding(where=where, wrong=wrong, allowed=allowed, fix=fix)
