"""The envelope of a signed record: DSSE, Dead Simple Signing Envelope, version 1.0.

Sources: protocol.md and envelope.md of https://github.com/secure-systems-lab/dsse. What is signed is the
pre-authentication encoding of the payload's bytes, so a verifier never serializes what it has parsed.
"""

import base64
import binascii
import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

from distillery.core.errors import RecordRefused
from distillery.records.refusal import Refusal, refused
from distillery.records.strict_json import NotStrict, read_object

IN_TOTO = "application/vnd.in-toto+json"
"""The type of the only payload that records have. Source: in-toto attestation framework, envelope.md."""
MOST_SIGNATURES = 8
"""Signatures of one envelope that are read. Ours have one."""
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]*={0,2}")


def pre_authentication_encoding(payload_type: str, payload: bytes) -> bytes:
    """What is signed (DSSE protocol.md, PAE): both lengths in bytes, so that no other type and payload encode alike."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """A signature. `key_id` is a hint that nothing authenticates: it must never decide what is trusted."""

    key_id: str
    signature: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """An envelope as it was received. `payload` is not to be parsed before a signature is verified."""

    payload_type: str
    payload: bytes
    signatures: tuple[Signature, ...]

    @property
    def signed(self) -> bytes:
        """The bytes that the signatures are of."""
        return pre_authentication_encoding(self.payload_type, self.payload)

    @property
    def digest(self) -> str:
        """SHA-256 of what is signed, as hexadecimal. It names the record: unlike a digest of the whole envelope, it
        does not change with white space or with another valid signature of the same key."""
        return hashlib.sha256(self.signed).hexdigest()


def write(payload: bytes, signature: bytes, key_id: str) -> bytes:
    """The text of an envelope around a signed in-toto statement."""
    one = {"keyid": key_id, "sig": _encoded(signature)}
    return json.dumps({"payload": _encoded(payload), "payloadType": IN_TOTO, "signatures": [one]}, indent=1).encode()


def read(received: bytes) -> Envelope:
    """The envelope in the bytes of a file. Fields that DSSE does not have are ignored, as it requires.

    Raises:
        RecordRefused: It is no envelope.
    """
    try:
        found = read_object(received)
    except NotStrict as error:
        raise _unreadable(f"is not an envelope: {error}") from error
    payload_type, listed = found.get("payloadType"), found.get("signatures")
    if not isinstance(payload_type, str) or not isinstance(listed, list) or not 1 <= len(listed) <= MOST_SIGNATURES:
        raise _unreadable(f"is not an envelope with a payloadType and 1 to {MOST_SIGNATURES} signatures")
    return Envelope(
        payload_type=payload_type,
        payload=_decoded(found.get("payload"), "payload"),
        signatures=tuple(_signature(one) for one in listed),
    )


def _signature(one: Any) -> Signature:
    key_id = one.get("keyid", "") if isinstance(one, dict) else None
    if not isinstance(key_id, str):
        raise _unreadable("has a signature that is not an object with a text as keyid")
    return Signature(key_id=key_id, signature=_decoded(one.get("sig"), "sig"))


def _encoded(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _decoded(text: Any, name: str) -> bytes:
    """The bytes of either alphabet of base64, which a verifier must accept (DSSE protocol.md)."""
    try:
        if isinstance(text, str) and _BASE64.fullmatch(text):
            return base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
    except binascii.Error:
        pass
    raise _unreadable(f"has a {name} that is not base64")


def _unreadable(what: str) -> RecordRefused:
    return refused(Refusal.UNREADABLE, f"the record {what}; pass the file on as the source environment wrote it")
