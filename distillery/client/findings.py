"""What a probe found out: whether a step's latency mode works through its application inference profile.

Each finding is an SSM parameter of its own, `true` or `false`, named by the route and the profile. So whoever probes
writes no map, and a deployment that makes another profile leaves the finding about the one before behind.
"""

import json
from collections.abc import Callable
from dataclasses import replace

from distillery.client.aws import AWS_ERRORS
from distillery.client.cache import NotThere
from distillery.client.route_map import STANDARD, RouteMap, Step

Read = Callable[[str], str]
"""The value of a parameter, by its name. Raises NotThere, or AWS_ERRORS where it cannot be read."""


def parameter(environment: str, route: str, application: str) -> str:
    """The name of a finding. application: the ARN of the application inference profile."""
    return f"/distillery/{environment}/probed/{route}/{application.rpartition('/')[2]}"


def spelled(probed: bool) -> str:
    """As the parameter holds it."""
    return json.dumps(probed)


def with_findings(route: RouteMap, read: Read) -> RouteMap:
    """The route with what is known of its steps. A map says nothing of it, whatever it holds, and what cannot be read
    is not known: such a step goes through the system's profile, which costs a tag and no answer."""
    return replace(route, steps=tuple(_with_finding(route, step, read) for step in route.steps))


def _with_finding(route: RouteMap, step: Step, read: Read) -> Step:
    if step.application is None or step.latency == STANDARD:
        return replace(step, probed=None)
    try:
        told = read(parameter(route.environment, route.route, step.application))
    except (NotThere, *AWS_ERRORS):
        return replace(step, probed=None)
    return replace(step, probed={spelled(True): True, spelled(False): False}.get(told))
