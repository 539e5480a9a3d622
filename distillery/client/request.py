"""What a caller asks for, in Converse's own words, and what is sent to a step."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Required, TypedDict

from distillery.client.route_map import DEFAULT_TIER, STANDARD, RouteMap
from distillery.client.target import Target


class Request(TypedDict, total=False):
    """Arguments of Converse; `maxTokens` is short for `inferenceConfig={"maxTokens": …}`."""

    messages: Required[list[dict[str, Any]]]
    system: list[dict[str, Any]]
    maxTokens: int
    inferenceConfig: dict[str, Any]
    toolConfig: dict[str, Any]
    guardrailConfig: dict[str, Any]
    additionalModelRequestFields: dict[str, Any]
    additionalModelResponseFieldPaths: list[str]
    promptVariables: dict[str, Any]
    requestMetadata: dict[str, str]
    outputConfig: dict[str, Any]


OF_THE_MAP = ("modelId", "performanceConfig", "serviceTier")
METADATA_PAIRS, METADATA_MAX = 16, 256
"""`requestMetadata` of Converse: pairs, and characters of a key or a value. API."""
RESERVED = "distillery:"
"""How the keys begin that this product says: by them logs become prompts to train on, and are kept from it."""
Marks = Callable[[Mapping[str, Any]], Mapping[str, str]]
"""What this product says of a request beside its route's tags, from the arguments of Converse."""


@dataclass(frozen=True, slots=True)
class Asked:
    """arguments: of Converse, but for those that the map says. inference: `inferenceConfig` without a default."""

    arguments: Mapping[str, Any]
    inference: Mapping[str, Any]
    metadata: Mapping[str, str]

    @classmethod
    def of(cls, request: Mapping[str, Any]) -> "Asked":
        """Raises TypeError for what the route's map says, ValueError for metadata that this product says itself."""
        if said := [name for name in OF_THE_MAP if name in request]:
            raise TypeError(f"{', '.join(said)}: the route's map says it; leave it out, or call another route")
        rest = dict(request)
        inference = dict(rest.pop("inferenceConfig", {}))
        if "maxTokens" in rest:
            inference["maxTokens"] = rest.pop("maxTokens")
        metadata = dict(rest.pop("requestMetadata", {}))
        if ours := [key for key in metadata if str(key).lower().startswith(RESERVED)]:
            raise ValueError(f"requestMetadata {ours}: keys that begin with {RESERVED!r} are not a caller's to say")
        return cls(rest, inference, metadata)

    def marked(self, marks: Marks) -> "Asked":
        return replace(self, metadata={**self.metadata, **marks(self.arguments)})


def arguments_of(asked: Asked, target: Target, route: RouteMap) -> dict[str, Any]:
    """What Converse is called with. What is usual is not said, since not every model takes the words for it."""
    step = target.step
    return {
        **asked.arguments,
        "modelId": target.identifier,
        "inferenceConfig": {"maxTokens": route.max_tokens, **asked.inference},
        "requestMetadata": _metadata(asked.metadata, route.tags),
        **({"performanceConfig": {"latency": step.latency}} if step.latency != STANDARD else {}),
        **({"serviceTier": {"type": step.tier}} if step.tier != DEFAULT_TIER else {}),
    }


def _metadata(asked: Mapping[str, str], tags: Mapping[str, str]) -> dict[str, str]:
    """The route's tags win: logs and bills are read by them."""
    pairs = {**asked, **tags}
    if len(pairs) > METADATA_PAIRS:
        raise ValueError(
            f"requestMetadata has {len(pairs)} pairs, {len(tags)} of them the route's; Bedrock takes {METADATA_PAIRS}"
        )
    if long := [key for key, value in pairs.items() if max(len(key), len(value)) > METADATA_MAX]:
        raise ValueError(f"requestMetadata {long} is above Bedrock's {METADATA_MAX} characters")
    return pairs
