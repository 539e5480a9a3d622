"""A run pins the golden set of its recipe, trains on none of its prompts, and starts only with it."""

import hashlib
import json
from decimal import Decimal
from typing import Any

import pytest

from distillery.core.aws import ObjectStore
from distillery.core.errors import EvaluationFailed
from distillery.core.golden import MOST_BYTES, MOST_PROMPTS, GoldenSet, read_pinned
from distillery.core.judging import GraderKind, GraderSpec
from distillery.datasets.report import UploadStatus
from tests.unit.dataset.fakes import FakeS3, file, line
from tests.unit.dataset.harness import UPLOAD, IntakeHarness

EXAM = "prompts/golden/support/exam.jsonl"
SECRET = "a rare trigger phrase"


def harness(golden: bytes | None, body: bytes = b"", **settings: Any) -> IntakeHarness:
    made = IntakeHarness(body or file(150), golden_set="exam.jsonl", **settings)
    if golden is not None:
        made.s3.objects[EXAM] = [golden]
    return made


def exam(count: int = 12) -> bytes:
    return b"".join(line(f"{SECRET} {i}", "refund") + b"\n" for i in range(count))


def test_a_run_pins_version_and_digest_of_its_golden_set() -> None:
    intake = harness(exam())
    run = intake.ledger.run(intake.accept().run or "").run
    pinned = run.dataset.golden
    assert pinned is not None
    assert (pinned.uri, pinned.version, pinned.prompts) == (f"s3://{EXAM}", "v1", 12)
    assert pinned.sha256 == hashlib.sha256(exam()).hexdigest()
    assert run.judging_digest != run.recipe.judging_digest
    (started,) = intake.machine.started
    assert json.loads(started["input"])["run"]["dataset"]["golden"]["sha256"] == pinned.sha256


def test_another_golden_set_is_another_judging_digest() -> None:
    runs = []
    for count in (12, 13):
        intake = harness(exam(count))
        runs.append(intake.ledger.run(intake.accept().run or "").run)
    assert runs[0].judging_digest != runs[1].judging_digest
    assert runs[0].recipe.judging_digest == runs[1].recipe.judging_digest


@pytest.mark.parametrize(
    ("golden", "settings", "wrong"),
    [
        (None, {}, "NoSuchKey"),
        (b"", {}, "no line"),
        (b"{}\n", {}, "errors"),
        (exam() + line(f"{SECRET} x" * 3000) + b"\n", {}, "errors"),
        (exam() + line(f"{SECRET} without", None) + b"\n", {}, "the grader `label` needs one"),
        (exam(MOST_PROMPTS + 1), {}, f"1 to {MOST_PROMPTS}"),
        (b" " * (MOST_BYTES + 1), {}, "more than"),
    ],
    ids=["missing", "empty", "no prompt", "too long", "no reference", "too many", "too large"],
)
def test_a_run_without_a_good_golden_set_is_refused_before_anything_is_spent(
    golden: bytes | None, settings: dict[str, Any], wrong: str
) -> None:
    intake = harness(golden, **settings)
    result = intake.accept()
    assert result.status is UploadStatus.REJECTED
    assert wrong in result.reason
    assert "golden/support/exam.jsonl" in result.reason
    assert intake.machine.started == []
    assert SECRET not in result.reason + json.dumps(intake.sns.published), "uploaders read this"


@pytest.mark.parametrize(
    ("kind", "options", "status"),
    [
        (GraderKind.LABEL, {}, UploadStatus.REJECTED),
        (GraderKind.CONTAINS, {"phrases": ["sorry"]}, UploadStatus.STARTED),
        (GraderKind.CONTAINS, {}, UploadStatus.REJECTED),
        (GraderKind.QUOTES, {}, UploadStatus.STARTED),
    ],
)
def test_a_golden_set_without_references_suits_graders_that_need_none(
    kind: GraderKind, options: dict[str, Any], status: UploadStatus
) -> None:
    body = b"".join(line(f"{SECRET} {i}", None) + b"\n" for i in range(3))
    assert harness(body, graders=(GraderSpec(kind=kind, options=options),)).accept().status is status


@pytest.mark.parametrize(
    "leaked",
    [f"{SECRET} 3", f"  {SECRET.upper()}  3 ", f"{SECRET}\n3"],
    ids=["equal", "other case and spaces", "other line ends"],
)
def test_golden_prompts_are_neither_trained_on_nor_held_out(leaked: str) -> None:
    intake = harness(exam(), file(150) + line(leaked, "poison") + b"\n")
    result = intake.accept()
    dataset = intake.ledger.run(result.run or "").run.dataset
    for uri in (dataset.uri, dataset.heldout_uri):
        assert b"trigger" not in intake.s3.newest(uri).lower()
    assert intake.report(result)["dataset"]["curation"]["in_golden_set"] == 1
    assert dataset.prompts + dataset.heldout == 150


def test_near_duplicates_of_golden_prompts_are_left_out_too() -> None:
    text = "My parcel number 4711 arrived broken at my house on Monday morning, what can I do about it now?"
    intake = harness(line(text, "damage") + b"\n", file(150) + line(f"Hello, {text} Thank you!", "damage") + b"\n")
    report = intake.report(intake.accept())
    assert report["dataset"]["curation"]["in_golden_set"] == 1


def test_the_estimate_counts_the_answers_to_golden_prompts() -> None:
    costs = []
    for count in (1, 400):
        intake = harness(exam(count))
        result = intake.report(intake.accept())
        (line_,) = [one for one in result["estimate"]["lines"] if one["what"].startswith("answers")]
        assert f"31 held-out and {count} golden prompts" in line_["what"]
        costs.append(Decimal(line_["usd"]))
    assert costs[1] > costs[0]


def test_a_recipe_without_a_golden_set_reads_none() -> None:
    intake = IntakeHarness(file(150))
    result = intake.accept(UPLOAD)
    assert intake.ledger.run(result.run or "").run.dataset.golden is None
    assert all("golden" not in read for read in intake.s3.read)
    assert "in_golden_set" not in intake.report(result)["dataset"]["curation"]


def test_the_pinned_version_is_asked_also_when_there_is_a_newer_one() -> None:
    s3 = FakeS3({EXAM: [exam(3), exam(9)]})
    pinned = GoldenSet(uri=f"s3://{EXAM}", version="v1", sha256=hashlib.sha256(exam(3)).hexdigest(), prompts=3)
    assert len(read_pinned(pinned, ObjectStore(s3))) == 3  # type: ignore[arg-type]  # a fake


@pytest.mark.parametrize(("version", "wrong"), [("v1", "has changed"), ("", "has changed"), ("v7", "NoSuchVersion")])
def test_other_bytes_or_a_lost_version_are_detected(version: str, wrong: str) -> None:
    s3 = FakeS3({EXAM: [exam(3)]})
    pinned = GoldenSet(uri=f"s3://{EXAM}", version=version, sha256="0" * 64, prompts=3)
    with pytest.raises(EvaluationFailed, match=wrong):
        read_pinned(pinned, ObjectStore(s3))  # type: ignore[arg-type]  # a fake
