"""The system prompt that a student was trained with, as its alias names it, and its text in S3.

An alias may contain `system`: `use` says what the training prompts have as system prompt (`none`, `shared`,
`several`), and for a shared one `uri` and `sha256` name an immutable object. An alias without it was written before
promotion stored system prompts.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from distillery.client.aws import AWS_ERRORS, ClientError, error_code
from distillery.client.clients import Clients
from distillery.client.errors import SystemPromptUnavailable
from distillery.client.route_map import check_fields, matches

UNKNOWN, NONE, SHARED, SEVERAL = "unknown", "none", "shared", "several"
"""What the training prompts of a student have as system prompt. UNKNOWN: the alias does not say."""
MAX_BYTES = 1_048_576
"""Size of an object that is read: far above a line of prompts, which has 16 KB."""
_FIELDS = {
    "use": matches(f"{NONE}|{SHARED}|{SEVERAL}"),
    "uri": matches(r"(s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/[A-Za-z0-9/._-]{1,1000})?"),
    "sha256": matches(r"([0-9a-f]{64})?"),
}


@dataclass(frozen=True, slots=True)
class StudentPrompt:
    """What a student was trained with. `uri`, `sha256`: of the stored text; empty unless `use` is SHARED."""

    use: str = UNKNOWN
    uri: str = ""
    sha256: str = ""

    @classmethod
    def of(cls, alias: Mapping[str, Any]) -> "StudentPrompt":
        """Reads it from an alias. Raises ValueError for a value that promotion does not write."""
        value = alias.get("system")
        if value is None:
            return cls()
        if not isinstance(value, dict) or "use" not in value:
            raise ValueError("system holds an invalid value")
        check_fields(value, _FIELDS)
        uri, sha256 = value.get("uri", ""), value.get("sha256", "")
        if value["use"] != SHARED:
            return cls(value["use"])
        if not uri or not sha256:
            raise ValueError("system names no stored text")
        return cls(SHARED, uri, sha256)


UNKNOWN_PROMPT = StudentPrompt()


def read_text(clients: Clients, prompt: StudentPrompt, region: str) -> str:
    """Reads a stored system prompt and compares it with its SHA-256, within the limit of this thread.

    Raises SystemPromptUnavailable, which quotes nothing of the text.
    """
    bucket, _, key = prompt.uri.removeprefix("s3://").partition("/")
    try:
        body = clients.object(bucket, key, region, MAX_BYTES)
    except AWS_ERRORS as error:
        name = error_code(error) if isinstance(error, ClientError) else type(error).__name__
        raise _unavailable(
            prompt,
            f"cannot be read ({name}); the caller needs the route's managed policy, and the object must exist: promote "
            "or roll back the recipe to write it again, or send the system prompt with the request",
        ) from error
    if (found := hashlib.sha256(body).hexdigest()) != prompt.sha256:
        raise _unavailable(
            prompt,
            f"was altered: its SHA-256 is {found}, and the alias has {prompt.sha256}; delete the object and promote or "
            "roll back the recipe, or send the system prompt with the request",
        )
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise _unavailable(prompt, "is not UTF-8, which promotion alone writes; send it with the request") from None


def _unavailable(prompt: StudentPrompt, reason: str) -> SystemPromptUnavailable:
    return SystemPromptUnavailable(f"the student's system prompt {prompt.uri} {reason}")
