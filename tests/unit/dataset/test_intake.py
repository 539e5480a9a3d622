"""From an upload to a run or a rejection."""

import gzip
import hashlib
import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from random import Random
from string import ascii_lowercase
from typing import Any

import pytest

from distillery.core.aws import ClientError
from distillery.core.pipeline import Outcome, Stage
from distillery.core.recipe_options import (
    BadLines,
    Curation,
    MixedLabels,
    NearDuplicates,
    OverBudgetPolicy,
    PersonalData,
)
from distillery.core.system_prompt import SystemPrompt, SystemPromptUse
from distillery.datasets.report import UploadStatus
from distillery.datasets.upload import Upload
from distillery.evaluation.statistics.planning import points
from tests.unit.dataset.fakes import file, line
from tests.unit.dataset.harness import KEY, STATE_MACHINE, UPLOAD, IntakeHarness


def test_good_prompts_start_one_execution_named_after_the_run() -> None:
    harness = IntakeHarness(file(150))
    result = harness.accept()
    assert (result.status, result.run) == (UploadStatus.STARTED, harness.ledger.active()["support"])
    (started,) = harness.machine.started
    sent = json.loads(started["input"])
    assert (started["stateMachineArn"], started["name"]) == (STATE_MACHINE, result.run)
    assert (sent["action"], sent["run"]["id"], sent["run"]["recipe"]["name"]) == ("distil", result.run, "support")
    dataset = harness.ledger.run(result.run or "").run.dataset
    assert (dataset.prompts, dataset.heldout, dataset.labelled, dataset.duplicates) == (119, 31, True, 0)
    assert Stage.DATASET in harness.ledger.run(result.run or "").stages
    assert harness.sns.published == []


WIDE: dict[str, Any] = {"teacher_margin": 0.3, "live_margin": 0.3}
"""Margins that a few held-out prompts detect."""


def test_data_sets_are_content_addressed_and_reported_with_counts_and_cost() -> None:
    harness = IntakeHarness(file(150), **WIDE)
    result = harness.accept()
    dataset = harness.ledger.run(result.run or "").run.dataset
    train, heldout = (harness.s3.newest(uri) for uri in (dataset.uri, dataset.heldout_uri))
    assert dataset.uri == f"s3://data/datasets/support/{dataset.digest}/train.jsonl"
    assert (train.count(b"\n"), heldout.count(b"\n")) == (119, 31)
    report = harness.report(result)
    assert report["sources"] == [{"uri": UPLOAD.uri, "version": "v1"}]
    assert (report["status"], report["lines"], report["prompts"], report["findings"]) == ("accepted", 150, 150, [])
    assert (report["dataset"]["digest"], report["dataset"]["prompts"]) == (dataset.digest, 119)
    assert Decimal(report["estimate"]["total_usd"]) == dataset.estimate_usd


def test_families_of_held_out_prompts_are_stored_where_there_are_some() -> None:
    alone = IntakeHarness(file(150))
    assert alone.ledger.run(alone.accept().run or "").run.dataset.families_uri == ""
    asked = (
        " ".join("".join(chance.choices(ascii_lowercase, k=7)) for _ in range(20)) for chance in map(Random, range(150))
    )
    twice = (line(text) for each in asked for text in (each, f"Hello, {each}. Thank you!"))
    harness = IntakeHarness(b"\n".join(twice))
    dataset = harness.ledger.run(harness.accept().run or "").run.dataset
    families = json.loads(harness.s3.newest(dataset.families_uri))
    assert len(families) == dataset.heldout > len(set(families))
    assert families[0] == 0


def test_the_version_in_the_event_is_read() -> None:
    harness = IntakeHarness(file(150), b"overwritten since")
    assert harness.accept().status is UploadStatus.STARTED
    assert harness.s3.read == [f"{KEY}@v1"]


@pytest.mark.parametrize("packed", [False, True])
def test_the_same_prompts_give_the_same_bytes_packed_or_not(packed: bool) -> None:
    plain, other = (
        IntakeHarness(file(150)),
        IntakeHarness(gzip.compress(file(150)) if packed else file(150) + line("prompt number 3")),
    )
    name = "prompts/support/a.jsonl.gz"
    if packed:
        other.s3.objects[f"prompts/{name}"] = other.s3.objects.pop(f"prompts/{KEY}")
    one, two = plain.accept(), other.accept(replace(UPLOAD, uri=f"s3://prompts/{name}") if packed else UPLOAD)
    assert one.run == two.run


