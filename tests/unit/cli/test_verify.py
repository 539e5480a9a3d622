"""`distillery verify` checks a record on this machine, and `distillery key` prints the key that it needs."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from distillery.core import clock
from distillery.core.judging import VerdictOutcome
from distillery.records.public_key import PublicKey
from distillery.records.record import PromotionRecord, ScoreInterval, TrainingInputs, job_request
from distillery.records.strict_json import LARGEST_BYTES
from distillery.settings.reading import VARIABLE, parse, read
from local.account import ROOT
from tests.fakes.records import ACCEPTED, NOW, FakeKms, Signer, evaluation, record
from tests.unit.cli.account import PIPELINE, FakeAccount
from tests.unit.cli.conftest import Command

SIGNER = Signer()


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def staging(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Writes what staging admits into its settings."""
    folder = tmp_path / "environments"
    shutil.copytree(ROOT / "environments", folder)
    monkeypatch.setenv(VARIABLE, str(folder))

    def admits(more: str = "") -> None:
        with (folder / "staging.toml").open("a", encoding="utf-8") as settings:
            settings.write(f'\n[promotion]\nthrough = ["dev"]\npublic_keys = ["""\n{SIGNER.public.pem}"""]\n{more}')

    return admits


@pytest.fixture
def signed(tmp_path: Path) -> Callable[[PromotionRecord], str]:
    def write(of: PromotionRecord) -> str:
        file = tmp_path / "record.json"
        file.write_bytes(SIGNER.record(of))
        return str(file)

    return write


Sign = Callable[[PromotionRecord], str]


def _training(tokens: int = 64, **more: Any) -> PromotionRecord:
    """A record whose job request is that of the support recipe of staging, with answers of 64 tokens."""
    of = replace(parse(read("staging"), "staging").recipes["support"], max_answer_tokens=tokens)
    training = TrainingInputs(dataset_digest="e" * 64, prompts=500, job_request=job_request(of))
    return record(training=training, training_digest=training.digest, **more)


def test_a_record_is_checked_with_a_key_alone(command: Command, signed: Sign, tmp_path: Path) -> None:
    (tmp_path / "dev.pem").write_text(SIGNER.public.pem)
    said = command("verify", signed(record()), "--key", str(tmp_path / "dev.pem"))
    assert said.code == 0, said.err
    for part in (
        "run support-k3x9a-p0q2m7ab-1 of dev 111111111111: passed by accuracy",
        "student 0.93 0.86 to 0.97 99 of 100",
        "clusters: 98",
        f"signed by key {SIGNER.public.id}",
        "the record is valid",
    ):
        assert part in said.out


def test_a_record_is_checked_by_the_settings_of_the_environment_that_it_is_for(
    command: Command, signed: Sign, staging: Callable[..., None]
) -> None:
    staging()
    said = command("--env", "staging", "verify", signed(_training()))
    assert said.code == 0, said.out + said.err
    assert "the record is valid" in said.out


@pytest.mark.parametrize(
    ("of", "reason"),
    [
        (lambda: _training(environment="launch"), "skipped-environment"),
        (lambda: _training(65), "other-training"),
        (lambda: _training(recipe="billing"), "other-recipe"),
        (lambda: _training(evaluation=evaluation(VerdictOutcome.FAILED), accepted=ACCEPTED), "not-passed"),
        (lambda: _training(expires="2026-11-23T12:00:00+00:00"), "expired"),
    ],
)
def test_what_the_environment_does_not_admit_is_refused_with_the_reason(
    command: Command, signed: Sign, staging: Callable[..., None], of: Callable[[], PromotionRecord], reason: str
) -> None:
    staging()
    said = command("--env", "staging", "verify", signed(of()), "--json")
    assert said.code == 4, said.err
    found = json.loads(said.out)
    assert reason in [one["reason"] for one in found["refusals"]]
    assert not found["admitted"]
    assert found["key_id"] == SIGNER.public.id


