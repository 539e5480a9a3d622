"""Prompts that say nearly the same are found, and nothing less alike than was asked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distillery.datasets.curation.alike import LEAST_SAMPLE, jaccard, leaders
from distillery.datasets.curation.words import shingles, words

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
def test_letters_punctuation_and_a_word_make_no_difference(other: str, same: bool) -> None:
    assert leaders([FIRST, other], likeness=0.8) == [0, 0 if same else 1]


def test_numbers_make_a_difference() -> None:
    assert leaders(["What is 3 + 4?", "What is 5 + 9?"], likeness=0.8) == [0, 1]


def test_scripts_without_spaces_are_compared_character_by_character() -> None:
    assert words("カードが") == ["カ", "ー", "ド", "が"]
    texts = ["カードがまだ届きません", "カードがまだ届きません。", "口座を閉じたいです"]
    assert leaders(texts, likeness=0.8) == [0, 0, 2]


def test_texts_without_words_are_alike_to_nothing() -> None:
    assert leaders(["", "!!", "…", "a"], likeness=0.5) == [0, 1, 2, 3]


def test_likeness_does_not_travel_along_a_chain() -> None:
    """The second is like the first and the third like the second, but the third is not like the first."""
    chain = ["a b c d e f g h i j", "b c d e f g h i j k", "c d e f g h i j k l"]
    assert jaccard(set(shingles(chain[0])), set(shingles(chain[2]))) < 0.7
    assert leaders(chain, likeness=0.7) == [0, 0, 2]


def test_a_template_around_every_question_is_no_likeness() -> None:
    questions = [
        f"{subject} {verb}"
        for subject in ("card", "fee", "refund", "app")
        for verb in ("late", "lost", "wrong", "old", "new")
    ]
    template = "You are a careful assistant of a bank. Read the question below, think, and answer with one label: "
    assert leaders([template + question for question in questions], likeness=0.8) == list(range(20))
    assert leaders([template + question for question in questions[:2]], likeness=0.8) == [0, 0]


_WORDS = st.sampled_from(["red", "green", "blue", "card", "bank", "fee", "late", "lost"])
_TEXTS = st.lists(st.lists(_WORDS, max_size=6).map(" ".join))
_FEW = st.lists(st.lists(_WORDS, max_size=6).map(" ".join), max_size=LEAST_SAMPLE - 1)  # nothing is common to most


@given(_FEW, st.sampled_from([0.5, 0.8, 1.0]))
def test_every_text_is_as_alike_to_its_leader_as_was_asked(texts: list[str], likeness: float) -> None:
    for index, leader in enumerate(leaders(texts, likeness=likeness)):
        assert leader <= index
        if leader != index:
            assert jaccard(set(shingles(texts[index])), set(shingles(texts[leader]))) >= likeness


def test_what_most_say_is_no_likeness_but_where_a_text_says_nothing_else() -> None:
    assert leaders(["red, red", *["red red"] * 30, "red red card"], likeness=0.8) == [*[0] * 31, 31]


@given(_TEXTS)
def test_of_the_same_words_only_the_first_leads(texts: list[str]) -> None:
    led = leaders(texts, likeness=0.8)
    leading = [frozenset(shingles(text)) for index, text in enumerate(texts) if led[index] == index]
    spoken = [found for found in leading if found]
    assert len(spoken) == len(set(spoken))
