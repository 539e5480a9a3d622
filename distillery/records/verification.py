"""Verifies a record as it was received: its signature first, and nothing of its content before that."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from distillery.core.escaping import NAME_MAX, address, quoted
from distillery.records import envelope, statement
from distillery.records.refusal import Refusal, refused
from distillery.records.statement import Statement


class VerifyingKey(Protocol):
    """A public key that the verifier trusts."""

    @property
    def id(self) -> str: ...

    def verifies(self, signed: bytes, signature: bytes) -> bool:
        """Whether the signature is this key's over these bytes."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """A record whose signature is a trusted key's.

    Attributes:
        digest: SHA-256 of what was signed; a record has one whatever envelope carries it.
        key_id: The key that verified.
    """

    statement: Statement
    digest: str
    key_id: str


def verify(received: bytes, keys: Iterable[VerifyingKey]) -> Verified:
    """The record in the bytes of a file.

    Args:
        received: The bytes as they came.
        keys: Those that are trusted. All are tried: the key that a signature names is a hint, which anybody can change.

    Raises:
        RecordRefused: It is no record, or no key verifies it.
    """
    found, trusted = envelope.read(received), tuple(keys)
    for key in trusted:
        if any(key.verifies(found.signed, one.signature) for one in found.signatures):
            return Verified(
                statement=statement.read(found.payload_type, found.payload), digest=found.digest, key_id=key.id
            )
    named = found.signatures[0].key_id
    listed = ", ".join(key.id for key in trusted) or "none"
    if named in {key.id for key in trusted}:
        raise refused(
            Refusal.BAD_SIGNATURE,
            f"the record names key {named}, and its signature is not that key's: a byte was changed, or another key "
            "signed; fetch the record again from the source environment",
        )
    raise refused(
        Refusal.UNLISTED_KEY,
        f"the record is signed by key {quoted(address(named, NAME_MAX))}, and the trusted keys are {listed}; if the "
        "key is the source environment's, add it to those of the target",
    )
