"""What a policy knows of a caller's role, and of a request to sign.

AWS: `aws:PrincipalArn` of a session is the ARN of its role, with the role's path, and not that of the session (IAM
    guide, reference_policies_condition-keys). A request to sign has `kms:SigningAlgorithm` and `kms:MessageType`,
    which is RAW where it names none: a condition works with a parameter's default too (KMS guide, conditions-kms).
ministack: takes the session's ARN, and knows no keys of KMS's requests.
Patch: the role's ARN, and both keys for Sign and Verify.
"""

import json
import re
from typing import Any

from ministack.core import iam_actions, iam_evaluator
from ministack.services import iam

SESSION = re.compile(r"arn:(?P<partition>[^:]+):sts::(?P<account>\d+):assumed-role/(?P<role>[^/]+)/.+")
_SIGNING = ("kms:Sign", "kms:Verify")
_PRINCIPAL = "aws:principalarn"


def principal(arn: str) -> str:
    """The ARN that `aws:PrincipalArn` has for a caller."""
    found = SESSION.fullmatch(arn)
    if found is None:
        return arn
    role = iam._roles.get(found["role"])
    return str(role["Arn"]) if role else f"arn:{found['partition']}:iam::{found['account']}:role/{found['role']}"


def signing_keys(action: str, body: bytes) -> dict[str, str]:
    """The condition keys of a request to sign or verify; none of other requests."""
    if action not in _SIGNING:
        return {}
    try:
        asked = json.loads(body or b"{}")
    except ValueError:
        return {}
    if not isinstance(asked, dict):
        return {}
    said = {"MessageType": "RAW", **asked}
    return {f"kms:{name}": str(said[name]) for name in ("MessageType", "SigningAlgorithm") if name in said}


def install() -> None:
    """Wraps where a condition key gets its value, and where those of a request are gathered."""
    resolve, context_of = iam_evaluator._resolve_condition_key, iam_actions.request_tag_context

    def with_roles(key: str, context: Any) -> Any:
        return principal(context.principal_arn) if key.lower() == _PRINCIPAL else resolve(key, context)

    def with_signing(service: str, action: str, body: bytes, *more: Any, **named: Any) -> dict[str, Any]:
        return {**context_of(service, action, body, *more, **named), **signing_keys(action, body)}

    iam_evaluator._resolve_condition_key = with_roles
    iam_actions.request_tag_context = with_signing
