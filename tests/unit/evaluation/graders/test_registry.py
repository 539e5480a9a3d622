"""The graders of a recipe, made from its settings."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distillery.core.conversation import Prompt
from distillery.core.errors import BadRequest
from distillery.core.judging import GraderKind, GraderSpec
from distillery.evaluation.graders.registry import build, build_one, grader_class

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


def test_graders_that_cannot_judge_by_a_reference_are_left_out_for_its_prompt() -> None:
    grader = build([spec(GraderKind.JSON, 3), spec(GraderKind.NUMBER), spec(GraderKind.LABEL)])
    assert grader.grade('{"a": 1}', '{"a": 1}', PROMPT).parts == {"json": 1, "json: a": 1, "number": 1, "label": 1}
    number = grader.grade("It is 7.", "7", PROMPT)
    assert number.parts == {"number": 1, "label": 0}
    assert number.score == Fraction(1, 2)
    assert grader.grade("Refund.", "refund", PROMPT).parts == {"label": 1}


def test_where_no_grader_can_judge_by_a_reference_all_of_them_grade() -> None:
    grader = build([spec(GraderKind.LABEL), spec(GraderKind.NUMBER)])
    long = "no number here " * 20
    assert grader.grade("x", long, PROMPT).parts == {"label": 0, "number": 0}
    assert grader.misfit(long, PROMPT).endswith("(for label)")
    assert grader.misfit("yes", PROMPT) == ""
    assert grader.misfit("12\n%", PROMPT) == ""


def test_a_prompt_without_a_reference_is_graded_by_what_needs_none() -> None:
    grader = build([spec(GraderKind.LABEL, 3), spec(GraderKind.CONTAINS, phrases=["sorry"])])
    assert grader.grade("Sorry!", "", PROMPT).parts == {"contains": 1}
    assert grader.needs_reference


WORDS = st.sampled_from(["yes", "7", '{"a": 1}', "a,b\n1,2", "", "word " * 60, "12 %"])
KINDS = st.lists(st.sampled_from(["label", "json", "number", "table", "overlap", "contains"]), min_size=2, max_size=4)


@given(kinds=KINDS, weights=st.lists(st.integers(1, 5), min_size=4, max_size=4), answer=WORDS, reference=WORDS)
def test_the_score_is_the_weighted_mean_of_the_graders_that_fit(
    kinds: list[str], weights: list[int], answer: str, reference: str
) -> None:
    specs = [spec(GraderKind(kind), weight) for kind, weight in zip(kinds, weights, strict=False)]
    alone = [(build_one(each), each.weight) for each in specs]
    fitting = [each for each in alone if not each[0].misfit(reference, PROMPT)] or alone
    total = sum(grader.grade(answer, reference, PROMPT).score * weight for grader, weight in fitting)
    combined = build(specs)
    assert combined.grade(answer, reference, PROMPT).score == total / sum(weight for _, weight in fitting)
    assert bool(combined.misfit(reference, PROMPT)) is all(grader.misfit(reference, PROMPT) for grader, _ in alone)
