"""Whose call it is: the account and the Region of a Signature Version 4, and which of the two services is meant.

The signature itself is not verified: nobody has a secret here. Error names and sentences: AWS General Reference,
"Common error types" and "Troubleshoot Signature Version 4"; which status goes with which is the Bedrock API
reference's.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bedrock_simulator.errors import ServiceError
from bedrock_simulator.protocol import service_model

SIGNED_AS = "bedrock"  # both services
_CREDENTIAL = re.compile(
    r"AWS4-HMAC-SHA256 .*\bCredential=(?P<key>[^/,\s]+)/\d{8}/(?P<region>[a-z0-9-]+)/(?P<service>[^/]+)/aws4_request\b"
)
_ACCOUNT = re.compile(r"\d{12}")


@dataclass(frozen=True, slots=True)
class Signer:
    """The account that signed, and the Region it called."""

    account: str
    region: str


def signer(headers: Mapping[str, str], otherwise: str) -> Signer:
    """Who signed: an access key of 12 digits is an account, any other belongs to the account `otherwise`.

    Raises the ServiceError of a request that is not signed, or not for Bedrock. Header names are lower case.
    """
    given = headers.get("authorization", "")
    if not given:
        raise ServiceError("MissingAuthenticationTokenException", 403, "Missing Authentication Token")
    if given.startswith("Bearer "):
        raise ServiceError(
            "AccessDeniedException", 403, "The local Bedrock knows no API keys: sign with Signature Version 4."
        )
    found = _CREDENTIAL.match(given)
    if found is None:
        raise ServiceError(
            "IncompleteSignatureException", 403, f"Authorization header requires a Credential of Signature 4: {given}"
        )
    if found["service"] != SIGNED_AS:
        raise ServiceError(
            "InvalidSignatureException", 403, f"Credential should be scoped to correct service: '{SIGNED_AS}'. "
        )
    key = found["key"]
    return Signer(key if _ACCOUNT.fullmatch(key) else otherwise, found["region"])


def service_of(method: str, path: str) -> str:
    """The service that answers an undecoded path: no path of one is a path of the other, and they share a name."""
    runtime = any(each.method == method and each.path.fullmatch(path) for each in service_model.operations(RUNTIME))
    return RUNTIME if runtime else CONTROL


CONTROL, RUNTIME = service_model.SERVICES
