"""The rules, by what they speak about. Importing this package registers them."""

from tests.policy.rules import encryption, identity, resource_policies, storage
from tests.policy.rules.registry import RULES, Rule

__all__ = ["RULES", "Rule", "encryption", "identity", "resource_policies", "storage"]
