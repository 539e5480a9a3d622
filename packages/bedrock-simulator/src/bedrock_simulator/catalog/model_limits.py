"""The limits of each model, and the features that it does not support. A custom model has the limits of its base.

Sources: Bedrock User Guide (model cards; model-parameters-meta; quotas-token-burndown: an output token counts as five
    for Claude 4.5, as one for models that it does not name; latency-optimized-inference: Llama 3.1 405B falls back
    above 11K tokens; count-tokens as of August 2025), and the price table of LiteLLM 1.109.1 for the output of Nova,
    where the card of Nova Pro says 5K and callers are served up to 10,000. Which images and documents a Llama accepts
    is an ASSUMPTION.
"""

from dataclasses import dataclass

from bedrock_simulator.catalog.models import Model

_ALL_SEE = frozenset({"image", "document"})
_READS = frozenset({"document"})
_TEXT: frozenset[str] = frozenset()


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


def _llama(*, tools: bool = True, optimized: int | None = None) -> Limits:
    return Limits(
        128_000, 2_048, modalities=_READS, tools=tools, tools_streamed=False, stop_sequences=False, optimized=optimized
    )  # fmt: skip


_LIMITS = {
    "amazon.nova-pro-v1:0": Limits(300_000, 10_000),
    "amazon.nova-lite-v1:0": Limits(300_000, 10_000),
    "amazon.nova-micro-v1:0": Limits(128_000, 10_000, modalities=_TEXT),
    "amazon.nova-premier-v1:0": Limits(1_000_000, 10_000),
    "amazon.nova-2-lite-v1:0": Limits(1_000_000, 64_000),
    "anthropic.claude-3-haiku-20240307-v1:0": Limits(200_000, 4_096),
    "anthropic.claude-3-5-sonnet-20240620-v1:0": Limits(200_000, 4_096, count_tokens=True),
    "anthropic.claude-3-5-sonnet-20241022-v2:0": Limits(200_000, 8_192, count_tokens=True),
    "anthropic.claude-3-5-haiku-20241022-v1:0": Limits(200_000, 8_192, modalities=_READS, count_tokens=True),
    "anthropic.claude-haiku-4-5-20251001-v1:0": Limits(200_000, 64_000, burndown=5),
    "anthropic.claude-haiku-5-5": Limits(1_000_000, 128_000, prefill=False),
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
