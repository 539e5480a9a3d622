"""One permission: actions, resources, conditions, and the reason for a wildcard among the resources."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.constructs import compliance

_OF_ONE_ROLE = {
    "NIST.800.53.R5-IAMNoInlinePolicy": "The policy belongs to one role and is deleted with it: it cannot be "
    "attached to another, and each statement names the resources that this role needs.",
}

Conditions = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """`because` is the reason to acknowledge a wildcard in a resource. Actions have no wildcards."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: Conditions = field(default_factory=dict)
    because: str = ""

    def __post_init__(self) -> None:
        if wide := [action for action in self.actions if "*" in action]:
            raise ValueError(f"{wide} holds a wildcard; name each action")

    @property
    def statement(self) -> dict[str, Any]:
        """The IAM policy statement (IAM guide, reference_policies_elements)."""
        said: dict[str, Any] = {"Effect": "Allow", "Action": list(self.actions), "Resource": list(self.resources)}
        return said | ({"Condition": self.conditions} if self.conditions else {})


def actions(service: str, *verbs: str) -> tuple[str, ...]:
    """Actions of one service."""
    return tuple(f"{service}:{verb}" for verb in verbs)


def allow(role: iam.Role, *permissions: Permission) -> iam.Policy:
    """Creates the role's inline policy. A document from JSON is one call to the CDK's process, each statement two."""
    return attach(role, "DefaultPolicy", role, *permissions)


def attach(scope: Construct, ident: str, role: iam.Role, *permissions: Permission) -> iam.Policy:
    """Creates one more inline policy of a role: on resources that depend on the role and its first one."""
    policy = iam.Policy(scope, ident, document=_document(permissions), roles=[role])
    compliance.acknowledge_policy(policy, _OF_ONE_ROLE, wide(permissions))
    return policy


def allow_more(policy: iam.Policy, *permissions: Permission) -> None:
    """Adds permissions on resources that are made after the policy."""
    policy.add_statements(*(iam.PolicyStatement.from_json(permission.statement) for permission in permissions))
    compliance.acknowledge_policy(policy, {}, wide(permissions))


def managed_policy(scope: Construct, ident: str, description: str, *permissions: Permission) -> iam.ManagedPolicy:
    """A policy that an account's owner attaches to people or services. A new description replaces it."""
    policy = iam.ManagedPolicy(scope, ident, description=description, document=_document(permissions))
    compliance.acknowledge_policy(policy, {}, wide(permissions))
    return policy


def policy_at(
    scope: Construct,
    ident: str,
    path: str | None,
    description: str,
    *permissions: Permission,
    name: str | None = None,
) -> str:
    """The ARN of a managed policy that is found by its path, such as `/distillery/dev/routes/fast/`, or by its name.

    Only its statements may change: a new path or description replaces the policy, and IAM does not delete a policy that
    is attached. It is no construct of the CDK's, which takes more calls to the CDK's process: there is one per route.
    """
    statements = [permission.statement for permission in permissions]
    document = {"Version": "2012-10-17", "Statement": statements}
    policy = iam.CfnManagedPolicy(
        scope, ident, path=path, managed_policy_name=name, description=description, policy_document=document
    )
    compliance.acknowledge_policy(policy, {}, wide(permissions))
    return policy.ref


def _document(permissions: Sequence[Permission]) -> iam.PolicyDocument:
    return iam.PolicyDocument.from_json({"Statement": [permission.statement for permission in permissions]})


def wide(permissions: Sequence[Permission]) -> dict[str, str]:
    """The reasons for wildcards by resource."""
    return {r: p.because for p in permissions if p.because for r in p.resources if "*" in r}
