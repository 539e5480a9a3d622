"""From an upload to a run, or to a reason why not."""

import gzip
import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from distillery.core.aws import ClientError
from distillery.core.pipeline import Outcome, Stage
from distillery.core.recipe import BadLines, MixedLabels, OverBudgetThen
from distillery.datasets.answer import Status
from distillery.datasets.upload import Upload
from tests.unit.dataset.desk import KEY, MACHINE, UPLOAD, Desk
from tests.unit.dataset.fakes import file, line


def test_good_prompts_start_one_execution_named_as_the_run_with_the_ledgers_run_as_input() -> None:
    desk = Desk(file(150))
    answer = desk.take()
    assert (answer.status, answer.run) == (Status.STARTED, desk.ledger.active()["support"])
    (started,) = desk.machine.started
    sent = json.loads(started["input"])
    assert (started["stateMachineArn"], started["name"]) == (MACHINE, answer.run)
    assert (sent["action"], sent["run"]["id"], sent["run"]["recipe"]["name"]) == ("distil", answer.run, "support")
    dataset = desk.ledger.run(answer.run or "").run.dataset
    assert (dataset.prompts, dataset.heldout, dataset.labelled, dataset.duplicates) == (120, 30, True, 0)
    assert Stage.DATASET in desk.ledger.run(answer.run or "").stages
    assert desk.sns.published == []


def test_what_is_written_is_content_addressed_and_its_report_tells_counts_and_cost() -> None:
    desk = Desk(file(150))
    answer = desk.take()
    dataset = desk.ledger.run(answer.run or "").run.dataset
    train, heldout = (desk.s3.newest(uri) for uri in (dataset.uri, dataset.heldout_uri))
    assert dataset.uri == f"s3://data/datasets/support/{dataset.digest}/train.jsonl"
    assert (train.count(b"\n"), heldout.count(b"\n")) == (120, 30)
    report = desk.report(answer)
    assert report["sources"] == [{"uri": UPLOAD.uri, "version": "v1"}]
    assert (report["status"], report["lines"], report["prompts"], report["findings"]) == ("accepted", 150, 150, [])
    assert (report["dataset"]["digest"], report["dataset"]["prompts"]) == (dataset.digest, 120)
    assert Decimal(report["estimate"]["total_usd"]) == dataset.estimate_usd


def test_the_very_version_that_the_event_names_is_read() -> None:
    desk = Desk(file(150), b"overwritten since")
    assert desk.take().status is Status.STARTED
    assert desk.s3.read == [f"{KEY}@v1"]


@pytest.mark.parametrize("packed", [False, True])
def test_the_same_prompts_give_the_same_bytes_packed_or_not(packed: bool) -> None:
    plain, other = Desk(file(150)), Desk(gzip.compress(file(150)) if packed else file(150) + line("prompt number 3"))
    name = "prompts/support/a.jsonl.gz"
    if packed:
        other.s3.objects[f"prompts/{name}"] = other.s3.objects.pop(f"prompts/{KEY}")
    one, two = plain.take(), other.take(replace(UPLOAD, uri=f"s3://prompts/{name}") if packed else UPLOAD)
    assert one.run == two.run


def test_exact_duplicates_are_removed_and_counted() -> None:
    desk = Desk(file(150) + file(20))
    answer = desk.take()
    assert desk.ledger.run(answer.run or "").run.dataset.duplicates == 20


def test_references_of_held_out_prompts_are_kept_only_if_all_have_one() -> None:
    desk = Desk(file(120) + file(60, first=120, answer=None))
    dataset = desk.ledger.run(desk.take().run or "").run.dataset
    assert not dataset.labelled
    assert b"assistant" not in desk.s3.newest(dataset.heldout_uri)
    assert b"assistant" in desk.s3.newest(dataset.uri)


def test_the_same_prompts_again_are_the_same_run_and_its_execution_is_asked_for_once_more() -> None:
    desk = Desk(file(150))
    first, second = desk.take(), desk.take()
    assert (first.status, second.status, second.run) == (Status.STARTED, Status.SAME, first.run)


def _died() -> Desk:
    """A desk whose first delivery went as far as the ledger."""
    desk = Desk(file(150))
    desk.machine.refuse = "ThrottlingException"
    with pytest.raises(ClientError):
        desk.take()
    desk.machine.refuse = ""
    return desk


