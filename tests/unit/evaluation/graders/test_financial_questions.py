"""The graders on TAT-QA: its own references, and 200 perturbed ones that a person judged.

`data/tatqa_perturbed.jsonl` names the line of dev.jsonl, its question and reference, the perturbed answer, and whether
it is right. TAT-QA: Zhu et al., ACL 2021; CC BY 4.0. The answers are altered. The judgements follow six rules:

- `scale`: the same amount in another scale is right; without its scale or percent sign it is wrong, since the prompt
  asks for it.
- `sign`: parentheses, U+2212 and "a decrease of" are negative; "an increase of" is not.
- `item`: a list with an item missing, repeated or added is wrong.
- `rounding`: an answer may round correctly to three significant digits or more, and have more digits.
- `thousands`: every usual separator is right if the value is the same.
- `order`: amounts that were asked for respectively have an order; years and names have none.

A `cell` beside the right one, another `year`, and an answer that offers two are wrong.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from distillery.core.conversation import Prompt, parse
from distillery.evaluation.graders.number import Number, Take
from distillery.evaluation.graders.quotes import Quotes
from distillery.evaluation.graders.table import TableGrader
from tests.data_sets import TATQA
from tests.unit.evaluation.graders.given import PROMPT

here = pytest.mark.skipif(
    not TATQA.exists(), reason="the questions of TAT-QA are not here: name their folder in DISTILLERY_TATQA"
)
GRADER = Number(take=Take.FIRST, significant_digits=3)
PERTURBED: list[dict[str, Any]] = [
    json.loads(line)
    for line in (Path(__file__).parent / "data" / "tatqa_perturbed.jsonl").read_text(encoding="utf-8").splitlines()
]
KINDS = {"scale", "sign", "item", "cell", "rounding", "thousands", "order", "year"}


def test_the_table_has_25_answers_of_each_kind() -> None:
    assert Counter(row["kind"] for row in PERTURBED) == dict.fromkeys(KINDS, 25)
    assert len({row["line"] for row in PERTURBED}) == 200
    assert 60 < sum(row["right"] for row in PERTURBED) < 140


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_perturbed_answers_are_graded_as_a_person_would(kind: str) -> None:
    differ = [
        (row["question"], row["reference"], row["answer"], grade.reason)
        for row in PERTURBED
        if row["kind"] == kind
        for grade in [GRADER.grade(row["answer"], row["reference"], PROMPT)]
        if (grade.score == 1) != row["right"]
    ]
    assert differ == []


def prompts() -> list[Prompt]:
    return [parse(line) for line in TATQA.read_text(encoding="utf-8").splitlines()]


@here
def test_the_table_is_of_these_questions() -> None:
    questions = prompts()
    for row in PERTURBED:
        prompt = questions[row["line"] - 1]
        assert prompt.messages[-1][1].strip().endswith(row["question"])
        assert prompt.reference == row["reference"]


@here
def test_every_reference_graded_against_itself_is_right() -> None:
    """Also with an end and a mark, so that more than the equality of texts is tested."""
    misfits: Counter[str] = Counter()
    for prompt in prompts():
        reference = prompt.reference or ""
        misfits[GRADER.misfit(reference, prompt)] += 1
        for grader in (GRADER, Number(), Quotes(), TableGrader()):
            assert grader.grade(reference, reference, prompt).score == 1
        for answer in (f" {reference} .", f"**Answer:** {reference}"):
            assert "\n" in reference or GRADER.grade(answer, reference, prompt).score == 1, (answer, reference)
    assert misfits == {"": 1353, "has no number": 245, "has several numbers and marks none": 70}


@here
@pytest.mark.slow
def test_references_from_the_text_are_supported_and_computed_ones_are_not() -> None:
    """Of 1,668 references, 718 are computed and declare nothing: `quotes` does not fit them, and says so."""
    misfits = Counter(Quotes().misfit(prompt.reference or "", prompt) for prompt in prompts())
    assert misfits == {"": 952, "has figures that the prompt does not contain": 716}
