"""The limits of each model, and the features that it supports. A custom model has the limits of its base.

Sources: Bedrock User Guide (model cards; model-parameters-meta; quotas-token-burndown: an output token counts as five
    for Claude 4.5, as one for models that it does not name; latency-optimized-inference: Llama 3.1 405B falls back
    above 11K tokens; count-tokens as of August 2025), and the price table of LiteLLM 1.109.1 for the output of Nova,
    where the card of Nova Pro says 5K and callers are served up to 10,000. Which images and documents a Llama accepts
    is an ASSUMPTION.
Structured output, counting of tokens, prompt caching: model cards of Claude Haiku 4.5 and 5.5 and of Nova Pro (autumn
    2026) and User Guide, prompt-caching; of Claude 3.5 Haiku the guide of 2025; of Nova 2 an ASSUMPTION. CountTokens of
    Haiku 4.5 by its own ID: a probe by Boise-State-Development/agentcore-public-stack (pull request 430).
    On structured output of Haiku 5.5 sources conflict: its card says that it has none, and pydantic-ai 2.68, which
    lists the Claude models from which Bedrock withholds it, does not name it. Here it has it.
Forced tool choice: API reference, ToolChoice (`any` and `tool` of Claude and Nova).
Sampling: mem0ai/mem0 (pull request 4393) and others for Haiku 4.5, which took one of temperature and top_p; Anthropic's
    guide for Haiku 5.5: temperature 1 or absent, top_p at least 0.99 or absent, no top_k.
"""

from dataclasses import dataclass
from enum import Enum

from bedrock_simulator.catalog.models import Model

_ALL_SEE = frozenset({"image", "document"})
_READS = frozenset({"document"})
_TEXT: frozenset[str] = frozenset()


class Sampling(Enum):
    """What a request may say of temperature, top_p and top_k."""

    FREE = "all of them"
    ONE = "temperature or top_p, not both"
    DEFAULT = "no more than the defaults"


@dataclass(frozen=True, slots=True)
class Caching:
    """Explicit prompt caching.

    Attributes:
        least: The least tokens of a prompt up to a checkpoint that is cached.
        lives: The lives of entries that a request may name, in the service's words.
        fields: Where checkpoints may be.
    """

    least: int
    lives: tuple[str, ...] = ("5m",)
    fields: tuple[str, ...] = ("tools", "system", "messages")


MAX_CHECKPOINTS = 4  # of a request, for every model


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one model.

    Attributes:
        context: Tokens of the context window.
        output: Maximum number of output tokens.
        burndown: Tokens of quota that an output token uses.
        modalities: Content that it accepts besides text.
        optimized: Input and output tokens above which latency-optimized inference falls back to standard.
        count_tokens: Whether CountTokens supports the model's ID.
        tool_choices: The choices of tools that a request may force.
        structured_output: Whether it answers in JSON of a given schema.
        effort: Whether it has levels of effort.
        caching: Its explicit prompt caching, None if it has none.
    """

    context: int
    output: int
    burndown: int = 1
    modalities: frozenset[str] = _ALL_SEE
    tools: bool = True
    tools_streamed: bool = True
    stop_sequences: bool = True
    prefill: bool = True
    optimized: int | None = None
    count_tokens: bool = False
    tool_choices: frozenset[str] = frozenset({"any", "tool"})
    structured_output: bool = False
    effort: bool = False
    caching: Caching | None = None
    sampling: Sampling = Sampling.FREE


def _llama(*, tools: bool = True, optimized: int | None = None) -> Limits:
    return Limits(
        128_000, 2_048, modalities=_READS, tools=tools, tools_streamed=False, stop_sequences=False, optimized=optimized,
        tool_choices=frozenset(),
    )  # fmt: skip


_NOVA = Caching(1_000, fields=("system", "messages"))
_HOUR = ("5m", "1h")


_LIMITS: dict[str, Limits] = {
    "amazon.nova-pro-v1:0": Limits(300_000, 10_000, caching=_NOVA),
    "amazon.nova-lite-v1:0": Limits(300_000, 10_000, caching=_NOVA),
    "amazon.nova-micro-v1:0": Limits(128_000, 10_000, modalities=_TEXT, caching=_NOVA),
    "amazon.nova-premier-v1:0": Limits(1_000_000, 10_000, caching=_NOVA),
    "amazon.nova-2-lite-v1:0": Limits(1_000_000, 64_000, caching=_NOVA),
    "anthropic.claude-3-haiku-20240307-v1:0": Limits(200_000, 4_096),
    "anthropic.claude-3-5-sonnet-20240620-v1:0": Limits(200_000, 4_096, count_tokens=True),
    "anthropic.claude-3-5-sonnet-20241022-v2:0": Limits(200_000, 8_192, count_tokens=True, caching=Caching(1_024)),
    "anthropic.claude-3-5-haiku-20241022-v1:0": Limits(
        200_000, 8_192, modalities=_READS, count_tokens=True, caching=Caching(2_048)
    ),
    "anthropic.claude-haiku-4-5-20251001-v1:0": Limits(
        200_000,
        64_000,
        burndown=5,
        count_tokens=True,
        structured_output=True,
        caching=Caching(4_096, _HOUR),
        sampling=Sampling.ONE,
    ),
    "anthropic.claude-haiku-5-5": Limits(
        1_000_000,
        128_000,
        prefill=False,
        effort=True,
        structured_output=True,
        caching=Caching(512, _HOUR),
        sampling=Sampling.DEFAULT,
    ),
    "meta.llama3-1-405b-instruct-v1:0": _llama(optimized=11_000),
    "meta.llama3-1-70b-instruct-v1:0": _llama(),
    "meta.llama3-3-70b-instruct-v1:0": _llama(),
    "meta.llama3-1-8b-instruct-v1:0": _llama(),
    "meta.llama3-2-1b-instruct-v1:0": _llama(tools=False),
    "meta.llama3-2-3b-instruct-v1:0": _llama(tools=False),
}


def limits_of(model: Model) -> Limits:
    """Returns the model's limits."""
    return _LIMITS[model.id]
