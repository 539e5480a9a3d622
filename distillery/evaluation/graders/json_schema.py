"""Validates JSON by a schema: never with a request, and with work that grows with the answer alone.

The `jsonschema` library validates, with exact numbers, with RE2 for patterns, and with a limit to recursion.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import ContextVar
from decimal import Decimal
from fractions import Fraction
from itertools import count
from typing import Any

import re2
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError
from jsonschema.validators import extend, validator_for
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from distillery.core.errors import BadRequest
from distillery.core.escaping import one_line, quoted
from distillery.evaluation.graders.json_text import exact_number

MOST_REFERENCES = 20_000
"""References that one validation follows at most. Recursion with alternatives could follow exponentially many."""
ENDLESS = "takes too many steps to validate"
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
_BY_NAME = ("properties", "$defs", "definitions", "dependentSchemas")
"""Keywords whose keys are names, not keywords."""
_DATA = ("enum", "const", "default", "examples")
"""Keywords whose values are no schemas."""
_followed: ContextVar[Iterator[int]] = ContextVar("followed")


class _TooMuchWork(Exception):
    """A validation followed too many references."""


class Schema:
    """A JSON Schema, draft 2020-12 unless it names another. Raises BadRequest if it cannot be used."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        plain = _copied(schema)
        kind = validator_for(plain, default=None) if "$schema" in plain else Draft202012Validator
        if kind is None:
            raise BadRequest(
                f"$schema of the schema is {quoted(plain['$schema'])}; drafts 3 to 2020-12 of JSON Schema are allowed; "
                "remove it"
            )
        try:
            kind.check_schema(plain)
        except SchemaError as error:
            raise BadRequest(
                f"{error.json_path} of the schema is {quoted(error.instance)}; {one_line(error.message, 200)}; correct "
                "it as JSON Schema requires"
            ) from error
        references, patterns = _checked(plain)
        resolver = Registry().resolver_with_root(DRAFT202012.create_resource(plain))
        for reference in references:
            _refuse_nowhere(resolver, reference)
        self._patterns = {pattern: _compiled(pattern) for pattern in patterns}
        types = kind.TYPE_CHECKER.redefine("integer", _is_integer).redefine("number", _is_number)
        overridden = {"pattern": self._pattern, "uniqueItems": _unique_items, "multipleOf": _multiple_of}
        limited = {name: _limited(kind.VALIDATORS[name]) for name in _REFERENCES if name in kind.VALIDATORS}
        self._validator = extend(kind, {**overridden, **limited}, type_checker=types)(
            _exact(plain), registry=Registry()
        )
        if self.problem(None) == ENDLESS:
            raise BadRequest(
                "the schema refers to itself for every value; no value can be validated; remove the reference"
            )

    def problem(self, value: Any) -> str:
        """The first place where the value breaks the schema, or an empty text."""
        token = _followed.set(count(1))
        try:
            error = next(self._validator.iter_errors(value), None)
        except (_TooMuchWork, RecursionError):
            return ENDLESS
        except Unresolvable as error:  # of a part that has an $id of its own
            return f"breaks the schema: it does not define {quoted(error.ref)}"
        finally:
            _followed.reset(token)
        if error is None:
            return ""
        return f"breaks the schema: {one_line(error.json_path, 100)} fails `{error.validator}`"

    def _pattern(self, validator: Any, pattern: str, instance: Any, schema: Any) -> Iterable[ValidationError]:
        if validator.is_type(instance, "string") and not self._patterns[pattern].search(
            instance.encode("utf-8", "replace")
        ):
            yield ValidationError("does not match")


def _refuse_nowhere(resolver: Any, reference: str) -> None:
    try:
        resolver.lookup(reference)
    except Unresolvable as error:
        raise BadRequest(
            f"the schema refers to {quoted(reference)}, which it does not define; a reference begins with # and names "
            "a part of the schema; add the part"
        ) from error


def _checked(schema: Any) -> tuple[set[str], set[str]]:
    """References and patterns. Raises BadRequest for what could start a request or take more than linear time."""
    references: set[str] = set()
    patterns: set[str] = set()
    rest = [schema]
    while rest:
        part = rest.pop()
        if isinstance(part, list):
            rest += part
        if not isinstance(part, dict):
            continue
        for keyword, value in part.items():
            if keyword in _REFERENCES and isinstance(value, str):
                if not value.startswith("#"):
                    raise BadRequest(
                        f"the schema refers to {quoted(value)}; only references within the schema (#/$defs/…) are "
                        "allowed, since grading makes no requests; copy the part into $defs"
                    )
                references.add(value)
            if keyword == "patternProperties":
                raise BadRequest(
                    "the schema has patternProperties; grading does not support them; use properties, or "
                    "additionalProperties with a schema"
                )
            if keyword == "pattern":
                patterns.add(value)
            elif keyword in _BY_NAME and isinstance(value, dict):
                rest += value.values()
            elif keyword not in _DATA:
                rest.append(value)
    return references, patterns


def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern.encode("utf-8"), options)
    except (re2.error, UnicodeEncodeError) as error:
        raise BadRequest(
            f"the schema has the pattern {quoted(pattern)}; RE2's syntax is allowed, which has no look-around and no "
            "back references; correct it (https://github.com/google/re2/wiki/Syntax)"
        ) from error


def _copied(value: Any) -> Any:
    """Mappings as dicts and sequences as lists, which is what the library knows."""
    if isinstance(value, Mapping):
        return {str(key): _copied(each) for key, each in value.items()}
    return [_copied(each) for each in value] if isinstance(value, (list, tuple)) else value


def _exact(value: Any) -> Any:
    """Floats as the decimals that were written: answers are read as decimals, and 0.1 is not the float 0.1."""
    if isinstance(value, dict):
        return {key: _exact(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_exact(each) for each in value]
    return Decimal(repr(value)) if isinstance(value, float) else value


def _is_number(_: Any, value: Any) -> bool:
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def _is_integer(checker: Any, value: Any) -> bool:
    return _is_number(checker, value) and Fraction(value).denominator == 1


def _multiple_of(validator: Any, of: Any, instance: Any, _: Any) -> Iterable[ValidationError]:
    if validator.is_type(instance, "number") and Fraction(instance) % Fraction(of):
        yield ValidationError("is no multiple")


def _unique_items(validator: Any, unique: bool, instance: Any, _: Any) -> Iterable[ValidationError]:
    if unique and validator.is_type(instance, "array") and len({_key(item) for item in instance}) < len(instance):
        yield ValidationError("repeats items")


def _key(value: Any) -> Any:
    """What equal values share. The library compares each item with each other."""
    if isinstance(value, dict):
        return frozenset((name, _key(each)) for name, each in value.items())
    if isinstance(value, list):
        return tuple(_key(each) for each in value)
    return ("number", exact_number(value)) if isinstance(value, Decimal) else (type(value).__name__, value)


def _limited(follow: Callable[..., Any]) -> Callable[..., Any]:
    def followed(validator: Any, reference: Any, instance: Any, schema: Any) -> Iterable[ValidationError]:
        if next(_followed.get()) > MOST_REFERENCES:
            raise _TooMuchWork
        yield from follow(validator, reference, instance, schema) or ()

    return followed
