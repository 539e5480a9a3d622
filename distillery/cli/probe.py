"""`distillery probe`: may this route's application profile be called with optimized latency? No page of AWS says it.

A route that may not is called through the system's profile, whose cost no tag tells apart.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

import typer

from distillery.cli.published import named
from distillery.cli.target import Target, target
from distillery.cli.terminal import confirm, say
from distillery.client.converse import served_mode
from distillery.client.route_map import OPTIMIZED, RouteMap, Step
from distillery.core.errors import BadRequest

QUESTION = "Hello"
TOKENS_IN, TOKENS_OUT = 20, 8
"""More than the question has; and what the answer may have at most."""
NOT_SUPPORTED = re.compile(r"latency.*not supported", re.IGNORECASE | re.DOTALL)
"""As a third party's test of March 2026 quotes it: "Latency performance configuration is not supported for …"."""


@dataclass(frozen=True, slots=True)
class Found:
    """probed: whether it works; None where that was not found out. said: why, for a person."""

    probed: bool | None
    said: str


def probe(
    context: typer.Context,
    route: Annotated[str, typer.Argument(help="A route with an optimized step.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before the request is sent.")] = False,
) -> None:
    """Try a route's application profile with optimized latency, by one tiny request, and note what was found."""
    on = target(context)
    one = named(on, route)
    tried = [(index, step) for index, step in enumerate(one.steps) if step.latency == OPTIMIZED and step.application]
    if not tried:
        raise BadRequest(f"route {one.route!r} has nothing to probe: no optimized step has an application profile")
    say("{} request to Bedrock, {}", len(tried), _price(on, [step for _, step in tried]))
    if not (yes or on.local):
        confirm("Send it?")
    results = [_one(on, one, index, step) for index, step in tried]
    if None in results:
        raise typer.Exit(1)


def _price(on: Target, steps: list[Step]) -> str:
    if on.local:
        return "which is the local account's and costs nothing"
    prices = [step.prices for step in steps if step.prices]
    if len(prices) < len(steps):
        return "at a price that the map does not know"
    usd = sum((price.cost(input_tokens=TOKENS_IN, output_tokens=TOKENS_OUT) for price in prices), Decimal())
    return f"at most ${usd:f} (prices as of {prices[0].as_of})"


def _one(on: Target, route: RouteMap, index: int, step: Step) -> bool | None:
    """Tries one step and notes what was found; None where nothing was."""
    from distillery.client.published_maps import PublishedMaps

    found = found_by_trying(on, route, index, step)
    say("{}", found.said)
    if found.probed is None:
        say("nothing was noted")
        return None
    PublishedMaps(on.account).put_probe_result(route.route, application=str(step.application), works=found.probed)
    say("noted for {}: callers use {}", route.route, "it" if found.probed else step.identifier)
    return found.probed


def found_by_trying(on: Target, route: RouteMap, index: int, step: Step) -> Found:
    """What one request to the step's application profile tells."""
    from distillery.client import AWS_ERRORS
    from distillery.client.converse import ResolvedStep as Called
    from distillery.client.single_step import SingleStep, step_arguments, user_message

    profile = Called(index, step, str(step.application), step.model)
    try:
        asked = step_arguments(route, profile, user_message(QUESTION), TOKENS_OUT)
        reply = SingleStep(on.account).runtime(step.region).converse(**asked)
    except AWS_ERRORS as error:
        return refused(error, str(step.application))
    served = served_mode(reply).latency
    if served == OPTIMIZED:
        return Found(True, f"{step.application} was served with optimized latency")
    silent = "either the optimized quota was used up, or an application profile is silently served so"
    return Found(None, f"{step.application} was served with {served} latency: {silent}; probe again")


def refused(error: Exception, application: str) -> Found:
    """Only the one sentence about latency is an answer; a throttle or a missing permission is none."""
    told = getattr(error, "response", {}).get("Error", {})
    if told.get("Code") == "ValidationException" and NOT_SUPPORTED.search(str(told.get("Message", ""))):
        return Found(False, f"{application} is refused with optimized latency: {told['Message']}")
    return Found(None, f"{application} could not be tried: {error}")
