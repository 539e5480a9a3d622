"""The map of a route, made from its fallback policy: the serving stack publishes it, and `checks` measure it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from distillery.client.route_map import Prices, RouteMap, Step
from distillery.core.catalog import Latency
from distillery.core.names import TAG_ENVIRONMENT, TAG_RECIPE, TAG_ROUTE, TAG_TEAM, Names
from distillery.settings.fallback import FallbackPolicy, FallbackStep

Applications = Mapping[tuple[str, str], str]
"""(model, cost centre, empty for none) → ARN of the route's application inference profile."""


def tags_of(policy: FallbackPolicy, names: Names) -> dict[str, str]:
    """The tags of the route's resources, which are also the metadata of its requests."""
    route = policy.route
    more = {TAG_RECIPE: route.recipe, TAG_TEAM: route.team}
    own = {TAG_ENVIRONMENT: names.environment, TAG_ROUTE: route.name}
    return own | {key: value for key, value in more.items() if value}


def applications_of(policy: FallbackPolicy) -> list[tuple[str, str]]:
    """The route's application inference profiles: (model, cost centre, empty for none).

    One for each model, and one more for each cost centre if a step can use it, which optimized latency cannot.
    """
    by_centre = {step.model for step in policy.steps if step.application_profile}
    return [
        (model, centre)
        for model in policy.models
        for centre in ("", *(policy.route.cost_centres if model in by_centre else ()))
    ]


def probed(policies: Iterable[FallbackPolicy]) -> list[str]:
    """The routes that `distillery probe` may write findings about: those with an optimized step of a foundation model.

    Never a student's route, whose map states the deployment that its callers trust.
    """
    return [policy.route.name for policy in policies if policy.route.recipe is None and needs_probe(policy)]


def needs_probe(policy: FallbackPolicy) -> bool:
    """Whether a probe decides how a step of the route is called."""
    return any(step.recipe is None and step.latency is Latency.OPTIMIZED for step in policy.steps)


def route_map(policy: FallbackPolicy, names: Names, applications: Applications) -> RouteMap:
    """The map that clients read."""
    return RouteMap(
        environment=names.environment,
        route=policy.route.name,
        description=policy.route.description,
        max_tokens=policy.max_tokens,
        steps=tuple(_step(step, names, applications) for step in policy.steps),
        tags=tags_of(policy, names),
    )


def _step(step: FallbackStep, names: Names, applications: Applications) -> Step:
    own = applications.get((step.model, ""))
    system = step.profile or step.model
    centres = {centre: arn for (model, centre), arn in applications.items() if centre and model == step.model}
    if step.recipe is not None:
        identifier, application = None, None
    elif step.application_profile:
        identifier, application = own, None
    else:
        identifier, application = system, own
    return Step(
        model=step.model,
        region=step.region,
        identifier=identifier,
        alias=names.alias(step.recipe) if step.recipe else None,
        latency=step.latency.value,
        tier=step.tier.value,
        application=application,
        cost_centres=centres if step.application_profile else {},
        prices=_prices(step),
    )


def _prices(step: FallbackStep) -> Prices | None:
    price = step.price
    if price is None:
        return None
    into, out = str(price.per_million_input), str(price.per_million_output)
    long = price.surcharge
    prices = Prices(input=into, output=out, as_of=price.as_of.isoformat())
    return replace(prices, long_above=long.above_input_tokens, long_factor=str(long.factor)) if long else prices
