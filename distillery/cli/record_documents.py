"""What the verbs about signed records print with `--json`."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalOutput:
    """Why a record is refused. `reason`: a word for programs; `sentence`: for people."""

    reason: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyOutput:
    """A signed record.

    Attributes:
        admitted: Whether nothing speaks against its promotion that can be known offline.
        key_id: The key that signed it; null where none of the trusted keys did.
        digest: SHA-256 of what was signed; null where nothing was verified.
        record: The predicate of its statement; null where nothing was verified.
    """

    file: str
    admitted: bool
    refusals: list[RefusalOutput]
    key_id: str | None = None
    digest: str | None = None
    subjects: dict[str, str] = field(default_factory=dict)
    record: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyOutput:
    """The public key that an environment signs records with. `public_key`: in PEM; `key_arn`: the key in KMS."""

    environment: str
    key_id: str
    public_key: str
    key_arn: str
