"""Normalisation keeps what has a meaning, in every script, and nothing of how it was typed."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distillery.evaluation.graders import text
from distillery.evaluation.graders.text import composed, normalised, plain, terms, words
from tests.unit.evaluation.graders.given import CHARACTERS, HOSTILE, TEXTS
from tests.unit.evaluation.graders.work import is_linear

SAME = [
    ("  Late \n delivery ", "late delivery"),
    ("Cafe\u0301", "café"),
    ("Ｃ＋＋", "C++"),
    ("ﾊﾟｿｺﾝ", "パソコン"),
    ("STRASSE", "straße"),
    ("ΟΔΟΣ", "οδος"),
    ("don’t", "don't"),
    ("“late”", '"late"'),
    ("2020–2021", "2020-2021"),
    ("−5", "-5"),
    ("٣٤", "34"),
    ("३४", "34"),
    ("ﬁnance", "finance"),
    ("ｶﾞ", "ガ"),
    ("한국", "\u1112\u1161\u11ab\u1100\u116e\u11a8"),
    ("سـلام", "سلام"),
    ("❤️", "❤"),
    ("\ufeffbilling", "billing"),
    ("bil\u00adling", "billing"),
    ("\u200ebilling\u200f", "billing"),
    ("㎡", "m²"),
    ("\u3000東京\u3000", "東京"),
]
DIFFERENT = [
    ("C", "C++"),
    ("C", "C#"),
    ("C++", "C#"),
    (".NET", "NET"),
    ("10²", "102"),
    ("1½", "112"),
    ("5%", "5"),
    ("-5", "5"),
    ("$5", "€5"),
    ("कि", "की"),
    ("क", "कि"),
    ("ก่", "ก้"),
    ("ניקוד", "נִיקּוּד"),
    ("resume", "résumé"),
    ("が", "か"),
    ("ィ", "イ"),
    ("👍", "👎"),
    ("a b", "ab"),
    ("a/b", "a b"),
    ("A > B", "A < B"),
]


@pytest.mark.parametrize(("left", "right"), SAME)
def test_typing_makes_no_difference(left: str, right: str) -> None:
    assert normalised(left) == normalised(right)


@pytest.mark.parametrize(("left", "right"), DIFFERENT)
def test_meaning_makes_a_difference(left: str, right: str) -> None:
    assert normalised(left) != normalised(right)


WORDS = [
    ("The parcel is late.", ["the", "parcel", "is", "late"]),
    ("C, C++ and C#!", ["c", "c++", "and", "c#"]),
    ("It's 50 % of $1,000.50", ["it's", "50", "%", "of", "$", "1,000.50"]),
    ("-5, .5 or 3-5", ["-5", ".5", "or", "3", "5"]),
    ("see example.com/a_b", ["see", "example.com", "a_b"]),
    ("# **Bold** | `code`", ["bold", "code"]),
    ("a+b c++11", ["a", "+", "b", "c", "+", "+", "11"]),
    ("हिन्दी में", ["हिन्दी", "में"]),
    ("東京、2024年", ["東", "京", "2024", "年"]),
    ("สวัสดี", ["ส", "วั", "ส", "ดี"]),
    ("شكرا، ٣ أيام", ["شكرا", "3", "أيام"]),
    ("한국어 단어", ["한국어", "단어"]),
    ("👍🏽 ok", ["👍", "ok"]),
    ("?!…", []),
    ("", []),
    ("\x00\ud800", []),
]


@pytest.mark.parametrize(("given_text", "found"), WORDS)
def test_words(given_text: str, found: list[str]) -> None:
    assert words(given_text) == found


def test_a_script_without_spaces_has_pairs_of_neighbours_as_terms() -> None:
    assert terms("東京都 x 水") == ["東京", "京都", "x", "水"]


@given(TEXTS)
def test_normalising_twice_changes_nothing_more(given_text: str) -> None:
    for form in (composed, plain, normalised):
        assert form(form(given_text)) == form(given_text)


@given(TEXTS)
def test_canonically_equivalent_texts_are_equal(given_text: str) -> None:
    assert normalised(unicodedata.normalize("NFD", given_text)) == normalised(given_text)


@given(st.text(CHARACTERS.filter(lambda char: unicodedata.category(char)[0] in "LMNS"), max_size=20))
def test_letters_marks_digits_and_symbols_are_never_lost(given_text: str) -> None:
    kept = [char for char in normalised(given_text) if unicodedata.category(char)[0] in "LMN"]
    assert set(kept) <= set("".join(words(given_text)))


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_run_of_combining_marks_is_long(hostile: str) -> None:
    run = longest = 0
    for char in unicodedata.normalize("NFD", composed(hostile)):
        run = run + 1 if unicodedata.combining(char) else 0
        longest = max(longest, run)
    assert longest <= text.LONGEST_RUN


@pytest.mark.parametrize("piece", ["a", "a\u0301\u0323", "\u0344", "ก", "+", "a.", "-9", "9,", "\ufdfa", "👍\u200d"])
def test_the_work_grows_with_the_text_and_no_faster(piece: str) -> None:
    assert is_linear(terms, piece * 5)
