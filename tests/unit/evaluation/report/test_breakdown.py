"""Scores by what graders graded one by one: fields, columns, quotations."""

from collections.abc import Mapping

import pytest

from distillery.core.conversation import Prompt
from distillery.evaluation.graders.grade import Grader
from distillery.evaluation.graders.json_fields import Json
from distillery.evaluation.graders.quotes import Quotes
from distillery.evaluation.report.breakdown import by_part
from distillery.evaluation.report.rows import AnswerRow, PromptRow

ASKED = Prompt(
    system=None, messages=(("user", "We open at 9:00. A fine is £2 a day.\n\nWhat is a fine?"),), reference=""
)
FINE, OPEN = '"A fine is £2 a day."', '"We open at 9:00."'
TICKET = '{"order": "A1", "urgent": true}'


def answered(grader: Grader, reference: str, answers: Mapping[str, str | None]) -> PromptRow:
    def row(text: str | None) -> AnswerRow:
        if text is None:
            return AnswerRow(text="", missing=True, score=0.0)
        grade = grader.grade(text, reference, ASKED)
        parts = {name: float(score) for name, score in grade.parts.items()}
        return AnswerRow(text=text, score=float(grade.score), parts=parts)

    return PromptRow(
        index=0, messages=(), reference=reference, answers={role: row(text) for role, text in answers.items()}
    )


CASES: dict[str, tuple[Grader, str, dict[str, str | None], dict[str, dict[str, float]]]] = {
    "the reference's own text recalls all of it": (
        Quotes(),
        FINE,
        {"student": FINE, "base": OPEN},
        {
            "quotations": {"student": 1, "base": 1},
            "figures": {"student": 1, "base": 1},
            "recall": {"student": 1, "base": 0},
        },
    ),
    "an empty answer recalls nothing": (
        Quotes(),
        FINE,
        {"student": f"Yes. {FINE}", "base": ""},
        {name: {"student": 1, "base": 0} for name in ("quotations", "figures", "recall")},
    ),
    "what is no JSON has no field": (
        Json(),
        TICKET,
        {"student": TICKET, "base": "The order is A1."},
        {"order": {"student": 1, "base": 0}, "urgent": {"student": 1, "base": 0}},
    ),
    "a right answer has nothing in excess": (
        Json(),
        TICKET,
        {"student": TICKET, "base": '{"order": "A1", "urgent": true, "note": 1}'},
        {
            "order": {"student": 1, "base": 1},
            "urgent": {"student": 1, "base": 1},
            "not in the reference": {"student": 1, "base": 0},
        },
    ),
    "a missing answer has no parts": (
        Json(),
        TICKET,
        {"student": TICKET, "base": None},
        {"order": {"student": 1}, "urgent": {"student": 1}},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_an_answer_that_is_right_or_wrong_as_a_whole_counts_in_every_part(name: str) -> None:
    grader, reference, answers, expected = CASES[name]
    found = by_part([answered(grader, reference, answers)])
    assert found is not None
    assert {part.name: dict(part.scores) for part in found.parts} == expected


def test_labels_have_no_parts() -> None:
    assert by_part([PromptRow(index=0, messages=(), answers={"student": AnswerRow(text="a", score=1.0)})]) is None
