"""The graders of a recipe: each kind's class, made from its options, and several of them as one.

A kind's module is imported when a recipe names the kind: the pattern engine and the JSON Schema library take longer to
import than most functions run.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from importlib import import_module
from typing import ClassVar

from distillery.core.conversation import Prompt
from distillery.core.errors import BadRequest
from distillery.core.judging import GraderKind, GraderSpec
from distillery.core.serialization import from_wire
from distillery.evaluation.graders.grade import Grade, Grader
from distillery.evaluation.graders.stored import Scores, Stored

_CLASSES: Mapping[GraderKind, tuple[str, str]] = {
    GraderKind.LABEL: ("label", "Label"),
    GraderKind.JSON: ("json_fields", "Json"),
    GraderKind.NUMBER: ("number", "Number"),
    GraderKind.TABLE: ("table", "TableGrader"),
    GraderKind.CONTAINS: ("patterns", "Contains"),
    GraderKind.PATTERN: ("patterns", "Pattern"),
    GraderKind.OVERLAP: ("overlap", "Overlap"),
    GraderKind.QUOTES: ("quotes", "Quotes"),
    GraderKind.JUDGE: ("judge", "Judge"),
    GraderKind.FUNCTION: ("function", "TeamFunction"),
}


def grader_class(kind: GraderKind) -> type[Grader]:
    """The class of a kind. Its fields are the options."""
    module, name = _CLASSES[kind]
    found: type[Grader] = getattr(import_module(f"distillery.evaluation.graders.{module}"), name)
    return found


def build(specs: Sequence[GraderSpec], scores: Scores | None = None) -> Grader:
    """The grader of a recipe.

    Args:
        specs: One grader or several, as `Recipe.grader_specs` gives them.
        scores: What judges and functions have said. Answers without one are unscored.

    Raises:
        BadRequest: An option is unknown, or its value is refused.
    """
    made = tuple((spec, _with_scores(spec, build_one(spec), scores or {})) for spec in specs)
    return made[0][1] if len(made) == 1 else Combined(graders=made)


def build_one(spec: GraderSpec) -> Grader:
    """The grader of one table of a recipe. Raises BadRequest as `build` does."""
    if spec.weight < 1:
        raise BadRequest(
            f"the weight of the grader {spec.kind} is {spec.weight}; at least 1 is needed; write weight = 1"
        )
    return from_wire(grader_class(spec.kind), spec.options)


def _with_scores(spec: GraderSpec, grader: Grader, scores: Scores) -> Grader:
    return Stored(spec=spec, grader=grader, scores=scores) if spec.kind.is_external else grader


@dataclass(frozen=True, slots=True, kw_only=True)
class Combined:
    """Several graders as one, whose score is their weighted mean.

    For each prompt, the graders that cannot judge by its reference are left out: some references of mixed data are
    labels and others figures. Where none can, all of them grade.
    """

    binary: ClassVar[bool] = False

    graders: tuple[tuple[GraderSpec, Grader], ...]

    @property
    def measure(self) -> str:
        return "weighted mean of " + ", ".join(f"{grader.measure} ({spec.weight})" for spec, grader in self.graders)

    @property
    def needs_reference(self) -> bool:
        return any(grader.needs_reference for _, grader in self.graders)

    def grade(self, answer: str, reference: str, prompt: Prompt) -> Grade:
        """The weighted mean. Its parts are the graders' scores by name, and their parts below it.

        If one of them is unscored, so is the mean: without a part it would measure something else.
        """
        named = self._fitting(reference, prompt)
        grades = [(name, spec.weight, grader.grade(answer, reference, prompt)) for name, spec, grader in named]
        total = sum((each.score * weight for _, weight, each in grades), Fraction(0))
        parts: dict[str, Fraction] = {}
        for name, _, each in grades:
            parts[name] = each.score
            parts |= {f"{name}: {part}": value for part, value in each.parts.items()}
        reasons = (f"{name}: {each.reason}" for name, _, each in grades if each.reason)
        return Grade(score=total / sum(weight for _, weight, _ in grades), reason="; ".join(reasons), parts=parts)

    def misfit(self, reference: str, prompt: Prompt) -> str:
        """Why none of the graders can judge by that reference, as the first of them says; empty if one can."""
        told = [(name, grader.misfit(reference, prompt)) for name, _, grader in self._named()]
        (name, text), *_ = told
        return f"{text} (for {name})" if all(text for _, text in told) else ""

    def _fitting(self, reference: str, prompt: Prompt) -> "list[tuple[str, GraderSpec, Grader]]":
        named = self._named()
        return [each for each in named if not each[2].misfit(reference, prompt)] or named

    def _named(self) -> "list[tuple[str, GraderSpec, Grader]]":
        """The graders by their kinds, numbered where a recipe has one twice."""
        kinds = [spec.kind.value for spec, _ in self.graders]
        return [
            (f"{kind} {index}" if kinds.count(kind) > 1 else kind, spec, grader)
            for index, (kind, (spec, grader)) in enumerate(zip(kinds, self.graders, strict=True), 1)
        ]
