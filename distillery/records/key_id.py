"""The name of a public key, which whoever has the key can compute."""

import hashlib


def key_id(der: bytes) -> str:
    """`sha256:` and the SHA-256 of the key's SubjectPublicKeyInfo in DER: unlike an ARN, it means one key only."""
    return f"sha256:{hashlib.sha256(der).hexdigest()}"
