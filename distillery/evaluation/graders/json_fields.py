"""Grades JSON field by field: the share of the values of reference and answer that agree.

A missing field is not the same as a null field, and an extra field costs as much as a missing one. An answer that is
not JSON, or breaks the recipe's schema, is wrong as a whole: its caller cannot use it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from distillery.core.conversation import Prompt
from distillery.core.errors import BadRequest
from distillery.core.escaping import quoted
from distillery.evaluation.graders.grade import RIGHT, WRONG, Grade
from distillery.evaluation.graders.json_compare import Comparison
from distillery.evaluation.graders.json_rules import Compare, Field, Path
from distillery.evaluation.graders.json_schema import Schema
from distillery.evaluation.graders.json_text import UnreadableJson, read_json


@dataclass(frozen=True, kw_only=True)
class Json:
    """The share of values that agree, between a JSON answer and its reference."""

    fields: tuple[Field, ...] = ()
    """How fields are compared that are not compared exactly, by their paths. All others of the reference or the answer
    are compared as well."""
    schema: Mapping[str, Any] = field(default_factory=dict)
    """A JSON Schema. An answer that breaks it is wrong as a whole. References lead to parts of the schema itself."""
    whole: bool = False
    """Whether an answer with one wrong value is wrong as a whole, so that every score is 0 or 1."""

    def __post_init__(self) -> None:
        tolerant = [path for path, each in self._rules.items() if each.is_tolerant]
        for path, each in self._rules.items():
            inside = [other for other in tolerant if other[: len(path)] == path]
            if each.compare is Compare.SET and inside:
                raise BadRequest(
                    f"the field {quoted(each.path)} is a set, and {quoted(self._rules[inside[0]].path)} in it has a "
                    'tolerance; items of a set are equal or not; compare it as "exact" or "keyed"'
                )
        _ = self._schema

    @cached_property
    def _rules(self) -> dict[Path, Field]:
        rules: dict[Path, Field] = {}
        for each in self.fields:
            if each.steps in rules:
                raise BadRequest(
                    f"fields has the path {quoted(each.path)} twice; each path is allowed once; remove one"
                )
            rules[each.steps] = each
        return rules

    @cached_property
    def _schema(self) -> Schema | None:
        return Schema(self.schema) if self.schema else None

    @property
    def measure(self) -> str:
        return "exact match" if self.whole else "field score"

    @property
    def binary(self) -> bool:
        return self.whole

    @property
    def needs_reference(self) -> bool:
        return not self.schema

    def grade(self, answer: str, reference: str, prompt: Prompt) -> Grade:
        given, problem = self._read(answer)
        if problem:
            return Grade(score=WRONG, reason=f"the answer {problem}")
        if not reference.strip() and self._schema:
            return Grade(score=RIGHT)
        try:
            expected = read_json(reference)
        except UnreadableJson as error:
            return Grade(score=WRONG, reason=f"the reference {error}")
        compared = Comparison(self._rules, expected, given)
        whole = WRONG if self.whole and compared.score < 1 else compared.score
        return Grade(score=whole, reason=compared.reason, parts=compared.parts)

    def misfit(self, reference: str, prompt: Prompt) -> str:
        if not reference.strip() and self._schema:
            return ""
        value, problem = self._read(reference)
        return problem or ("" if isinstance(value, (dict, list)) else "is a single value, not an object or an array")

    def _read(self, text: str) -> tuple[Any, str]:
        """The value, and why it cannot be graded."""
        try:
            value = read_json(text)
        except UnreadableJson as error:
            return None, str(error)
        return value, self._schema.problem(value) if self._schema else ""
