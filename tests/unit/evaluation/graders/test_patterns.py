"""Phrases and patterns: known answers, properties, and refused options."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distillery.core.errors import BadRequest
from distillery.core.serialization import from_wire
from distillery.evaluation.graders.patterns import LONGEST_ANSWER, MOST_MATCHES, Contains, Pattern
from tests.unit.evaluation.graders.given import HOSTILE, PROMPT, TEXTS
from tests.unit.evaluation.graders.work import is_linear

CONTAINED = [
    ("Your parcel is late.", "late", 1),
    ("Your parcel is LATE!", "Late", 1),
    ("Your parcel comes later.", "late", 0),
    ("We write C++ here", "C", 0),
    ("We write C++ here", "C++", 1),
    ("C#, not C", "C#", 1),
    ("It took 38 days", "8 days", 0),
    ("It took 38 days", "38 days", 1),
    ("days 38", "38 days", 0),
    ("It costs $1,000.50.", "$1,000.50", 1),
    ("It costs $1,000.50.", "$1,000", 0),
    ("我住在東京都。", "東京", 1),
    ("我住在東京都。", "京東", 0),
    ("ฉันอยู่กรุงเทพ", "กรุงเทพ", 1),
    ("فاتورة رقم ٣٤", "34", 1),
    ("यह दिन है", "दीन", 0),
    ("Die Straße", "STRASSE", 1),
    ("", "late", 0),
    ("?!", "?!", 0),
    ("la\x00te", "late", 0),
    ("my\nparcel", "my parcel", 1),
]


@pytest.mark.parametrize(("answer", "reference", "score"), CONTAINED)
def test_an_answer_contains_the_reference_as_whole_words(answer: str, reference: str, score: int) -> None:
    grade = Contains().grade(answer, reference, PROMPT)
    assert grade.score == score
    assert bool(grade.reason) == (not score)


OPTIONS = [
    (Contains(phrases=("late", "refund")), "a refund, for it is late", 1),
    (Contains(phrases=("late", "refund")), "it is late", 0),
    (Contains(phrases=("late", "refund"), any=True), "it is late", 1),
    (Contains(phrases=("late", "refund"), any=True), "it is here", 0),
    (Contains(phrases=("late",), without=("sorry",)), "Sorry, it is late", 0),
    (Contains(phrases=("late",), without=("sorry",)), "it is late", 1),
]


@pytest.mark.parametrize(("grader", "answer", "score"), OPTIONS)
def test_phrases_replace_the_reference(grader: Contains, answer: str, score: int) -> None:
    assert not grader.needs_reference
    assert grader.grade(answer, "", PROMPT).score == score


MATCHED = [
    (Pattern(pattern=r"[A-Z]{2}-\d{4}"), "AB-1234", "", 1),
    (Pattern(pattern=r"[A-Z]{2}-\d{4}"), " AB-1234\n", "", 1),
    (Pattern(pattern=r"[A-Z]{2}-\d{4}"), "see AB-1234", "", 0),
    (Pattern(pattern=r"[A-Z]{2}-\d{4}", whole=False), "see AB-1234", "", 1),
    (Pattern(pattern=r"[A-Z]{2}-\d{4}"), "AB-١٢٣٤", "", 0),
    (Pattern(pattern=r"[A-Z]{2}-\p{Nd}{4}"), "AB-١٢٣٤", "", 1),
    (Pattern(pattern="yes|no"), "YES", "", 0),
    (Pattern(pattern="yes|no", case=False), "YES", "", 1),
    (Pattern(pattern="ÉTÉ", case=False), "été", "", 1),
    (Pattern(pattern="é"), "e\u0301", "", 1),
    (Pattern(pattern="(?s).*bad.*"), "a\nbad\nb", "", 1),
    (Pattern(pattern=".*bad.*"), "a\nbad\nb", "", 0),
    (Pattern(pattern=r"\p{Han}+"), "東京", "", 1),
    (Pattern(pattern=r"\p{Han}+"), "とうきょう", "", 0),
    (Pattern(pattern=r"\p{Thai}+"), "กรุงเทพ", "", 1),
    (Pattern(pattern="Answer: (?P<answer>.+)", case=False), "answer: Late.", "late", 1),
    (Pattern(pattern="Answer: (?P<answer>.+)"), "Answer: Late.", "late", 0),
    (Pattern(pattern="(?i)answer: (?P<answer>.+)"), "Answer: early", "late", 0),
    (Pattern(pattern="(?i)answer: (?P<answer>.+)"), "late", "late", 0),
    (Pattern(pattern=r"ANSWER: (?P<answer>\w+)", whole=False), "I think so. ANSWER: A", "a", 0),
    (Pattern(pattern=r"ANSWER: (?P<answer>\w+)", whole=False, case=False), "I think. ANSWER: A", "a", 1),
    (Pattern(pattern=r"ANSWER: (?P<answer>\w+)", whole=False), "ANSWER: A\nANSWER: B", "A", 0),
    (Pattern(pattern=r"ANSWER: (?P<answer>\w+)", whole=False), "ANSWER: A\nANSWER: A", "A", 1),
    (Pattern(pattern="(?P<answer>C)?.*"), "D", "C", 0),
    (Pattern(pattern="(a|aa)+$"), "a" * 50_000 + "b", "", 0),
    (Pattern(pattern=".*"), "\ud800", "", 1),
]


@pytest.mark.parametrize(("grader", "answer", "reference", "score"), MATCHED)
def test_patterns(grader: Pattern, answer: str, reference: str, score: int) -> None:
    grade = grader.grade(answer, reference, PROMPT)
    assert grade.score == score
    assert bool(grade.reason) == (not score)


GRADERS: list[Contains | Pattern] = [
    Contains(),
    Contains(phrases=("a",), without=("b c",)),
    Pattern(pattern="(?s).*"),
    Pattern(pattern=r"(?P<answer>\PZ+)", whole=False),
    Pattern(pattern=r"(a*)*b", whole=False, case=False),
]


@given(st.sampled_from(GRADERS), TEXTS, TEXTS)
def test_a_grade_is_right_or_wrong(grader: Contains | Pattern, answer: str, reference: str) -> None:
    grade = grader.grade(answer, reference, PROMPT)
    assert grade.score in (0, 1)
    assert grade == grader.grade(answer, reference, PROMPT)


@given(TEXTS, TEXTS)
def test_a_reference_is_contained_in_itself_among_other_lines(reference: str, other: str) -> None:
    if not Contains().misfit(reference, PROMPT):
        assert Contains().grade(f"{reference}", reference, PROMPT).score == 1
        assert Contains().grade(f"{other}\n{reference}\n{other}", reference, PROMPT).score == 1


@pytest.mark.slow
@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_answers_are_graded(hostile: str) -> None:
    for grader in GRADERS[1:]:
        grade = grader.grade(hostile, "late", PROMPT)
        assert grade.score in (0, 1)
        assert len(grade.reason) < 300
    assert Contains().grade(hostile, "late", PROMPT).score == 0


@pytest.mark.parametrize("grader", GRADERS)
def test_the_work_grows_with_the_answer_and_no_faster(grader: Contains | Pattern) -> None:
    assert is_linear(lambda text: grader.grade(text, "late", PROMPT), "é. ก\u0301\n aa")


def test_an_answer_that_matches_often_is_wrong_and_no_further_match_is_sought() -> None:
    grader = Pattern(pattern="(?P<answer>a)", whole=False)
    assert grader.grade("a " * MOST_MATCHES, "a", PROMPT).score == 1
    assert "more than" in grader.grade("a " * (MOST_MATCHES + 1), "a", PROMPT).reason


def test_a_pattern_is_not_searched_in_a_very_long_answer() -> None:
    grader = Pattern(pattern="(?s).*")
    assert grader.grade("a" * LONGEST_ANSWER, "", PROMPT).score == 1
    assert grader.grade("a" * (LONGEST_ANSWER + 1), "", PROMPT).score == 0


REFUSED = [
    (lambda: Pattern(pattern=""), "pattern has 0 characters"),
    (lambda: Pattern(pattern="a" * 2001), "pattern has 2001 characters"),
    (lambda: Pattern(pattern="("), "('missing ): (')"),
    (lambda: Pattern(pattern=r"(a)\1"), "RE2's syntax"),
    (lambda: Pattern(pattern="(?=a)b"), "RE2's syntax"),
    (lambda: Pattern(pattern="\ud800"), "RE2's syntax"),
    (lambda: Pattern(pattern="(?:a{1,1000}){1,1000}"), "RE2's syntax"),
    (lambda: Pattern(pattern=r"\p{L}{500}"), "pattern"),
    (lambda: Contains(phrases=("late", "?!")), "phrases of the grader `contains`"),
    (lambda: Contains(without=("",)), "without of the grader `contains`"),
]


@pytest.mark.parametrize(("build", "why"), REFUSED)
def test_bad_options_are_refused(build: Callable[[], object], why: str) -> None:
    with pytest.raises(BadRequest) as refused:
        build()
    assert why in str(refused.value)


def test_options_are_read_from_a_recipe() -> None:
    assert from_wire(Contains, {"phrases": ["a"], "any": True}) == Contains(phrases=("a",), any=True)
    assert from_wire(Pattern, {"pattern": "a"}) == Pattern(pattern="a")
    with pytest.raises(BadRequest, match="unknown fields"):
        from_wire(Pattern, {"pattern": "a", "_compiled": None})


def test_references_that_do_not_fit() -> None:
    assert Contains().misfit("?!", PROMPT) == "has no words"
    assert Contains(phrases=("a",)).misfit("?!", PROMPT) == ""
    assert "must not" in Contains(without=("sorry",)).misfit("Sorry, no", PROMPT)
    assert Pattern(pattern="(?P<answer>a)").misfit(" ", PROMPT) == "is empty"
    assert Pattern(pattern="a").misfit("", PROMPT) == ""