def test_exact_duplicates_are_removed_and_counted() -> None:
    harness = IntakeHarness(file(150) + file(20))
    result = harness.accept()
    assert harness.ledger.run(result.run or "").run.dataset.duplicates == 20


def test_references_of_held_out_prompts_are_kept_only_if_all_have_one() -> None:
    harness = IntakeHarness(file(120) + file(60, first=120, answer=None))
    dataset = harness.ledger.run(harness.accept().run or "").run.dataset
    assert not dataset.labelled
    assert b"assistant" not in harness.s3.newest(dataset.heldout_uri)
    assert b"assistant" in harness.s3.newest(dataset.uri)


def test_equal_prompts_are_the_same_run_and_start_its_execution_again() -> None:
    harness = IntakeHarness(file(150))
    first, second = harness.accept(), harness.accept()
    assert (first.status, second.status, second.run) == (UploadStatus.STARTED, UploadStatus.SAME, first.run)


def _failed_delivery() -> IntakeHarness:
    """A harness whose first delivery failed after the ledger."""
    harness = IntakeHarness(file(150))
    harness.machine.refuse = "ThrottlingException"
    with pytest.raises(ClientError):
        harness.accept()
    harness.machine.refuse = ""
    return harness


def test_the_next_delivery_completes_one_that_failed_before_the_execution() -> None:
    harness = _failed_delivery()
    harness.accept()
    assert len(harness.machine.started) == 1


def test_an_existing_execution_is_not_an_error() -> None:
    harness = IntakeHarness(file(150))
    harness.machine.refuse = "ExecutionAlreadyExists"
    assert harness.accept().status is UploadStatus.STARTED


def test_a_run_with_a_student_is_started_again_only_on_request() -> None:
    harness = IntakeHarness(file(150))
    run = harness.accept().run or ""
    harness.ledger.begin(run, Stage.DISTILLATION)
    harness.ledger.end(run, Stage.DISTILLATION, {})
    harness.ledger.close(run, Outcome.PROMOTED)
    assert (harness.accept().status, len(harness.machine.started)) == (UploadStatus.SAME, 1)
    again = harness.accept(replace(UPLOAD, again=True))
    assert (again.status, again.run) == (UploadStatus.STARTED, f"{run[:-1]}2")


def test_a_bad_file_is_rejected_with_line_numbers() -> None:
    harness = IntakeHarness(file(3) + b"oops\n" + file(150, first=3) + line("x", extra=1))
    result = harness.accept()
    assert (result.status, result.run, harness.machine.started) == (UploadStatus.REJECTED, None, [])
    assert result.reason.startswith(
        "2 errors in 155 lines, first a.jsonl:4: expecting value, at character 1 [not-json]"
    )
    assert [(finding["code"], finding["line"]) for finding in harness.report(result)["findings"]] == [
        ("not-json", 4),
        ("unknown-field", 155),
    ]
    assert result.report_uri
    assert result.report_uri.startswith("s3://data/reports/support/")
    (notice,) = harness.sns.published
    assert result.reason in notice["Message"]
    assert result.report_uri in notice["Message"]


@pytest.mark.parametrize(
    ("body", "settings", "reason"),
    [
        (b"", {}, "it has no line [empty-file]"),
        (
            file(123),
            {},
            "99 prompts are left for training of 123 prompts in 123 lines, 123 of them distinct, 24 held out; "
            "allowed: 100 to 15000",
        ),
        (file(150, answer=None), {"heldout_share": 0.0001}, "no prompt is held out"),
        (file(20), {"heldout_max": 20}, "[too-few-prompts]"),
        (file(50_001), {}, "there are 50001 prompts in 50001 lines, 50001 of them distinct; up to 50000 are curated"),
        (file(15_100), {"heldout_share": 0.0005}, "prompts are left for training of 15100 prompts in 15100 lines"),
    ],
)
def test_too_few_or_too_many_prompts_are_rejected_with_the_true_count(
    body: bytes, settings: dict[str, Any], reason: str
) -> None:
    harness = IntakeHarness(body, **settings)
    result = harness.accept()
    assert result.status is UploadStatus.REJECTED
    assert reason in result.reason
    assert harness.report(result)["prompts"] == body.count(b"\n")


