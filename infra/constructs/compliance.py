"""Acknowledgements of compliance rules that do not apply, each on one construct and with its reason.

cdk-nag 3 and the CDK's own rules are validation plugins: a finding fails synth unless its exact id is acknowledged on
the construct or above it. The CDK does not report a stale acknowledgement, so a test compares `acknowledged` with the
findings of a synth that ignores them.
"""

import functools
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from aws_cdk import Aws, Stack, Validations
from constructs import Construct, IConstruct

_NAMESPACE = "Annotation::"
"""Before the ids of rules that have no namespace of their own, as cdk-nag's (the CDK's validation-id)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged:
    """One acknowledgement: the finding's id, the construct's path, and the reason."""

    id: str
    construct: str
    reason: str


def acknowledge(construct: Construct, reasons: Mapping[str, str]) -> None:
    """Acknowledges findings about one construct. `reasons` are by the finding's id.

    Writes the metadata that the CDK's `Validations.acknowledge` writes, in one entry. That method also captures a stack
    trace of Node for each rule, which shows no line of the app and takes longer than all the rest.
    """
    construct.node.add_metadata(_metadata_key(), {f"{_NAMESPACE}{one}": why for one, why in reasons.items()})


def acknowledge_policy(policy: Construct, reasons: Mapping[str, str], resources: Mapping[str, str]) -> None:
    """Acknowledges findings about an IAM policy, with the wildcards in its resources, in one call of the CDK's process.

    Args:
        policy: The policy.
        reasons: Reasons by the finding's id.
        resources: Reasons for a wildcard by resource.
    """
    wildcards = {
        f"AwsSolutions-IAM5[Resource::{flat(each)}]": why
        for each, why in zip(_spelled(policy, resources), resources.values(), strict=True)
    }
    if found := {**reasons, **wildcards}:
        acknowledge(policy, found)


def acknowledged(app: IConstruct) -> Iterator[Acknowledged]:
    """Every acknowledgement in an app, from the metadata of its constructs."""
    for construct in app.node.find_all():
        for entry in construct.node.metadata:
            if entry.type == _metadata_key():
                for ident, reason in entry.data.items():
                    yield Acknowledged(id=ident, construct=construct.node.path, reason=reason)


@functools.cache
def _metadata_key() -> str:
    """Cached: every value is a call to the CDK's process."""
    return str(Validations.ACKNOWLEDGED_RULES_METADATA_KEY)


def _spelled(policy: Construct, resources: Collection[str]) -> list[Any]:
    """The resources as the template has them. The CDK's process is asked for references alone."""
    partition, account = _pseudo_parameters()
    said = [one.replace(partition, "<AWS::Partition>").replace(account, "<AWS::AccountId>") for one in resources]
    return list(Stack.of(policy).resolve(list(resources))) if any("${Token[" in one for one in said) else said


@functools.cache
def _pseudo_parameters() -> tuple[str, str]:
    return Aws.PARTITION, Aws.ACCOUNT_ID


def flat(value: Any) -> str:
    """A resolved value as cdk-nag spells it in a finding's id (its utils/flatten-cfn-reference)."""
    if isinstance(value, str):
        return value.replace("${", "<").replace("}", ">")
    match next(iter(value.items())):
        case "Fn::Join", [delimiter, parts]:
            return str(delimiter).join(flat(part) for part in parts)
        case "Fn::GetAtt", [resource, attribute]:
            return f"<{resource}.{attribute}>"
        case "Ref", name:
            return f"<{name}>"
        case "Fn::Sub", text:
            return flat(text)
    return json.dumps(value, separators=(",", ":"))
