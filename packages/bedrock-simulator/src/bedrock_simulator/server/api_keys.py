"""API keys of Amazon Bedrock, which a caller sends as a bearer token (User Guide, api-keys).

A short-term key is a presigned URL of `CallWithBearerToken`, in Base64 after a prefix: it names who signed it, where
and until when (aws-bedrock-token-generator 1.1). A long-term key is an opaque credential of an IAM user.
"""

import re
from base64 import b64decode
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

HOST = "bedrock.amazonaws.com"
REFUSAL = "Authentication failed: Please make sure your API Key is valid."
_PREFIX = "bedrock-api-key-"
_VERSION = "&Version=1"
_CREDENTIAL = re.compile(r"(?P<key>[^/]+)/\d{8}/(?P<region>[a-z0-9-]+)/bedrock/aws4_request")


@dataclass(frozen=True, slots=True)
class SignedKey:
    """A short-term key: the access key that signed it, its Region, and the query that was signed."""

    access_key: str
    region: str
    query: str


def read_bearer(authorization: str) -> str | None:
    """Returns the token of a header, None if it has none."""
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def credential(key: str) -> SignedKey | None:
    """Returns what a short-term key says; None for any other key."""
    if not key.startswith(_PREFIX):
        return None
    try:
        url = urlsplit("https://" + b64decode(key.removeprefix(_PREFIX), validate=True).decode("ascii"))
    except ValueError:
        return None
    query = url.query.removesuffix(_VERSION)
    named = parse_qs(query).get("X-Amz-Credential", [""])[0]
    found = _CREDENTIAL.fullmatch(named)
    if found is None or url.netloc != HOST:
        return None
    return SignedKey(found["key"], found["region"], query)
