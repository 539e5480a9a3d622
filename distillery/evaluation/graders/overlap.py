"""Grades free text by the words that it shares with the reference. This is word F1, which says little about whether an
answer is right:
"You have 2 days" has 0.75 against "You have 38 days"."""

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from distillery.core.conversation import Prompt
from distillery.evaluation.graders.grade import RIGHT, WRONG, Grade
from distillery.evaluation.graders.text import normalised, terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """F1 of the words that answer and reference share, counting repetitions."""

    measure: ClassVar[str] = "word F1"
    binary: ClassVar[bool] = False
    needs_reference: ClassVar[bool] = True

    def grade(self, answer: str, reference: str, prompt: Prompt) -> Grade:
        given, expected = Counter(terms(answer)), Counter(terms(reference))
        if not given and not expected:
            return Grade(score=RIGHT) if normalised(answer) == normalised(reference) else Grade(score=WRONG)
        shared = (given & expected).total()
        score = Fraction(2 * shared, given.total() + expected.total())
        if score == 1:
            return Grade(score=score)
        return Grade(
            score=score,
            reason=f"shares {shared} words with the reference; the answer has {given.total()}, "
            f"the reference {expected.total()}",
        )

    def misfit(self, reference: str, prompt: Prompt) -> str:
        return "" if terms(reference) else "has no words"