def test_a_refusal_says_and_reports_what_was_removed() -> None:
    """130 prompts would do, but 60 of them are one prompt with another ending."""
    same = "".join(f"{line('Why has my new card not arrived at home yet' + '!' * n).decode()}\n" for n in range(60))
    harness = IntakeHarness(
        file(70) + same.encode(), curation=Curation(near_duplicates=NearDuplicates.REMOVE), heldout_share=0.05
    )
    result = harness.accept()
    assert result.status is UploadStatus.REJECTED
    assert "59 near duplicates were removed" in result.reason
    curation = harness.report(result)["dataset"]["curation"]
    assert (curation["near_duplicates"], curation["near_duplicates_removed"]) == (59, 59)


def test_by_default_nothing_is_removed() -> None:
    same = "".join(f"{line('Why has my new card not arrived at home yet' + '!' * n).decode()}\n" for n in range(60))
    harness = IntakeHarness(file(150) + same.encode(), heldout_share=0.05)
    result = harness.accept()
    report = harness.report(result)["dataset"]
    assert result.status is UploadStatus.STARTED
    assert report["curation"]["near_duplicates"] == 59
    assert report["curation"]["near_duplicates_removed"] == 0
    assert report["prompts"] + report["heldout"] + report["curation"]["beside_held_out"] == 210


def test_twins_with_different_labels_are_a_finding_and_both_stay() -> None:
    twins = [line("US shares"), line("us shares", "pronoun")]
    harness = IntakeHarness(file(150) + b"\n".join(twins) + b"\n", **WIDE)
    result = harness.accept()
    assert [found["code"] for found in harness.report(result)["findings"]] == ["conflicting-twins"]
    dataset = harness.report(result)["dataset"]
    assert dataset["curation"]["near_duplicates"] == 0
    assert dataset["prompts"] + dataset["heldout"] + dataset["curation"]["beside_held_out"] == 152


BAD = (b"oops\n", b"\xff\n", line("x", id=1) + b"\n")


def test_bad_lines_are_quarantined_beside_the_report() -> None:
    harness = IntakeHarness(b"".join(BAD) + file(150), bad_lines=BadLines.QUARANTINE, max_bad_lines=3)
    result = harness.accept()
    assert (result.status, result.reason) == (UploadStatus.STARTED, "3 bad lines were quarantined, see the report")
    dataset = harness.ledger.run(result.run or "").run.dataset
    assert (dataset.put_aside, dataset.prompts, dataset.heldout) == (3, 119, 31)
    report = harness.report(result)
    assert (report["status"], report["bad_lines"], report["put_aside"], report["errors"]) == ("accepted", 3, 3, 3)
    assert report["quarantine_uri"].rpartition("/")[0] == dataset.report_uri.rpartition("/")[0]
    aside = [json.loads(each) for each in harness.s3.newest(report["quarantine_uri"]).splitlines()]
    assert [(each["line"], each["problems"][0]["code"]) for each in aside] == [
        (1, "not-json"),
        (2, "not-utf-8"),
        (3, "unknown-field"),
    ]
    assert (aside[0]["text"], aside[1]["base64"], json.loads(aside[2]["text"])["id"]) == ("oops", "/w==", 1)


def test_more_bad_lines_than_the_limit_reject_the_upload() -> None:
    harness = IntakeHarness(b"".join(BAD) + file(150), bad_lines=BadLines.QUARANTINE, max_bad_lines=2)
    result = harness.accept()
    assert (result.status, harness.machine.started) == (UploadStatus.REJECTED, [])
    assert "too-many-bad-lines" in [finding["code"] for finding in harness.report(result)["findings"]]
    assert not [key for key in harness.s3.objects if "quarantine" in key]


