"""An environment that signs: a student that goes live has a record, which its next environment can verify."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from distillery.core.pipeline import Outcome, Stage
from distillery.records.public_key import PublicKey
from distillery.records.verification import verify
from distillery.settings.promotion import Promotion
from distillery.settings.reading import VARIABLE
from local.account import ROOT
from tests.journey.cleanup import assert_nothing_is_left
from tests.journey.conftest import Deploy
from tests.journey.environment import Environment
from tests.journey.prompts import support
from tests.unit.stacks.assembly import settings_of


def test_a_student_that_goes_live_has_a_record_that_others_can_verify(
    deploy: Deploy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
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
    monkeypatch.setenv(VARIABLE, str(_trusting(tmp_path, pem)))
    _a_reader_sees_what_a_promotion_would_do(environment, record.run.id)
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


def _trusting(folder: Path, pem: str) -> Path:
    """A folder of settings in which staging admits what this key signed."""
    shutil.copytree(ROOT / "environments", folder / "environments")
    with (folder / "environments" / "staging.toml").open("a", encoding="utf-8") as staging:
        staging.write(f'\n[promotion]\nthrough = ["dev"]\npublic_keys = ["""\n{pem}"""]\n')
    return folder / "environments"


def _a_reader_sees_what_a_promotion_would_do(environment: Environment, run: str) -> None:
    words = ("promote", run, "--to", "staging")
    found = json.loads(environment.command(*words, "--dry-run", "--json", by="reader"))
    assert (found["admitted"], found["way"], found["no_prices"]) == (True, "re-distil", "")
    assert [one["reason"] for one in found["unchecked"]] == ["older-than-live", "replayed"]
    assert environment.command_as(*words, by="reader").returncode == 2
    assert environment.command_as(*words, "--dry-run", by="operator").returncode == 7


def _nobody_else_signs(environment: Environment) -> None:
    for by in ("operator", "approver", "reader", "on-call"):
        with pytest.raises(ClientError, match="AccessDenied"):
            _sign(environment, environment.client_as(by, "kms"))
    _the_keys_own_policy_denies_what_iam_allows(environment)


def _the_keys_own_policy_denies_what_iam_allows(environment: Environment) -> None:
    """An administrator of the account may not sign, nor let others sign, until the key's policy is changed."""
    allowed = {"Effect": "Allow", "Action": ["kms:Sign", "kms:CreateGrant"], "Resource": "*"}
    user = f"distillery-{environment.settings.environment}-operator"
    document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    environment.client("iam").put_user_policy(UserName=user, PolicyName="Administrator", PolicyDocument=document)
    administrator, root, key = environment.client_as("operator", "kms"), environment.client("kms"), _key(environment)
    grantee = environment.client("iam").get_user(UserName=user)["User"]["Arn"]
    tries = (
        lambda: _sign(environment, administrator),
        lambda: administrator.create_grant(KeyId=key, GranteePrincipal=grantee, Operations=["Sign"]),
    )
    for attempt in tries:
        with pytest.raises(ClientError, match="explicit deny"):
            attempt()
    policy = json.loads(root.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
    policy["Statement"] = [one for one in policy["Statement"] if one.get("Sid") != "NobodyElseSigns"]
    root.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(policy))
    for attempt in tries:
        attempt()


def _key(environment: Environment) -> str:
    return str(environment.outputs["signing_key"])


def _sign(environment: Environment, kms: Any) -> None:
    kms.sign(KeyId=_key(environment), Message=b"0" * 32, MessageType="DIGEST", SigningAlgorithm="ECDSA_SHA_256")
