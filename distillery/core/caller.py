"""Who calls, as AWS says it and not as the caller does.

A function URL with IAM tells its function who signed the request; a direct invocation tells nobody. Whoever may invoke
the function directly can send an event that looks like the URL's, so a decision that needs a caller has a function
that nobody may invoke except by its URL (Lambda guide, urls-invocation and urls-auth).
"""

import re
from dataclasses import dataclass
from typing import Any

_SESSION = re.compile(r"(arn:[a-z-]+:sts::[0-9]{12}:(?:assumed-role/[\w+=,.@-]+|federated-user))/[\w+=,.@-]+", re.ASCII)
_LASTING = re.compile(r"arn:[a-z-]+:iam::[0-9]{12}:(?:root|user/[\w+=,.@/-]+)", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """arn: of the user or session; id: the unique one, as in `AROA…:session`, which S3's notifications tell too."""

    arn: str
    id: str
    account: str

    @property
    def principal(self) -> str:
        """Who stands behind it and is the same tomorrow: a user, or the role of a session, whose name whoever assumes
        the role makes up. So are the names of federated users: all of an account's are one. So are all of an account
        that are known by nothing of this."""
        if session := _SESSION.fullmatch(self.arn):
            return session[1]
        return self.arn if _LASTING.fullmatch(self.arn) else f"other/{self.account}"


def invoked(context: Any) -> tuple[str, str]:
    """The function's own account, and the alias or version that was asked for, as Lambda's context says and no event
    can; each empty where nobody tells."""
    arn = str(getattr(context, "invoked_function_arn", "")).split(":")
    return (arn[4], ":".join(arn[7:])) if len(arn) > 6 else ("", "")


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
