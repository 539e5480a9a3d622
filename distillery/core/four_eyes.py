"""Two persons: who uploads prompts does not approve what learning them may cost.

They are known by the unique ids that AWS tells: of an upload in S3's notification (`AWS:AIDA…` of a user,
`AWS:AROA…:session` of a role), of a decision in the URL's event (the same without `AWS:`).

A session in the same role is the same person, whatever the sessions are called: whoever assumes a role by hand chooses
the name himself. So is a session of the same name in another role: IAM Identity Center names all of a person's sessions
after the person. Whoever can be compared with nobody (root, a federated user) is refused.
"""

import re

from distillery.core.caller import Caller
from distillery.core.errors import NotAdmitted
from distillery.core.ledger.uploads import Uploaded

_KNOWN = re.compile(r"(?:AIDA|AROA)[A-Z0-9]+(?::.+)?")


def check(uploads: list[Uploaded], approver: Caller) -> None:
    """Raises NotAdmitted where the approver may be one of those who uploaded, or it is not known who they are."""
    if not uploads:
        raise NotAdmitted("the ledger does not say what was uploaded for this run; upload its prompts again")
    if not _KNOWN.fullmatch(approver.id):
        raise NotAdmitted(
            "two persons are needed here, and this one is no user or role that could be told from another"
        )
    for upload in uploads:
        if upload.principal is None:
            raise NotAdmitted(
                "S3 has not told yet who uploaded the prompts; it does within minutes, then try again (or upload them "
                "again)"
            )
        if not _KNOWN.fullmatch(upload.principal):
            raise NotAdmitted("the prompts were uploaded by no user or role that could be told from another")
        if why := _the_same(upload.principal, approver.id):
            raise NotAdmitted(
                f"two persons are needed here, and {why} uploaded the prompts: have somebody else approve"
            )


def _the_same(one: str, other: str) -> str | None:
    (entity, _, session), (its, _, name) = one.partition(":"), other.partition(":")
    if entity == its:
        return "a session in your role" if session else "you"
    return "a session of your name" if session and session.casefold() == name.casefold() else None
