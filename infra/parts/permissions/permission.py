"""One permission: what may be done to what, when, and why a resource needs a wildcard."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aws_cdk import aws_iam as iam

from infra.parts import compliance

Conditions = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """`because` is the reason of the acknowledgement where a resource holds a wildcard; actions never do."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: Conditions = field(default_factory=dict)
    because: str = ""

    def __post_init__(self) -> None:
        if wide := [action for action in self.actions if "*" in action]:
            raise ValueError(f"{wide} holds a wildcard; name each action")

    @property
    def statement(self) -> iam.PolicyStatement:
        return iam.PolicyStatement(
            actions=list(self.actions),
            resources=list(self.resources),
            conditions={operator: dict(tests) for operator, tests in self.conditions.items()},
        )


def allow(role: iam.Role, *permissions: Permission) -> None:
    """Adds the permissions to the role's own policy."""
    for permission in permissions:
        role.add_to_policy(permission.statement)
    _explain(role.node.find_child("DefaultPolicy"), permissions)


def managed_policy(scope: Any, ident: str, description: str, *permissions: Permission) -> iam.ManagedPolicy:
    """A policy that an account's owner attaches to the people or services that need it."""
    statements = [permission.statement for permission in permissions]
    policy = iam.ManagedPolicy(scope, ident, description=description, statements=statements)
    _explain(policy, permissions)
    return policy


def _explain(policy: Any, permissions: tuple[Permission, ...]) -> None:
    for permission in permissions:
        if permission.because:
            compliance.acknowledge_resources(policy, permission.resources, permission.because)
