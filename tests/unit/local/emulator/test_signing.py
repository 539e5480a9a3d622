"""KMS signs digests with asymmetric keys, for whom its policies admit and as they say."""

import hashlib
import json
import uuid
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from tests.unit.local.emulator.harness import EmulatorHarness, allow, document
from tests.unit.local.emulator.test_access import refusal

MESSAGE = b"a message of more than KMS takes as it is" * 200
DIGEST = {
    "Message": hashlib.sha256(MESSAGE).digest(),
    "MessageType": "DIGEST",
    "SigningAlgorithm": "ECDSA_SHA_256",
}
RAW = DIGEST | {"MessageType": "RAW"}


def _key(harness: EmulatorHarness, *statements: dict[str, Any]) -> str:
    root = {"AWS": f"arn:aws:iam::{harness.account.account}:root"}
    policy = document({"Effect": "Allow", "Principal": root, "Action": "kms:*", "Resource": "*"}, *statements)
    made = harness.client("kms").create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY", Policy=policy)
    return str(made["KeyMetadata"]["Arn"])


def test_a_signature_of_a_digest_is_one_of_the_message(harness: EmulatorHarness) -> None:
    kms, key = harness.client("kms"), _key(harness)
    signature = kms.sign(KeyId=key, **DIGEST)["Signature"]
    public = load_der_public_key(kms.get_public_key(KeyId=key)["PublicKey"])
    assert isinstance(public, EllipticCurvePublicKey)
    public.verify(signature, MESSAGE, ECDSA(SHA256()))
    with pytest.raises(InvalidSignature):
        public.verify(signature, MESSAGE + b".", ECDSA(SHA256()))


@pytest.mark.parametrize(
    ("condition", "asked", "admitted"),
    [
        ({"kms:MessageType": "DIGEST"}, DIGEST, True),
        ({"kms:MessageType": "DIGEST"}, RAW, False),
        ({"kms:MessageType": "RAW"}, {name: DIGEST[name] for name in ("Message", "SigningAlgorithm")}, True),
        ({"kms:SigningAlgorithm": "ECDSA_SHA_256"}, DIGEST, True),
        ({"kms:SigningAlgorithm": "ECDSA_SHA_384"}, DIGEST, False),
    ],
)
def test_a_policy_can_say_what_is_signed_and_how(
    harness: EmulatorHarness, condition: dict[str, str], asked: dict[str, Any], admitted: bool
) -> None:
    key = _key(harness)
    kms = harness.acting("kms", allow("kms:Sign", key, StringEquals=condition))
    said = refusal(kms.sign, KeyId=key, **asked)
    assert ("kms:Sign" not in said) == admitted, said


def test_a_keys_policy_can_deny_everybody_but_one_role(harness: EmulatorHarness) -> None:
    """`aws:PrincipalArn` of a session is its role's ARN."""
    name, iam = f"signer-{uuid.uuid4().hex[:8]}", harness.client("iam")
    trust = document({"Effect": "Allow", "Principal": {"AWS": harness.account.account}, "Action": "sts:AssumeRole"})
    role = iam.create_role(RoleName=name, Path="/signers/", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    assert role.endswith(f":role/signers/{name}")
    deny = {
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": "kms:Sign",
        "Resource": "*",
        "Condition": {"ArnNotEquals": {"aws:PrincipalArn": role}},
    }
    key = _key(harness, deny)
    may_sign = allow("kms:Sign", key)
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=json.dumps({"Statement": [may_sign]}))
    session = harness.client("sts").assume_role(RoleArn=role, RoleSessionName="one")["Credentials"]
    signer = harness.client(
        "kms",
        aws_access_key_id=session["AccessKeyId"],
        aws_secret_access_key=session["SecretAccessKey"],
        aws_session_token=session["SessionToken"],
    )
    assert refusal(signer.sign, KeyId=key, **DIGEST) == ""
    assert "explicit deny" in refusal(harness.acting("kms", may_sign).sign, KeyId=key, **DIGEST)
