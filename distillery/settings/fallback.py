"""The steps of a route's fallback policy, each a model or a student in one Region, latency mode and tier.

Nothing is refused here: a word that leads nowhere gives no step, and `checks` report it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from distillery.core import catalog
from distillery.core.catalog import Latency, Price, PriceKind, ProfileId, Tier
from distillery.core.hosting_mode import HostingMode
from distillery.settings.environment import PRIORITY, STANDARD, RouteSettings, Settings

MAX_TOKENS = 1024
"""Tokens of an answer by default: throttling reserves them up front (UG monitoring-runtime-metrics)."""

_KINDS = {Latency.OPTIMIZED: PriceKind.OPTIMIZED, Tier.PRIORITY: PriceKind.PRIORITY}


@dataclass(frozen=True, slots=True, kw_only=True)
class FallbackStep:
    """One step of a fallback policy.

    `model` is the catalog's id; for a student, that of its base model. `recipe` is the recipe whose live endpoint is
    called, None for a foundation model. `profile` is the cross-Region system profile that the model is called through,
    None if its plain id is called. `destinations` are the Regions that may serve a request; a caller needs
    `bedrock:InvokeModel` in all of them (`catalog.ANYWHERE` is among them for a global profile). A student has none.
    `price` is None if no source gives one, or if the hour is billed and not the token.
    """

    model: str
    region: str
    latency: Latency = Latency.STANDARD
    tier: Tier = Tier.DEFAULT
    recipe: str | None = None
    profile: ProfileId | None = None
    destinations: tuple[str, ...] = ()
    price: Price | None = field(default=None, compare=False)

    @property
    def application_profile(self) -> bool:
        """Whether it is called through an application inference profile, whose tags make its cost visible.

        Students are not: `CreateInferenceProfile` copies from foundation models and system profiles only (botocore
        1.44.5, `InferenceProfileModelSource`). Nor is optimized latency: UG latency-optimized-inference offers it
        through system profiles and does not mention application profiles; `distillery probe` finds out.
        """
        return self.recipe is None and self.latency is Latency.STANDARD


@dataclass(frozen=True, slots=True, kw_only=True)
class FallbackPolicy:
    """A route with its steps in order."""

    route: RouteSettings
    steps: tuple[FallbackStep, ...]
    max_tokens: int

    @property
    def models(self) -> dict[str, ProfileId | None]:
        """The foundation models among the steps, with their profiles."""
        return {step.model: step.profile for step in self.steps if step.recipe is None}

    @property
    def recipes(self) -> tuple[str, ...]:
        """The recipes whose students are among the steps."""
        return tuple(dict.fromkeys(step.recipe for step in self.steps if step.recipe is not None))


def policies(settings: Settings) -> list[FallbackPolicy]:
    """The policy of every route, in the order of the settings."""
    return [fallback_policy(settings, route) for route in settings.routes.values()]


def fallback_policy(settings: Settings, route: RouteSettings) -> FallbackPolicy:
    recipe = settings.recipes.get(route.recipe or "")
    most = route.max_tokens or (recipe.max_answer_tokens if recipe else MAX_TOKENS)
    own = first_step(settings, route)
    steps = [step for step, _ in fallbacks(settings, route) if step]
    return FallbackPolicy(route=route, steps=(*([own] if own else ()), *steps), max_tokens=most)


def fallbacks(settings: Settings, route: RouteSettings) -> Iterator[tuple[FallbackStep | None, str]]:
    """Each word of the policy and its step; None if the word leads nowhere."""
    for word in route.fallback:
        yield _step(settings, route, word), word


def first_step(settings: Settings, route: RouteSettings) -> FallbackStep | None:
    """The step for the route's own model; None if its recipe, or its model, does not exist."""
    if route.recipe is None:
        return _of_model(settings, str(route.model), route.latency)
    recipe = settings.recipes.get(route.recipe)
    if recipe is None:
        return None
    by_token = recipe.hosting is HostingMode.ON_DEMAND and _known(recipe.student)
    price = catalog.custom_model_price(recipe.student) if by_token else None
    return FallbackStep(model=recipe.student, region=settings.home_region, recipe=recipe.name, price=price)


def _step(settings: Settings, route: RouteSettings, word: str) -> FallbackStep | None:
    if word in (PRIORITY, STANDARD):
        tier = Tier.PRIORITY if word == PRIORITY else Tier.DEFAULT
        return _of_model(settings, route.model, tier=tier) if route.model else None
    if word in settings.routes:
        return first_step(settings, settings.routes[word])
    return _of_model(settings, word)


def _of_model(
    settings: Settings, model: str, latency: Latency = Latency.STANDARD, tier: Tier = Tier.DEFAULT
) -> FallbackStep | None:
    if not _known(model):
        return None
    region = settings.inference_region
    profile, destinations = profile_and_regions(model, region)
    kind = _KINDS.get(latency) or _KINDS.get(tier, PriceKind.STANDARD)
    return FallbackStep(
        model=model,
        region=region,
        latency=latency,
        tier=tier,
        profile=profile,
        destinations=destinations,
        price=catalog.price(model, kind, profile),
    )


def profile_and_regions(model: str, region: str) -> tuple[ProfileId | None, tuple[str, ...]]:
    """How to call the model from the Region: the profile, if one is needed, and the destination Regions.

    Without destinations the model cannot be called from there; `checks.route` reports it.
    """
    profile = catalog.profile_for(model, region)
    if profile is not None:
        return profile.id, profile.destinations[region]
    return None, (region,) if region in catalog.model(model).in_region else ()


def _known(model: str) -> bool:
    try:
        return bool(catalog.model(model))
    except catalog.UnknownModel:
        return False
