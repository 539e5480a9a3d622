"""What the benchmark compares. A variant is one step of a route, called as the route's map defines it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from distillery.client.converse import ResolvedStep
from distillery.client.route_map import DEFAULT_TIER, STANDARD, Mode, RouteMap, Step

Resolve = Callable[[RouteMap, int], ResolvedStep]
"""Returns what a step of a route, by its index, leads to now."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A step of a route; target: what is called for it."""

    route: RouteMap
    target: ResolvedStep

    @property
    def name(self) -> str:
        """`fast:optimized`; with the number of the step, `fast:3 (standard)`, if another step has the same mode."""
        mode, own = self.target.requested, self.target.index
        if any(step.mode == mode for index, step in enumerate(self.route.steps) if index != own):
            return f"{self.route.route}:{own + 1} ({mode})"
        return f"{self.route.route}:{mode}"

    @property
    def key(self) -> tuple[str, int, Mode]:
        """Route, index of the step and mode: the first step may also be measured at standard latency."""
        return self.route.route, self.target.index, self.target.requested

    @property
    def step(self) -> Step:
        return self.target.step

    @property
    def is_plain(self) -> bool:
        """Whether this is a foundation model in the default mode, with which other variants are compared."""
        return self.step.alias is None and self.target.requested == Mode()

    def cost_usd(self, tokens_in: int, tokens_out: int) -> Decimal | None:
        """Returns the cost at the map's dated price; None if the map has no price."""
        prices = self.step.prices
        return prices.cost(input_tokens=tokens_in, output_tokens=tokens_out) if prices else None


def variants(routes: Iterable[tuple[RouteMap, int | None]], resolve: Resolve) -> list[Variant]:
    """Returns the variants to measure, each of them once.

    Args:
        routes: Routes, each with the index of a step. Without an index, the first step is measured; if that step is not
            called in the default mode, its model is measured at standard latency as well.
        resolve: Returns what a step leads to.
    """
    found: dict[tuple[str, int, Mode], Variant] = {}
    for route, index in routes:
        chosen = [Variant(route, resolve(route, index))] if index is not None else [*_by_default(route, resolve)]
        found.update((variant.key, variant) for variant in chosen)
    return list(found.values())


def _by_default(route: RouteMap, resolve: Resolve) -> Iterator[Variant]:
    first = route.steps[0]
    yield Variant(route, resolve(route, 0))
    if first.mode == Mode():
        return
    for index, step in enumerate(route.steps):
        if step.model == first.model and step.mode == Mode():
            yield Variant(route, resolve(route, index))
            return
    plain = replace(first, latency=STANDARD, tier=DEFAULT_TIER)
    yield Variant(route, replace(resolve(route, 0), step=plain))


def baseline(measured: list[Variant]) -> Variant:
    """Returns the variant that the others are compared with: the first plain one, or else the first."""
    return next((variant for variant in measured if variant.is_plain), measured[0])
