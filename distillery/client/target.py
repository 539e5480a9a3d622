"""A step with what is to be called for it at this moment."""

from dataclasses import dataclass

from distillery.client.cache import LONGEST_WAIT
from distillery.client.errors import NotConfigured
from distillery.client.route_map import STANDARD, Mode, RouteMap, Step
from distillery.client.route_store import Directory


@dataclass(frozen=True, slots=True)
class Target:
    """index: the step's place in the policy. identifier: `modelId` of Converse. model: who answers under it."""

    index: int
    step: Step
    identifier: str
    model: str

    @property
    def requested(self) -> Mode:
        return self.step.mode

    @property
    def key(self) -> tuple[str, str, str]:
        """What may be up or down by itself."""
        return self.step.region, self.identifier, str(self.requested)


def target_of(
    index: int, step: Step, directory: Directory, cost_centre: str | None, wait: float = LONGEST_WAIT
) -> Target:
    """wait: seconds for another thread that is reading the alias. Raises NothingPromoted, UnreadableAlias;
    StillReading and AWS_ERRORS where an alias cannot be read."""
    if step.alias:
        endpoint = directory.endpoint(step.alias, step.region, wait)
        return Target(index, step, endpoint.arn, endpoint.model)
    return Target(index, step, _identifier(step, cost_centre), step.model)


def _identifier(step: Step, cost_centre: str | None) -> str:
    """A mode that nobody has tried through an application profile goes through the system's, whoever pays."""
    identifier = step.identifier or step.model
    if step.latency != STANDARD and step.probed is not True:
        return identifier
    if cost_centre and cost_centre in step.cost_centres:
        return step.cost_centres[cost_centre]
    return step.application if step.application and step.probed else identifier


def check_cost_centre(route: RouteMap, cost_centre: str | None) -> None:
    """Raises NotConfigured for one that no step of the route has."""
    known = sorted({name for step in route.steps for name in step.cost_centres})
    if cost_centre is not None and cost_centre not in known:
        raise NotConfigured(f"route {route.route!r} has no cost centre {cost_centre!r}; it has {known}")
