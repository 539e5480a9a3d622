"""The prompts of a promotion: only the bytes of its record start a run, and nothing of them is changed."""

import hashlib
import json
from dataclasses import replace
from decimal import Decimal
from random import Random
from string import ascii_lowercase
from typing import Any

import pytest

from distillery.core.admitted_ways import AdmittedWays, no_longer_admitted
from distillery.core.conversation import Prompt, to_line
from distillery.core.ledger.student_promotion import PromotionState, StudentPromotion, state_of
from distillery.core.ledger.uploads import Uploads
from distillery.core.pipeline import Outcome, Stage, Student
from distillery.core.promotions import Way, promotion_folder
from distillery.core.recipe_options import Curation, OverBudgetPolicy, PersonalData
from distillery.core.system_prompt import SystemPromptUse
from distillery.datasets.report import UploadStatus
from distillery.datasets.upload import IgnoredEvent, Upload, parse_event
from distillery.records.record import TrainingInputs, job_request
from lambdas.dataset.state_machine import StateMachine
from tests.fakes.errors import service_error
from tests.unit.core.ledger.test_promotions import ANN, BOB_ID, promotion
from tests.unit.dataset.fakes import file, line
from tests.unit.dataset.harness import IntakeHarness

ID = promotion().id
FOLDER = promotion_folder("support", ID)
MARKER = Upload(recipe="support", uri=f"s3://prompts/{FOLDER}promotion.json", version="v1")


def jsonl(*prompts: Prompt) -> bytes:
    return "".join(to_line(one) + "\n" for one in prompts).encode()


def prompt(text: str, system: str | None = "Label the ticket.", reference: str | None = "billing") -> Prompt:
    return Prompt(system=system, messages=(("user", text),), reference=reference)


TRAIN = jsonl(*(prompt(f"ticket number {i}") for i in range(150)))
HELDOUT = jsonl(*(prompt(f"letter number {i}") for i in range(40)))


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


class Promoted(IntakeHarness):
    """A promotion of a data set, whose files and marker were uploaded."""

    def __init__(self, train: bytes = TRAIN, heldout: bytes = HELDOUT, way: Way = Way.REDISTIL, **settings: Any):
        super().__init__(**settings)
        digest = sha256(train + b"\0" + heldout)
        training = TrainingInputs(dataset_digest=digest, prompts=150, job_request=job_request(self.recipe))
        of = replace(
            promotion().record,
            dataset_digest=digest,
            training_digest=training.digest,
            training_sha256=sha256(train),
            heldout_sha256=sha256(heldout),
        )
        self.promotion = promotion(record=of, way=way)
        assert self.promotions.begin(self.promotion)
        self.upload(train, heldout)

    def upload(self, train: bytes, heldout: bytes) -> None:
        for name, body in (("train.jsonl", train), ("heldout.jsonl", heldout), ("promotion.json", b"{}")):
            self.s3.put_object(Bucket="prompts", Key=f"{FOLDER}{name}", Body=body)

    @property
    def found(self) -> StudentPromotion:
        return self.promotions.find(ID)

    @property
    def state(self) -> PromotionState:
        return state_of(self.found, self.promotions.run_of(self.found))


def test_the_files_of_the_record_start_the_run_of_the_promotion() -> None:
    harness = Promoted()
    result = harness.accept(MARKER)
    assert result.status is UploadStatus.STARTED, result.reason
    (started,) = harness.machine.started
    assert started["name"] == result.run == harness.ledger.active()["support"] == harness.found.run
    record = harness.ledger.run(result.run or "")
    assert (record.promotion, record.outcome, harness.state) == (ID, Outcome.RUNNING, PromotionState.RUNNING)
    assert Stage.DATASET in record.stages
    assert harness.sns.published == []


