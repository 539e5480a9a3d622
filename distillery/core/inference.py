"""How a model is asked for an answer of limited length that is the same every time, as far as the model permits it.

What a model refuses is data of the catalog (`RequestRules`), with its source.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from distillery.core import catalog

THINKING_TOKENS = 2_000
"""Added to the maximum of a model that thinks: with 64 tokens for both, a label would end within the reasoning. Only
tokens that the model writes are billed."""
TEMPERATURE = 0.0
"""For repeatable answers, where the model accepts it."""


def max_tokens(model: str, answer_tokens: int) -> int:
    """The `maxTokens` that leaves `answer_tokens` for the answer itself. `model` is a catalog id."""
    rules = catalog.model(model).requests
    return answer_tokens + (THINKING_TOKENS if rules and rules.thinks else 0)


def inference_config(model: str, answer_tokens: int) -> dict[str, Any]:
    """`inferenceConfig` of Converse for the model, or for a custom model of this base."""
    rules = catalog.model(model).requests
    config: dict[str, Any] = {"maxTokens": max_tokens(model, answer_tokens)}
    if rules is None or rules.temperature is None:
        config["temperature"] = TEMPERATURE
    return config


def refusals(
    model: str,
    *,
    max_tokens: int | None = None,
    temperature: float | None = None,
    top_p: float | None = None,
    top_k: int | None = None,
    prefill: bool = False,
) -> Iterator[str]:
    """What the model refuses of a request with these values, each with what it accepts."""
    rules = catalog.model(model).requests
    if rules is None:
        return
    if max_tokens is not None and max_tokens > rules.output_tokens:
        yield f"{max_tokens} max tokens; it accepts up to {rules.output_tokens}"
    if temperature is not None and rules.temperature not in (None, temperature):
        yield f"temperature {temperature}; it accepts {rules.temperature} or none"
    if top_p is not None and rules.least_top_p is not None and Decimal(str(top_p)) < rules.least_top_p:
        yield f"top_p {top_p}; it accepts {rules.least_top_p} or more, or none"
    if top_k is not None and not rules.top_k:
        yield "top_k; it accepts none"
    if temperature is not None and top_p is not None and not rules.temperature_with_top_p:
        yield "temperature together with top_p; it accepts one of them"
    if prefill and not rules.prefill:
        yield "a prefilled answer; the conversation has to end with the user"
