"""API keys of Bedrock: a short-term key that a credential of this account signed is as good as its signature.

AWS: a caller sends a key as a bearer token to Bedrock and its runtime, and to nothing else (User Guide, api-keys-use).
    A short-term key is a presigned URL, valid for at most twelve hours. Long-term keys are service-specific credentials
    of IAM users.
Here: a short-term key is verified like any presigned request, and the request is signed anew with the secret that
    verified it, so that everything behind sees a signed request. ministack has no service-specific credentials, so this
    account has issued no long-term key, and refuses all. `bedrock:CallWithBearerToken` is not checked.
"""

from typing import Any
from urllib.parse import parse_qs

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from bedrock_simulator.server import api_keys
from bedrock_simulator.server.application import SIGNED_AS
from bedrock_simulator.server.http import Scope
from local.emulator.signatures import Request, secret_of_presigned

_LONGEST = 12 * 3600  # seconds
_OF_SIGNATURES = (b"authorization", b"x-amz-date", b"x-amz-security-token", b"x-amz-content-sha256")


def signed_anew(scope: Scope, body: bytes, key: str, root_secret: str) -> Scope | None:
    """Returns the request as the owner of its key would have signed it; None if this account did not issue the key."""
    found = api_keys.credential(key)
    if found is None:
        return None
    query = parse_qs(found.query, keep_blank_values=True)
    if query.get("Action") != ["CallWithBearerToken"]:
        return None
    secret = secret_of_presigned(Request("POST", "/", {"host": api_keys.HOST}, query), _LONGEST, root_secret)
    if secret is None:
        return None
    token = query.get("X-Amz-Security-Token", [None])[0]
    return _signed(scope, body, Credentials(found.access_key, secret, token), found.region)


def _signed(scope: Scope, body: bytes, keys: Credentials, region: str) -> Scope:
    kept = [(name, value) for name, value in scope["headers"] if name.lower() not in _OF_SIGNATURES]
    host = next(value.decode("latin-1") for name, value in kept if name.lower() == b"host")
    path, query = scope["raw_path"].decode("latin-1"), scope["query_string"].decode("latin-1")
    sent: Any = AWSRequest(scope["method"], f"http://{host}{path}{'?' if query else ''}{query}", data=body)
    SigV4Auth(keys, SIGNED_AS, region).add_auth(sent)
    made = [(name.lower().encode(), str(value).encode()) for name, value in sent.headers.items()]
    return {**scope, "headers": [*kept, *(pair for pair in made if pair[0] in _OF_SIGNATURES)]}
