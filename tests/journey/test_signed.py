"""An environment that signs: a student that goes live has a record, which its next environment can verify."""

import hashlib
import json
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from distillery.core.pipeline import Outcome, Stage
from distillery.records.public_key import PublicKey
from distillery.records.verification import verify
from distillery.settings.environment import Promotion
from tests.journey.cleanup import assert_nothing_is_left
from tests.journey.conftest import Deploy
from tests.journey.environment import Environment
from tests.journey.prompts import support
from tests.unit.stacks.assembly import settings_of


def test_a_student_that_goes_live_has_a_record_that_others_can_verify(deploy: Deploy, tmp_path: Path) -> None:
    dev = settings_of("dev")
    environment = deploy("dev", settings=dev.model_copy(update={"promotion": Promotion(sign=True, valid_days=14)}))
    record = environment.run(support())
    assert record.outcome is Outcome.PROMOTED, record.reason
    report = str(record.stages[Stage.EVALUATION].product["report_uri"])
    signed = environment.read(report.replace("/report.json", "/record.json"))

    pem = environment.command("key", "export", by="reader")
    found = verify(signed, [PublicKey.from_pem(pem)])
    said = found.statement.record
    assert (said.run, said.model_arn, said.environment) == (record.run.id, environment.promoted().current, "dev")
    assert said.evaluation.passed
    assert said.training.dataset_digest == record.run.dataset.digest
    assert found.statement.subjects["report"] == hashlib.sha256(environment.read(report)).hexdigest()
    assert found.statement.subjects["training-prompts"] == (
        hashlib.sha256(environment.read(record.run.dataset.uri)).hexdigest()
    )
    _a_person_verifies_the_file(environment, tmp_path, signed, pem)
    _nobody_else_signs(environment)
    assert_nothing_is_left(environment)


def _a_person_verifies_the_file(environment: Environment, folder: Path, signed: bytes, pem: str) -> None:
    (folder / "record.json").write_bytes(signed)
    (folder / "dev.pem").write_text(pem)
    words = ("verify", str(folder / "record.json"), "--key", str(folder / "dev.pem"))
    assert "the record is valid" in environment.command(*words)
    changed = json.loads(signed)
    changed["payload"] = changed["payload"].replace("A", "B", 1)
    (folder / "record.json").write_text(json.dumps(changed))
    refused = environment.command_as(*words, by="operator")
    assert refused.returncode == 4, refused.stderr
    assert "bad-signature" in refused.stdout


def _nobody_else_signs(environment: Environment) -> None:
    key, digest = str(environment.outputs["signing_key"]), b"0" * 32
    for by in ("operator", "approver", "reader", "on-call"):
        with pytest.raises(ClientError, match="AccessDenied"):
            environment.client_as(by, "kms").sign(
                KeyId=key, Message=digest, MessageType="DIGEST", SigningAlgorithm="ECDSA_SHA_256"
            )