def test_a_delivery_that_died_before_the_execution_began_is_made_good_by_the_next() -> None:
    desk = _died()
    desk.take()
    assert len(desk.machine.started) == 1


def test_an_execution_that_exists_is_no_error() -> None:
    desk = Desk(file(150))
    desk.machine.refuse = "ExecutionAlreadyExists"
    assert desk.take().status is Status.STARTED


def test_a_run_with_a_student_is_not_started_again_unless_a_person_says_so() -> None:
    desk = Desk(file(150))
    run = desk.take().run or ""
    desk.ledger.begin(run, Stage.DISTILLATION)
    desk.ledger.end(run, Stage.DISTILLATION, {})
    desk.ledger.close(run, Outcome.PROMOTED)
    assert (desk.take().status, len(desk.machine.started)) == (Status.SAME, 1)
    again = desk.take(replace(UPLOAD, again=True))
    assert (again.status, again.run) == (Status.STARTED, f"{run[:-1]}2")


def test_a_bad_file_starts_nothing_and_tells_why_with_line_numbers() -> None:
    desk = Desk(file(3) + b"oops\n" + file(150, first=3) + line("x", extra=1))
    answer = desk.take()
    assert (answer.status, answer.run, desk.machine.started) == (Status.REJECTED, None, [])
    assert answer.reason.startswith(
        "2 errors in 155 lines, first a.jsonl:4: expecting value, at character 1 [not-json]"
    )
    assert [(finding["code"], finding["line"]) for finding in desk.report(answer)["findings"]] == [
        ("not-json", 4),
        ("unknown-field", 155),
    ]
    assert answer.report_uri
    assert answer.report_uri.startswith("s3://data/reports/support/")
    (notice,) = desk.sns.published
    assert answer.reason in notice["Message"]
    assert answer.report_uri in notice["Message"]


@pytest.mark.parametrize(
    ("body", "settings", "reason"),
    [
        (b"", {}, "it has no line [empty-file]"),
        (
            file(124),
            {},
            "99 prompts are left for training of 124 prompts in 124 lines, 124 of them different, 25 held out; "
            "allowed: 100 to 15000",
        ),
        (file(150), {"heldout_share": 0.001}, "no prompt is held out"),
        (file(20), {"heldout_max": 20}, "[too-few-prompts]"),
        (file(15_100), {"heldout_max": 10}, "there are 15100 prompts in 15100 lines, 15100 of them different; 10 may"),
        (file(15_009), {"heldout_share": 0.0005, "heldout_max": 10}, "15001 prompts are left for training"),
    ],
)
def test_a_number_of_prompts_that_no_job_takes_is_refused_with_the_true_count(
    body: bytes, settings: dict[str, Any], reason: str
) -> None:
    desk = Desk(body, **settings)
    answer = desk.take()
    assert answer.status is Status.REJECTED
    assert reason in answer.reason
    assert desk.report(answer)["prompts"] == body.count(b"\n")


BAD = (b"oops\n", b"\xff\n", line("x", id=1) + b"\n")


def test_bad_lines_are_put_aside_where_the_recipe_says_so_and_lie_beside_the_report() -> None:
    desk = Desk(b"".join(BAD) + file(150), bad_lines=BadLines.QUARANTINE, max_bad_lines=3)
    answer = desk.take()
    assert (answer.status, answer.reason) == (Status.STARTED, "3 bad lines were put aside, see the report")
    dataset = desk.ledger.run(answer.run or "").run.dataset
    assert (dataset.put_aside, dataset.prompts, dataset.heldout) == (3, 120, 30)
    report = desk.report(answer)
    assert (report["status"], report["bad_lines"], report["put_aside"], report["errors"]) == ("accepted", 3, 3, 3)
    assert report["quarantine_uri"].rpartition("/")[0] == dataset.report_uri.rpartition("/")[0]
    aside = [json.loads(each) for each in desk.s3.newest(report["quarantine_uri"]).splitlines()]
    assert [(each["line"], each["problems"][0]["code"]) for each in aside] == [
        (1, "not-json"),
        (2, "not-utf-8"),
        (3, "unknown-field"),
    ]
    assert (aside[0]["text"], aside[1]["base64"], json.loads(aside[2]["text"])["id"]) == ("oops", "/w==", 1)


