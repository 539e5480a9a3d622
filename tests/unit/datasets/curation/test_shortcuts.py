"""Shortcuts that curation takes for speed give what the plain way gives."""

import re
import unicodedata
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from distillery.core.conversation import Prompt, distinct_non_ascii
from distillery.datasets.curation import text as curation
from distillery.datasets.curation import wording
from distillery.datasets.curation.near_duplicates import SHARED, Corpus
from distillery.datasets.curation.text import Vocabulary, distinct, normalize, segments, words

SIGNS = st.text(st.sampled_from("aZ9é½漢ß \t\n.:,;!?'’′″()[]-–—−‐‑_\u0301\ufeff\u00ad\u3000Ａ１：ि"), max_size=40)
TEXTS = SIGNS | st.text(max_size=40)


@given(TEXTS)
def test_distinct_characters_beyond_ascii(text: str) -> None:
    assert distinct_non_ascii(text) == {each for each in text if not each.isascii()}


@given(TEXTS)
def test_a_text_is_normalized_as_by_every_step(text: str) -> None:
    usual = curation._WIDE.sub(lambda wide: unicodedata.normalize("NFKC", wide[0]), curation._INVISIBLE.sub("", text))
    assert normalize(text) == unicodedata.normalize("NFC", usual).lower()


@given(TEXTS)
def test_words_are_those_of_any_script(text: str) -> None:
    normalized = normalize(text)
    assert words(text) == curation._word_of_any_script().findall(normalized)
    pattern = curation.word_pattern(normalized)
    assert [word for segment in segments(text) for word in pattern.findall(segment)] == words(text)


@given(SIGNS)
def test_punctuation_of_formulas_is_found_at_signs_only(text: str) -> None:
    assert [*curation._in_formulas(text)] == curation._IN_FORMULA.findall(text)


@given(SIGNS)
def test_hyphens_and_dashes_are_found_from_their_middle(text: str) -> None:
    hyphen, dash = r"(?<=[^\W\d_])[-\u2010\u2011](?=[^\W\d_])", r"(?<=\d)(\s?)[–—−](?=\1\d)"
    assert curation._HYPHEN.sub(" ", text) == re.sub(hyphen, " ", text)
    assert curation._DASH.sub("-", text) == re.sub(dash, r"\1-", text)


@given(st.text(st.sampled_from("019 -#a注"), max_size=30))
def test_a_text_that_is_not_searched_has_no_number_of_an_order(text: str) -> None:
    assert wording._has_digits(text) or not wording._DIGITS.search(text)


@given(st.lists(st.integers(0, 9), max_size=20))
def test_distinct_numbers(numbers: list[int]) -> None:
    assert distinct(np.array(numbers, dtype=np.uint32)).tolist() == sorted(set(numbers))


SEGMENTS = ["Read the report.", "Answer in French!", "What is it?", "Total: 7", "बिल", "“Quoted”", "J̌"]


@given(st.lists(st.lists(st.sampled_from([*SEGMENTS, "One more line"]), max_size=5), min_size=1, max_size=9))
def test_a_prompts_own_shingles_are_those_of_its_text_without_shared_segments(texts: list[list[str]]) -> None:
    prompts = [Prompt(system=None, messages=(("user", "\n".join(parts)),), reference=None) for parts in texts]
    corpus, vocabulary = Corpus(prompts, 0.8), Vocabulary()
    found = [segments("\n".join(parts)) for parts in texts]
    counts = Counter(segment for each in found for segment in set(each))
    for each in found:  # the vocabulary numbers words in the order in which they come
        vocabulary.shingles(" ".join(each))
    for own, each in zip(corpus._shingles, found, strict=True):
        left = " ".join(segment for segment in each if counts[segment] < SHARED)
        assert own.tolist() == vocabulary.shingles(left).ids.tolist()


@pytest.mark.parametrize("text", ["it's 5!", "f''(x)", "a:b", "3 – 4", "3–4", "well-known"])
def test_the_examples_have_such_punctuation(text: str) -> None:
    """So that the properties above cannot hold for want of matches."""
    dashed = curation._DASH.sub("-", curation._HYPHEN.sub(" ", text))
    assert dashed != text or [*curation._in_formulas(text)]
