"""The public half of the key that signs records: ECDSA on the curve NIST P-256, with SHA-256.

The only module that imports cryptography: functions that do not verify go without its layer.
"""

import base64
from dataclasses import dataclass
from typing import Self

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_public_key,
)

from distillery.core.errors import BadRequest
from distillery.records.key_id import key_id

LONGEST_PEM = 2_000
"""Characters of a PEM text that are read. A key of this curve has 178."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key. `der`: its SubjectPublicKeyInfo, as KMS's GetPublicKey returns it."""

    der: bytes

    @classmethod
    def from_der(cls, der: bytes) -> Self:
        """Raises BadRequest where it is no key of this curve."""
        try:
            found = load_der_public_key(der)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise _no_key("it cannot be read") from error
        return cls._of(found)

    @classmethod
    def from_pem(cls, text: str) -> Self:
        """Raises BadRequest where it is no key of this curve."""
        if len(text) > LONGEST_PEM or "PRIVATE" in text:
            raise _no_key("it is a private key" if "PRIVATE" in text else f"it has {len(text):,} characters")
        try:
            found = load_pem_public_key(text.encode())
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise _no_key("it cannot be read") from error
        return cls._of(found)

    @classmethod
    def _of(cls, found: object) -> Self:
        if not isinstance(found, EllipticCurvePublicKey) or not isinstance(found.curve, SECP256R1):
            raise _no_key("it is not on the curve P-256")
        return cls(found.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))

    @property
    def id(self) -> str:
        """The name by which signatures refer to the key."""
        return key_id(self.der)

    @property
    def pem(self) -> str:
        """The key as text, for settings."""
        body = base64.encodebytes(self.der).decode().replace("\n", "")
        cut = "\n".join(body[at : at + 64] for at in range(0, len(body), 64))
        return f"-----BEGIN PUBLIC KEY-----\n{cut}\n-----END PUBLIC KEY-----\n"

    def verifies(self, signed: bytes, signature: bytes) -> bool:
        """Whether the signature, in DER as KMS makes it, is this key's over these bytes."""
        key = load_der_public_key(self.der)
        assert isinstance(key, EllipticCurvePublicKey)
        try:
            key.verify(signature, signed, ECDSA(SHA256()))
        except (InvalidSignature, ValueError):
            return False
        return True


def _no_key(why: str) -> BadRequest:
    return BadRequest(
        f"the text is not a public key that can verify records: {why}; give a public key on the curve P-256 in PEM"
    )