def test_more_bad_lines_than_may_be_put_aside_refuse_the_upload() -> None:
    desk = Desk(b"".join(BAD) + file(150), bad_lines=BadLines.QUARANTINE, max_bad_lines=2)
    answer = desk.take()
    assert (answer.status, desk.machine.started) == (Status.REJECTED, [])
    assert "too-many-bad-lines" in [finding["code"] for finding in desk.report(answer)["findings"]]
    assert not [key for key in desk.s3.objects if "quarantine" in key]


def test_what_is_wrong_with_a_whole_file_is_never_put_aside() -> None:
    desk = Desk(gzip.compress(file(15_000))[:-30], key="prompts/support/a.jsonl.gz", bad_lines=BadLines.QUARANTINE)
    answer = desk.take(replace(UPLOAD, uri="s3://prompts/prompts/support/a.jsonl.gz"))
    assert (answer.status, desk.machine.started) == (Status.REJECTED, [])


def test_the_same_prompts_are_the_same_run_whatever_was_put_aside() -> None:
    dirty = Desk(BAD[0] + file(150), bad_lines=BadLines.QUARANTINE)
    assert dirty.take().run == Desk(file(150)).take().run


@pytest.mark.parametrize(
    ("mixed", "status"), [(MixedLabels.WARN, Status.STARTED), (MixedLabels.REJECT, Status.REJECTED)]
)
def test_prompts_with_and_without_references_are_told_or_refused_as_the_recipe_says(
    mixed: MixedLabels, status: Status
) -> None:
    desk = Desk(file(120) + file(60, first=120, answer=None), mixed_labels=mixed)
    answer = desk.take()
    (finding,) = desk.report(answer)["findings"]
    assert answer.status is status
    assert finding["wrong"] == "120 of 180 prompts have a reference answer"


def test_a_packed_file_that_is_cut_off_is_refused() -> None:
    desk = Desk(gzip.compress(file(150))[:-30], key="prompts/support/a.jsonl.gz")
    answer = desk.take(replace(UPLOAD, uri="s3://prompts/prompts/support/a.jsonl.gz"))
    assert "a.jsonl.gz: it ends too early" in answer.reason


@pytest.mark.parametrize(
    ("upload", "denied", "reason"),
    [
        (replace(UPLOAD, uri="s3://prompts/prompts/support/none.jsonl"), False, "NoSuchKey"),
        (replace(UPLOAD, version="v9"), False, "NoSuchVersion"),
        (UPLOAD, True, "AccessDenied"),
        (replace(UPLOAD, recipe="none"), False, "there is no recipe 'none'"),
    ],
)
def test_what_cannot_be_read_is_refused_without_a_report(upload: Upload, denied: bool, reason: str) -> None:
    desk = Desk(file(150))
    desk.s3.denied = denied
    answer = desk.take(upload)
    assert (answer.status, answer.report_uri) == (Status.REJECTED, None)
    assert reason in answer.reason
    assert len(desk.sns.published) == 1


def test_a_run_over_budget_is_not_started_and_its_report_tells_the_cost() -> None:
    desk = Desk(file(150), budget_usd=Decimal("0.10"))
    answer = desk.take()
    assert (answer.status, desk.machine.started, desk.ledger.active()) == (Status.OVER_BUDGET, [], {})
    assert [line["usd"] for line in desk.report(answer)["estimate"]["lines"]]


def test_a_run_above_what_is_left_of_its_month_is_not_started_and_somebody_is_told_who_holds_it() -> None:
    desk = Desk(file(150), file(160), budget_usd=Decimal(20), monthly_budget_usd=Decimal(20))
    first = desk.take().run or ""
    desk.ledger.job_asked(first)
    desk.ledger.close(first, Outcome.FAILED)
    desk.recipe = replace(desk.recipe, budget_usd=Decimal(10), monthly_budget_usd=Decimal(10))
    answer = desk.take(replace(UPLOAD, version="v2", again=True))
    assert (answer.status, len(desk.machine.started), desk.ledger.active()) == (Status.OVER_BUDGET, 1, {})
    assert all(word in desk.sns.published[-1]["Message"] for word in (first, "$10", "monthly_budget_usd"))
    assert desk.report(answer)["estimate"]
    assert len(desk.ledger.runs("support")) == 1