def test_the_data_set_is_stored_unchanged_under_the_record_s_digest() -> None:
    harness = Promoted()
    result = harness.accept(MARKER)
    dataset = harness.ledger.run(result.run or "").run.dataset
    digest = harness.promotion.record.dataset_digest
    assert dataset.digest == digest
    assert dataset.uri == f"s3://data/datasets/support/{digest}/train.jsonl"
    assert harness.s3.newest(dataset.uri) == TRAIN
    assert harness.s3.newest(dataset.heldout_uri) == HELDOUT
    assert (dataset.prompts, dataset.heldout, dataset.labelled, dataset.duplicates) == (150, 40, True, 0)
    assert dataset.system is not None
    assert dataset.system.use is SystemPromptUse.SHARED
    assert harness.s3.newest(dataset.system.uri) == b"Label the ticket."
    report = harness.report(result)
    assert (report["status"], report["dataset"]["digest"], report["dataset"]["prompts"]) == ("accepted", digest, 150)
    assert Decimal(report["estimate"]["total_usd"]) == dataset.estimate_usd > 0
    assert report["evaluation"]["heldout"] == 40
    assert {one["uri"] for one in report["sources"]} == {
        f"s3://prompts/{FOLDER}{name}" for name in ("train.jsonl", "heldout.jsonl")
    }


def test_what_an_upload_prepared_is_prepared_alike_from_its_files() -> None:
    """The source's data set gives the same data set in the target: sizes, tokens, families and system prompts."""
    chances = map(Random, range(150))
    asked = (" ".join("".join(chance.choices(ascii_lowercase, k=7)) for _ in range(20)) for chance in chances)
    twice = (line(text) for each in asked for text in (each, f"Hello, {each}. Thank you!"))
    source = IntakeHarness(b"\n".join(twice))
    there = source.ledger.run(source.accept().run or "").run.dataset
    assert there.families_uri
    harness = Promoted(source.s3.newest(there.uri), source.s3.newest(there.heldout_uri))
    here = harness.ledger.run(harness.accept(MARKER).run or "").run.dataset
    assert replace(here, duplicates=0, system=there.system) == replace(there, duplicates=0)
    assert harness.s3.newest(here.families_uri) == source.s3.newest(there.families_uri)


def test_the_target_asks_as_many_held_out_prompts_as_its_recipe_says() -> None:
    harness = Promoted(heldout_max=30)
    dataset = harness.ledger.run(harness.accept(MARKER).run or "").run.dataset
    assert dataset.heldout == 30
    assert harness.s3.newest(dataset.heldout_uri) == HELDOUT


