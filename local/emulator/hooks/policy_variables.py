"""Variables in policies, and which partition of a table a request is about.

AWS: `${key}` in a resource or in a value of a String or Arn condition stands for the request's value of that key, and
    `${key, 'default'}` for the default where it has none. "If AWS cannot resolve a variable this might cause the entire
    statement to be invalid" (IAM guide, reference_policies_variables). `dynamodb:LeadingKeys` are the partition keys of
    the request's items (DynamoDB guide, specifying-conditions).
ministack: matches the variable's own text, and knows no leading keys.
Patch: variables are replaced before a statement is matched; a statement with one that has no value allows nothing.
    A value with a wildcard, whose meaning AWS leaves open, counts as none. `${*}`, `${?}` and `${$}` are not supported
    and allow nothing either. GetItem, PutItem, UpdateItem, DeleteItem and Query tell their partition where the key is
    named `pk`; Scan and batches tell none.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ministack.core import iam_actions, iam_evaluator

VARIABLE = re.compile(r"\$\{(?P<key>[^},]*)(?:, '(?P<default>[^']*)')?\}")
PARTITION = "pk"
_WITH_TEXT = ("string", "arn")


class _NoValue(Exception):
    """A variable that stands for nothing, or for nothing that is certain."""


def resolved(text: str, values: Mapping[str, str]) -> str:
    """The text with its variables replaced; keys are in small letters. Raises _NoValue."""

    def value(found: re.Match[str]) -> str:
        said = values.get(found["key"].strip().lower(), found["default"])
        if said is None or "*" in said or "?" in said:
            raise _NoValue(found["key"])
        return said

    return VARIABLE.sub(value, text)


class _Values(Mapping[str, str]):
    """A request's condition keys, by name."""

    def __init__(self, context: Any) -> None:
        self._context = context

    def __getitem__(self, key: str) -> str:
        found = iam_evaluator._resolve_condition_key(key, self._context)
        if not isinstance(found, str):  # none, or one of several
            raise KeyError(key)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def _concerns(statement: Any, action: str, effect: str) -> bool:
    """Whether the parts of a statement that have no variables match."""
    if statement.effect != effect:
        return False
    return bool(iam_evaluator._action_matches(action, statement.actions, statement.not_actions))


def _said(statement: Any, values: Mapping[str, str]) -> Any | None:
    """Returns the statement with its variables replaced for this request; None if it does not apply to the request."""
    spelled = (statement.resources, statement.not_resources, statement.conditions)
    if "${" not in str(spelled):
        return statement
    try:
        return replace(
            statement,
            resources=[resolved(one, values) for one in statement.resources],
            not_resources=[resolved(one, values) for one in statement.not_resources],
            conditions={name: _tests(name, tests, values) for name, tests in statement.conditions.items()},
        )
    except _NoValue:
        return None


def _tests(operator: str, tests: Mapping[str, Any], values: Mapping[str, str]) -> Mapping[str, Any]:
    if not operator.lower().rpartition(":")[2].startswith(_WITH_TEXT):
        return tests
    return {key: [resolved(str(one), values) for one in _listed(found)] for key, found in tests.items()}


def _listed(found: Any) -> list[Any]:
    return found if isinstance(found, list) else [found]


def leading_keys(body: bytes) -> list[str]:
    """The partitions that a request to DynamoDB names."""
    try:
        asked = json.loads(body or b"{}")
    except ValueError:
        return []
    if not isinstance(asked, dict):
        return []
    writes = [write for each in asked.get("TransactItems", ()) for write in each.values()]
    named = [each.get(part) for each in (asked, *writes) for part in ("Key", "Item")]
    keys = [each.get(PARTITION) for each in named if isinstance(each, dict)]
    if condition := re.match(rf"\(*\s*{PARTITION}\s*=\s*(:\w+)", str(asked.get("KeyConditionExpression", ""))):
        keys.append(asked.get("ExpressionAttributeValues", {}).get(condition[1]))
    return [str(value) for key in keys if isinstance(key, dict) for value in key.values()]


def install() -> None:
    """Wraps where a statement is matched, and where the keys of a request to DynamoDB are gathered."""
    first_match, context_of = iam_evaluator._first_match, iam_actions.dynamodb_service_context

    def with_variables(context: Any, statements: Sequence[Any], effect: str) -> Any:
        values = _Values(context)
        concerned = (statement for statement in statements if _concerns(statement, context.action, effect))
        said = [one for statement in concerned if (one := _said(statement, values)) is not None]
        return first_match(context, said, effect)

    def with_leading_keys(body: bytes) -> dict[str, Any]:
        found = leading_keys(body)
        return {**context_of(body), **({"dynamodb:LeadingKeys": found} if found else {})}

    iam_evaluator._first_match = with_variables
    iam_actions.dynamodb_service_context = with_leading_keys
