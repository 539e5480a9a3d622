"""What is sent to one step of a route, and what comes back: the request and the response of Converse."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Required, Self, TypedDict

from distillery.client.canary import CANARY, LIVE, AliasedCanary
from distillery.client.errors import Attempt
from distillery.client.route_map import (
    DEFAULT_TIER,
    STANDARD,
    Mode,
    RouteMap,
    Step,
)
from distillery.client.system_prompt import UNKNOWN_PROMPT, StudentPrompt

COMPLETE = frozenset({"end_turn", "stop_sequence", "tool_use"})
"""Stop reasons of a whole answer. No other reason counts as one of these, also none that Bedrock adds later."""
SET_BY_MAP = ("modelId", "performanceConfig", "serviceTier")
METADATA_PAIRS, METADATA_MAX = 16, 256
"""Limits of `requestMetadata`: number of pairs, and characters of a key or value. Source: Bedrock API, Converse."""
RESERVED_PREFIX = "distillery:"
"""Prefix of metadata keys that only this product sets. They decide which logged calls become training prompts."""
Marks = Callable[[Mapping[str, Any]], Mapping[str, str]]
"""Returns further metadata for a request, from the arguments of Converse."""


class ConverseArguments(TypedDict, total=False):
    """Arguments of Converse. `maxTokens` is short for `inferenceConfig={"maxTokens": …}`."""

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


@dataclass(frozen=True, slots=True)
class ResolvedStep:
    """A step and the identifier under which it is called now.

    Attributes:
        index: position of the step in the fallback policy, from 0.
        step: the step as the map holds it.
        identifier: `modelId` of Converse.
        model: the catalog's model id, or the ARN of the model that a distilled step's alias names.
        prompt: what the model was trained with as system prompt; for other models, UNKNOWN.
        system: the system prompt of a request that has none of its own; None for no system prompt.
        canary: the canary that the step's alias names, perhaps one that is over.
        variant: `canary` or `live` while the step has a canary; otherwise empty.
    """

    index: int
    step: Step
    identifier: str
    model: str
    prompt: StudentPrompt = UNKNOWN_PROMPT
    system: str | None = None
    canary: AliasedCanary | None = None
    variant: str = ""

    def variants(self, canary: AliasedCanary) -> tuple[Self, Self]:
        """Returns the step with the endpoint of its canary, and with its live endpoint."""
        other = replace(self, identifier=canary.arn, model=canary.model, prompt=canary.prompt, variant=CANARY)
        return other, replace(self, variant=LIVE)

    @property
    def requested(self) -> Mode:
        return self.step.mode

    @property
    def key(self) -> tuple[str, str, str]:
        """Identifies what may be unavailable on its own: Region, identifier, and mode."""
        return self.step.region, self.identifier, f"{self.step.latency}/{self.step.tier}"


def identifier_of(step: Step, cost_centre: str | None) -> str:
    """Returns the `modelId` of a step without an alias.

    A mode that no probe has shown to work is called through the system-defined profile, also for a cost centre.
    """
    identifier = step.identifier or step.model
    if step.latency != STANDARD and step.probed is not True:
        return identifier
    if cost_centre and cost_centre in step.cost_centres:
        return step.cost_centres[cost_centre]
    return step.application if step.application and step.probed else identifier


@dataclass(frozen=True, slots=True)
class ConverseRequest:
    """A caller's request, before it is addressed to a step. `inference` is `inferenceConfig` without defaults. `marks`
    adds metadata, from the arguments that are sent."""

    arguments: Mapping[str, Any]
    inference: Mapping[str, Any]
    metadata: Mapping[str, str]
    marks: Marks | None = None

    @classmethod
    def of(cls, arguments: Mapping[str, Any]) -> Self:
        """Builds a request from a caller's arguments.

        Raises:
            TypeError: an argument is set by the route's map.
            ValueError: a metadata key is reserved.
        """
        if not_allowed := [name for name in SET_BY_MAP if name in arguments]:
            raise TypeError(f"{', '.join(not_allowed)}: the route's map sets it; leave it out, or call another route")
        rest = dict(arguments)
        inference = dict(rest.pop("inferenceConfig", {}))
        if "maxTokens" in rest:
            inference["maxTokens"] = rest.pop("maxTokens")
        metadata = dict(rest.pop("requestMetadata", {}))
        if reserved := [key for key in metadata if str(key).lower().startswith(RESERVED_PREFIX)]:
            raise ValueError(f"requestMetadata {reserved}: the prefix {RESERVED_PREFIX!r} is reserved; use other keys")
        return cls(rest, inference, metadata)

    @property
    def has_system(self) -> bool:
        """Whether the caller gives a system prompt; an empty list asks for none."""
        return "system" in self.arguments

    def marked(self, marks: Marks) -> Self:
        return replace(self, marks=marks)

    def arguments_for(self, target: ResolvedStep, route: RouteMap) -> dict[str, Any]:
        """Returns the arguments of Converse for one step. Defaults are omitted: not every model accepts them."""
        step, arguments = target.step, self.arguments
        if target.system is not None and not self.has_system:
            arguments = {**arguments, "system": [{"text": target.system}]}
        metadata = {**self.metadata, **self.marks(arguments)} if self.marks else self.metadata
        return {
            **arguments,
            "modelId": target.identifier,
            "inferenceConfig": {"maxTokens": route.max_tokens, **self.inference},
            "requestMetadata": _metadata(metadata, route.tags),
            **({"performanceConfig": {"latency": step.latency}} if step.latency != STANDARD else {}),
            **({"serviceTier": {"type": step.tier}} if step.tier != DEFAULT_TIER else {}),
        }


def _metadata(callers: Mapping[str, str], tags: Mapping[str, str]) -> dict[str, str]:
    """The route's tags take precedence: logs and bills are grouped by them."""
    pairs = {**callers, **tags}
    if len(pairs) > METADATA_PAIRS:
        raise ValueError(
            f"requestMetadata has {len(pairs)} pairs, {len(tags)} of them the route's tags; Bedrock accepts at most "
            f"{METADATA_PAIRS}; remove some of yours"
        )
    if long := [key for key, value in pairs.items() if max(len(key), len(value)) > METADATA_MAX]:
        raise ValueError(f"requestMetadata {long}: Bedrock accepts at most {METADATA_MAX} characters; shorten them")
    return pairs


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The response to a request, and how it was served.

    Attributes:
        response: the response of Converse. For a stream, its events assembled in the same structure, without
            ResponseMetadata.
        text: all text blocks joined. Reasoning and tool use are in `response`.
        requested: the mode that the answering step requested.
        served: the mode that Bedrock served; None if a stream ended before Bedrock reported it.
        index: position in the fallback policy of the step that answered, from 0.
        step: the step that answered.
        identifier: the `modelId` that was called.
        model: the catalog's model id, or for a distilled student the ARN of the model that its alias names.
        attempts: every attempt; the last one is the one that succeeded.
        cost: US dollars, at the map's dated price of the mode that was served. None if the map has no such price, or
            if the request used the prompt cache, whose prices the map does not contain.
        elapsed_ms: milliseconds that the caller waited, including failed attempts and pauses.
        time_to_first_token_ms: streams only: milliseconds from the start of the successful attempt.
        output_tokens_per_second: streams only: rate after the first token.
        system: whose system prompt was sent: `caller` or `student`; otherwise `none`, or `several` if none was sent to
            a student that was trained with several.
        variant: which model answered while its step has a canary: `canary` or `live`; otherwise empty.
    """

    response: Mapping[str, Any]
    text: str
    requested: Mode
    served: Mode | None
    index: int
    step: Step
    identifier: str
    model: str
    attempts: tuple[Attempt, ...]
    cost: Decimal | None
    elapsed_ms: float
    time_to_first_token_ms: float | None = None
    output_tokens_per_second: float | None = None
    system: str = "none"
    variant: str = ""

    @property
    def downgraded(self) -> bool:
        """Whether Bedrock reported another mode than the step requested."""
        return self.served is not None and self.served != self.requested

    @property
    def input_tokens(self) -> int:
        return int(self.response.get("usage", {}).get("inputTokens", 0))

    @property
    def output_tokens(self) -> int:
        return int(self.response.get("usage", {}).get("outputTokens", 0))

    @property
    def latency_ms(self) -> int:
        """Latency in milliseconds that Bedrock reports."""
        return int(self.response.get("metrics", {}).get("latencyMs", 0))

    @property
    def stop_reason(self) -> str:
        """Why the model stopped; empty if the caller closed the stream before its end."""
        return str(self.response.get("stopReason", ""))

    @property
    def complete(self) -> bool:
        """Whether the model ended its answer by itself. False if a limit, a guardrail or a filter ended it, if the stop
        reason is unknown to this version, or if the caller closed the stream."""
        return self.stop_reason in COMPLETE
