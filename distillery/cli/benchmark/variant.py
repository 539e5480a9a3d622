"""What is measured against what: an arm is one step of a route, called as its map says."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from distillery.client.converse import ResolvedStep
from distillery.client.route_map import DEFAULT_TIER, STANDARD, Mode, RouteMap, Step

Resolve = Callable[[RouteMap, int], ResolvedStep]


@dataclass(frozen=True, slots=True)
class Arm:
    """target: what is called for one of the route's steps."""

    route: RouteMap
    target: ResolvedStep

    @property
    def name(self) -> str:
        """`fast:optimized`; with the step's number, `fast:3 (standard)`, where another step has the mode too."""
        mode, own = self.target.requested, self.target.index
        if any(step.mode == mode for index, step in enumerate(self.route.steps) if index != own):
            return f"{self.route.route}:{own + 1} ({mode})"
        return f"{self.route.route}:{mode}"

    @property
    def key(self) -> tuple[str, int, Mode]:
        """Which step of which route; in which mode, since the first may be measured without its own as well."""
        return self.route.route, self.target.index, self.target.requested

    @property
    def step(self) -> Step:
        return self.target.step

    @property
    def plain(self) -> bool:
        """A foundation model as it is served without any wish: what others are compared with."""
        return self.step.alias is None and self.target.requested == Mode()

    def usd(self, tokens_in: int, tokens_out: int) -> Decimal | None:
        """At the map's dated price; None where it knows none."""
        prices = self.step.prices
        return prices.cost(input_tokens=tokens_in, output_tokens=tokens_out) if prices else None


def arms(routes: Iterable[tuple[RouteMap, int | None]], resolve: Resolve) -> list[Arm]:
    """An arm for each route and the index of a step that was asked for. Without an index it is the first step, and
    where that is not served as usual, its own model at standard latency as well. No arm comes twice."""
    found: dict[tuple[str, int, Mode], Arm] = {}
    for route, index in routes:
        chosen = [Arm(route, resolve(route, index))] if index is not None else [*_usual(route, resolve)]
        found.update((arm.key, arm) for arm in chosen)
    return list(found.values())


def _usual(route: RouteMap, resolve: Resolve) -> Iterator[Arm]:
    first = route.steps[0]
    yield Arm(route, resolve(route, 0))
    if first.mode == Mode():
        return
    for index, step in enumerate(route.steps):
        if step.model == first.model and step.mode == Mode():
            yield Arm(route, resolve(route, index))
            return
    plain = replace(first, latency=STANDARD, tier=DEFAULT_TIER)
    yield Arm(route, replace(resolve(route, 0), step=plain))


def baseline(measured: list[Arm]) -> Arm:
    """What the others are compared with: the first plain arm, or else the first."""
    return next((arm for arm in measured if arm.plain), measured[0])
