"""Which prompts the student never sees."""

import random

from hypothesis import given
from hypothesis import strategies as st

from distillery.core.conversation import Prompt
from distillery.datasets.row import Row
from distillery.datasets.split import split

texts = st.lists(st.sampled_from(["a", "A", " a", "b", "B", "c", "d", "e", "E  ", "f", "g", "h"]), unique=True)
shares = st.floats(0, 1)


def rows(texts: list[str], reference: str | None = "x") -> list[Row]:
    prompts = [Prompt(system=None, messages=(("user", text),), reference=reference) for text in texts]
    return [Row.of(prompt) for prompt in prompts]


@given(texts, shares, st.integers(0, 10))
def test_no_held_out_prompt_is_trained_on_even_in_another_spelling(said: list[str], share: float, most: int) -> None:
    parts = split(rows(said), share=share, most=most)
    assert not {row.folded for row in parts.train} & {row.folded for row in parts.heldout}
    assert len(parts.heldout) <= most
    assert len(parts.train) + len(parts.heldout) + parts.left_out == len(said)


@given(texts, shares, st.integers(0, 10), st.randoms(use_true_random=False))
def test_the_order_of_the_input_decides_nothing(said: list[str], share: float, most: int, by: random.Random) -> None:
    shuffled = by.sample(said, len(said))
    one, other = (split(rows(order), share=share, most=most) for order in (said, shuffled))
    assert set(one.heldout) == set(other.heldout)
    assert set(one.train) == set(other.train)


@given(texts)
def test_both_parts_keep_the_order_of_the_input(said: list[str]) -> None:
    given = rows(said)
    parts = split(given, share=0.5, most=10)
    assert list(parts.train) == [row for row in given if row in parts.train]
    assert list(parts.heldout) == [row for row in given if row in parts.heldout]


def test_the_share_is_held_out_exactly() -> None:
    parts = split(rows([f"prompt {i}" for i in range(100)]), share=0.29, most=200)
    assert (len(parts.train), len(parts.heldout)) == (71, 29)


def test_accuracy_can_be_told_only_if_every_held_out_prompt_has_a_reference() -> None:
    labelled, bare = rows(["a", "b", "c"]), rows(["d"], reference=None)
    assert split(labelled, share=1, most=9).labelled
    assert not split(labelled + bare, share=1, most=9).labelled
    assert not split(labelled, share=0, most=9).labelled
