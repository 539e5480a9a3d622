"""Every policy of two environments in one account, and what each statement is meant to allow.

A statement's example is a request that it allows: wildcards are replaced by values, and conditions are met.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.policy.engine import Ask
from tests.policy.templates import EnvironmentTemplates, Json, Stack, as_list, rendered

ACCOUNT = "111111111111"
SOMETHING = "x1"
"""Replaces a wildcard or a variable, and is the value of a key that must be present."""

_POLICIES = ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")
_ARN_BY_REF = ("AWS::SNS::Topic", "AWS::StepFunctions::StateMachine", "AWS::Lambda::LayerVersion")
_VARIABLE = re.compile(r"\$\{[^}]+\}")
_SETS = re.compile(r"(ForAllValues:|ForAnyValue:)?(\w+?)(IfExists)?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyHolder:
    """The holder of a policy: a function's role, a user or a team."""

    name: str
    document: Json
    person: bool

    def examples(self) -> Iterator[Ask]:
        """Yields an example for each action and resource of each statement."""
        for statement in self.document["Statement"]:
            keys = _met(statement.get("Condition", {}))
            for action in as_list(statement["Action"]):
                for resource in as_list(statement["Resource"]):
                    yield Ask(action, _some(action, resource), keys)


def holders(templates: EnvironmentTemplates) -> list[PolicyHolder]:
    """Yields the holders, with every reference replaced by a value that no other environment has."""
    return [
        PolicyHolder(
            name=str(policy),
            document=_concrete(policy.stack, policy.properties["PolicyDocument"]),
            person=policy.kind == "AWS::IAM::ManagedPolicy",
        )
        for policy in templates.resources(*_POLICIES)
    ]


def _concrete(stack: Stack, value: Any) -> Any:
    if isinstance(value, list):
        return [_concrete(stack, each) for each in value]
    if isinstance(value, dict) and not any(key == "Ref" or key.startswith("Fn::") for key in value):
        return {key: _concrete(stack, each) for key, each in value.items()}
    account = stack.account if stack.account.isdigit() else ACCOUNT
    text = rendered(value).replace("<AWS::AccountId>", account)
    return re.sub(r"<([^>]+)>", lambda found: _stand_in(stack, found[1]), text)


def _stand_in(stack: Stack, reference: str) -> str:
    """Returns an ARN where one is referred to, else a name. `Ref` of a topic or a state machine is its ARN too."""
    owner = "" if reference.startswith("distillery-") else f"{stack.name}."
    name = f"{owner}{reference}"
    kind = stack.resources.get(reference, {}).get("Type")
    is_arn = reference.endswith("Arn") or kind in _ARN_BY_REF
    return f"arn:aws:any:{stack.region}:{ACCOUNT}:{name}" if is_arn else name


def _some(action: str, resource: str) -> str:
    if resource == "*":
        return f"arn:aws:{action.partition(':')[0]}:us-east-1:{ACCOUNT}:whatever"
    return _filled(resource)


def _filled(text: str) -> str:
    return _VARIABLE.sub(SOMETHING, text).replace("*", SOMETHING).replace("?", SOMETHING[-1])


def _met(conditions: Json) -> dict[str, str | list[str]]:
    keys: dict[str, str | list[str]] = {}
    for operator, tests in conditions.items():
        found = _SETS.match(operator)
        assert found is not None
        if operator == "Null":
            keys |= {key: SOMETHING for key, absent in tests.items() if absent == "false"}
            continue
        of_set = found[1]
        for key, values in tests.items():
            some = [_filled(str(value)) for value in as_list(values)]
            keys[key] = some if of_set else some[0]
    return keys
