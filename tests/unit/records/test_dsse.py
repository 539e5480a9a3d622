"""The envelope against the vectors that DSSE publishes, and against another implementation."""

import base64
import json
from typing import Any

import pytest
import securesystemslib.dsse
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicNumbers
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer._key import SSlibKey

from distillery.core.errors import RecordRefused
from distillery.records import envelope
from distillery.records.public_key import PublicKey
from distillery.records.statement import STATEMENT
from tests.fakes.records import Signer, record

IN_TOTO = "application/vnd.in-toto+json"
BODY = base64.b64encode(b'{"_type":"https://in-toto.io/Statement/v1"}').decode()
KEYS = {
    "A": "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    "B": "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
}
"""Ed25519 public keys of RFC 8032, section 7.1, TEST 1 and TEST 2."""
SIG_A = "2WAfaHm5jluo0w+0rk8uVkluELJYWjSmU9x7EUzx+AyteDGJ4/nqyJXfmAUVFIAoQafWm7AxBZNw5M9ixNHiCA=="
SIG_B = "c1+67/aT0yqEpwx8PsVY3MLHsj9D0CZ014/Fv/QlG59P+9CobUZ7xECJ/V3USG0Ob9CiE5LjReEZUzNF2l7eBw=="
PAE_OF_BODY = b'DSSEv1 28 application/vnd.in-toto+json 43 {"_type":"https://in-toto.io/Statement/v1"}'

VECTORS: dict[str, tuple[str, str, dict[str, str], bytes, bool]] = {
    "single-signature": (IN_TOTO, BODY, {"A": SIG_A}, PAE_OF_BODY, True),
    "url-safe-base64": (
        IN_TOTO,
        "-_-_Pj8=",
        {"A": "P-_KHICeR7tI6S_YyejJTRtrXhcQyQ2LYPaL8h90KjC9qN8HU_svOQ6TuDOT1HIrsGW886DbWNWcCmX5twLrAw=="},
        b"DSSEv1 28 application/vnd.in-toto+json 5 \xfb\xff\xbf>?",
        True,
    ),
    "payload-type-swapped": (
        "application/vnd.example.other+json",
        BODY,
        {"A": SIG_A},
        b'DSSEv1 34 application/vnd.example.other+json 43 {"_type":"https://in-toto.io/Statement/v1"}',
        False,
    ),
    "non-ascii-payload-type": (
        "application/vnd.exämple+json",
        BODY,
        {"A": "xmSk/ug66ysT7ayhkCIjhAq42zgZXSsEWuzUaNL7w2eGAdF/NU6/fRXPtmfN+5DNSAs5/i2lUnHjbbjPsu0tAw=="},
        'DSSEv1 29 application/vnd.exämple+json 43 {"_type":"https://in-toto.io/Statement/v1"}'.encode(),
        True,
    ),
    "empty-payload": (
        IN_TOTO,
        "",
        {"A": "gSggCAaTLTYyRH6FIDBem6meyIynsYy8RTHVzwx9tnTb7Bg/1jMWnuVgI/gffqmbsC2VX5/jHfkkDqsj7CDbDg=="},
        b"DSSEv1 28 application/vnd.in-toto+json 0 ",
        True,
    ),
    "two signatures, the second of the trusted key": (IN_TOTO, BODY, {"B": SIG_B, "A": SIG_A}, PAE_OF_BODY, True),
    "the signature of another key": (IN_TOTO, BODY, {"A": SIG_B}, PAE_OF_BODY, False),
}
"""testvectors/vectors.json of https://github.com/secure-systems-lab/dsse: type, payload, signatures, encoding, and
whether key A verifies. What is signed of a swapped type is not the encoding that the vector's signature is of."""


def _ed25519_verifies(public: str, signed: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(signature, signed)
    except InvalidSignature:
        return False
    return True


@pytest.mark.parametrize("name", VECTORS)
def test_what_is_signed_is_the_published_encoding(name: str) -> None:
    payload_type, payload, signatures, encoding, verifies = VECTORS[name]
    listed = [{"keyid": key, "sig": sig} for key, sig in signatures.items()]
    found = envelope.read(json.dumps({"payload": payload, "payloadType": payload_type, "signatures": listed}).encode())
    assert found.signed == encoding
    assert any(_ed25519_verifies(KEYS["A"], found.signed, one.signature) for one in found.signatures) == verifies


def test_the_published_signature_of_our_algorithm_verifies() -> None:
    """protocol.md, Test Vectors: ECDSA over P-256 with SHA-256. It has r and s as they are; KMS has them in DER."""
    signature = "A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA=="
    received = json.dumps(
        {
            "payload": "aGVsbG8gd29ybGQ=",
            "payloadType": "http://example.com/HelloWorld",
            "signatures": [{"sig": signature}],
        }
    ).encode()
    public = EllipticCurvePublicNumbers(
        x=46950820868899156662930047687818585632848591499744589407958293238635476079160,
        y=5640078356564379163099075877009565129882514886557779369047442380624545832820,
        curve=SECP256R1(),
    ).public_key()
    key = PublicKey.from_der(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    found = envelope.read(received)
    assert found.signed == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    raw = found.signatures[0].signature
    r, s = int.from_bytes(raw[:32]), int.from_bytes(raw[32:])
    assert key.verifies(found.signed, encode_dss_signature(r, s))
    assert not key.verifies(found.signed + b" ", encode_dss_signature(r, s))
    assert not key.verifies(found.signed, raw)


def test_another_implementation_verifies_our_envelope_and_refuses_a_changed_one() -> None:
    signer = Signer()
    received = json.loads(signer.record(record()))
    theirs = SSlibKey.from_crypto(load_pem_public_key(signer.public.pem.encode()), keyid=signer.public.id)
    found = securesystemslib.dsse.Envelope.from_dict(received)
    assert found.verify([theirs], 1) == {signer.public.id: theirs}
    assert json.loads(found.payload)["_type"] == STATEMENT

    other = Signer(8).public
    with pytest.raises(VerificationError):
        found.verify([SSlibKey.from_crypto(load_pem_public_key(other.pem.encode()), keyid=signer.public.id)], 1)
    found.payload += b" "
    with pytest.raises(VerificationError):
        found.verify([theirs], 1)


def test_fields_that_dsse_does_not_have_are_ignored() -> None:
    received = Signer().record(record())
    more = json.loads(received) | {"note": {"a": [1]}}
    assert envelope.read(json.dumps(more).encode()) == envelope.read(received)


@pytest.mark.parametrize(
    "change",
    [
        {"payload": None},
        {"payload": "a"},
        {"payload": "YQ==="},
        {"payload": "Y Q=="},
        {"payloadType": None},
        {"payloadType": 1},
        {"signatures": None},
        {"signatures": []},
        {"signatures": {}},
        {"signatures": ["a"]},
        {"signatures": [None]},
        {"signatures": [{}]},
        {"signatures": [{"sig": 1}]},
        {"signatures": [{"sig": "ä"}]},
        {"signatures": [{"keyid": 1, "sig": "YQ=="}]},
        {"signatures": [{"sig": "YQ=="}] * (envelope.MOST_SIGNATURES + 1)},
    ],
    ids=str,
)
def test_what_is_no_envelope_is_refused(change: dict[str, Any]) -> None:
    received = json.loads(Signer().record(record())) | change
    with pytest.raises(RecordRefused) as refused:
        envelope.read(json.dumps(received).encode())
    assert refused.value.reason == "unreadable"
