"""What a grader is: a pure function of an answer, its reference and its prompt.

A grade is a fraction, not a float, so that sums and means are exact and the same on every machine.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Protocol

from distillery.core.conversation import Prompt


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """The grade of one answer.

    Attributes:
        score: From 0, wrong, to 1, right.
        reason: Why the score is below 1, in one sentence for a reader of the report. It may quote the answer and the
            reference, shortened and escaped (`distillery.core.escaping.quoted`).
        parts: The scores of what was graded one by one: fields, columns, quotations. Keys are names for people.
    """

    score: Fraction
    reason: str = ""
    parts: Mapping[str, Fraction] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 0 <= self.score <= 1:
            raise ValueError(f"a score is from 0 to 1, not {self.score}")


RIGHT, WRONG = Fraction(1), Fraction(0)


class Unscored(Exception):
    """An answer has no score, because whoever had to give it from outside did not. It is neither right nor wrong."""


class Grader(Protocol):
    """Grades answers. Its fields are its options, as a recipe names them."""

    @property
    def measure(self) -> str:
        """What the mean score is called in the field, such as `accuracy` or `word F1`."""

    @property
    def binary(self) -> bool:
        """Whether every score is 0 or 1, so that tests for proportions apply."""

    @property
    def needs_reference(self) -> bool:
        """Whether prompts without a reference cannot be graded."""

    def grade(self, answer: str, reference: str, prompt: Prompt) -> Grade:
        """The grade of an answer. Nothing that an answer contains makes it raise an error.

        Args:
            answer: The text of the model's answer, without reasoning.
            reference: The correct answer; empty if the prompt has none and none is needed.
            prompt: What was asked. Graders that compare with a given context find it here.

        Raises:
            Unscored: The score comes from outside, and is missing. The message says why.
        """

    def misfit(self, reference: str, prompt: Prompt) -> str:
        """Why this grader cannot judge by that reference, in a few words; empty if it can."""
