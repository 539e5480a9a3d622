"""Labels: known answers, properties, and the whole evaluation against scikit-learn."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, confusion_matrix, precision_recall_fscore_support

from distillery.evaluation.graders.label import LONGEST, Label, classification
from tests.unit.evaluation.graders.given import HOSTILE, PROMPT, TEXTS
from tests.unit.evaluation.graders.work import is_linear

KNOWN = [
    ("delivery.late", "delivery.late", 1),
    (" Delivery.Late. \n", "delivery.late", 1),
    ("STRASSE", "straße", 1),
    ("delivery", "delivery.late", 0),
    ("the label is delivery.late", "delivery.late", 0),
    ("", "delivery.late", 0),
    ("delivery.late..", "delivery.late", 0),
    ("C", "C++", 0),
    ("C#", "C", 0),
    ("c++", "C++", 1),
    ("Ｃ＋＋", "C++", 1),
    ("請求。", "請求", 1),
    ("请求", "請求", 0),
    ("भुगतान।", "भुगतान", 1),
    ("दिन", "दीन", 0),
    ("الفوترة", "\u200fالفوترة", 1),
    ("การเงิน", "การเงิน", 1),
    ("การเงิ", "การเงิน", 0),
    ("cafe", "café", 0),
    ("cafe\u0301", "café", 1),
    (".", "", 0),
    ("late delivery", "late  delivery", 1),
    ("<b>late</b>", "late", 0),
    ("\x00late", "late", 0),
    ("late\ud800", "late", 0),
]


@pytest.mark.parametrize(("answer", "reference", "score"), KNOWN)
def test_known_answers(answer: str, reference: str, score: int) -> None:
    grade = Label().grade(answer, reference, PROMPT)
    assert grade.score == score
    assert bool(grade.reason) == (not score)


def test_letter_case_may_matter() -> None:
    assert Label(case=True).grade("us", "US", PROMPT).score == 0
    assert Label(case=True).grade(" US. ", "US", PROMPT).score == 1


@given(TEXTS, TEXTS)
def test_a_grade_is_right_or_wrong_and_symmetric(answer: str, reference: str) -> None:
    grader = Label()
    grade = grader.grade(answer, reference, PROMPT)
    assert grade.score in (0, 1)
    assert grade == grader.grade(answer, reference, PROMPT)
    assert grade.score == grader.grade(reference, answer, PROMPT).score


@given(TEXTS)
def test_the_reference_itself_is_right(reference: str) -> None:
    assert Label().grade(reference, reference, PROMPT).score == 1


@pytest.mark.slow
@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_answers_are_wrong(hostile: str) -> None:
    grade = Label().grade(hostile, "late", PROMPT)
    assert grade.score == 0
    assert len(grade.reason) < 300
    assert Label().grade("late", hostile, PROMPT).score == 0


def test_the_work_grows_with_the_answer_and_no_faster() -> None:
    assert is_linear(lambda text: Label().grade(text, "late", PROMPT), "é. ก\u0301\n")


@pytest.mark.parametrize(
    ("reference", "why"), [("late", ""), ("", "empty"), ("a\nb", "lines"), ("a" * (LONGEST + 1), str(LONGEST))]
)
def test_what_is_no_label_does_not_fit(reference: str, why: str) -> None:
    assert why in Label().misfit(reference, PROMPT)
    assert bool(why) == bool(Label().misfit(reference, PROMPT))


LABELS = st.sampled_from(["a", "b", "c", "請求"])


@given(st.lists(st.tuples(LABELS | st.just("something else"), LABELS), min_size=1, max_size=40))
def test_a_classification_is_that_of_scikit_learn(pairs: list[tuple[str, str]]) -> None:
    ours = classification(pairs)
    given_labels, right = zip(*pairs, strict=True)
    names = sorted(set(right))
    assert list(ours.labels) == names
    assert float(ours.accuracy) == pytest.approx(accuracy_score(right, given_labels))
    theirs = precision_recall_fscore_support(right, given_labels, labels=names, zero_division=0)
    for i, name in enumerate(names):
        score = ours.scores[name]
        assert [float(score.precision), float(score.recall), float(score.f1), score.support] == pytest.approx(
            [column[i] for column in theirs]
        )
    assert float(ours.macro_f1) == pytest.approx(sum(theirs[2]) / len(names))
    matrix = confusion_matrix(right, given_labels, labels=[*names, "no label"])
    assert [[ours.confusion[row][column] for column in names] for row in names] == matrix[:-1, :-1].tolist()
    assert sum(row[None] for row in ours.confusion.values()) == sum(text not in names for text in given_labels)


def test_a_classification_is_exact() -> None:
    ours = classification([("A", "a"), ("a.", "a"), ("b", "a"), ("b", "b"), ("no idea", "b"), ("", "c")])
    assert ours.accuracy == Fraction(1, 2)
    assert ours.confusion == {"a": {"a": 2, "b": 1}, "b": {"b": 1, None: 1}, "c": {None: 1}}
    assert ours.macro_f1 == (Fraction(4, 5) + Fraction(1, 2) + 0) / 3


def test_labels_that_differ_in_what_is_not_shown_stay_apart() -> None:
    ours = classification([("x..", "x.."), ("x", "x")], Label())
    assert len(ours.labels) == 2
    assert ours.accuracy == 1


def test_nothing_has_no_score() -> None:
    with pytest.raises(ValueError, match="no answers"):
        classification([])
