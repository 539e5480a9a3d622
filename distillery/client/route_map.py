"""The published map of a route: what the serving stack writes to one SSM parameter, and every client reads.

    {"version": 1, "environment": "prod", "route": "fast", "description": "…", "max_tokens": 1024,
     "tags": {"distillery:environment": "prod", "distillery:route": "fast"},
     "steps": [{"model": "amazon.nova-pro-v1:0", "region": "us-east-2", "identifier": "us.amazon.nova-pro-v1:0",
                "latency": "optimized", "tier": "default", "application": "arn:aws:bedrock:…",
                "prices": {"input": "1.00", "output": "4.00", "as_of": "2026-11-20"}}, …]}

Field names are the document's keys; a field that has its default is left out. A reader ignores keys it does not know,
so that an older client reads a newer map of the same version. Nothing here imports boto3: the CDK app writes with it.
"""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from decimal import Decimal
from typing import Any, Self

from distillery.client.fields import MAP, PRICES, STEP, check, parsed

VERSION = 1
STANDARD, OPTIMIZED = "standard", "optimized"
"""`performanceConfig.latency` of Converse."""
DEFAULT_TIER, PRIORITY = "default", "priority"
"""`serviceTier.type` of Converse."""


class UnreadableMap(ValueError):
    """A parameter that holds no map of this version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """US dollars per million tokens, as decimal text, as a source printed them on the day `as_of` (YYYY-MM-DD).

    A request of more than `long_above` input tokens costs `long_factor` times as much, for input and output alike.
    """

    input: str
    output: str
    as_of: str
    long_above: int | None = None
    long_factor: str = "1"

    def cost(self, *, input_tokens: int, output_tokens: int) -> Decimal:
        """US dollars of one request."""
        dollars = (Decimal(self.input) * input_tokens + Decimal(self.output) * output_tokens) / 1_000_000
        long = self.long_above is not None and input_tokens > self.long_above
        return dollars * Decimal(self.long_factor) if long else dollars


@dataclass(frozen=True, slots=True)
class Mode:
    """A latency mode and a service tier; as text `optimized`, `standard`, `standard/priority`."""

    latency: str = STANDARD
    tier: str = DEFAULT_TIER

    def __str__(self) -> str:
        return self.latency if self.tier == DEFAULT_TIER else f"{self.latency}/{self.tier}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One way to an answer, in one Region, in one latency mode and service tier.

    model: the catalog's id of a foundation model; for a distilled student, its recipe's base model.
    identifier: `modelId` of Converse; None where `alias` says it.
    alias: the SSM parameter, in `region`, that promotion keeps: its `endpoint.arn` is the identifier.
    application: the application inference profile of the same model, where `identifier` is the system's because
        nobody knows whether the mode works through an application profile; used once `probed` is true.
    probed: what `findings` knows of that; no deployment writes it.
    cost_centres: the application inference profile of each cost centre, to be used in place of `identifier`.
    """

    model: str
    region: str
    identifier: str | None = None
    alias: str | None = None
    latency: str = STANDARD
    tier: str = DEFAULT_TIER
    application: str | None = None
    probed: bool | None = None
    cost_centres: Mapping[str, str] = field(default_factory=dict, hash=False)
    prices: Prices | None = None

    @property
    def mode(self) -> Mode:
        """What is requested of it."""
        return Mode(self.latency, self.tier)


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteMap:
    """steps: the fallback policy in its order, never empty. max_tokens: the default of a request that says none;
    Bedrock reserves it from the quota up front, so it is tight. tags: what the route's resources are tagged with, and
    what its requests carry as `requestMetadata`."""

    environment: str
    route: str
    description: str
    max_tokens: int
    steps: tuple[Step, ...]
    tags: Mapping[str, str] = field(default_factory=dict, hash=False)
    version: int = VERSION

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Raises UnreadableMap, naming what is missing or may not be there."""
        try:
            said = parsed(text)
            if (version := said["version"]) != VERSION or type(version) is not int:  # true and 1.0 equal 1
                told = version if type(version) is int else f"of type {type(version).__name__}"
                raise UnreadableMap(f"the map has version {told}, this client reads {VERSION}; upgrade it")
            check(said, MAP)
            return cls(**(_known(cls, said) | {"steps": tuple(_step(step) for step in said["steps"])}))
        except UnreadableMap:
            raise
        except (ValueError, TypeError, KeyError) as error:
            raise UnreadableMap(f"the parameter holds no map of a route: {error!r}") from error

    def document(self) -> dict[str, Any]:
        """As JSON writes it."""
        return {**_said(self), "version": self.version, "steps": [_step_document(step) for step in self.steps]}


def together(environment: str, region: str, maps: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The maps of an environment as one document. region: the inference Region, where they are published.

    {"version": 1, "environment": "prod", "region": "us-east-2", "routes": {"fast": RouteMap.document(), …}}
    """
    return {"version": VERSION, "environment": environment, "region": region, "routes": dict(maps)}


def _step(said: Mapping[str, Any]) -> Step:
    check(said, STEP)
    prices = said.get("prices")
    check(prices or {}, PRICES)
    return Step(**(_known(Step, said) | {"prices": Prices(**_known(Prices, prices)) if prices else None}))


def _step_document(step: Step) -> dict[str, Any]:
    return _said(step) | ({"prices": _said(step.prices)} if step.prices else {})


def _known(kind: type, said: Mapping[str, Any]) -> dict[str, Any]:
    return {known.name: said[known.name] for known in fields(kind) if known.name in said}


def _said(value: Any) -> dict[str, Any]:
    """The fields that differ from their defaults."""
    return {known.name: told for known in fields(value) if (told := getattr(value, known.name)) != _default(known)}


def _default(known: Any) -> Any:
    return known.default if known.default_factory is MISSING else known.default_factory()
