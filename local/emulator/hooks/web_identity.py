"""What a trust policy knows of a workflow's token.

AWS: STS evaluates these claims of GitHub's tokens as `token.actions.githubusercontent.com:<claim>`, beside `aud` and
    `sub` (January 2026). The identity provider must exist in the role's account, with the token's audience.
ministack: `aud`, `sub` and `amr` of any provider, whether the account has it or not.
Patch: the claims, and a provider of the account. There is no GitHub here, so a token is signed with the account's
    secret (HS256), and a request with such a token needs no other signature.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from ministack.services import iam, sts

GITHUB = "token.actions.githubusercontent.com"
CLAIMS = (
    *("actor", "actor_id", "enterprise_id", "environment", "job_workflow_ref", "ref", "repository"),
    *("repository_id", "workflow"),
)
_NOBODY = "no provider of this account"


def token(claims: Mapping[str, str], secret: str) -> str:
    """Returns the JSON Web Token of these claims, signed with the account's secret."""
    signed = ".".join(_encoded(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, dict(claims)))
    return f"{signed}.{_signature(signed, secret)}"


def is_proved(content_type: str, body: bytes, secret: str) -> bool:
    """Whether a request to STS asks for a role with a token of this account."""
    if not content_type.startswith("application/x-www-form-urlencoded"):
        return False
    asked = parse_qs(body.decode("utf-8", errors="replace"))
    if asked.get("Action") != ["AssumeRoleWithWebIdentity"]:
        return False
    signed, _, signature = asked.get("WebIdentityToken", [""])[-1].rpartition(".")
    return hmac.compare_digest(signature.encode(), _signature(signed, secret).encode())


def _signature(signed: str, secret: str) -> str:
    return _encoded(hmac.digest(secret.encode(), signed.encode(), hashlib.sha256))


def _encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).decode().rstrip("=")


def install() -> None:
    """Wraps where a token becomes a principal with condition keys."""
    principal_of = sts._web_identity_principal

    def with_claims(token: str, provider_id: str, role_arn: str) -> tuple[str, dict[str, Any]]:
        from ministack.services.cognito import _decode_id_token_unverified

        principal, keys = principal_of(token, provider_id, role_arn)
        if not principal.endswith(f":oidc-provider/{GITHUB}"):
            return principal, keys
        claims = _decode_id_token_unverified(token)
        known = iam._oidc_providers.get(principal)
        if known is None or claims.get("aud") not in known["ClientIDList"]:
            return _NOBODY, {}
        return principal, keys | {f"{GITHUB}:{name}": str(claims[name]) for name in CLAIMS if name in claims}

    sts._web_identity_principal = with_claims
