"""What is asked of each model, and what a model refuses."""

from decimal import Decimal
from typing import Any

import pytest

from distillery.core import catalog
from distillery.core.inference import THINKING_TOKENS, inference_config, max_tokens, refusals

HAIKU_4_5, HAIKU_5_5, NOVA = (
    "anthropic.claude-haiku-4-5-20251001-v1:0",
    "anthropic.claude-haiku-5-5",
    "amazon.nova-micro-v1:0",
)
REFUSED: list[tuple[str, dict[str, Any], list[str]]] = [
    (HAIKU_5_5, {"temperature": 0.0}, ["temperature 0.0; it accepts 1 or none"]),
    (HAIKU_5_5, {"temperature": 1}, []),
    (HAIKU_5_5, {"temperature": None, "top_p": 0.99, "prefill": False}, []),
    (HAIKU_5_5, {"top_p": 0.9}, ["top_p 0.9; it accepts 0.99 or more, or none"]),
    (HAIKU_5_5, {"top_k": 40}, ["top_k; it accepts none"]),
    (HAIKU_5_5, {"prefill": True}, ["a prefilled answer; the conversation has to end with the user"]),
    (HAIKU_4_5, {"temperature": 0.0, "top_p": 0.9}, ["temperature together with top_p; it accepts one of them"]),
    (HAIKU_4_5, {"temperature": 0.0, "top_k": 1, "prefill": True}, []),
    (NOVA, {"temperature": 0.0, "top_p": 0.1, "top_k": 1, "prefill": True}, []),
    (NOVA, {"max_tokens": 10_001}, ["10001 max tokens; it accepts up to 10000"]),
    ("meta.llama3-1-8b-instruct-v1:0", {"max_tokens": 2_048}, []),
    ("meta.llama3-1-8b-instruct-v1:0", {"max_tokens": 2_049}, ["2049 max tokens; it accepts up to 2048"]),
]


@pytest.mark.parametrize(("model", "request_", "expected"), REFUSED)
def test_a_model_refuses_what_its_rules_say(model: str, request_: dict[str, Any], expected: list[str]) -> None:
    assert list(refusals(model, **request_)) == expected


@pytest.mark.parametrize("model", [model.id for model in catalog.models()])
def test_no_model_refuses_what_is_asked_of_it_and_each_has_a_source(model: str) -> None:
    config, rules = inference_config(model, 48), catalog.model(model).requests
    assert rules is not None
    assert rules.source
    assert list(refusals(model, max_tokens=config["maxTokens"], temperature=config.get("temperature"))) == []


def test_a_model_that_thinks_has_room_for_it_beside_the_answer() -> None:
    assert (max_tokens(NOVA, 64), max_tokens(HAIKU_5_5, 64)) == (64, 64 + THINKING_TOKENS)
    assert inference_config(NOVA, 64) == {"maxTokens": 64, "temperature": 0.0}
    assert inference_config(HAIKU_5_5, 64) == {"maxTokens": 64 + THINKING_TOKENS}


def test_the_rules_are_exact_numbers() -> None:
    rules = catalog.model(HAIKU_5_5).requests
    assert rules is not None
    assert (rules.temperature, rules.least_top_p) == (Decimal(1), Decimal("0.99"))