def test_a_retried_upload_whose_reservation_was_written_already_starts_and_reserves_once() -> None:
    desk = _died()
    run = desk.take().run or ""
    record = desk.ledger.run(run)
    assert desk.ledger.month("support", record.begun).runs == {run: record.run.dataset.at_most_usd}
    assert [started["name"] for started in desk.machine.started] == [run]


@pytest.mark.parametrize("monthly", [Decimal("0.20"), Decimal(100)])
def test_a_run_that_no_month_could_pay_does_not_wait_for_an_approval(monthly: Decimal) -> None:
    then = OverBudgetThen.APPROVE
    desk = Desk(file(150), budget_usd=Decimal("0.10"), monthly_budget_usd=monthly, over_budget=then)
    answer = desk.take()
    assert answer.status is (Status.AWAITING if monthly == 100 else Status.OVER_BUDGET)
    assert ("no approval could start it" in answer.reason) is (monthly != 100)


def test_a_recipe_with_another_run_on_the_road_is_busy() -> None:
    desk = Desk(file(150), file(160))
    desk.take()
    answer = desk.take(replace(UPLOAD, version="v2"))
    assert (answer.status, len(desk.machine.started), len(desk.sns.published)) == (Status.BUSY, 1, 1)


def test_a_folder_gathers_what_is_in_it_in_the_order_of_keys_and_passes_other_objects_over() -> None:
    folder = "prompts/uploads/support/autumn"
    desk = Desk()
    desk.s3.objects = {
        f"{folder}/b.jsonl": [file(80)],
        f"{folder}/a.jsonl": [file(80, first=80)],
        f"{folder}/readme.txt": [b"not a prompt"],
        f"{folder}/deep/c.jsonl.gz": [gzip.compress(file(10, first=160))],
        "prompts/uploads/support/other.jsonl": [b"not asked for"],
    }
    answer = desk.take(Upload(recipe="support", uri=f"s3://{folder}/"))
    assert answer.status is Status.STARTED
    report = desk.report(answer)
    assert [source["uri"].removeprefix(f"s3://{folder}/") for source in report["sources"]] == [
        "a.jsonl",
        "b.jsonl",
        "deep/c.jsonl.gz",
    ]
    assert report["prompts"] == 170


@pytest.mark.parametrize("denied", [False, True])
def test_a_folder_without_prompts_is_refused(denied: bool) -> None:
    desk = Desk(b"x", key="uploads/support/autumn/readme.txt")
    desk.s3.denied = denied
    answer = desk.take(Upload(recipe="support", uri="s3://prompts/uploads/support/autumn/"))
    assert answer.status is Status.REJECTED
    assert ("AccessDenied" if denied else "holds no object") in answer.reason


def test_a_manifest_gathers_the_files_beside_it_in_its_order() -> None:
    folder = "prompts/prompts/support/autumn"
    desk = Desk()
    desk.s3.objects = {
        f"{folder}/manifest.json": [b'{"files": ["b.jsonl", "a.jsonl"]}'],
        f"{folder}/a.jsonl": [file(80)],
        f"{folder}/b.jsonl": [file(80, first=80)],
        f"{folder}/c.jsonl": [b"not asked for"],
    }
    answer = desk.take(Upload(recipe="support", uri=f"s3://{folder}/manifest.json"))
    assert answer.status is Status.STARTED
    assert [source["uri"].rpartition("/")[2] for source in desk.report(answer)["sources"]] == ["b.jsonl", "a.jsonl"]


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
def test_a_manifest_of_another_shape_is_refused(manifest: bytes, reason: str) -> None:
    desk = Desk(manifest, key="prompts/support/autumn/manifest.json")
    answer = desk.take(Upload(recipe="support", uri="s3://prompts/prompts/support/autumn/manifest.json"))
    assert answer.status is Status.REJECTED
    assert reason in answer.reason


def test_neither_reports_nor_messages_quote_a_prompt() -> None:
    desk = Desk(line("my PIN is 1234", extra=1) + b"\n" + line("my PIN is 5678").replace(b"user", b"owner"))
    answer = desk.take()
    told = json.dumps(desk.report(answer)) + json.dumps(desk.sns.published) + answer.reason
    assert "PIN" not in told
