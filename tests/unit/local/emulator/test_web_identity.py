"""A workflow's token gets a role by its claims, from a provider that the account has."""

from typing import Any

import pytest

from local.emulator.hooks.web_identity import is_proved, token
from tests.unit.local.emulator.harness import EmulatorHarness
from tests.unit.local.emulator.test_roles import refusal

HOST = "token.actions.githubusercontent.com"
CLAIMS = {
    "iss": f"https://{HOST}",
    "aud": "sts.amazonaws.com",
    "sub": "repo:acme/distillery:environment:prod",
    "repository_id": "123456789",
    "environment": "prod",
    "ref": "refs/heads/main",
}
DENIED = "AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity"


def provider(harness: EmulatorHarness) -> str:
    """Returns the ARN of the account's provider, which it creates once."""
    iam = harness.client("iam")
    arn = f"arn:aws:iam::{harness.account.account}:oidc-provider/{HOST}"
    if refusal(iam.get_open_id_connect_provider, OpenIDConnectProviderArn=arn):
        iam.create_open_id_connect_provider(Url=f"https://{HOST}", ClientIDList=["sts.amazonaws.com"])
    return arn


def role(harness: EmulatorHarness, federated: str) -> str:
    conditions = {f"{HOST}:{name}": value for name, value in CLAIMS.items() if name != "iss"}
    trust: dict[str, Any] = {
        "Principal": {"Federated": federated},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": conditions},
    }
    return harness.role("ec2.amazonaws.com", trust=trust)


def assume(harness: EmulatorHarness, arn: str, **claims: str) -> str:
    """Returns how STS refuses a token with these claims; "" if it does not."""
    sts = harness.client("sts")
    signed = token({**CLAIMS, **claims}, harness.account.secret)
    given = {"RoleArn": arn, "RoleSessionName": "job", "WebIdentityToken": signed}
    return refusal(sts.assume_role_with_web_identity, **given)


def test_a_token_gets_the_role_that_trusts_its_claims(harness: EmulatorHarness) -> None:
    assert assume(harness, role(harness, provider(harness))) == ""


@pytest.mark.parametrize("claim", [name for name in CLAIMS if name != "iss"])
def test_a_token_with_another_claim_does_not(harness: EmulatorHarness, claim: str) -> None:
    assert assume(harness, role(harness, provider(harness)), **{claim: "another"}) == DENIED


def test_a_provider_that_the_account_does_not_have_is_not_trusted(harness: EmulatorHarness) -> None:
    trusted = role(harness, provider(harness))
    iam = harness.client("iam")
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=provider(harness))
    assert assume(harness, trusted) == DENIED


@pytest.mark.parametrize(
    ("content_type", "action", "secret", "proved"),
    [
        ("application/x-www-form-urlencoded; charset=utf-8", "AssumeRoleWithWebIdentity", "s", True),
        ("application/x-www-form-urlencoded", "AssumeRoleWithWebIdentity", "another", False),
        ("application/x-www-form-urlencoded", "AssumeRole", "s", False),
        ("application/x-amz-json-1.1", "AssumeRoleWithWebIdentity", "s", False),
    ],
)
def test_only_a_token_of_the_account_replaces_a_signature(
    content_type: str, action: str, secret: str, proved: bool
) -> None:
    body = f"Action={action}&WebIdentityToken={token(CLAIMS, 's')}".encode()
    assert is_proved(content_type, body, secret) is proved


def test_a_changed_token_is_no_signature(harness: EmulatorHarness) -> None:
    header, claims, signature = token(CLAIMS, harness.account.secret).split(".")
    forged = token({**CLAIMS, "environment": "dev"}, "guess").split(".")[1]
    body = f"Action=AssumeRoleWithWebIdentity&WebIdentityToken={header}.{forged}.{signature}".encode()
    assert claims != forged
    assert not is_proved("application/x-www-form-urlencoded", body, harness.account.secret)
