"""The template rules, by topic. Importing this package registers them."""

from tests.policy.rules import (
    bedrock,
    boundaries,
    encryption,
    identity,
    key_use,
    monitoring,
    not_emulated,
    resource_policies,
    storage,
)
from tests.policy.rules.registry import RULES, Rule

__all__ = [
    "RULES",
    "Rule",
    "bedrock",
    "boundaries",
    "encryption",
    "identity",
    "key_use",
    "monitoring",
    "not_emulated",
    "resource_policies",
    "storage",
]
