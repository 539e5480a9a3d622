"""Sample records of runs, and a key that signs them like the environment's."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey, derive_private_key
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from distillery.core.judging import VerdictOutcome
from distillery.records import envelope, statement
from distillery.records.public_key import PublicKey
from distillery.records.record import (
    AcceptanceStatement,
    EvaluatedModel,
    Evaluation,
    PromotionRecord,
    ScoreInterval,
    Threshold,
    TokenPrice,
    TrainingInputs,
    job_request,
)
from distillery.records.statement import Statement
from distillery.records.verification import Verified, verify
from tests.fakes.pipeline import JOB, MODEL, recipe

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SUBJECTS = {name: digit * 64 for name, digit in zip(("training-prompts", "report", "job-request"), "abc", strict=True)}
ACCEPTED = AcceptanceStatement(
    by="arn:aws:iam::111111111111:user/ann", at="2026-11-23T10:00:00+00:00", reason="better wording"
)


@cache
def _keys(secret: int) -> tuple[EllipticCurvePrivateKey, PublicKey]:
    private = derive_private_key(secret, SECP256R1())
    public = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return private, PublicKey.from_der(public)


class Signer:
    """A private key, derived from a number."""

    def __init__(self, secret: int = 7) -> None:
        self.private, self.public = _keys(secret)

    def sign(self, payload: bytes, *, payload_type: str = envelope.IN_TOTO, key_id: str | None = None) -> bytes:
        """An envelope around the payload."""
        signed = envelope.pre_authentication_encoding(payload_type, payload)
        name = self.public.id if key_id is None else key_id
        return envelope.write(payload, self.private.sign(signed, ECDSA(SHA256())), name)

    def record(self, of: PromotionRecord) -> bytes:
        """The signed record, as a file."""
        return self.sign(statement.write(Statement(record=of, subjects=SUBJECTS)))


@dataclass
class FakeKms:
    """KMS with one key. `signed` has the digests that were signed."""

    signer: Signer
    signed: list[bytes] = field(default_factory=list)

    def get_public_key(self, *, KeyId: str) -> dict[str, Any]:  # noqa: N803 the API's name
        return {"KeyId": KeyId, "PublicKey": self.signer.public.der}

    def sign(self, *, KeyId: str, Message: bytes, MessageType: str, SigningAlgorithm: str) -> dict[str, Any]:  # noqa: N803
        assert (MessageType, SigningAlgorithm, len(Message)) == ("DIGEST", "ECDSA_SHA_256", 32)
        self.signed.append(Message)
        return {"KeyId": KeyId, "Signature": self.signer.private.sign(Message, ECDSA(Prehashed(SHA256())))}


def evaluation(outcome: VerdictOutcome = VerdictOutcome.PASSED, **more: Any) -> Evaluation:
    interval = ScoreInterval(low=Decimal("0.86"), high=Decimal("0.97"), level=Decimal("0.95"), method="Wilson")
    price = TokenPrice(
        usd_per_million_input=Decimal("0.035"),
        usd_per_million_output=Decimal("0.14"),
        as_of="2026-11-01",
        source="https://aws.amazon.com/bedrock/pricing/",
    )
    made = Evaluation(
        outcome=outcome,
        exploratory=False,
        measure="accuracy",
        clusters=98,
        judging_digest="d" * 64,
        judged="2026-11-23T09:08:07+00:00",
        models=(
            EvaluatedModel(
                role="student",
                model=MODEL,
                score=Decimal("0.93"),
                scored=99,
                asked=100,
                interval=interval,
                median_latency_ms=412,
                usd=Decimal("0.0123"),
                price=price,
            ),
        ),
        thresholds=(
            Threshold(
                name="min_score",
                needed=Decimal("0.7"),
                measured=Decimal("0.93"),
                outcome=outcome,
                unit="share",
                at_most=False,
                interval=interval,
            ),
        ),
    )
    return replace(made, **more)


def record(**more: Any) -> PromotionRecord:
    training = TrainingInputs(dataset_digest="e" * 64, prompts=500, job_request=job_request(recipe()))
    made = PromotionRecord(
        environment="dev",
        account="111111111111",
        region="us-east-1",
        run="support-k3x9a-p0q2m7ab-1",
        recipe="support",
        attempt=1,
        model_arn=MODEL + "a" * 12,
        job_arn=JOB,
        training=training,
        training_digest=training.digest,
        evaluation=evaluation(),
        issued="2026-11-23T09:08:07+00:00",
        expires="2026-12-23T09:08:07+00:00",
        keeps_data=False,
    )
    return replace(made, **more)


def verified(of: PromotionRecord) -> Verified:
    signer = Signer()
    return verify(signer.record(of), [signer.public])
