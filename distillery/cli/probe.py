"""`distillery probe`: tests whether a route's application profile supports optimized latency. AWS does not document
this. If the profile does not support it, the route is called through the system profile, whose cost cannot be allocated
by tag.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

import typer

from distillery.cli.documents import ProbedStep, ProbeOutput
from distillery.cli.outputs import document
from distillery.cli.route_maps import find_route
from distillery.cli.target import Target, target
from distillery.cli.terminal import confirm, echo, write_json
from distillery.client.invocation import served_mode
from distillery.client.route_map import OPTIMIZED, RouteMap, Step
from distillery.core.errors import BadRequest

QUESTION = "Hello"
TOKENS_IN, TOKENS_OUT = 20, 8
"""An upper bound for the question, and the `maxTokens` of the answer."""
NOT_SUPPORTED = re.compile(r"latency.*not supported", re.IGNORECASE | re.DOTALL)
"""From a third party's test of March 2026: "Latency performance configuration is not supported for …"."""


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """probed: whether the profile works; None if the request did not decide it. reason: one sentence."""

    probed: bool | None
    reason: str


def probe(
    context: typer.Context,
    route: Annotated[str, typer.Argument(help="A route with an optimized step.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before the request is sent.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON; needs --yes.")] = False,
) -> None:
    """Call a route's application profile with optimized latency, in one small request, and record the result."""
    if as_json and not yes:
        raise BadRequest("--json asks nothing; confirm with --yes")
    on = target(context)
    one = find_route(on, route)
    steps = optimized_steps(one)
    if not steps:
        raise BadRequest(f"route {one.route!r} has nothing to probe: no optimized step has an application profile")
    if not as_json:
        echo("{} request to Bedrock, {}", len(steps), _price(on, [step for _, step in steps]))
    if not (yes or on.local):
        confirm("Send it?")
    results = [_one(on, one, index, step, quiet=as_json) for index, step in steps]
    if as_json:
        write_json(document("probe", ProbeOutput(route=one.route, steps=results)))
    if any(result.works is None for result in results):
        raise typer.Exit(1)


def optimized_steps(route: RouteMap) -> list[tuple[int, Step]]:
    """The steps that can be probed, with their positions."""
    return [(index, step) for index, step in enumerate(route.steps) if step.latency == OPTIMIZED and step.application]


def _price(on: Target, steps: list[Step]) -> str:
    if on.local:
        return "free of charge in the local account"
    prices = [step.prices for step in steps if step.prices]
    if len(prices) < len(steps):
        return "whose price is unknown"
    usd = sum((price.cost(input_tokens=TOKENS_IN, output_tokens=TOKENS_OUT) for price in prices), Decimal())
    return f"at most ${usd:f} (prices as of {prices[0].as_of})"


def _one(on: Target, route: RouteMap, index: int, step: Step, *, quiet: bool) -> ProbedStep:
    """Probes one step and records the result, if there is one."""
    from distillery.client.published_maps import PublishedMaps

    found = probe_step(on, route, index, step)
    if not quiet:
        echo("{}", found.reason)
    if found.probed is not None:
        PublishedMaps(on.account).put_probe_result(route.route, application=str(step.application), works=found.probed)
    if not quiet and found.probed is None:
        echo("nothing was recorded")
    elif not quiet:
        echo("recorded for {}: callers use {}", route.route, "it" if found.probed else step.identifier)
    return ProbedStep(step=index + 1, application=str(step.application), works=found.probed, reason=found.reason)


def probe_step(on: Target, route: RouteMap, index: int, step: Step) -> ProbeResult:
    """Sends one request to the application profile of a step."""
    from distillery.client import AWS_ERRORS
    from distillery.client.converse import ResolvedStep
    from distillery.client.single_step import SingleStep, step_arguments, user_message

    target = ResolvedStep(index, step, str(step.application), step.model)
    try:
        request = step_arguments(route, target, user_message(QUESTION), TOKENS_OUT)
        reply = SingleStep(on.account).runtime(step.region).converse(**request)
    except AWS_ERRORS as error:
        return result_of_error(error, str(step.application))
    served = served_mode(reply).latency
    if served == OPTIMIZED:
        return ProbeResult(True, f"{step.application} was served with optimized latency")
    why = "either the optimized quota was used up, or Bedrock silently serves application profiles so"
    return ProbeResult(None, f"{step.application} was served with {served} latency: {why}; probe again")


def result_of_error(error: Exception, application: str) -> ProbeResult:
    """Interprets an error: only the message about latency is a result, throttling or a missing permission is not."""
    details = getattr(error, "response", {}).get("Error", {})
    if details.get("Code") == "ValidationException" and NOT_SUPPORTED.search(str(details.get("Message", ""))):
        return ProbeResult(False, f"{application} is refused with optimized latency: {details['Message']}")
    return ProbeResult(None, f"{application} could not be probed: {error}")
