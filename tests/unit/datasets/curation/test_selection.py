"""Diverse selection."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from distillery.datasets.curation import selection
from distillery.datasets.curation.selection import balanced_quotas, embed, facility_location, select_diverse

TOPICS = ["my card is lost", "where is my refund", "i cannot log in", "the fee is too high"]


def test_nothing_is_removed_below_the_maximum() -> None:
    assert select_diverse(["b", "a"], ["x", "x"], 2) == [0, 1]


def test_one_text_of_each_topic_is_selected_first() -> None:
    texts = [f"{topic} {word}" for topic in TOPICS for word in ("please", "now", "today", "again")]
    selected = select_diverse(texts, [None] * len(texts), len(TOPICS))
    assert [index // 4 for index in selected] == [0, 1, 2, 3]


def test_rare_labels_are_selected_completely() -> None:
    labels = ["common"] * 90 + ["rare"] * 10
    texts = [f"{label} question {number % 7} {number % 11}" for number, label in enumerate(labels)]
    selected = select_diverse(texts, labels, 40)
    assert len(selected) == 40
    assert [labels[index] for index in selected].count("rare") == 10


def test_large_groups_are_divided_into_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"{TOPICS[number % 4]} {number % 13} {number % 17}" for number in range(700)]
    monkeypatch.setattr(selection, "BLOCK_SIZE", 100)
    selected = select_diverse(texts, [None] * 700, 333)
    assert len(selected) == 333 == len(set(selected))


def test_embeddings_have_unit_length_or_are_zero() -> None:
    assert not embed(["", "!"]).any()
    assert np.allclose(np.linalg.norm(embed(["a card", "a bank"]), axis=1), 1)


def test_the_greedy_order_begins_with_the_most_representative_row() -> None:
    vectors = embed(["card lost", "card lost today", "card lost abroad", "login"])
    assert facility_location(vectors, 2)[0] in {0, 1, 2}
    assert facility_location(vectors, 2)[1] == 3


@given(st.dictionaries(st.text(max_size=3), st.integers(0, 50), min_size=1), st.integers(0, 100))
def test_quotas_use_the_whole_total_and_are_even(sizes: dict[str, int], count: int) -> None:
    quotas = balanced_quotas(sizes, count)
    assert sum(quotas.values()) == min(count, sum(sizes.values()))
    assert all(quotas[group] <= sizes[group] for group in sizes)
    fullest = max(quotas.values())
    assert all(quotas[group] == sizes[group] or quotas[group] >= fullest - 1 for group in sizes)


@given(st.lists(st.tuples(st.sampled_from(TOPICS), st.sampled_from("abc")), max_size=60), st.integers(0, 60))
def test_a_selection_has_the_requested_size_and_is_deterministic(rows: list[tuple[str, str]], count: int) -> None:
    texts, labels = [text for text, _ in rows], [label for _, label in rows]
    selected = select_diverse(texts, labels, count)
    assert len(selected) == min(count, len(rows)) == len(set(selected))
    assert selected == sorted(selected) == select_diverse(texts, labels, count)