def test_errors_of_a_whole_file_are_never_quarantined() -> None:
    harness = IntakeHarness(
        gzip.compress(file(15_000))[:-30], key="prompts/support/a.jsonl.gz", bad_lines=BadLines.QUARANTINE
    )
    result = harness.accept(replace(UPLOAD, uri="s3://prompts/prompts/support/a.jsonl.gz"))
    assert (result.status, harness.machine.started) == (UploadStatus.REJECTED, [])


def test_equal_prompts_are_the_same_run_whatever_was_quarantined() -> None:
    dirty = IntakeHarness(BAD[0] + file(150), bad_lines=BadLines.QUARANTINE)
    assert dirty.accept().run == IntakeHarness(file(150)).accept().run


@pytest.mark.parametrize(
    ("mixed", "status"), [(MixedLabels.WARN, UploadStatus.STARTED), (MixedLabels.REJECT, UploadStatus.REJECTED)]
)
def test_mixed_references_are_reported_or_rejected_as_the_recipe_says(mixed: MixedLabels, status: UploadStatus) -> None:
    harness = IntakeHarness(file(120) + file(60, first=120, answer=None), mixed_labels=mixed)
    result = harness.accept()
    finding, *others = harness.report(result)["findings"]
    assert result.status is status
    assert finding["wrong"] == "120 of 180 prompts have a reference answer"
    told = ["references-needed"] if status is UploadStatus.STARTED else []
    assert [each["code"] for each in others] == told


def test_what_the_verdict_can_decide_is_said_in_the_report_and_kept_with_the_run() -> None:
    harness = IntakeHarness(file(150))
    result = harness.accept()
    evaluation, found = harness.report(result)["evaluation"], harness.ledger.run(result.run or "").run.dataset
    assert (evaluation["heldout"], evaluation["independent"]) == (31, 31)
    assert f"detect a difference of {points(evaluation['detectable_difference'])} points" in evaluation["sentence"]
    assert found.detectable_difference == Decimal(str(evaluation["detectable_difference"]))
    assert [each["code"] for each in harness.report(result)["findings"]] == ["margin-too-small"]


def test_a_grader_that_does_not_fit_is_a_finding_of_the_upload() -> None:
    harness = IntakeHarness(b"".join(line(f"prompt {n}", f"{n} long words " * 20) + b"\n" for n in range(150)), **WIDE)
    (finding,) = harness.report(harness.accept())["findings"]
    assert finding["code"] == "grader-misfit"
    assert 'use grader = "overlap"' in finding["wrong"]


def test_a_truncated_gzip_file_is_rejected() -> None:
    harness = IntakeHarness(gzip.compress(file(150))[:-30], key="prompts/support/a.jsonl.gz")
    result = harness.accept(replace(UPLOAD, uri="s3://prompts/prompts/support/a.jsonl.gz"))
    assert "a.jsonl.gz: it is truncated" in result.reason


@pytest.mark.parametrize(
    ("upload", "denied", "reason"),
    [
        (replace(UPLOAD, uri="s3://prompts/prompts/support/none.jsonl"), False, "NoSuchKey"),
        (replace(UPLOAD, version="v9"), False, "NoSuchVersion"),
        (UPLOAD, True, "AccessDenied"),
        (replace(UPLOAD, recipe="none"), False, "there is no recipe 'none'"),
    ],
)
def test_unreadable_objects_are_rejected_without_a_report(upload: Upload, denied: bool, reason: str) -> None:
    harness = IntakeHarness(file(150))
    harness.s3.denied = denied
    result = harness.accept(upload)
    assert (result.status, result.report_uri) == (UploadStatus.REJECTED, None)
    assert reason in result.reason
    assert len(harness.sns.published) == 1


def test_a_run_over_budget_is_not_started_and_its_cost_is_reported() -> None:
    harness = IntakeHarness(file(150), budget_usd=Decimal("0.10"))
    result = harness.accept()
    assert (result.status, harness.machine.started, harness.ledger.active()) == (UploadStatus.OVER_BUDGET, [], {})
    assert [line["usd"] for line in harness.report(result)["estimate"]["lines"]]


