"""From an upload to a run, or to a reason why not."""

import gzip
import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from lambdas.dataset.answer import Answer, Status
from lambdas.dataset.findings import KEPT
from lambdas.dataset.intake import Intake
from lambdas.dataset.machine import Machine
from lambdas.dataset.refusal import Refusals
from lambdas.dataset.upload import Upload
from lambdas.shared.aws import ClientError, ObjectStore
from lambdas.shared.errors import BadRequest
from lambdas.shared.ledger import Ledger
from lambdas.shared.notices import Notices
from lambdas.shared.recipe import Recipe
from lambdas.shared.road import Outcome, Stage
from tests.fakes.road import recipe
from tests.fakes.services import FakeSns, FakeStepFunctions
from tests.fakes.table import MemoryTable
from tests.unit.dataset.fakes import FakeS3, file, line

MACHINE = "arn:aws:states:us-east-1:111111111111:stateMachine:road"
KEY = "prompts/support/a.jsonl"
UPLOAD = Upload(recipe="support", uri=f"s3://prompts/{KEY}", version="v1")


class Desk:
    """An intake over fakes, and what came of it."""

    def __init__(self, *objects: bytes, key: str = KEY, **settings: Any) -> None:
        self.s3: Any = FakeS3({f"prompts/{key}": list(objects)} if objects else {})
        self.sns: Any = FakeSns()
        self.machine: Any = FakeStepFunctions()
        self.ledger = Ledger(MemoryTable())
        self.recipe = recipe(**settings)

    def take(self, upload: Upload = UPLOAD) -> Answer:
        objects = ObjectStore(self.s3)
        return Intake(
            region="us-east-1",
            today=date(2026, 11, 23),
            data_bucket="data",
            recipes=self._load,
            objects=objects,
            ledger=self.ledger,
            machine=Machine(MACHINE, self.machine),
            refusals=Refusals("data", objects, Notices("topic", self.sns)),
        ).take(upload)

    def _load(self, name: str) -> Recipe:
        if name != "support":
            raise BadRequest(f"there is no recipe {name!r}; this environment has ['support']")
        return self.recipe

    def report(self, answer: Answer) -> Any:
        assert answer.report_uri
        return self.s3.json(answer.report_uri)


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
    assert (report["status"], report["lines"], report["findings_total"]) == ("accepted", 150, 0)
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


def test_a_delivery_that_died_before_the_execution_began_is_made_good_by_the_next() -> None:
    desk = Desk(file(150))
    desk.machine.refuse = "ThrottlingException"
    with pytest.raises(ClientError):
        desk.take()
    desk.machine.refuse = ""
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
    desk = Desk(file(3) + b"oops\n" + file(150) + line("x", extra=1))
    answer = desk.take()
    assert (answer.status, answer.run, desk.machine.started) == (Status.REJECTED, None, [])
    assert "2 finding(s) in 155 line(s), first a.jsonl, line 4: is not JSON" in answer.reason
    assert [finding["line"] for finding in desk.report(answer)["findings"]] == [4, 155]
    assert answer.report_uri
    assert answer.report_uri.startswith("s3://data/reports/support/")
    (notice,) = desk.sns.published
    assert answer.reason in notice["Message"]
    assert answer.report_uri in notice["Message"]


def test_all_findings_are_counted_and_the_first_hundred_kept() -> None:
    desk = Desk(b"oops\n" * 250)
    report = desk.report(desk.take())
    assert (report["findings_total"], len(report["findings"])) == (250, KEPT)


@pytest.mark.parametrize(
    ("body", "settings", "reason"),
    [
        (b"", {}, "0 prompts are left"),
        (file(124), {}, "99 prompts are left for training (124 lines, 0 duplicates, 25 held out); 100 to 15000"),
        (file(150), {"heldout_share": 0.001}, "no prompt is held out"),
        (file(20), {"heldout_max": 20}, "prompts are left"),
    ],
)
def test_too_few_prompts_are_refused(body: bytes, settings: dict[str, Any], reason: str) -> None:
    answer = Desk(body, **settings).take()
    assert answer.status is Status.REJECTED
    assert reason in answer.reason


def test_reading_stops_where_there_are_too_many_prompts() -> None:
    answer = Desk(file(15_050), heldout_max=10).take()
    assert "a.jsonl, line 15011: more than 15010 different prompts" in answer.reason


def test_a_packed_file_that_is_cut_off_is_refused() -> None:
    desk = Desk(gzip.compress(file(150))[:-30], key="prompts/support/a.jsonl.gz")
    answer = desk.take(replace(UPLOAD, uri="s3://prompts/prompts/support/a.jsonl.gz"))
    assert "a.jsonl.gz: the gzip file is cut off" in answer.reason


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


def test_a_recipe_with_another_run_on_the_road_is_busy() -> None:
    desk = Desk(file(150), file(160))
    desk.take()
    answer = desk.take(replace(UPLOAD, version="v2"))
    assert (answer.status, len(desk.machine.started), len(desk.sns.published)) == (Status.BUSY, 1, 1)


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
