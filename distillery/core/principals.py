"""Who may: patterns on the ARN of a principal, as the settings name them.

A caller is known by the ARN of its session, not of its role: `arn:aws:sts::111122223333:assumed-role/support-app/i-0ab`
(IAM guide, reference_identifiers). A pattern is such an ARN, or its last part alone, which stands for the environment's
own account. `*` and `?` never cross a `/`, a `:` or a line's end, so a pattern cannot reach further than it reads.
"""

import re
from collections.abc import Iterable
from typing import Self

_LONG = re.compile(r"arn:(?P<partition>aws[a-z-]*):(?P<service>iam|sts)::(?P<account>\d{12}):(?P<resource>.+)")
_RESOURCE = re.compile(
    r"(?:assumed-role/(?P<role>[\w+=,.@*?-]+)/[\w+=,.@*?-]+|user(?:/[\w+=,.@*?-]+)+|federated-user/[\w+=,.@*?-]+)",
    re.ASCII,
)
_NOBODY = "(?!)"

_CHARACTER = "[!-.0-9;-~]"
"""What may stand in a name or a segment of a path: ASCII that can be seen (IAM guide, reference_iam-quotas), without
the two that separate."""


class Principals:
    """The principals that any of some patterns admits; no pattern admits nobody."""

    def __init__(self, expressions: Iterable[str]) -> None:
        joined = "|".join(expressions)
        self.expression = f"(?:{joined})" if joined else _NOBODY
        self._expression = re.compile(self.expression)

    @classmethod
    def of(cls, patterns: Iterable[str], *, account: str) -> Self:
        """account: 12 digits, for patterns that name none. Raises ValueError for what is no pattern."""
        return cls(_expression(pattern, account) for pattern in patterns)

    @property
    def finder(self) -> str:
        """The same for what searches within a text: it finds whole ARNs alone, a line's end after one being no end."""
        return rf"\A{self.expression}\z"

    def admit(self, arn: str) -> bool:
        """Whether the whole ARN fits a pattern."""
        return self._expression.fullmatch(arn) is not None


def wrong(pattern: str) -> str | None:
    """Why this is no pattern, with what is allowed; None where it is one."""
    resource = _resource(pattern)
    if resource.startswith("role/"):
        return f"{pattern!r} is a role, and callers come as its sessions; write 'assumed-role/NAME/*', without a path"
    found = _RESOURCE.fullmatch(resource)
    if found is None:
        return (
            f"{pattern!r} names no principal; allowed: 'assumed-role/NAME/SESSION', 'user/NAME' and "
            "'federated-user/NAME', each alone or as a whole ARN with its account; * and ? stand for characters "
            "between slashes"
        )
    if found["role"] and not found["role"].strip("*?"):
        return f"{pattern!r} admits every role of the account; name the role"
    return None


def _resource(pattern: str) -> str:
    long = _LONG.fullmatch(pattern)
    return long["resource"] if long else pattern


def _expression(pattern: str, account: str) -> str:
    if reason := wrong(pattern):
        raise ValueError(reason)
    if long := _LONG.fullmatch(pattern):
        return _escaped(pattern, long["resource"])
    service = "iam" if pattern.startswith("user/") else "sts"
    return f"arn:aws[a-z-]*:{service}::{account}:" + _escaped(pattern, pattern)


def _escaped(pattern: str, resource: str) -> str:
    """Character by character, in what Python, RE2 and Java's regular expressions all read alike."""
    wild = {"*": f"{_CHARACTER}*", "?": _CHARACTER}
    start = len(pattern) - len(resource)
    return "".join(
        wild.get(char, char) if index >= start and char in wild else char if char.isalnum() else f"[{char}]"
        for index, char in enumerate(pattern)
    )
