"""Who calls, as AWS says it and not as the caller does.

A function URL with IAM tells its function who signed the request; a direct invocation tells nobody. Whoever may invoke
the function directly can send an event that looks like the URL's, so a decision that needs a caller has a function
that nobody may invoke except by its URL (Lambda guide, urls-invocation and urls-auth).
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """arn: of the user or session; id: the unique one, as in `AROA…:session`, which S3's notifications tell too."""

    arn: str
    id: str
    account: str


def caller_of(event: Any) -> Caller | None:
    """The caller that a function URL's event names (payload format 2.0); None where it names none."""
    found = event
    for part in ("requestContext", "authorizer", "iam"):
        found = found.get(part) if isinstance(found, dict) else None
    if not isinstance(found, dict):
        return None
    arn, ident, account = (found.get(name) for name in ("userArn", "callerId", "accountId"))
    if not (isinstance(arn, str) and arn and isinstance(ident, str) and ident and isinstance(account, str) and account):
        return None
    return Caller(arn=arn, id=ident, account=account)
