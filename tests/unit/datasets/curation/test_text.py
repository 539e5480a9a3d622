"""How curation takes texts apart: no letter, vowel sign, digit or operator is lost."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distillery.datasets.curation.text import (
    Vocabulary,
    labelled_lines,
    numbers,
    passages,
    segments,
    shingles,
    symbols,
    words,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("What's 3 + 4?", ["what", "s", "3", "4"]),
        ("बिल बाल बोल", ["बिल", "बाल", "बोल"]),
        ("كَتَبَ كُتُب", ["كَتَبَ", "كُتُب"]),
        ("நீர் நார்", ["நீர்", "நார்"]),
        ("カードが", ["カ", "ー", "ド", "が"]),
        ("Straße STRASSE", ["straße", "strasse"]),
        ("10² 102", ["10²", "102"]),
        ("snake_case x1", ["snake_case", "x1"]),
        ("!?… ()", []),
    ],
)
def test_words_keep_every_letter_mark_and_digit(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@given(st.text(st.characters(categories=["L", "N", "M"]), min_size=1, max_size=30))
def test_no_letter_mark_or_digit_is_dropped(text: str) -> None:
    normalized = unicodedata.normalize("NFC", text).lower()
    assert "".join(words(text)) == normalized


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What is 12 + 7?", "What is 12 - 7?"),
        ("What is 12 * 7?", "What is 12 / 7?"),
        ("What is 12 × 7?", "What is 12 ÷ 7?"),
        ("a < b", "a > b"),
        ("a != b", "a = b"),
        ("Write it in C.", "Write it in C++."),
        ("Write it in C++.", "Write it in C#."),
        ("a & b", "a | b"),
        ("x[1]", "x(1)"),
        ("pay in $", "pay in €"),
        ("fine 🙂", "fine 🙁"),
        ("-5", "5"),
        ("100%", "100"),
    ],
)
def test_symbols_tell_texts_apart_that_have_the_same_words(one: str, other: str) -> None:
    assert symbols(one) != symbols(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Where is it?", "where is it!"),
        ("a cost-plus contract", "a cost plus contract"),
        ("“Yes”, he said", '"Yes" he said.'),
        ("届きません。", "届きません"),
        ("(see above)", "see above"),
    ],
)
def test_punctuation_of_prose_is_no_symbol(one: str, other: str) -> None:
    assert symbols(one) == symbols(other) == ()


def test_numbers_stand_in_their_order_with_their_separators() -> None:
    assert numbers("from 3 to 1,452.4 on 12/29, ٣") == ("3", "1,452.4", "12/29", "٣")


def test_segments_are_sentences_lines_and_labels() -> None:
    assert segments("Answer this: What is 3.5? Yes.\nNo。はい！ok") == [
        "answer this",
        "what is 3.5",
        "yes",
        "no",
        "はい",
        "ok",
    ]


@given(st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=12), st.lists(st.sampled_from("abcd"), max_size=12))
def test_numbered_shingles_are_equal_exactly_if_the_words_are(one: list[str], other: list[str]) -> None:
    vocabulary = Vocabulary()
    first, second = (vocabulary.shingles(" ".join(found)) for found in (one, other))
    assert (first.ids.tolist() == second.ids.tolist()) is (
        set(shingles(" ".join(one))) == set(shingles(" ".join(other)))
    )
    assert int(first.counts.sum()) == len(shingles(" ".join(one)))


PASSAGE = "The company paid dividends of twelve cents a share in the second quarter."


def test_a_passage_is_the_longest_line_that_most_others_do_not_have() -> None:
    template = "You are a careful analyst of financial reports, and answer with one number and its unit."
    texts = [
        f"{template}\n{PASSAGE if n < 3 else f'Another passage, number {n}, of the same length.'}\nWhy?"
        for n in range(9)
    ]
    found = passages(texts)
    assert found[:3] == [PASSAGE.lower()] * 3
    assert len(set(found)) == 7
    assert passages(["short", "lines"]) == [None, None]


def test_a_label_s_line_is_read() -> None:
    texts = ["Customer: 4711\nWhy?", "why\n customer： Jo Ltd ", "no label, Customer unknown"]
    assert labelled_lines(texts, "Customer") == ["4711", "Jo Ltd", None]
