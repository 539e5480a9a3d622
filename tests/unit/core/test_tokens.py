"""The token estimate, against counts of published tokenizers (see tokens/count.py)."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distillery.core.budget import check_budget
from distillery.core.conversation import Prompt
from distillery.core.errors import OverBudget
from distillery.core.estimate import DatasetSize, estimate
from distillery.core.tokens import BOUND, estimate_tokens, token_weight
from tests.fakes.pipeline import recipe

SAMPLES = json.loads(Path(__file__).with_name("tokens").joinpath("samples.json").read_text(encoding="utf-8"))["samples"]
EXCEPTIONS = {"Identifiers": 1.8, "Lao": 2.8}
"""Stated beside BOUND."""
MOST_FAVOURABLE = 5
TEXT = st.text(st.characters(codec="utf-8"))


@pytest.mark.parametrize("sample", SAMPLES)
def test_no_tokenizer_needs_more_than_the_bound(sample: str) -> None:
    text, tokens = SAMPLES[sample]["text"], SAMPLES[sample]["tokens"]
    assert max(tokens.values()) <= EXCEPTIONS.get(sample, BOUND) * estimate_tokens(text)


@pytest.mark.parametrize("sample", [name for name in SAMPLES if name not in EXCEPTIONS])
def test_the_estimate_is_no_more_than_five_times_what_any_tokenizer_needs(sample: str) -> None:
    text, tokens = SAMPLES[sample]["text"], SAMPLES[sample]["tokens"]
    assert estimate_tokens(text) <= MOST_FAVOURABLE * min(tokens.values())


def test_a_token_of_english_is_about_four_characters() -> None:
    text = SAMPLES["English"]["text"]
    assert estimate_tokens(text) == pytest.approx(len(text) / 4, rel=0.05)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 0),
        ("a", 1),
        ("abcd", 1),
        ("abcde", 2),
        ("订单在哪里", 6),
        ("123", 3),
        ("\N{PARTY POPPER}", 3),
        ("\ud800", 3),
    ],
)
def test_tokens_are_rounded_up(text: str, expected: int) -> None:
    assert estimate_tokens(text) == expected


@given(TEXT, TEXT)
def test_the_weight_of_a_whole_is_the_sum_of_its_parts(one: str, other: str) -> None:
    assert token_weight(one + other) == token_weight(one) + token_weight(other)


@given(TEXT.filter(bool))
def test_no_estimate_exceeds_the_bound_of_one_token_per_byte(text: str) -> None:
    assert 0 < estimate_tokens(text) <= len(text.encode())


def test_a_prompt_has_the_tokens_of_all_its_texts_but_the_reference() -> None:
    messages = (("user", "订单在哪里"), ("assistant", "已发货"), ("user", "谢谢"))
    prompt = Prompt(system="请用中文回答", messages=messages, reference="不客气")
    assert prompt.tokens == estimate_tokens("请用中文回答订单在哪里已发货谢谢") > 16


def test_the_budget_of_chinese_prompts_is_held_to_their_tokens() -> None:
    """A quarter of a token per character passed a budget that such a run exceeds."""
    text = SAMPLES["Chinese, simplified"]["text"] * 20
    needed = 1_200 * 20 * SAMPLES["Chinese, simplified"]["tokens"]["llama-3.2"]

    def at_most(tokens: int) -> Decimal:
        size = DatasetSize(prompts=1000, heldout=200, tokens=tokens)
        return estimate(recipe(), size, region="us-east-1", on=date(2026, 11, 23)).at_most_usd

    old, new = 1_200 * len(text) // 4, 1_200 * estimate_tokens(text)
    assert at_most(old) < at_most(needed) <= at_most(new)
    between = recipe(budget_usd=at_most(old))
    size = DatasetSize(prompts=1000, heldout=200, tokens=new)
    with pytest.raises(OverBudget):
        check_budget(between, estimate(between, size, region="us-east-1", on=date(2026, 11, 23)))
