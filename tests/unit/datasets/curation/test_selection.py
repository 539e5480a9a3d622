"""A choice of prompts: of the asked size, the same every time, even over labels, and diverse."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from distillery.datasets.curation import selection
from distillery.datasets.curation.selection import choose, embed, even_shares, greedy

TOPICS = ["my card is lost", "where is my refund", "i cannot log in", "the fee is too high"]


def test_all_stay_where_they_are_no_more_than_wanted() -> None:
    assert choose(["b", "a"], ["x", "x"], 2) == [0, 1]


def test_one_of_each_topic_comes_before_a_second_of_any() -> None:
    texts = [f"{topic} {word}" for topic in TOPICS for word in ("please", "now", "today", "again")]
    chosen = choose(texts, [None] * len(texts), len(TOPICS))
    assert [index // 4 for index in chosen] == [0, 1, 2, 3]


def test_rare_labels_are_chosen_whole_and_frequent_ones_in_part() -> None:
    labels = ["common"] * 90 + ["rare"] * 10
    texts = [f"{label} question {number % 7} {number % 11}" for number, label in enumerate(labels)]
    chosen = choose(texts, labels, 40)
    assert len(chosen) == 40
    assert [labels[index] for index in chosen].count("rare") == 10


def test_large_groups_are_dealt_into_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"{TOPICS[number % 4]} {number % 13} {number % 17}" for number in range(700)]
    monkeypatch.setattr(selection, "BLOCK", 100)
    chosen = choose(texts, [None] * 700, 333)
    assert len(chosen) == 333 == len(set(chosen))


def test_texts_without_words_have_no_direction() -> None:
    assert not embed(["", "!"]).any()
    assert np.allclose(np.linalg.norm(embed(["a card", "a bank"]), axis=1), 1)


def test_the_greedy_order_begins_with_what_is_most_like_all() -> None:
    vectors = embed(["card lost", "card lost today", "card lost abroad", "login"])
    assert greedy(vectors, 2)[0] in {0, 1, 2}
    assert greedy(vectors, 2)[1] == 3


@given(st.dictionaries(st.text(max_size=3), st.integers(0, 50), min_size=1), st.integers(0, 100))
def test_shares_use_up_what_there_is_and_favour_nobody(sizes: dict[str, int], most: int) -> None:
    shares = even_shares(sizes, most)
    assert sum(shares.values()) == min(most, sum(sizes.values()))
    assert all(shares[group] <= sizes[group] for group in sizes)
    fullest = max(shares.values())
    assert all(shares[group] == sizes[group] or shares[group] >= fullest - 1 for group in sizes)


@given(st.lists(st.tuples(st.sampled_from(TOPICS), st.sampled_from("abc")), max_size=60), st.integers(0, 60))
def test_a_choice_has_the_asked_size_and_is_made_again_the_same(rows: list[tuple[str, str]], most: int) -> None:
    texts, labels = [text for text, _ in rows], [label for _, label in rows]
    chosen = choose(texts, labels, most)
    assert len(chosen) == min(most, len(rows)) == len(set(chosen))
    assert chosen == sorted(chosen) == choose(texts, labels, most)
