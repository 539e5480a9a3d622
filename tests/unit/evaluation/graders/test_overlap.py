"""Word F1: known answers in several scripts, and properties."""

from fractions import Fraction

import pytest
from hypothesis import given

from distillery.evaluation.graders.overlap import Overlap
from tests.unit.evaluation.graders.given import HOSTILE, PROMPT, TEXTS
from tests.unit.evaluation.graders.work import is_linear

KNOWN = [
    ("the parcel is late", "the parcel is late", "1"),
    ("The Parcel", "the parcel", "1"),
    ("a b", "c d", "0"),
    ("a b", "a c", "1/2"),
    ("a a a", "a", "1/2"),
    ("", "", "1"),
    ("", "a", "0"),
    ("?!", "?!", "1"),
    ("", "?!", "0"),
    ("You have 2 days", "You have 38 days.", "3/4"),
    ("C++ is old", "C is old", "2/3"),
    ("late, parcel: the", "the parcel late", "1"),
    ("50%", "50 %", "1"),
    ("東京都", "東京都", "1"),
    ("東京都", "京都", "2/3"),
    ("我不喜欢猫", "我喜欢猫", "4/7"),
    ("今日は晴れ", "明日は晴れ", "3/4"),
    ("สวัสดีครับ", "สวัสดีค่ะ", "6/11"),
    ("दिन अच्छा है", "दीन अच्छा है", "2/3"),
    ("ثلاثة أيام", "أيام ثلاثة", "1"),
    ("٣ أيام", "3 أيام", "1"),
    ("2日です", "38日です", "2/3"),
    ("👍", "👎", "0"),
]


@pytest.mark.parametrize(("answer", "reference", "score"), KNOWN)
def test_known_answers(answer: str, reference: str, score: str) -> None:
    grade = Overlap().grade(answer, reference, PROMPT)
    assert grade.score == Fraction(score)
    assert bool(grade.reason) == (grade.score < 1) or not answer


def test_it_is_never_called_accuracy() -> None:
    assert Overlap().measure == "word F1"
    assert not Overlap().binary


@given(TEXTS, TEXTS)
def test_a_grade_is_bounded_and_symmetric(answer: str, reference: str) -> None:
    grade = Overlap().grade(answer, reference, PROMPT)
    assert 0 <= grade.score <= 1
    assert grade == Overlap().grade(answer, reference, PROMPT)
    assert grade.score == Overlap().grade(reference, answer, PROMPT).score


@given(TEXTS)
def test_the_reference_itself_is_right(reference: str) -> None:
    assert Overlap().grade(reference, reference, PROMPT).score == 1


@pytest.mark.slow
@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_answers_share_nothing(hostile: str) -> None:
    assert Overlap().grade(hostile, "late", PROMPT).score == 0
    assert Overlap().grade("late", hostile, PROMPT).score == 0


def test_the_work_grows_with_the_answer_and_no_faster() -> None:
    assert is_linear(lambda text: Overlap().grade(text, "late", PROMPT), "é. กข\u0301\n9,")


def test_a_reference_without_words_does_not_fit() -> None:
    assert Overlap().misfit("?!", PROMPT) == "has no words"
    assert Overlap().misfit("ja", PROMPT) == ""
