"""Grades and thresholds, as tables."""

import pytest

from distillery.core.judging import GraderKind
from distillery.evaluation.verdict import GRADERS, thresholds
from tests.fakes.pipeline import recipe

LABELS = [
    ("delivery.late", "delivery.late", 1),
    (" Delivery.Late. \n", "delivery.late", 1),
    ("STRASSE", "straße", 1),
    ("delivery", "delivery.late", 0),
    ("the label is delivery.late", "delivery.late", 0),
    ("", "delivery.late", 0),
    ("delivery.late..", "delivery.late", 0),
]
TEXTS = [
    ("the parcel is late", "the parcel is late", 1),
    ("The Parcel", "the parcel", 1),
    ("a b", "c d", 0),
    ("a b", "a c", 0.5),
    ("a a a", "a", 0.5),
    ("", "", 1),
    ("", "a", 0),
]


@pytest.mark.parametrize(("answer", "right", "grade"), LABELS)
def test_a_label_is_right_but_for_case_space_and_a_full_stop(answer: str, right: str, grade: float) -> None:
    assert GRADERS[GraderKind.LABEL](answer, right) == grade


@pytest.mark.parametrize(("answer", "right", "grade"), TEXTS)
def test_overlap_is_the_f1_of_shared_words(answer: str, right: str, grade: float) -> None:
    assert GRADERS[GraderKind.OVERLAP](answer, right) == pytest.approx(grade)


BARS = [
    (0.9, 0.3, 0.9, []),
    (0.9, 0.3, 0.49, ["min_score", "teacher_margin"]),
    (0.5, 0.3, 0.45, ["min_score"]),  # 0.5 - 0.05
    (1.0, 0.3, 0.95, []),
    (1.0, 0.3, 0.94, ["teacher_margin"]),
    (0.85, 0.8, 0.82, []),  # 0.8 + 0.02 is not 0.82 in floats
    (0.85, 0.8, 0.81, ["min_gain"]),
    (0.0, 0.0, 0.0, ["min_score", "min_gain"]),
]


@pytest.mark.parametrize(("teacher", "base", "student", "failed"), BARS)
def test_a_student_passes_only_over_every_bar(teacher: float, base: float, student: float, failed: list[str]) -> None:
    held = thresholds(recipe(), teacher=teacher, base=base, student=student)
    assert [bar.name for bar in held if not bar.passed] == failed
    assert all(f"{student:.3f}" in bar.reason and f"{bar.needed:.3f}" in bar.reason for bar in held)
