"""A run of dev that can be promoted to staging: its record and prompts in the data bucket, and staging's settings."""

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from distillery.core import clock
from distillery.core.conversation import Prompt, to_line
from distillery.records import statement
from distillery.records.record import PromotionRecord, TrainingInputs, job_request
from distillery.records.statement import HELDOUT, REPORT, TRAINING, Statement
from distillery.settings.reading import VARIABLE, parse, read
from local.account import ROOT
from tests.fakes.records import NOW, Signer, record
from tests.fakes.s3 import FakeS3
from tests.unit.cli.account import FakeAccount

SIGNER = Signer()
RUN = record().run
URI = f"s3://data/evaluations/{RUN}/record.json"
FOLDER = f"s3://data/datasets/support/{'e' * 64}"


def prompts(count: int, word: str = "parcel") -> bytes:
    made = (Prompt(system=None, messages=(("user", f"where is {word} {i}?"),), reference="here") for i in range(count))
    return "".join(to_line(one) + "\n" for one in made).encode()


TRAINED, HELD_OUT = prompts(500), prompts(120, "letter")
"""The record says that 100 of the held-out prompts were asked."""
SUBJECTS = {
    TRAINING: hashlib.sha256(TRAINED).hexdigest(),
    HELDOUT: hashlib.sha256(HELD_OUT).hexdigest(),
    REPORT: "b" * 64,
}


def promotable(
    account: FakeAccount,
    patch: pytest.MonkeyPatch,
    folder: Path,
    *,
    settings: str = "",
    edits: tuple[tuple[str, str], ...] = (),
    signer: Signer = SIGNER,
    subjects: dict[str, str] = SUBJECTS,
    **more: Any,
) -> FakeS3:
    """Sets up the run, and returns the bucket with its prompts.

    Args:
        account: Gets the record.
        patch: Sets the day and the folder of settings.
        folder: Where the settings are written.
        settings: Added to [promotion] of staging.
        edits: Replacements in staging's file.
        signer: Who signs the record; staging trusts `SIGNER`.
        subjects: Of the record's statement.
        more: Fields of the record.
    """
    patch.setattr(clock, "now", lambda: NOW)
    shutil.copytree(ROOT / "environments", folder / "environments")
    patch.setenv(VARIABLE, str(folder / "environments"))
    staging = folder / "environments" / "staging.toml"
    text = staging.read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    keys = f'[promotion]\nthrough = ["dev"]\npublic_keys = ["""\n{SIGNER.public.pem}"""]\n{settings}'
    staging.write_text(f"{text}\n{keys}", encoding="utf-8")
    of = of_staging(**more)
    account.objects[URI] = signer.sign(statement.write(Statement(record=of, subjects=subjects)))
    bucket = FakeS3()
    account.clients["s3", None] = bucket
    bucket.put(f"{FOLDER}/train.jsonl", TRAINED)
    bucket.put(f"{FOLDER}/heldout.jsonl", HELD_OUT)
    return bucket


def of_staging(tokens: int = 64, **more: Any) -> PromotionRecord:
    """A record whose job request is that of the support recipe of staging, with answers of 64 tokens."""
    of = replace(parse(read("staging"), "staging").recipes["support"], max_answer_tokens=tokens)
    training = TrainingInputs(dataset_digest="e" * 64, prompts=500, job_request=job_request(of))
    return record(training=training, training_digest=training.digest, **more)
