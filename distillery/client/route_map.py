"""The map of a route: its format, its types, and the check of every field.

The serving stack writes a map to one SSM parameter per route, and every client reads it:

    {"version": 1, "environment": "prod", "route": "fast", "description": "…", "max_tokens": 1024,
     "tags": {"distillery:environment": "prod", "distillery:route": "fast"},
     "steps": [{"model": "amazon.nova-pro-v1:0", "region": "us-east-2", "identifier": "us.amazon.nova-pro-v1:0",
                "latency": "optimized", "tier": "default", "application": "arn:aws:bedrock:…",
                "prices": {"input": "1.00", "output": "4.00", "as_of": "2026-11-20"}}, …]}

Keys are the field names of the types below. A field with its default value is omitted, and unknown keys are ignored, so
that an older client can read a newer map of the same version. Somebody may have written the parameter by hand, and its
values end up in requests, terminals, and generated programs: texts are limited to one line, and names to their pattern.
This module does not import boto3: the CDK app writes maps with it.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from decimal import Decimal
from typing import Any, Self

VERSION = 1
STANDARD, OPTIMIZED = "standard", "optimized"
"""`performanceConfig.latency` of Converse."""
DEFAULT_TIER, PRIORITY = "default", "priority"
"""`serviceTier.type` of Converse."""
LATENCIES = (STANDARD, OPTIMIZED)
TIERS = (DEFAULT_TIER, PRIORITY, "flex", "reserved")
"""All values of Converse in botocore 1.44.5: `PerformanceConfigLatency` and `ServiceTierType`."""
TEXT_MAX, TAGS_MAX, STEPS_MAX, TOKENS_MAX = 1024, 50, 50, 1_000_000
DOCUMENT_MAX = 32_768
"""Characters. Four times the limit of an SSM parameter, because JSON may have been rewritten with more escapes."""

Check = Callable[[Any], bool]


class UnreadableMap(ValueError):
    """The parameter does not hold a map of this version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """Prices in US dollars per million tokens, as decimal text.

    Attributes:
        input: price of input tokens.
        output: price of output tokens.
        as_of: date of the source, YYYY-MM-DD.
        long_above: number of input tokens above which a request costs `long_factor` times as much.
        long_factor: factor for input and output of such a request.
    """

    input: str
    output: str
    as_of: str
    long_above: int | None = None
    long_factor: str = "1"

    def cost(self, *, input_tokens: int, output_tokens: int) -> Decimal:
        """Returns the cost of one request in US dollars."""
        dollars = (Decimal(self.input) * input_tokens + Decimal(self.output) * output_tokens) / 1_000_000
        long = self.long_above is not None and input_tokens > self.long_above
        return dollars * Decimal(self.long_factor) if long else dollars


