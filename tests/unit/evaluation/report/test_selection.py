"""Which prompts are shown first."""

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distillery.evaluation.report.rows import AnswerRow, PromptRow
from distillery.evaluation.report.selection import incomplete, instructive
from tests.fakes.report import full, row


def scored(index: int, reference: str = "a", **scores: float) -> PromptRow:
    return row(
        index,
        "?",
        reference,
        **{role.replace("contender", "contender/x"): (f"{role} {score}", score) for role, score in scores.items()},
    )


def chosen(*prompts: PromptRow, most: int = 5) -> tuple[list[int], list[int]]:
    found = instructive(prompts, most)
    return [one.index for one in found.wins], [one.index for one in found.losses]


PROMPTS = full().prompts
CASES = {
    "the student is right alone": ([scored(0, student=1, teacher=0, live=0)], ([0], [])),
    "better than the teacher, like the live model": ([scored(0, student=1, teacher=0, live=1)], ([0], [])),
    "the teacher is right": ([scored(0, student=0, teacher=1)], ([], [0])),
    "a contender is right": ([scored(0, student=0, teacher=0, contender=1)], ([], [0])),
    "better than the teacher, worse than a contender": (
        [scored(0, student=0.5, teacher=0, contender=1)],
        ([], [0]),
    ),
    "all are right": ([scored(0, student=1, teacher=1, live=1)], ([], [])),
    "the untrained student alone is better": ([scored(0, student=0, teacher=0, base=1)], ([], [])),
    "nobody else was asked": ([scored(0, student=0, base=1)], ([], [])),
    "the largest gap first": ([scored(0, student=0.5, teacher=1), scored(1, student=0, teacher=1)], ([], [1, 0])),
    "another reference before a second of the same": (
        [scored(0, student=0, teacher=1), scored(1, student=0, teacher=1), scored(2, "b", student=0, teacher=1)],
        ([], [0, 2, 1]),
    ),
    "the most frequent mistake first": (
        [
            row(0, "?", "a", student=("x", 0.0), teacher=("a", 1.0)),
            row(1, "?", "b", student=("y", 0.0), teacher=("b", 1.0)),
            row(2, "?", "b", student=("y", 0.0), teacher=("b", 1.0)),
        ],
        ([], [1, 0, 2]),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_instructive(name: str) -> None:
    prompts, expected = CASES[name]
    assert chosen(*prompts) == expected


def test_a_missing_answer_is_no_win_and_no_loss() -> None:
    missing = AnswerRow(text="", missing=True, score=1.0)
    prompt = scored(0, student=0, teacher=1)
    assert chosen(replace(prompt, answers={**prompt.answers, "teacher": missing})) == ([], [])
    assert chosen(replace(prompt, answers={**prompt.answers, "student": missing})) == ([], [])


@given(st.randoms(use_true_random=False), st.integers(0, 8))
def test_the_choice_does_not_depend_on_the_order_of_the_prompts(order: random.Random, most: int) -> None:
    prompts = list(PROMPTS)
    shuffled = sorted(prompts, key=lambda _: order.random())
    assert chosen(*shuffled, most=most) == chosen(*prompts, most=most)
    assert all(len(found) <= most for found in chosen(*prompts, most=most))


def test_incomplete_answers_are_listed_with_what_they_lack() -> None:
    found = [(one.row.index, one.role, one.what) for one in incomplete(full().prompts)]
    assert found == [
        (5, "contender/anthropic.claude-haiku-5-5", "missing"),
        (6, "base", "truncated"),
        (7, "teacher", "refused"),
    ]
    unscored = replace(full().prompts[0], answers={"student": AnswerRow(text="x", stop_reason="end_turn")})
    assert [one.what for one in incomplete([unscored])] == ["not scored"]
