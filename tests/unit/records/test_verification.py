"""Records are verified as they were received."""

import json
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, derive_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from distillery.core.errors import BadRequest, RecordRefused
from distillery.core.judging import VerdictOutcome
from distillery.records import envelope, statement
from distillery.records.public_key import PublicKey
from distillery.records.verification import verify
from tests.fakes.records import ACCEPTED, SUBJECTS, Signer, evaluation, record

SIGNER, OTHER = Signer(), Signer(8)
FILE = SIGNER.record(record())
PAYLOAD = envelope.read(FILE).payload


def _refusal(received: bytes, *keys: PublicKey) -> RecordRefused:
    with pytest.raises(RecordRefused) as refused:
        verify(received, keys or [SIGNER.public])
    return refused.value


def test_a_record_comes_out_as_it_went_in() -> None:
    of = record(evaluation=evaluation(VerdictOutcome.FAILED), accepted=ACCEPTED, software={"distillery": "0.3.0"})
    found = verify(SIGNER.record(of), [OTHER.public, SIGNER.public])
    assert (found.statement.record, found.statement.subjects) == (of, SUBJECTS)
    assert found.key_id == SIGNER.public.id


def test_numbers_are_texts_so_that_nobody_rounds_them() -> None:
    predicate = json.loads(PAYLOAD)["predicate"]
    assert predicate["evaluation"]["thresholds"][0]["needed"] == "0.7"
    assert predicate["evaluation"]["models"][0]["interval"]["low"] == "0.86"


@given(st.integers(0, len(FILE) - 1), st.integers(1, 255))
def test_a_changed_byte_is_refused_or_changes_nothing_that_was_signed(at: int, flip: int) -> None:
    """White space and the hint of a key are in no signature: the record then stays what it was."""
    received = bytearray(FILE)
    received[at] ^= flip
    try:
        found = verify(bytes(received), [SIGNER.public])
    except RecordRefused:
        return
    assert found == verify(FILE, [SIGNER.public])


@given(st.integers(0, len(PAYLOAD) - 1), st.integers(1, 255))
def test_a_changed_byte_of_the_payload_is_always_refused(at: int, flip: int) -> None:
    payload = bytearray(PAYLOAD)
    payload[at] ^= flip
    signature = envelope.read(FILE).signatures[0]
    received = envelope.write(bytes(payload), signature.signature, signature.key_id)
    assert _refusal(received).reason == "bad-signature"


@given(st.integers(0, len(FILE) - 1))
def test_a_file_that_was_cut_is_refused(length: int) -> None:
    assert _refusal(FILE[:length]).reason == "unreadable"


@given(st.binary(max_size=200))
def test_other_bytes_are_refused(received: bytes) -> None:
    assert _refusal(received).reason == "unreadable"


@pytest.mark.parametrize(
    ("received", "reason"),
    [
        (OTHER.record(record()), "unlisted-key"),
        (OTHER.sign(PAYLOAD, key_id=SIGNER.public.id), "bad-signature"),
        (SIGNER.sign(PAYLOAD, payload_type="application/json"), "bad-signature"),
        (SIGNER.sign(b"{}"), "unreadable"),
        (SIGNER.sign(PAYLOAD.replace(b"Statement/v1", b"Statement/v0")), "unreadable"),
        (SIGNER.sign(PAYLOAD.replace(b"run-record:v1", b"run-record:v2")), "unreadable"),
        (SIGNER.sign(PAYLOAD.replace(b'"attempt":1', b'"attempt":"1"')), "unreadable"),
        (SIGNER.sign(PAYLOAD.replace(b'"attempt":1', b'"attempt":1,"new":1')), "unreadable"),
        (SIGNER.sign(PAYLOAD.replace(b'"prompts":500', b'"prompts":500,"prompts":500')), "unreadable"),
        (SIGNER.sign(PAYLOAD.replace(b'"sha256":"', b'"sha1":"')), "unreadable"),
        (SIGNER.sign(PAYLOAD.replace(b'"name":"report"', b'"name":"job-request"')), "unreadable"),
        (SIGNER.record(record(training_digest="f" * 64)), "unreadable"),
    ],
)
def test_a_record_that_is_not_signed_or_not_ours_is_refused(received: bytes, reason: str) -> None:
    assert _refusal(received).reason == reason


def test_without_a_key_nothing_is_verified() -> None:
    with pytest.raises(RecordRefused, match="trusted keys are none"):
        verify(FILE, [])


def test_the_hint_of_a_key_decides_nothing() -> None:
    assert (
        verify(SIGNER.sign(PAYLOAD, key_id=OTHER.public.id), [OTHER.public, SIGNER.public]).key_id == SIGNER.public.id
    )
    assert verify(SIGNER.sign(PAYLOAD, key_id=""), [SIGNER.public]).key_id == SIGNER.public.id


def test_a_name_is_that_of_what_was_signed_whatever_carries_it() -> None:
    again, spaced = SIGNER.record(record()), json.dumps(json.loads(FILE), indent=4).encode()
    assert again != FILE, "ECDSA draws a number for each signature"
    found = {verify(one, [SIGNER.public]).digest for one in (FILE, again, spaced)}
    assert len(found) == 1
    assert verify(SIGNER.record(replace(record(), attempt=2)), [SIGNER.public]).digest not in found


def test_a_key_survives_its_text() -> None:
    assert PublicKey.from_pem(SIGNER.public.pem) == SIGNER.public
    assert PublicKey.from_pem(SIGNER.public.pem.replace("\n", "\r\n")) == SIGNER.public
    assert SIGNER.public.id != OTHER.public.id


ED25519 = """-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
-----END PUBLIC KEY-----
"""
P384 = (
    derive_private_key(7, SECP384R1())
    .public_key()
    .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    .decode()
)


@pytest.mark.parametrize("text", ["", "a", ED25519, P384, "-----BEGIN PRIVATE KEY-----", "x" * 3000, "ä"])
def test_what_is_no_public_key_of_the_curve_is_refused(text: str) -> None:
    with pytest.raises(BadRequest, match="public key on the curve P-256"):
        PublicKey.from_pem(text)


def test_der_that_is_no_key_is_refused() -> None:
    with pytest.raises(BadRequest):
        PublicKey.from_der(b"\x30\x00")


def test_a_statement_always_has_the_same_bytes() -> None:
    of = statement.read(envelope.IN_TOTO, PAYLOAD)
    assert statement.write(of) == PAYLOAD


def _payload(**more: Any) -> bytes:
    return json.dumps(json.loads(PAYLOAD) | more).encode()


@pytest.mark.parametrize(
    "more", [{"subject": None}, {"subject": []}, {"subject": [1]}, {"predicate": None}, {"predicate": []}], ids=str
)
def test_a_statement_without_its_parts_is_refused(more: dict[str, Any]) -> None:
    assert _refusal(SIGNER.sign(_payload(**more))).reason == "unreadable"