@dataclass(frozen=True, slots=True)
class Mode:
    """A latency mode and a service tier. Its text is `optimized`, `standard`, or `standard/priority`."""

    latency: str = STANDARD
    tier: str = DEFAULT_TIER

    def __str__(self) -> str:
        return self.latency if self.tier == DEFAULT_TIER else f"{self.latency}/{self.tier}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One model in one Region, latency mode, and service tier.

    Attributes:
        model: the catalog's id of a foundation model; for a distilled student, the base model of its recipe.
        region: the Region to call.
        identifier: `modelId` of Converse; None if `alias` determines it.
        alias: name of the SSM parameter in `region` that promotion updates: its `endpoint.arn` is the identifier.
        latency: latency mode.
        tier: service tier.
        application: application inference profile of the same model. `identifier` is then the system-defined profile,
            because it is not documented whether the mode works through an application profile. Used if `probed`.
        probed: whether a probe showed that it works. It is read from a parameter of its own, never from the map.
        cost_centres: application inference profile by cost centre, used in place of `identifier`.
        prices: prices in this mode, if known.
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
        """The mode that the step requests."""
        return Mode(self.latency, self.tier)


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteMap:
    """The map of one route.

    Attributes:
        environment: name of the environment.
        route: name of the route.
        description: text for people.
        max_tokens: default of a request without one. Bedrock reserves it from the quota, so it should be tight.
        steps: the fallback policy, in order. Never empty.
        tags: tags of the route's resources, which its requests carry as `requestMetadata`.
        version: version of the format.
    """

    environment: str
    route: str
    description: str
    max_tokens: int
    steps: tuple[Step, ...]
    tags: Mapping[str, str] = field(default_factory=dict, hash=False)
    version: int = VERSION

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Parses and checks a map. Raises UnreadableMap, which names the missing or invalid fields."""
        try:
            values = parse_object(text)
            if (version := values["version"]) != VERSION or type(version) is not int:  # true and 1.0 equal 1
                found = version if type(version) is int else f"of type {type(version).__name__}"
                raise UnreadableMap(f"the map has version {found}, this client reads {VERSION}; upgrade it")
            check_fields(values, _MAP_FIELDS)
            return cls(**(_known(cls, values) | {"steps": tuple(_step(step) for step in values["steps"])}))
        except UnreadableMap:
            raise
        except (ValueError, TypeError, KeyError) as error:
            raise UnreadableMap(f"the parameter holds no map of a route: {error!r}") from error

    def document(self) -> dict[str, Any]:
        """Returns the map as a JSON object."""
        return {**_non_defaults(self), "version": self.version, "steps": [_step_document(step) for step in self.steps]}


def parse_object(text: str) -> dict[str, Any]:
    """Parses the JSON object of a parameter. Raises ValueError if it is not one, too long, or nested too deeply."""
    if len(text) > DOCUMENT_MAX:
        raise ValueError(f"it has {len(text)} characters, at most {DOCUMENT_MAX} are read")
    try:
        value = json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not isinstance(value, dict):
        raise ValueError("it is not a JSON object")
    return value


def check_fields(values: Mapping[str, Any], checks: Mapping[str, Check]) -> None:
    """Raises ValueError naming the fields whose values are invalid. Unknown fields are ignored."""
    if invalid := [name for name, is_valid in checks.items() if name in values and not is_valid(values[name])]:
        raise ValueError(f"{', '.join(invalid)} holds an invalid value")


def matches(pattern: str) -> Check:
    compiled = re.compile(pattern)
    return lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None


def is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _is_line(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= TEXT_MAX and value.isprintable()


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= TOKENS_MAX


def _mapping(is_key: Check, is_value: Check) -> Check:
    return lambda value: (
        isinstance(value, dict)
        and len(value) <= TAGS_MAX
        and all(is_key(key) and is_value(each) for key, each in value.items())
    )


def _optional(is_valid: Check) -> Check:
    return lambda value: value is None or is_valid(value)


_NAME = matches(r"[a-z0-9][a-z0-9/-]{0,62}")
IS_MODEL = matches(r"[A-Za-z0-9][A-Za-z0-9:/._-]{0,2047}")
IS_TIME = matches(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\+00:00")
_COST_CENTRE = matches(r"[a-z0-9]+(-[a-z0-9]+)*")
_TAG_KEY, _TAG_VALUE = matches(r"[A-Za-z0-9 ._:/=+@-]{1,128}"), matches(r"[A-Za-z0-9 ._:/=+@-]{0,256}")
"""Bedrock API, `TagKey` and `TagValue`, limited to one line."""
_USD = matches(r"[0-9]{1,9}(\.[0-9]{1,12})?")
_PRICE_FIELDS: Mapping[str, Check] = {
    "input": _USD,
    "output": _USD,
    "as_of": matches(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
    "long_above": _optional(_is_count),
    "long_factor": _USD,
}
_STEP_FIELDS: Mapping[str, Check] = {
    "model": IS_MODEL,
    "region": matches(r"[a-z]{2}(-[a-z]+)+-[0-9]"),
    "identifier": _optional(IS_MODEL),
    "alias": _optional(matches(r"/[A-Za-z0-9/._-]{1,1010}")),
    "latency": matches("|".join(LATENCIES)),
    "tier": matches("|".join(TIERS)),
    "application": _optional(IS_MODEL),
    "probed": _optional(lambda value: isinstance(value, bool)),
    "cost_centres": _mapping(_COST_CENTRE, IS_MODEL),
    "prices": _optional(is_object),
}
_MAP_FIELDS: Mapping[str, Check] = {
    "environment": _NAME,
    "route": _NAME,
    "description": _is_line,
    "max_tokens": _is_count,
    "tags": _mapping(_TAG_KEY, _TAG_VALUE),
    "steps": lambda value: isinstance(value, list) and 1 <= len(value) <= STEPS_MAX and all(map(is_object, value)),
}


def _step(values: Mapping[str, Any]) -> Step:
    check_fields(values, _STEP_FIELDS)
    prices = values.get("prices")
    check_fields(prices or {}, _PRICE_FIELDS)
    return Step(**(_known(Step, values) | {"prices": Prices(**_known(Prices, prices)) if prices else None}))


def _step_document(step: Step) -> dict[str, Any]:
    return _non_defaults(step) | ({"prices": _non_defaults(step.prices)} if step.prices else {})


def _known(kind: type, values: Mapping[str, Any]) -> dict[str, Any]:
    return {known.name: values[known.name] for known in fields(kind) if known.name in values}


def _non_defaults(value: Any) -> dict[str, Any]:
    defaults = {
        one.name: one.default if one.default_factory is MISSING else one.default_factory() for one in fields(value)
    }
    return {name: own for name, default in defaults.items() if (own := getattr(value, name)) != default}