def test_a_run_above_the_rest_of_its_month_is_not_started() -> None:
    harness = IntakeHarness(file(150), file(160), budget_usd=Decimal(20), monthly_budget_usd=Decimal(20))
    first = harness.accept().run or ""
    harness.ledger.count_job_request(first)
    harness.ledger.close(first, Outcome.FAILED)
    harness.recipe = replace(harness.recipe, budget_usd=Decimal(10), monthly_budget_usd=Decimal(10))
    result = harness.accept(replace(UPLOAD, version="v2", again=True))
    assert (result.status, len(harness.machine.started), harness.ledger.active()) == (UploadStatus.OVER_BUDGET, 1, {})
    assert all(word in harness.sns.published[-1]["Message"] for word in (first, "$10", "monthly_budget_usd"))
    assert harness.report(result)["estimate"]
    assert len(harness.ledger.runs("support")) == 1


def test_a_retried_upload_starts_and_reserves_once() -> None:
    harness = _failed_delivery()
    run = harness.accept().run or ""
    record = harness.ledger.run(run)
    assert harness.ledger.month("support", record.started_at).runs == {run: record.run.dataset.at_most_usd}
    assert [started["name"] for started in harness.machine.started] == [run]


@pytest.mark.parametrize("monthly", [Decimal("0.20"), Decimal(100)])
def test_a_run_above_the_monthly_cap_does_not_wait_for_an_approval(monthly: Decimal) -> None:
    then = OverBudgetPolicy.APPROVE
    harness = IntakeHarness(file(150), budget_usd=Decimal("0.10"), monthly_budget_usd=monthly, over_budget=then)
    result = harness.accept()
    assert result.status is (UploadStatus.AWAITING if monthly == 100 else UploadStatus.OVER_BUDGET)
    assert ("an approval could not start it" in result.reason) is (monthly != 100)


def test_a_recipe_with_another_run_in_progress_is_busy() -> None:
    harness = IntakeHarness(file(150), file(160))
    harness.accept()
    result = harness.accept(replace(UPLOAD, version="v2"))
    assert (result.status, len(harness.machine.started), len(harness.sns.published)) == (UploadStatus.BUSY, 1, 1)


def test_a_folder_is_read_in_the_order_of_keys() -> None:
    folder = "prompts/uploads/support/autumn"
    harness = IntakeHarness()
    harness.s3.objects = {
        f"{folder}/b.jsonl": [file(80)],
        f"{folder}/a.jsonl": [file(80, first=80)],
        f"{folder}/readme.txt": [b"not a prompt"],
        f"{folder}/deep/c.jsonl.gz": [gzip.compress(file(10, first=160))],
        "prompts/uploads/support/other.jsonl": [b"not asked for"],
    }
    result = harness.accept(Upload(recipe="support", uri=f"s3://{folder}/"))
    assert result.status is UploadStatus.STARTED
    report = harness.report(result)
    assert [source["uri"].removeprefix(f"s3://{folder}/") for source in report["sources"]] == [
        "a.jsonl",
        "b.jsonl",
        "deep/c.jsonl.gz",
    ]
    assert report["prompts"] == 170


@pytest.mark.parametrize("denied", [False, True])
def test_a_folder_without_prompts_is_rejected(denied: bool) -> None:
    harness = IntakeHarness(b"x", key="uploads/support/autumn/readme.txt")
    harness.s3.denied = denied
    result = harness.accept(Upload(recipe="support", uri="s3://prompts/uploads/support/autumn/"))
    assert result.status is UploadStatus.REJECTED
    assert ("AccessDenied" if denied else "contains no object") in result.reason


def test_a_manifests_files_are_read_in_its_order() -> None:
    folder = "prompts/prompts/support/autumn"
    harness = IntakeHarness()
    harness.s3.objects = {
        f"{folder}/manifest.json": [b'{"files": ["b.jsonl", "a.jsonl"]}'],
        f"{folder}/a.jsonl": [file(80)],
        f"{folder}/b.jsonl": [file(80, first=80)],
        f"{folder}/c.jsonl": [b"not asked for"],
    }
    result = harness.accept(Upload(recipe="support", uri=f"s3://{folder}/manifest.json"))
    assert result.status is UploadStatus.STARTED
    assert [source["uri"].rpartition("/")[2] for source in harness.report(result)["sources"]] == ["b.jsonl", "a.jsonl"]


