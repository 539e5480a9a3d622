"""How curation takes texts apart: no letter, vowel sign, digit or operator is lost."""

import re
import unicodedata
from itertools import pairwise
from unicodedata import east_asian_width

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distillery.datasets.curation.text import (
    Vocabulary,
    numbers,
    segments,
    symbols,
    words,
)
from distillery.datasets.split import labelled_values, passages


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
    narrow = "".join(unicodedata.normalize("NFKC", each) if east_asian_width(each) in "FH" else each for each in text)
    normalized = unicodedata.normalize("NFC", narrow).lower()
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
        ("What is 12 - (7 - 3)?", "What is (12 - 7) - 3?"),
        ("What is 2 * (3 + 4)?", "What is (2 * 3) + 4?"),
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
    assert tuple(numbers("from 3 to 1,452.4 on 12/29, ٣")) == ("3", "1,452.4", "12/29", "٣")
    assert tuple(numbers(".5 of 5. 3")) == (".5", "5", "3")


def test_segments_are_sentences_lines_and_labels() -> None:
    assert segments("Answer this: What is 3.5? Yes.\nNo。はい！ok") == [
        "answer this",
        "what is 3.5",
        "yes",
        "no",
        "はい",
        "ok",
    ]


@pytest.mark.parametrize("invisible", ["\u00ad", "\u200b", "\u200e", "\u200f", "\u202b", "\u2067", "\ufeff"])
def test_what_nobody_sees_makes_no_difference(invisible: str) -> None:
    for part in (words, symbols, segments):
        assert part(f"{invisible}soft{invisible}ware{invisible}: 3 + 4") == part("software: 3 + 4")


@given(st.text("a.:\n。 ", max_size=30))
def test_segments_are_those_of_a_pattern_that_backtracks(text: str) -> None:
    """The plain definition: a run of ends, before white space or the end, or up to its last full-width end."""
    plain = re.split(r"[.:\n。]+(?:\s+|(?<=[\n。])|$)", text)
    assert segments(text) == [stripped for part in plain if (stripped := part.strip())]


@pytest.mark.slow
@pytest.mark.parametrize(
    "text", [f"{'.' * 1_000_000}x", f"x{' ' * 1_000_000}x", f"Who{' ' * 1_000_000}:x", "\n" * 1_000_000]
)
def test_no_text_is_looked_at_many_times(text: str) -> None:
    """A pattern that is quadratic in any of these takes hours."""
    segments(text)
    symbols(text)
    labelled_values([text], "Who")


def shingles(text: str) -> list[str]:
    found = words(text)
    return [*found, *map(" ".join, pairwise(found))]


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
    assert labelled_values(texts, "Customer") == ["4711", "Jo Ltd", None]
    assert labelled_values(["Customer:\nProduct: X", "Customer:  \n"], "Customer") == [None, None]


@pytest.mark.parametrize("questions", [2, 5])
@pytest.mark.parametrize("templates", [2, 3, 7])
def test_a_template_that_is_longer_than_the_passages_is_none(templates: int, questions: int) -> None:
    """Each template has its own passages, and each passage its questions, some of which other passages have too."""
    told = [
        f"Answer from the report below, in the style of reader {n}, and with all digits. " * 9 for n in range(templates)
    ]
    places = [(template, passage) for template in range(templates) for passage in range(8)]
    texts = [
        f"{told[template]}\nThe report of company {template} in year {passage}: sales grew by a tenth.\n"
        f"What was the total revenue of quarter {question if question else passage * 10}?"
        for template, passage in places
        for question in range(questions)
    ]
    found = passages(texts)
    expected = [
        f"the report of company {template} in year {passage}: sales grew by a tenth." for template, passage in places
    ]
    assert found == [each for each in expected for _ in range(questions)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"customer": "4711", "question": "Why?"}', "4711"),
        ('Judge this:\n{\n  "id": 3,\n  "Customer" : 4711\n}', "4711"),
        ('[{"customer":"J\\u00f6 \\"Ltd\\""}]', 'Jö "Ltd"'),
        ('{"customer": null}', "None"),
        ('{"customers": "4711"}', None),
        ('{"customer": {"id": 4711}}', None),
        ('Customer: 12\n{"customer": "4711"}', "12"),
    ],
)
def test_a_field_of_json_is_read(text: str, value: str | None) -> None:
    assert labelled_values([text], "Customer") == [value]
