"""The split into training and held-out prompts."""

import random

from hypothesis import given
from hypothesis import strategies as st

from distillery.core.conversation import Prompt
from distillery.datasets.split import HashedPrompt, split

texts = st.lists(st.sampled_from(["a", "A", " a", "b", "B", "c", "d", "e", "E  ", "f", "g", "h"]), unique=True)
shares = st.floats(0, 1)


def rows(texts: list[str], reference: str | None = "x") -> list[HashedPrompt]:
    prompts = [Prompt(system=None, messages=(("user", text),), reference=reference) for text in texts]
    return [HashedPrompt.of(prompt) for prompt in prompts]


@given(texts, shares, st.integers(0, 10))
def test_no_held_out_prompt_is_trained_on_even_in_another_case(given: list[str], share: float, most: int) -> None:
    parts = split(rows(given), share=share, max_heldout=most)
    assert not {row.folded_digest for row in parts.train} & {row.folded_digest for row in parts.heldout}
    assert len(parts.heldout) <= most
    assert len(parts.train) + len(parts.heldout) + parts.dropped == len(given)


@given(texts, shares, st.integers(0, 10), st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(given: list[str], share: float, most: int, by: random.Random) -> None:
    shuffled = by.sample(given, len(given))
    one, other = (split(rows(order), share=share, max_heldout=most) for order in (given, shuffled))
    assert set(one.heldout) == set(other.heldout)
    assert set(one.train) == set(other.train)


@given(texts)
def test_both_parts_keep_the_order_of_the_input(given: list[str]) -> None:
    prompts = rows(given)
    parts = split(prompts, share=0.5, max_heldout=10)
    assert list(parts.train) == [row for row in prompts if row in parts.train]
    assert list(parts.heldout) == [row for row in prompts if row in parts.heldout]


def test_the_share_is_held_out_exactly() -> None:
    parts = split(rows([f"prompt {i}" for i in range(100)]), share=0.29, max_heldout=200)
    assert (len(parts.train), len(parts.heldout)) == (71, 29)


def test_accuracy_is_measurable_only_if_every_held_out_prompt_has_a_reference() -> None:
    labelled, bare = rows(["a", "b", "c"]), rows(["d"], reference=None)
    assert split(labelled, share=1, max_heldout=9).labelled
    assert not split(labelled + bare, share=1, max_heldout=9).labelled
    assert not split(labelled, share=0, max_heldout=9).labelled
