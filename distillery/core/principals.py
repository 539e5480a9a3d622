"""Patterns that match the ARN of a principal, as the settings contain them.

A caller has the ARN of its session, not of its role: `arn:aws:sts::111122223333:assumed-role/support-app/i-0ab` (IAM
guide, reference_identifiers). A pattern is such an ARN, or only its last part, which then refers to the environment's
own account. `*` and `?` never match `/`, `:` or a line break.
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
"""The characters of a name or a path segment: printable ASCII (IAM guide, reference_iam-quotas) without the two
separators."""


class Principals:
    """Matches principals against any of the patterns. Without patterns, nobody matches."""

    def __init__(self, expressions: Iterable[str]) -> None:
        joined = "|".join(expressions)
        self.expression = f"(?:{joined})" if joined else _NOBODY
        self._expression = re.compile(self.expression)

    @classmethod
    def of(cls, patterns: Iterable[str], *, account: str) -> Self:
        """Compiles the patterns. `account` (12 digits) is for patterns without an account. Raises ValueError for an
        invalid one."""
        return cls(_expression(pattern, account) for pattern in patterns)

    @property
    def finder(self) -> str:
        """The expression for engines that search within a text: anchored, so it matches whole texts only."""
        return rf"\A{self.expression}\z"

    def admit(self, arn: str) -> bool:
        """Whether the whole ARN matches a pattern."""
        return self._expression.fullmatch(arn) is not None


def invalid_reason(pattern: str) -> str | None:
    """Returns why the pattern is invalid and what is allowed, or None if it is valid."""
    resource = _resource(pattern)
    if resource.startswith("role/"):
        return (
            f"{pattern!r} is a role, but a caller's ARN is that of a session of the role; write 'assumed-role/NAME/*', "
            "without a path"
        )
    found = _RESOURCE.fullmatch(resource)
    if found is None:
        return (
            f"{pattern!r} is not the pattern of a principal; allowed: 'assumed-role/NAME/SESSION', 'user/NAME' and "
            "'federated-user/NAME', each alone or as a whole ARN with its account; * and ? match characters "
            "between slashes"
        )
    if found["role"] and not found["role"].strip("*?"):
        return f"{pattern!r} matches every role of the account; name the role"
    return None


def _resource(pattern: str) -> str:
    long = _LONG.fullmatch(pattern)
    return long["resource"] if long else pattern


def _expression(pattern: str, account: str) -> str:
    if reason := invalid_reason(pattern):
        raise ValueError(reason)
    if long := _LONG.fullmatch(pattern):
        return _escaped(pattern, long["resource"])
    service = "iam" if pattern.startswith("user/") else "sts"
    return f"arn:aws[a-z-]*:{service}::{account}:" + _escaped(pattern, pattern)


def _escaped(pattern: str, resource: str) -> str:
    """The pattern as an expression that Python, RE2 and Java read alike."""
    wild = {"*": f"{_CHARACTER}*", "?": _CHARACTER}
    start = len(pattern) - len(resource)
    return "".join(
        wild.get(char, char) if index >= start and char in wild else char if char.isalnum() else f"[{char}]"
        for index, char in enumerate(pattern)
    )
