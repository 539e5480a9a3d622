"""Text similarity: near duplicates and diverse selection."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from distillery.datasets.curation import similarity
from distillery.datasets.curation.similarity import (
    MIN_SAMPLE,
    balanced_quotas,
    cluster_leaders,
    embed,
    facility_location,
    jaccard,
    select_diverse,
    shingles,
    words,
)

TOPICS = ["my card is lost", "where is my refund", "i cannot log in", "the fee is too high"]
FIRST = "Can you tell me why I have not received my new card yet?"


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ("can you tell me why i have not received my new card yet", True),
        ("Can you tell me why I have not received my new card?", True),
        ("Can  you tell me,\nwhy I have not received my new card yet!!", True),
        ("Why was my card declined at the supermarket?", False),
        ("", False),
    ],
)
def test_case_punctuation_and_one_word_make_no_difference(other: str, same: bool) -> None:
    assert cluster_leaders([FIRST, other], threshold=0.8) == [0, 0 if same else 1]


def test_numbers_make_a_difference() -> None:
    assert cluster_leaders(["What is 3 + 4?", "What is 5 + 9?"], threshold=0.8) == [0, 1]


def test_scripts_without_spaces_are_compared_character_by_character() -> None:
    assert words("カードが") == ["カ", "ー", "ド", "が"]
    texts = ["カードがまだ届きません", "カードがまだ届きません。", "口座を閉じたいです"]
    assert cluster_leaders(texts, threshold=0.8) == [0, 0, 2]


def test_texts_without_words_have_no_near_duplicates() -> None:
    assert cluster_leaders(["", "!!", "…", "a"], threshold=0.5) == [0, 1, 2, 3]


def test_similarity_is_not_transitive_along_a_chain() -> None:
    """The first resembles the second and the second the third, but the first does not resemble the third."""
    chain = ["a b c d e f g h i j", "b c d e f g h i j k", "c d e f g h i j k l"]
    assert jaccard(set(shingles(chain[0])), set(shingles(chain[2]))) < 0.7
    assert cluster_leaders(chain, threshold=0.7) == [0, 0, 2]


def test_a_template_around_every_question_is_ignored() -> None:
    questions = [
        f"{subject} {verb}"
        for subject in ("card", "fee", "refund", "app")
        for verb in ("late", "lost", "wrong", "old", "new")
    ]
    template = "You are a careful assistant of a bank. Read the question below, think, and answer with one label: "
    assert cluster_leaders([template + question for question in questions], threshold=0.8) == list(range(20))
    assert cluster_leaders([template + question for question in questions[:2]], threshold=0.8) == [0, 0]


_WORDS = st.sampled_from(["red", "green", "blue", "card", "bank", "fee", "late", "lost"])
_TEXTS = st.lists(st.lists(_WORDS, max_size=6).map(" ".join))
_FEW = st.lists(st.lists(_WORDS, max_size=6).map(" ".join), max_size=MIN_SAMPLE - 1)  # too few for common shingles


@given(_FEW, st.sampled_from([0.5, 0.8, 1.0]))
def test_every_text_is_similar_enough_to_its_leader(texts: list[str], threshold: float) -> None:
    for index, leader in enumerate(cluster_leaders(texts, threshold=threshold)):
        assert leader <= index
        if leader != index:
            assert jaccard(set(shingles(texts[index])), set(shingles(texts[leader]))) >= threshold


def test_common_shingles_count_only_where_a_text_has_no_others() -> None:
    assert cluster_leaders(["red, red", *["red red"] * 30, "red red card"], threshold=0.8) == [*[0] * 31, 31]


@given(_TEXTS)
def test_of_texts_with_equal_words_only_the_first_is_a_leader(texts: list[str]) -> None:
    leaders = cluster_leaders(texts, threshold=0.8)
    leading = [frozenset(shingles(text)) for index, text in enumerate(texts) if leaders[index] == index]
    nonempty = [found for found in leading if found]
    assert len(nonempty) == len(set(nonempty))


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
    monkeypatch.setattr(similarity, "BLOCK_SIZE", 100)
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
