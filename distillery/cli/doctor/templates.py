"""What a template means in a deployed stack: its functions resolved, and policies and variables compared with the live
ones. A part that cannot be resolved equals anything."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

ANYTHING = "\0"
"""Stands for what a value cannot be resolved to."""
_HOLE = re.compile(r"\$\{([^}]+)\}")
_ARNS = {
    "AWS::IAM::Role": "arn:{partition}:iam::{account}:role/{name}",
    "AWS::Lambda::Function": "arn:{partition}:lambda:{region}:{account}:function:{name}",
    "AWS::DynamoDB::Table": "arn:{partition}:dynamodb:{region}:{account}:table/{name}",
    "AWS::KMS::Key": "arn:{partition}:kms:{region}:{account}:key/{name}",
    "AWS::S3::Bucket": "arn:{partition}:s3:::{name}",
}
"""ARNs by type of resource, which `Fn::GetAtt` of `Arn` gives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a template's functions refer to.

    Attributes:
        account, region, partition, stack: Of the deployed stack.
        resources: Logical id → (type, physical id).
        outputs: (stack, output) → value, of the stacks of the account.
    """

    account: str
    region: str
    stack: str
    partition: str = "aws"
    resources: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    outputs: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def ref(self, name: str) -> str:
        pseudo = {
            "AWS::AccountId": self.account,
            "AWS::Region": self.region,
            "AWS::Partition": self.partition,
            "AWS::StackName": self.stack,
            "AWS::URLSuffix": "amazonaws.com",
        }
        return pseudo.get(name) or self.resources.get(name, ("", ANYTHING))[1]

    def attribute(self, resource: str, name: str) -> str:
        kind, physical = self.resources.get(resource, ("", ANYTHING))
        if name != "Arn" or kind not in _ARNS:
            return ANYTHING
        return _ARNS[kind].format(partition=self.partition, account=self.account, region=self.region, name=physical)


def resolve(value: Any, scope: Scope) -> Any:
    """The value with its functions resolved; ANYTHING in place of what is not known."""
    if isinstance(value, Mapping):
        if len(value) == 1:
            ((name, given),) = value.items()
            if name == "Ref" or name.startswith("Fn::"):
                return _function(name, given, scope)
        return {key: resolve(each, scope) for key, each in value.items()}
    if isinstance(value, list):
        return [resolve(each, scope) for each in value]
    return value


def _function(name: str, given: Any, scope: Scope) -> Any:
    match name, given:
        case "Ref", str():
            return scope.ref(given)
        case "Fn::GetAtt", [str(resource), str(attribute)]:
            return scope.attribute(resource, attribute)
        case "Fn::Join", [str(by), list(parts)]:
            return by.join(str(each) for each in resolve(parts, scope))
        case "Fn::Sub", str():
            return _HOLE.sub(lambda hole: _hole(hole[1], scope), given)
        case "Fn::GetStackOutput", {"StackName": str(stack), "OutputName": str(output)}:
            return scope.outputs.get((stack, output), ANYTHING)
    return ANYTHING


def _hole(name: str, scope: Scope) -> str:
    resource, dot, attribute = name.partition(".")
    return scope.attribute(resource, attribute) if dot else scope.ref(name)


def equal(expected: Any, actual: Any) -> bool:
    """Whether a live policy is what the resolved template says. One item and a list of it are the same; lists have no
    order, as in a policy."""
    if isinstance(expected, str) and ANYTHING in expected:
        pattern = ".*".join(re.escape(part) for part in expected.split(ANYTHING))
        return expected == ANYTHING or (
            isinstance(actual, str) and re.fullmatch(pattern, actual, re.DOTALL) is not None
        )
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        return expected.keys() == actual.keys() and all(equal(expected[key], actual[key]) for key in expected)
    if isinstance(expected, list) or isinstance(actual, list):
        return _same_items(_listed(expected), _listed(actual))
    return bool(_scalar(expected) == _scalar(actual))


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


def _scalar(value: Any) -> Any:
    """Policies hold `true` and `"true"` alike."""
    return str(value).lower() if isinstance(value, bool) else str(value) if isinstance(value, int) else value


def _same_items(expected: Sequence[Any], actual: Sequence[Any]) -> bool:
    """Whether each item has a partner. The plain ones are matched before those that equal more than one."""
    left = list(actual)
    if len(expected) != len(left):
        return False
    for item in sorted(expected, key=lambda each: str(each).count(ANYTHING)):
        partner = next((at for at, each in enumerate(left) if equal(item, each)), None)
        if partner is None:
            return False
        del left[partner]
    return True
