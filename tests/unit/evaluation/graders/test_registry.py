"""The graders of a recipe, made from its settings."""

from fractions import Fraction

import pytest

from distillery.core.conversation import Prompt
from distillery.core.errors import BadRequest
from distillery.core.judging import GraderKind, GraderSpec
from distillery.evaluation.graders.registry import build, grader_class

PROMPT = Prompt(system=None, messages=(("user", "?"),), reference=None)


def spec(kind: GraderKind, weight: int = 1, **options: object) -> GraderSpec:
    return GraderSpec(kind=kind, weight=weight, options=options)


@pytest.mark.parametrize("kind", GraderKind)
def test_every_kind_has_a_class_with_a_description_of_each_option(kind: GraderKind) -> None:
    found = grader_class(kind)
    assert found.__doc__


def test_one_grader_is_itself() -> None:
    grader = build([spec(GraderKind.LABEL, case=True)])
    assert grader.measure == "accuracy"
    assert grader.binary
    assert grader.grade("Yes", "yes", PROMPT).score == 0


def test_several_are_a_weighted_mean_and_each_is_seen() -> None:
    grader = build([spec(GraderKind.LABEL, 3), spec(GraderKind.OVERLAP, 1)])
    grade = grader.grade("the red car", "a red car", PROMPT)
    assert grade.parts["label"] == 0
    assert grade.parts["overlap"] == Fraction(2, 3)
    assert grade.score == Fraction(2, 3) / 4
    assert grade.reason.startswith("label: ")
    assert not grader.binary
    assert grader.measure == "weighted mean of accuracy (3), word F1 (1)"


def test_graders_of_one_kind_are_told_apart() -> None:
    grader = build([spec(GraderKind.CONTAINS, phrases=["a"]), spec(GraderKind.CONTAINS, phrases=["b"])])
    assert grader.grade("a", "", PROMPT).parts == {"contains 1": 1, "contains 2": 0}
    assert not grader.needs_reference


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (spec(GraderKind.LABEL, tolerance=1), "tolerance"),
        (spec(GraderKind.LABEL, 0), "weight = 1"),
        (spec(GraderKind.LABEL, case="yes"), "case"),
        (spec(GraderKind.PATTERN), "pattern"),
        (spec(GraderKind.PATTERN, pattern="("), "RE2"),
    ],
)
def test_a_wrong_option_is_refused_by_name(wrong: GraderSpec, told: str) -> None:
    with pytest.raises(BadRequest, match=told):
        build([wrong])


def test_a_reference_that_a_grader_cannot_judge_by_names_the_grader() -> None:
    grader = build([spec(GraderKind.OVERLAP), spec(GraderKind.LABEL)])
    assert grader.misfit("x" * 500, PROMPT).endswith("(for label)")
    assert grader.misfit("yes", PROMPT) == ""
