"""Signs the record of a run with a KMS key, once for each time that its student is to go live."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from distillery.core import clock
from distillery.core.aws import ClientError, ObjectStore, code
from distillery.core.boundary import get_logger
from distillery.core.ledger.acceptances import Acceptance
from distillery.core.ledger.items import RunRecord
from distillery.core.ledger.promotions import Promotions
from distillery.core.names import PENDING_RECORDS_PREFIX, split_s3_uri
from distillery.core.pipeline import Stage
from distillery.core.promotions import Predecessor
from distillery.core.signed_record import SignedRecord
from distillery.records import envelope, statement
from distillery.records.key_id import key_id
from lambdas.signing.evidence import Evidence

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

log = get_logger(__name__)
MISSING = ("404", "NoSuchKey")


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A KMS key on the curve NIST P-256. `arn` is its ARN."""

    kms: "KMSClient"
    arn: str

    @property
    def id(self) -> str:
        return key_id(self.kms.get_public_key(KeyId=self.arn)["PublicKey"])

    def sign(self, message: bytes) -> bytes:
        """The signature, in DER. KMS takes at most 4,096 bytes of a message itself, so it is given the digest
        (KMS API, Sign)."""
        return self.kms.sign(
            KeyId=self.arn,
            Message=hashlib.sha256(message).digest(),
            MessageType="DIGEST",
            SigningAlgorithm="ECDSA_SHA_256",
        )["Signature"]


@dataclass(frozen=True, slots=True)
class RecordSigner:
    """Signs records. `days`: how long they are valid."""

    store: ObjectStore
    evidence: Evidence
    promotions: Promotions
    key: SigningKey
    days: int

    def sign(self, of: RunRecord, acceptance: Acceptance | None, *, mover: str) -> SignedRecord:
        """The signed record of a run, which waits until the student is live. A repeated call returns the stored one.

        mover: What makes the student live: the run, the evaluation that a person asked for, or the acceptance. Each has
        a record of its own, so that nobody's decision and dates get into the record of another's.

        A student whose report has expired may still be accepted, and then has no record. Neither has one with a verdict
        of 0.1.0, which names no outcome: it was no test.
        """
        verdict = _verdict(of)
        if not verdict.get("outcome"):
            return SignedRecord(why="the verdict of the run is of a version without outcomes")
        uri = record_uri(str(verdict.get("report_uri", "")))
        pending = pending_uri(uri, of.run.id, mover)
        if self.store.exists(pending):
            return self._stored(uri, pending)
        try:
            valid, chain = timedelta(days=self.days), self._chain(of)
            found = self.evidence.of(of, verdict, acceptance, chain, clock.now(), valid)
        except ClientError as error:
            if code(error) not in MISSING:
                raise
            log.warning("run %s is not signed: what its record is about does not exist any more", of.run.id)
            return SignedRecord(why="the report or the data set of the run does not exist any more")
        payload = statement.write(found)
        signed = envelope.pre_authentication_encoding(envelope.IN_TOTO, payload)
        self.store.write_new(pending, envelope.write(payload, self.key.sign(signed), self.key.id))
        return self._stored(uri, pending)

    def _chain(self, of: RunRecord) -> tuple[Predecessor, ...]:
        """The records that the promotion consumed which opened the run. The execution cannot name others."""
        return self.promotions.find(of.promotion).record.passed_on if of.promotion else ()

    def _stored(self, uri: str, pending: str) -> SignedRecord:
        return SignedRecord(uri=uri, pending=pending, digest=envelope.read(self.store.read(pending)).digest)


def record_uri(report_uri: str) -> str:
    """`…/record.json` of `…/report.json`, and `…/record-<execution>.json` of an exploratory verdict's."""
    folder, _, name = report_uri.rpartition("/")
    return f"{folder}/{name.replace('report', 'record', 1)}"


def pending_uri(uri: str, run: str, mover: str) -> str:
    """Where the record that is published at `uri` waits."""
    bucket, _ = split_s3_uri(uri)
    return f"s3://{bucket}/{PENDING_RECORDS_PREFIX}{run}/{mover}.json"


def _verdict(of: RunRecord) -> Mapping[str, Any]:
    """The verdict that a person accepted, or by which the student goes live: the latest."""
    if of.was_explored:
        return of.exploratory
    stage = of.stages.get(Stage.EVALUATION)
    return stage.product if stage else {}
