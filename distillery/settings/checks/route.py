"""Routes whose models cannot be called."""

from collections.abc import Iterator, Mapping
from datetime import date

from distillery.core import catalog
from distillery.core.catalog import Latency, Model
from distillery.settings.checks.model_usage import fallback_models, find_model, reference_day
from distillery.settings.environment import RouteSettings, Settings
from distillery.settings.finding import ConfigFinding


def check_routes(settings: Settings, on: date) -> Iterator[ConfigFinding]:
    """Each model that a route names can be called from the inference Region on the day."""
    region = settings.inference_region
    for where, model in _named(settings):
        if catalog.latency_offered(model.id, Latency.STANDARD, region, reference_day(on, region, model)):
            continue
        sources = {source for profile in model.profiles for source in profile.destinations} | model.in_region
        yield ConfigFinding(
            where=where,
            wrong=f"{model.id!r} cannot be called from {region}",
            allowed=f"{model.name} is called from {', '.join(sorted(sources)) or 'no Region'}",
            fix="choose another model, or set inference_region to one of these",
        )


def check_latencies(settings: Settings, on: date) -> Iterator[ConfigFinding]:
    """Few models offer optimized latency, in few Regions, and only through a system profile.

    Source: UG latency-optimized-inference.
    """
    region = settings.inference_region
    for name, route, model in _models(settings):
        day = reference_day(on, region, model)
        if route.latency is Latency.STANDARD or _optimized(model, region, day):
            continue
        others = {one.name for one in catalog.models() if _offered(one, region, on)}
        here = f"in {region} on {on}: {', '.join(sorted(others)) or 'no model'}"
        own = f"{model.name}: {_regions(model.latency.get(Latency.OPTIMIZED, {}))}"
        yield ConfigFinding(
            where=f"routes.{name}.latency",
            wrong=f"'optimized' is not offered for {route.model!r} to callers in {region} on {day}",
            allowed=f"'standard'; 'optimized' {here}; {own}",
            fix="write latency = 'standard', or choose another model or inference_region",
        )


def _named(settings: Settings) -> Iterator[tuple[str, Model]]:
    """(where, model) of every route, fallback policies included."""
    for name, _, model in _models(settings):
        yield f"routes.{name}.model", model
    for name in settings.routes:
        for index, word in fallback_models(settings, name):
            yield f"routes.{name}.fallback[{index}]", catalog.model(word)


def _models(settings: Settings) -> Iterator[tuple[str, RouteSettings, Model]]:
    for name, route in settings.routes.items():
        if route.model is not None and (model := find_model(route.model)):
            yield name, route, model


def _optimized(model: Model, region: str, day: date) -> bool:
    return catalog.profile_for(model.id, region) is not None and _offered(model, region, day)


def _offered(model: Model, region: str, day: date) -> bool:
    return catalog.latency_offered(model.id, Latency.OPTIMIZED, region, day)


def _regions(first_days: Mapping[str, date]) -> str:
    return ", ".join(f"{region} from {first}" for region, first in sorted(first_days.items())) or "nowhere"
