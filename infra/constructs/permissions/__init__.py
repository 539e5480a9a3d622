"""Every IAM statement of the product, written once, with named actions.

CDK's own `grant_*` are not used: those of S3 and KMS emit wildcards such as `GetObject*`, and forget the key of an
imported bucket. The functions here return `Permission`s; `allow` adds them to a role.
"""

from infra.constructs.permissions import (
    analytics,
    bedrock,
    calling,
    drift,
    keys,
    monitoring,
    quotas,
    running,
    storage,
    trust,
    users,
)
from infra.constructs.permissions.permission import Permission, allow, allow_more, attach, managed_policy, policy_at

__all__ = [
    "Permission",
    "allow",
    "allow_more",
    "analytics",
    "attach",
    "bedrock",
    "calling",
    "drift",
    "keys",
    "managed_policy",
    "monitoring",
    "policy_at",
    "quotas",
    "running",
    "storage",
    "trust",
    "users",
]