def test_an_environment_may_admit_what_a_person_accepted(
    command: Command, signed: Sign, staging: Callable[..., None]
) -> None:
    staging("admit_overruled = true\n")
    of = _training(evaluation=evaluation(VerdictOutcome.FAILED), accepted=ACCEPTED)
    said = command("--env", "staging", "verify", signed(of))
    assert said.code == 0, said.out
    assert "accepted by arn:aws:iam::111111111111:user/ann: better wording" in said.out


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda body: body.replace(b'"sig": "M', b'"sig": "N'), "bad-signature"),
        (lambda _: Signer(8).record(record()), "unlisted-key"),
        (lambda body: body[:-1], "unreadable"),
        (lambda _: b" " * (LARGEST_BYTES + 1), "unreadable"),
    ],
)
def test_a_file_that_is_not_the_signed_one_is_refused(
    command: Command, tmp_path: Path, change: Callable[[bytes], bytes], reason: str
) -> None:
    (tmp_path / "record.json").write_bytes(change(SIGNER.record(record())))
    (tmp_path / "dev.pem").write_text(SIGNER.public.pem)
    said = command("verify", str(tmp_path / "record.json"), "--key", str(tmp_path / "dev.pem"), "--json")
    assert said.code == 4
    found = json.loads(said.out)
    assert [one["reason"] for one in found["refusals"]] == [reason]
    assert found["record"] is None
    plain = command("verify", str(tmp_path / "record.json"), "--key", str(tmp_path / "dev.pem"))
    assert f"refused ({reason})" in plain.out


def test_an_environment_that_admits_nothing_has_no_key_to_check_with(command: Command, signed: Sign) -> None:
    said = command("--env", "prod", "verify", signed(record()))
    assert said.code == 2
    assert "prod.toml has no public_keys" in said.err


def test_scores_are_rounded_for_people_and_exact_in_the_document(
    command: Command, signed: Sign, tmp_path: Path
) -> None:
    (tmp_path / "dev.pem").write_text(SIGNER.public.pem)
    (student, *others), exact = evaluation().models, "0.9555555555555556"
    bounds = ScoreInterval(low=None, high=Decimal("0.992045589322677"), level=Decimal("0.95"), method="Wilson")
    measured = (replace(student, score=Decimal(exact), interval=bounds), *others)
    words = ("verify", signed(record(evaluation=evaluation(models=measured))), "--key", str(tmp_path / "dev.pem"))
    assert "student 0.956 no bound to 0.992 99 of 100" in command(*words).out
    assert json.loads(command(*words, "--json").out)["record"]["evaluation"]["models"][0]["score"] == exact


@pytest.mark.parametrize("text", ["", "no key", "-----BEGIN EC PRIVATE KEY-----"])
def test_a_file_that_is_no_key_is_refused(command: Command, signed: Sign, tmp_path: Path, text: str) -> None:
    (tmp_path / "dev.pem").write_text(text)
    said = command("verify", signed(record()), "--key", str(tmp_path / "dev.pem"))
    assert said.code == 2
    assert "is not a public key that can verify records" in said.err
    assert f"the file of the key is {tmp_path / 'dev.pem'}" in said.err


@pytest.mark.parametrize("files", [("{0}/none.json", "{1}"), ("{1}", "{0}/none.pem"), ("s3://bucket/none", "{1}")])
def test_a_missing_file_is_named(command: Command, tmp_path: Path, files: tuple[str, str]) -> None:
    there = tmp_path / "there"
    there.touch()
    record_file, key = (each.format(tmp_path, there) for each in files)
    said = command("verify", record_file, "--key", key)
    assert said.code == 2
    assert "none" in said.err
    assert "does not exist" in said.err


def test_the_key_is_printed_as_it_goes_into_settings(account: FakeAccount, command: Command) -> None:
    account.pipeline = PIPELINE | {"signing_key": "arn:aws:kms:us-east-1:111111111111:key/k"}
    account.clients["kms", None] = FakeKms(SIGNER)
    said = command("key", "export")
    assert said.code == 0, said.err
    assert said.out == " ".join(SIGNER.public.pem.split())
    assert SIGNER.public.id in said.err
    found = json.loads(command("key", "export", "--json").out)
    assert PublicKey.from_pem(found["public_key"]) == SIGNER.public


def test_an_environment_that_signs_nothing_has_no_key(account: FakeAccount, command: Command) -> None:
    said = command("key", "export")
    assert said.code == 2
    assert "sign = true" in said.err
