"""What every snippet says of a call, whatever package makes it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from distillery.client.route_map import DEFAULT_TIER, STANDARD, RouteMap
from distillery.client.target import Target

QUESTION = "Where is my card?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One step of a route. identifier: `modelId`; alias: the SSM parameter that names it, for a distilled student."""

    route: str
    environment: str
    model: str
    identifier: str
    region: str
    max_tokens: int
    latency: str = STANDARD
    tier: str = DEFAULT_TIER
    metadata: Mapping[str, str] = field(default_factory=dict, hash=False)
    alias: str | None = None
    steps: int = 1

    @classmethod
    def of(cls, route: RouteMap, target: Target) -> "Call":
        """The call that a step of a route's map stands for."""
        step = target.step
        return cls(
            route=route.route,
            environment=route.environment,
            model=step.model,
            identifier=target.identifier,
            region=step.region,
            max_tokens=route.max_tokens,
            latency=step.latency,
            tier=step.tier,
            metadata=route.tags,
            alias=step.alias,
            steps=len(route.steps),
        )

    @property
    def optimized(self) -> bool:
        return self.latency != STANDARD

    @property
    def tiered(self) -> bool:
        return self.tier != DEFAULT_TIER

    @property
    def provider(self) -> str:
        """`amazon`, `anthropic`, `meta`."""
        return self.model.partition(".")[0]


def head(call: Call, install: str, *cannot: str) -> list[str]:
    """The comments above a program. `cannot`: what its package does not tell or take."""
    return [f"# {line}" if line else "#" for line in (*_said(call), f"Install: {install}", *cannot)]


def _said(call: Call) -> Iterator[str]:
    yield f"Route {call.route} of environment {call.environment}: {call.model}, called in {call.region}."
    if call.alias:
        yield f"The student's endpoint, as SSM parameter {call.alias} of {call.region} names it: it"
        yield "keeps its ARN through promotions and rollbacks, and changes only with the student's base model."
    if call.optimized:
        yield "Above its quota Bedrock serves optimized latency as standard, without an error."
    if call.steps > 1:
        yield f"One of the route's {call.steps} steps, without its fallbacks: distillery.client.Route walks them all."


def literal(value: object) -> str:
    """A text, number or mapping of texts as Python writes it, with double quotes."""
    return json.dumps(value, ensure_ascii=False)


def block(opening: str, arguments: Sequence[str], closing: str = ")") -> list[str]:
    """`name(` and one argument a line."""
    return [opening, *(f"    {argument}," for argument in arguments), closing]


def program(*parts: Sequence[str]) -> str:
    """The parts with a blank line between them."""
    return "\n\n".join("\n".join(part) for part in parts) + "\n"