WRONG: dict[str, tuple[bytes, bytes]] = {
    "another training file": (TRAIN + jsonl(prompt("one more")), HELDOUT),
    "another held-out file": (TRAIN, HELDOUT[:-1]),
    "exchanged files": (HELDOUT, TRAIN),
    "no lines at all": (b"", b""),
    "what is no data set": (b"{", HELDOUT),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_bytes_are_refused_with_a_report_and_the_right_ones_follow(wrong: str) -> None:
    harness = Promoted()
    harness.upload(*WRONG[wrong])
    result = harness.accept(replace(MARKER, version="v2"))
    assert (result.status, result.run) == (UploadStatus.REJECTED, None)
    assert "not those that the student was trained on" in result.reason
    assert f"Promotion {ID} stays open" in result.reason
    assert harness.report(result)["reason"] == result.reason
    assert result.reason in harness.sns.published[-1]["Message"]
    assert harness.state is PromotionState.ADMITTED
    assert (harness.ledger.active(), harness.machine.started) == ({}, [])
    assert not [key for key in harness.s3.objects if key.startswith("data/datasets/")]
    harness.upload(TRAIN, HELDOUT)
    assert harness.accept(replace(MARKER, version="v3")).status is UploadStatus.STARTED


def test_the_digests_are_those_of_the_ledger_whatever_the_marker_says() -> None:
    harness = Promoted()
    other = TRAIN + jsonl(prompt("one more"))
    harness.upload(other, HELDOUT)
    claim = {"training_sha256": sha256(other), "dataset_digest": sha256(other + b"\0" + HELDOUT)}
    harness.s3.put_object(Bucket="prompts", Key=f"{FOLDER}promotion.json", Body=json.dumps(claim).encode())
    assert harness.accept(replace(MARKER, version="v3")).status is UploadStatus.REJECTED


def test_a_file_that_is_exchanged_while_it_is_read_is_not_kept() -> None:
    """The version that was compared is the one that is kept."""
    harness = Promoted()
    read = harness.s3.get_object

    def exchanging(**given: Any) -> Any:
        answer = read(**given)
        if given["Key"].endswith("heldout.jsonl") and not given.get("VersionId"):
            harness.upload(b"{}\n", b"{}\n")
        return answer

    harness.s3.get_object = exchanging
    dataset = harness.ledger.run(harness.accept(MARKER).run or "").run.dataset
    assert harness.s3.newest(dataset.uri) == TRAIN


def test_a_record_whose_files_are_not_its_data_set_is_refused() -> None:
    harness = Promoted()
    item = harness.table.items["recipe#support", ID]
    of = harness.promotion.record
    training = TrainingInputs(dataset_digest="f" * 64, prompts=150, job_request=job_request(harness.recipe))
    item["record"] = item["record"].replace(of.dataset_digest, "f" * 64).replace(of.training_digest, training.digest)
    result = harness.accept(MARKER)
    assert result.status is UploadStatus.REJECTED
    assert "find out who signed it" in result.reason


@pytest.mark.parametrize("missing", ["train.jsonl", "heldout.jsonl"])
def test_a_missing_file_is_named(missing: str) -> None:
    harness = Promoted()
    del harness.s3.objects[f"prompts/{FOLDER}{missing}"]
    result = harness.accept(MARKER)
    assert result.status is UploadStatus.REJECTED
    assert missing in result.reason
    assert harness.state is PromotionState.ADMITTED


def abandoned(harness: Promoted) -> None:
    harness.promotions.abandon(ID, by=ANN, reason="the wrong run")


def forgotten(harness: Promoted) -> None:
    harness.table.items.clear()


@pytest.mark.parametrize(
    ("prepare", "upload", "said"),
    [
        (abandoned, MARKER, "was abandoned at"),
        (forgotten, MARKER, "there is no promotion"),
        (lambda _: None, replace(MARKER, uri="s3://prompts/prompts/support/promotion.json"), "an id such as"),
        (lambda _: None, replace(MARKER, uri="s3://prompts/prompts/support/other/promotion.json"), "an id such as"),
    ],
)
def test_what_belongs_to_no_open_promotion_is_refused(prepare: Any, upload: Upload, said: str) -> None:
    harness = Promoted()
    prepare(harness)
    result = harness.accept(upload)
    assert result.status is UploadStatus.REJECTED
    assert said in result.reason
    assert harness.machine.started == []


@pytest.mark.parametrize("way", [Way.REPOINT, Way.COPY])
def test_a_promotion_that_trains_no_student_is_estimated_as_an_evaluation(way: Way) -> None:
    harness, trained = Promoted(way=way), Promoted()
    datasets = []
    for each in (harness, trained):
        result = each.accept(MARKER)
        assert result.status is UploadStatus.STARTED, result.reason
        datasets.append(each.ledger.run(result.run or "").run.dataset)
    judged, whole = datasets
    assert 0 < judged.estimate_usd == judged.at_most_usd < whole.estimate_usd < whole.at_most_usd
    assert judged.digest == whole.digest


@pytest.mark.parametrize(
    ("way", "ways"),
    [
        (Way.REPOINT, AdmittedWays(lenders=("qa",), copy_from=("111111111111",))),
        (Way.COPY, AdmittedWays(lenders=("staging",), copy_from=("333333333333",))),
    ],
)
def test_a_way_that_the_settings_no_longer_admit_starts_no_run(way: Way, ways: AdmittedWays) -> None:
    harness = Promoted(way=way)
    own, harness.ways = harness.ways, ways
    result = harness.accept(MARKER)
    assert (result.status, result.reason) == (UploadStatus.REJECTED, str(no_longer_admitted(harness.found)))
    assert (harness.machine.started, harness.state) == ([], PromotionState.ADMITTED)
    harness.ways = own
    assert harness.accept(MARKER).status is UploadStatus.STARTED


def test_a_student_of_its_own_needs_no_admitted_way() -> None:
    harness = Promoted()
    harness.ways = AdmittedWays()
    assert harness.accept(MARKER).status is UploadStatus.STARTED


@pytest.mark.parametrize("ways", [AdmittedWays(), AdmittedWays(lenders=("dev",)), AdmittedWays(copy_from=("1" * 12,))])
def test_a_function_has_the_ways_of_its_settings(ways: AdmittedWays, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ways.variables.items():
        monkeypatch.setenv(name, value)
    assert AdmittedWays.of_function() == ways
    assert bool(ways.variables) == (ways != AdmittedWays())


@pytest.mark.parametrize("changed", [{"max_answer_tokens": 65}, {"teacher": "amazon.nova-premier-v1:0"}])
def test_a_recipe_that_was_changed_meanwhile_trains_no_other_student(changed: dict[str, Any]) -> None:
    harness = Promoted()
    own, harness.recipe = harness.recipe, replace(harness.recipe, **changed)
    result = harness.accept(MARKER)
    assert result.status is UploadStatus.REJECTED
    assert "would train another student" in result.reason
    assert harness.state is PromotionState.ADMITTED
    harness.recipe = replace(own, min_score=0.9)
    assert harness.accept(MARKER).status is UploadStatus.STARTED


def test_a_promotion_in_the_folder_of_another_recipe_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    harness = Promoted()
    monkeypatch.setattr(harness, "load", lambda name: replace(harness.recipe, name=name))
    other = f"s3://prompts/prompts/billing/{ID}/promotion.json"
    result = harness.accept(replace(MARKER, recipe="billing", uri=other))
    assert "is of recipe 'support'" in result.reason


def test_only_the_marker_starts_a_promotion() -> None:
    def created(name: str) -> dict[str, Any]:
        return {"detail": {"bucket": {"name": "prompts"}, "object": {"key": f"{FOLDER}{name}", "version-id": "v1"}}}

    for name in ("train.jsonl", "heldout.jsonl"):
        assert isinstance(parse_event(created(name)), IgnoredEvent)
    found = parse_event(created("promotion.json"))
    assert found == MARKER
    assert isinstance(found, Upload)
    assert found.promotion == ID
    assert Upload(recipe="support", uri="s3://prompts/prompts/support/a.jsonl").promotion == ""


def test_a_second_delivery_finds_the_run() -> None:
    harness = Promoted()
    first, second = harness.accept(MARKER), harness.accept(MARKER)
    assert (second.status, second.run) == (UploadStatus.SAME, first.run)
    assert {one["name"] for one in harness.machine.started} == {first.run}
    assert len(harness.ledger.runs("support")) == 1


def ended(harness: Promoted, run: str | None, outcome: Outcome, *, student: bool) -> None:
    """The run ends, with a student or without."""
    assert run
    if student:
        harness.ledger.begin(run, Stage.DISTILLATION)
        harness.ledger.end(run, Stage.DISTILLATION, Student(model_arn=f"arn:{run}", job_arn="arn:job"))
    harness.ledger.close(run, outcome)


@pytest.mark.parametrize("outcome", [Outcome.REJECTED, Outcome.PROMOTED, Outcome.AWAITING_ACCEPTANCE])
def test_a_marker_that_is_written_again_starts_and_pays_nothing(outcome: Outcome) -> None:
    """Also where the recipe asks other held-out prompts by now, which makes another digest of it."""
    harness = Promoted()
    first = harness.accept(MARKER)
    ended(harness, first.run, outcome, student=True)
    harness.recipe = replace(harness.recipe, heldout_max=harness.recipe.heldout_max - 1)
    again = harness.accept(replace(MARKER, version="v2"))
    assert (again.status, again.run) == (UploadStatus.SAME, first.run)
    assert (len(harness.machine.started), len(harness.ledger.runs("support"))) == (1, 1)
    assert harness.ledger.active() == {}


def test_a_marker_alone_opens_no_run_after_one_that_failed() -> None:
    """Whoever may write it need not be one of the recipe's deciders."""
    harness = Promoted()
    first = harness.accept(MARKER)
    ended(harness, first.run, Outcome.FAILED, student=False)
    again = harness.accept(MARKER)
    assert (again.status, again.run) == (UploadStatus.SAME, first.run)
    assert f"once the record of promotion {ID} is admitted again" in again.reason
    harness.promotions.admit_again(harness.found, by_id=BOB_ID)
    third = harness.accept(MARKER)
    assert (third.status, harness.found.run) == (UploadStatus.STARTED, third.run)
    assert third.run != first.run


def test_the_prompts_of_an_earlier_promotion_are_refused_once_another_is_open() -> None:
    harness = Promoted()
    ended(harness, harness.accept(MARKER).run, Outcome.FAILED, student=False)
    harness.promotions.admit_again(harness.found, by_id=BOB_ID)
    assert harness.promotions.begin(promotion(60, "b"))
    again = harness.accept(MARKER)
    assert again.status is UploadStatus.REJECTED
    assert "began after" in again.reason
    assert len(harness.machine.started) == 1


def test_a_folder_that_contains_promotions_is_read_without_their_prompts() -> None:
    """Held-out prompts would become training prompts."""
    harness = Promoted()
    ended(harness, harness.accept(MARKER).run, Outcome.PROMOTED, student=True)
    harness.s3.put_object(Bucket="prompts", Key="prompts/support/b/a.jsonl", Body=file(150))
    result = harness.accept(Upload(recipe="support", uri="s3://prompts/prompts/support/"))
    assert result.status is UploadStatus.STARTED, result.reason
    assert [one["uri"] for one in harness.report(result)["sources"]] == ["s3://prompts/prompts/support/b/a.jsonl"]


@pytest.mark.parametrize("name", ["", "train.jsonl", "heldout.jsonl", "manifest.json", "more/a.jsonl", "more/"])
def test_the_folder_of_a_promotion_starts_no_other_run(name: str) -> None:
    harness = Promoted()
    harness.s3.put_object(Bucket="prompts", Key=f"{FOLDER}manifest.json", Body=b'{"files": ["heldout.jsonl"]}')
    harness.s3.put_object(Bucket="prompts", Key=f"{FOLDER}more/a.jsonl", Body=file(150))
    result = harness.accept(Upload(recipe="support", uri=f"s3://prompts/{FOLDER}{name}"))
    assert result.status is UploadStatus.REJECTED
    assert "is in the folder of a promotion" in result.reason
    assert (harness.machine.started, harness.state) == ([], PromotionState.ADMITTED)


@pytest.mark.parametrize("recipe", ["x" * 1001, "other", "../support"])
def test_a_marker_in_the_folder_of_an_unknown_recipe_is_refused_without_a_report(recipe: str) -> None:
    """Its name comes from an object's key: it would choose where the report goes, and could be too long for a key."""
    harness = Promoted()
    result = harness.accept(Upload(recipe=recipe, uri=f"s3://prompts/prompts/{recipe}/{ID}/promotion.json"))
    assert (result.status, result.report_uri) == (UploadStatus.REJECTED, None)
    assert not [key for key in harness.s3.objects if key.startswith("data/")]
    assert "Report" not in harness.sns.published[-1]["Message"]


class DyingMachine(StateMachine):
    """The function is killed before it starts the execution."""

    def start(self, run: Any) -> None:
        raise TimeoutError(run.id)


def test_a_function_that_dies_between_opening_and_starting_starts_the_run_when_it_is_repeated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    harness = Promoted()
    with monkeypatch.context() as patch:
        patch.setattr("tests.unit.dataset.harness.StateMachine", DyingMachine)
        with pytest.raises(TimeoutError):
            harness.accept(MARKER)
    assert (harness.machine.started, harness.state) == ([], PromotionState.RUNNING)
    result = harness.accept(MARKER)
    (started,) = harness.machine.started
    assert (started["name"], len(harness.ledger.runs("support"))) == (result.run, 1)


def test_a_throttled_read_is_retried_by_the_next_delivery() -> None:
    harness = Promoted()
    read = harness.s3.get_object
    failed: list[Any] = []

    def throttled(**given: Any) -> Any:
        if given["Key"].endswith("heldout.jsonl") and not failed:
            failed.append(given)
            raise service_error("SlowDown")
        return read(**given)

    harness.s3.get_object = throttled
    with pytest.raises(Exception, match="SlowDown"):
        harness.accept(MARKER)
    assert harness.state is PromotionState.ADMITTED
    assert harness.accept(MARKER).status is UploadStatus.STARTED


def test_the_recipe_is_busy_while_another_run_is_active_and_free_afterwards() -> None:
    harness = Promoted()
    harness.s3.put_object(Bucket="prompts", Key="prompts/support/a.jsonl", Body=file(150))
    other = harness.accept(Upload(recipe="support", uri="s3://prompts/prompts/support/a.jsonl", version="v1"))
    assert harness.accept(MARKER).status is UploadStatus.BUSY
    assert harness.state is PromotionState.ADMITTED
    harness.ledger.close(other.run or "", Outcome.REJECTED)
    assert harness.accept(MARKER).status is UploadStatus.STARTED


def test_over_budget_it_waits_for_an_approval_like_any_upload() -> None:
    harness = Promoted(budget_usd=Decimal("0.01"), over_budget=OverBudgetPolicy.APPROVE, monthly_budget_usd=Decimal(99))
    result = harness.accept(MARKER)
    assert (result.status, harness.state) == (UploadStatus.AWAITING, PromotionState.AWAITING_APPROVAL)
    assert harness.ledger.run(result.run or "").promotion == ID
    assert harness.machine.started == []


def test_the_uploads_are_recorded_for_four_eyes() -> None:
    harness = Promoted()
    run = harness.accept(MARKER).run or ""
    found = {(one.uri.rpartition("/")[2], one.version) for one in Uploads(harness.table).of(run)}
    assert found == {("train.jsonl", "v1"), ("heldout.jsonl", "v1"), ("promotion.json", "v1")}


@pytest.mark.parametrize("setting", [PersonalData.MASK, PersonalData.REJECT])
def test_personal_data_that_the_target_does_not_allow_is_refused(setting: PersonalData) -> None:
    train = TRAIN + jsonl(prompt("my address is jane.doe@example.com"))
    harness = Promoted(train, curation=Curation(personal_data=setting))
    result = harness.accept(MARKER)
    assert result.status is UploadStatus.REJECTED
    assert "1 prompts contain personal data (1 email)" in result.reason
    assert "distillery promotions abandon PROMOTION" in result.reason
    assert harness.state is PromotionState.ADMITTED
    allowed = Promoted(train, curation=Curation(personal_data=PersonalData.REPORT))
    report = allowed.report(allowed.accept(MARKER))
    assert report["dataset"]["curation"]["personal_data"] == {"prompts": 1, "found": {"email": 1}}


def test_masked_prompts_of_the_source_pass_where_the_target_masks_too() -> None:
    source = IntakeHarness(
        file(149) + line("write to jane.doe@example.com, please") + b"\n",
        curation=Curation(personal_data=PersonalData.MASK),
    )
    there = source.ledger.run(source.accept().run or "").run.dataset
    files = source.s3.newest(there.uri), source.s3.newest(there.heldout_uri)
    harness = Promoted(*files, curation=Curation(personal_data=PersonalData.MASK))
    assert harness.accept(MARKER).status is UploadStatus.STARTED


@pytest.mark.parametrize(("kind", "text"), [("training", "ticket number 7"), ("held-out", "letter number 7")])
def test_prompts_of_the_target_s_golden_set_are_refused(kind: str, text: str) -> None:
    harness = Promoted(golden_set="set.jsonl")
    harness.s3.put_object(Bucket="prompts", Key="golden/support/set.jsonl", Body=jsonl(prompt(text), prompt("unseen")))
    result = harness.accept(MARKER)
    assert result.status is UploadStatus.REJECTED
    assert f"1 {kind} prompts are in the golden set set.jsonl" in result.reason
    assert "distillery promotions abandon PROMOTION" in result.reason
    harness.s3.put_object(Bucket="prompts", Key="golden/support/set.jsonl", Body=jsonl(prompt("unseen")))
    assert harness.accept(MARKER).status is UploadStatus.STARTED