@pytest.mark.parametrize(
    ("manifest", "reason"),
    [
        (b"[]", "must be"),
        (b"{", "must be"),
        (b'{"files": []}', "must be"),
        (b'{"files": ["a.jsonl"], "more": 1}', "must be"),
        (b'{"files": ["../other/a.jsonl"]}', "must be"),
        (b'{"files": ["manifest.json"]}', "must be"),
        (b'{"files": ["a.jsonl", "a.jsonl"]}', "twice"),
        (b'{"files": ["a.jsonl"]}', "NoSuchKey"),
    ],
)
def test_an_invalid_manifest_is_rejected(manifest: bytes, reason: str) -> None:
    harness = IntakeHarness(manifest, key="prompts/support/autumn/manifest.json")
    result = harness.accept(Upload(recipe="support", uri="s3://prompts/prompts/support/autumn/manifest.json"))
    assert result.status is UploadStatus.REJECTED
    assert reason in result.reason


def test_neither_reports_nor_messages_quote_a_prompt() -> None:
    harness = IntakeHarness(line("my PIN is 1234", extra=1) + b"\n" + line("my PIN is 5678").replace(b"user", b"owner"))
    result = harness.accept()
    texts = json.dumps(harness.report(result)) + json.dumps(harness.sns.published) + result.reason
    assert "PIN" not in texts


LONG = "Answer with one label of this list. " * 420  # 15 KB


def _with_system(*texts: str | None, count: int = 150) -> bytes:
    """Prompts that have these system prompts in turn."""
    given = itertools.cycle(texts)
    fields: Iterator[dict[str, Any]] = ({} if text is None else {"system": [{"text": text}]} for text in given)
    return b"".join(line(f"prompt number {i}", **next(fields)) + b"\n" for i in range(count))


@pytest.mark.parametrize("text", [LONG, "Réponds en un mot 😀\u2028."])
def test_a_system_prompt_that_all_training_prompts_share_is_stored_beside_them(text: str) -> None:
    harness = IntakeHarness(_with_system(text), budget_usd=Decimal(1000))
    result = harness.accept()
    dataset = harness.ledger.run(result.run or "").run.dataset
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    uri = f"s3://data/datasets/support/{dataset.digest}/system.txt"
    assert dataset.system == SystemPrompt(use=SystemPromptUse.SHARED, uri=uri, sha256=sha256, bytes=len(text.encode()))
    assert harness.s3.newest(uri) == text.encode()
    assert harness.report(result)["dataset"]["system"] == {
        "use": "shared", "sha256": sha256, "bytes": len(text.encode()), "different": 1
    }  # fmt: skip
    assert len(json.dumps(json.loads(harness.machine.started[0]["input"]))) < 32_768


@pytest.mark.parametrize(
    ("texts", "use", "different"),
    [((None,), "none", 1), (("a", "b", "c"), "several", 3), (("a", None), "several", 2), (("a", "a "), "several", 2)],
)
def test_without_a_shared_one_none_is_stored(texts: tuple[str | None, ...], use: str, different: int) -> None:
    harness = IntakeHarness(_with_system(*texts))
    result = harness.accept()
    assert harness.ledger.run(result.run or "").run.dataset.system == SystemPrompt(use=SystemPromptUse(use))
    reported = harness.report(result)["dataset"]["system"]
    assert reported == {"use": use, "sha256": "", "bytes": 0, "different": different}
    assert not [key for key in harness.s3.objects if key.endswith("system.txt")]


def test_the_stored_one_is_what_the_student_sees() -> None:
    """Personal data is masked in training prompts, and so it is in their system prompt."""
    masked = Curation(personal_data=PersonalData.MASK)
    harness = IntakeHarness(_with_system("Forward complaints to ana.silva@example.org."), curation=masked)
    result = harness.accept()
    dataset = harness.ledger.run(result.run or "").run.dataset
    assert dataset.system is not None
    stored = harness.s3.newest(dataset.system.uri).decode()
    first = json.loads(harness.s3.newest(dataset.uri).split(b"\n")[0])
    assert "ana.silva" not in stored
    assert first["system"] == [{"text": stored}]
