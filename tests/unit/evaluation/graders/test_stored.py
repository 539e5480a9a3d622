"""Scores of judges and functions: stored by what was judged, and never 0 where there is none."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distillery.core.conversation import Prompt
from distillery.core.errors import BadRequest
from distillery.core.judging import GraderKind, GraderSpec
from distillery.core.serialization import from_wire, to_wire
from distillery.evaluation.graders.function import TeamFunction
from distillery.evaluation.graders.grade import Grade, Unscored
from distillery.evaluation.graders.judge import Judge, JudgeScale
from distillery.evaluation.graders.registry import build
from distillery.evaluation.graders.stored import score_key
from distillery.evaluation.scoring import lines

ARN = "arn:aws:lambda:us-east-1:111122223333:function:score"
FUNCTION = GraderSpec(kind=GraderKind.FUNCTION, options={"arn": ARN})
JUDGE = GraderSpec(kind=GraderKind.JUDGE, options={"model": "amazon.nova-pro-v1:0"})
LABEL = GraderSpec(kind=GraderKind.LABEL)


def prompt(text: str = "?", reference: str | None = "yes", system: str | None = None) -> Prompt:
    return Prompt(system=system, messages=(("user", text),), reference=reference)


def test_a_stored_score_is_the_grade() -> None:
    grade = Grade(score=Fraction(1, 3), reason="half of it", parts={"days": Fraction(1)})
    grader = build([FUNCTION], {score_key(FUNCTION, "maybe", prompt()): grade})
    assert grader.grade("maybe", "whatever the caller compares with", prompt()) == grade


@pytest.mark.parametrize("scores", [{}, {score_key(FUNCTION, "maybe", prompt()): "the function timed out"}])
def test_a_missing_score_is_neither_right_nor_wrong(scores: dict[str, Grade | str]) -> None:
    with pytest.raises(Unscored, match="timed out" if scores else "was not asked"):
        build([FUNCTION], scores).grade("maybe", "yes", prompt())


def test_a_mean_with_a_missing_part_is_unscored() -> None:
    with pytest.raises(Unscored):
        build([LABEL, FUNCTION]).grade("yes", "yes", prompt())
    scores = {score_key(FUNCTION, "yes", prompt()): Grade(score=Fraction(0))}
    assert build([LABEL, FUNCTION], scores).grade("yes", "yes", prompt()).score == Fraction(1, 2)


def test_a_key_is_of_everything_that_a_score_depends_on() -> None:
    others = [
        score_key(JUDGE, "maybe", prompt()),
        score_key(GraderSpec(kind=GraderKind.FUNCTION, options={"arn": f"{ARN}:2"}), "maybe", prompt()),
        score_key(FUNCTION, "Maybe", prompt()),
        score_key(FUNCTION, "maybe", prompt("??")),
        score_key(FUNCTION, "maybe", prompt(system="short")),
        score_key(FUNCTION, "maybe", prompt(reference=None)),
        score_key(FUNCTION, "maybe", prompt(reference="")),
    ]
    assert len({score_key(FUNCTION, "maybe", prompt()), *others}) == 1 + len(others)


def test_the_weight_makes_no_other_key_and_neither_does_the_ledger() -> None:
    weighted = GraderSpec(kind=GraderKind.FUNCTION, weight=3, options=FUNCTION.options)
    stored = from_wire(GraderSpec, to_wire(FUNCTION))
    assert len({score_key(each, "maybe", prompt()) for each in (FUNCTION, weighted, stored)}) == 1


def test_what_a_judge_and_a_function_measure_has_its_own_name() -> None:
    five = GraderSpec(kind=GraderKind.JUDGE, options={"model": "m", "scale": "five"})
    named = GraderSpec(kind=GraderKind.FUNCTION, options={"arn": ARN, "measure": "tests passed", "binary": True})
    measures = [(build([each]).measure, build([each]).binary) for each in (JUDGE, five, FUNCTION, named)]
    assert measures == [
        ("share that amazon.nova-pro-v1:0 judged right", True),
        ("mean rating by m", False),
        ("score of the function", False),
        ("tests passed", True),
    ]
    assert not build([JUDGE]).needs_reference


@pytest.mark.parametrize("answer", ["", "x" * 100_000, "\ud800", "{{prediction}}"])
def test_without_the_pipeline_there_is_no_score(answer: str) -> None:
    for grader in (Judge(model="m"), TeamFunction(arn=ARN)):
        with pytest.raises(Unscored, match="was not asked"):
            grader.grade(answer, "", prompt())


@pytest.mark.parametrize(
    ("kind", "options", "told"),
    [
        (Judge, {}, "model"),
        (Judge, {"model": " "}, "catalog"),
        (Judge, {"model": "m", "criteria": ""}, "1 to 2500"),
        (Judge, {"model": "m", "criteria": "x" * 2_501}, "1 to 2500"),
        (Judge, {"model": "m", "criteria": "{{prompt}}"}, "variable"),
        (Judge, {"model": "m", "scale": "ten"}, "JudgeScale"),
        (TeamFunction, {}, "arn"),
        (TeamFunction, {"arn": "arn:aws:lambda:us-east-1:111122223333:layer:score"}, "arn:aws:lambda"),
        (TeamFunction, {"arn": f"{ARN}*"}, "arn:aws:lambda"),
        (TeamFunction, {"arn": f"{ARN}\n"}, "arn:aws:lambda"),
        (TeamFunction, {"arn": ARN, "timeout_seconds": 0}, "1 to 60"),
        (TeamFunction, {"arn": ARN, "timeout_seconds": 61}, "1 to 60"),
        (TeamFunction, {"arn": ARN, "measure": " "}, "name of a measure"),
    ],
)
def test_options_that_cannot_work_are_refused(kind: type, options: dict[str, object], told: str) -> None:
    with pytest.raises(BadRequest, match=told):
        from_wire(kind, options)


def test_a_function_names_its_region_and_account() -> None:
    function = TeamFunction(arn="arn:aws-us-gov:lambda:us-gov-west-1:111122223333:function:score:$LATEST")
    assert (function.region, function.account) == ("us-gov-west-1", "111122223333")


def test_the_scales_are_what_their_names_say() -> None:
    assert [scale.value for scale in JudgeScale] == ["right-or-wrong", "five"]


FRACTIONS = st.fractions(0, 1, max_denominator=10**6)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=40)


@given(
    st.dictionaries(
        st.text("0123456789abcdef", min_size=4, max_size=8),
        TEXTS | st.builds(Grade, score=FRACTIONS, reason=TEXTS, parts=st.dictionaries(TEXTS, FRACTIONS, max_size=3)),
        max_size=5,
    )
)
def test_lines_bring_back_every_score_exactly(scores: dict[str, Grade | str]) -> None:
    assert lines.read(lines.write(scores)) == scores
