"""What a request demands of the form of its answer: a call of a tool, or JSON of a schema.

User Guide, "Get validated JSON results from models": the features of JSON schemas that structured output and strict
tools support; others are refused. That of a recursive schema, and the paths in the messages, are the simulator's.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bedrock_simulator import errors, json_text
from bedrock_simulator.catalog.model_limits import Limits
from bedrock_simulator.models import text
from bedrock_simulator.models.json_schema import Unsatisfiable, generate

_NOT_SUPPORTED = (
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "maxItems",
    "uniqueItems", "minProperties", "maxProperties", "patternProperties", "not", "if", "oneOf", "prefixItems",
)  # fmt: skip
_FORMATS = frozenset({
    "date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that a model may call, with the JSON schema of its input."""

    name: str
    schema: Any


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A model's call of a tool."""

    name: str
    id: str


@dataclass(frozen=True, slots=True)
class OutputFormat:
    """The form of an answer: a call of one of the tools, or JSON of the schema; without either, any text.

    Attributes:
        tools: The tools of which the model must call one.
        called: The names of those that it has called already in the conversation.
        schema: The schema of a structured output, None if there is none.
    """

    tools: tuple[Tool, ...] = ()
    called: frozenset[str] = frozenset()
    schema: Any = None

    def choose(self, *seed: str) -> Tool | None:
        """The tool that the stand-in calls: one that it has not called yet, so that an agent comes to its end."""
        fresh = [tool for tool in self.tools if tool.name not in self.called] or [*self.tools]
        return fresh[int(text.fraction("tool", *seed) * len(fresh))] if fresh else None


ANY_TEXT = OutputFormat()


def write(schema: Any, answer: str, what: str, *seed: str) -> str:
    """Returns JSON that satisfies a schema, with the model's answer wherever it fits."""
    try:
        return json.dumps(generate(schema, answer, *seed), ensure_ascii=False)
    except Unsatisfiable as why:
        raise errors.ModelValidationError(
            f"The local Bedrock cannot satisfy the JSON schema of {what}: {why}."
        ) from None


def read_schema(given: str) -> Any:
    """Reads the schema of a structured output, which is a string of JSON in Converse."""
    try:
        return json_text.parse(given)
    except ValueError as why:
        raise errors.validation(f"The JSON schema of outputConfig.textFormat cannot be read: {why}.") from None


def native_schema(fields: Any, limits: Limits) -> Any:
    """The checked schema of `output_config.format` among Claude's own fields; None if there is none."""
    config = fields.get("output_config") if isinstance(fields, dict) else None
    if not isinstance(config, dict):
        return None
    if "effort" in config and not limits.effort:
        raise errors.ModelValidationError("This model does not support the effort parameter.")
    wanted = config.get("format")
    if wanted is None:
        return None
    if not limits.structured_output:
        raise errors.ModelValidationError("output_config.format: Extra inputs are not permitted")
    if not isinstance(wanted, dict) or wanted.get("type") != "json_schema" or "schema" not in wanted:
        raise errors.ModelValidationError("output_config.format: it must have the type json_schema and a schema.")
    check_schema(wanted["schema"], "output_config.format.schema")
    return wanted["schema"]


def check_schema(schema: Any, where: str) -> None:
    """Raises a ValidationException for the first feature of a schema that structured output does not support."""
    if not isinstance(schema, dict):
        raise errors.ModelValidationError(f"{where}: a JSON schema must be an object.")
    for problem in _unsupported(schema, schema, frozenset(), set()):
        raise errors.ModelValidationError(f"{where}: {problem}")


def _unsupported(schema: Any, root: Any, passed: frozenset[str], done: set[str]) -> Iterator[str]:
    if not isinstance(schema, dict):
        return
    kind = schema.get("type", "object")
    for name in _NOT_SUPPORTED:
        if name in schema:
            yield f"For '{kind}' type, property '{name}' is not supported"
    if schema.get("minItems", 0) not in (0, 1):
        yield "For 'array' type, 'minItems' values other than 0 or 1 are not supported"
    if str(schema.get("format", "uuid")) not in _FORMATS:
        yield f"For 'string' type, format '{schema['format']}' is not supported"
    stated = (kind == "object" and "properties" in schema) or "additionalProperties" in schema
    if stated and schema.get("additionalProperties") is not False:
        yield "For 'object' type, 'additionalProperties' must be explicitly set to false"
    yield from _references(schema, root, passed, done)
    for inner in _inner(schema):
        yield from _unsupported(inner, root, passed, done)


def _references(schema: dict[str, Any], root: Any, passed: frozenset[str], done: set[str]) -> Iterator[str]:
    reference = schema.get("$ref")
    if reference is None:
        return
    if not isinstance(reference, str) or not reference.startswith("#"):
        yield f"The reference '{reference}' is external, which is not supported"
    elif reference in passed:
        yield f"The schema is recursive at '{reference}', which is not supported"
    elif reference not in done:
        found = root
        for part in reference.split("/")[1:]:
            found = found.get(part) if isinstance(found, dict) else None
        yield from _unsupported(found, root, passed | {reference}, done)
        done.add(reference)


def _inner(schema: dict[str, Any]) -> Iterator[Any]:
    for name in ("properties", "$defs", "definitions"):
        members = schema.get(name)
        yield from members.values() if isinstance(members, dict) else ()
    for name in ("anyOf", "allOf"):
        members = schema.get(name)
        yield from members if isinstance(members, list) else ()
    yield from (schema[name] for name in ("items",) if name in schema)


def forced(tools: Sequence[Tool], choice: str, name: str | None) -> tuple[Tool, ...]:
    """The tools of which one must be called: all for `any`, the named one for `tool`, else none."""
    if choice == "any":
        return tuple(tools)
    return tuple(tool for tool in tools if tool.name == name) if choice == "tool" else ()
