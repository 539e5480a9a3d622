"""Scores that come from outside the library: of a judge or of the team's own function. They are requested before the
verdict and stored under a digest of what was judged, so that a verdict is as reproducible as with any other grader."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from distillery.core.conversation import Prompt
from distillery.core.judging import GraderSpec
from distillery.core.names import digest
from distillery.core.serialization import to_wire
from distillery.evaluation.graders.grade import Grade, Grader, Unscored

Scores = Mapping[str, Grade | str]
"""The grade of an answer, or why it has none, by its `key`."""


def score_key(spec: GraderSpec, answer: str, prompt: Prompt) -> str:
    """What a score depends on, as a digest: the grader's options, the prompt, its own reference and the answer.

    The same answer of two models has one key, hence one score: two ratings of one answer would differ by chance.
    """
    judged: list[Any] = [spec.kind.value, to_wire(spec.options), prompt.digest, prompt.reference, answer]
    return digest(judged)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A grader whose scores were stored."""

    spec: GraderSpec
    grader: Grader
    scores: Scores

    @property
    def measure(self) -> str:
        return self.grader.measure

    @property
    def binary(self) -> bool:
        return self.grader.binary

    @property
    def needs_reference(self) -> bool:
        return self.grader.needs_reference

    def grade(self, answer: str, reference: str, prompt: Prompt) -> Grade:
        found = self.scores.get(score_key(self.spec, answer, prompt), f"the {self.spec.kind.value} was not asked")
        if isinstance(found, str):
            raise Unscored(found)
        return found

    def misfit(self, reference: str, prompt: Prompt) -> str:
        return self.grader.misfit(reference, prompt)
