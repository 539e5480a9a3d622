"""Who signed the current request, by the unique ids that AWS passes to other services.

AWS: a user's begins with AIDA; a session's is its role's, which begins with AROA, and the session's name; root's is the
    account's number (IAM guide, reference_identifiers, "Unique identifiers").
"""

from dataclasses import dataclass
from typing import Any

from ministack.core import iam_evaluator, router
from ministack.services import iam

from local.emulator.iam import role_name


@dataclass(frozen=True, slots=True)
class Signer:
    arn: str
    id: str
    account: str
    key: str


def signer(headers: dict[str, str], query: dict[str, list[str]]) -> Signer | None:
    """Returns the owner of the access key of a verified request; None if the key is unknown."""
    key: str = router.extract_access_key_id(headers, query)
    found: dict[str, Any] | None = iam_evaluator.resolve_caller_identity(key)
    if found is None:
        return None
    return Signer(arn=found["userArn"], id=found["userId"], account=found["accountId"], key=key)


def session_id(role_arn: str, session: str) -> str:
    """Returns the id of a session in a role, `AROA…:session`."""
    role = iam._roles.get_scoped(role_arn.split(":")[4], None, role_name(role_arn)) or {}
    return f"{role.get('RoleId', role_name(role_arn))}:{session}"
