"""Data sets of recipes whose job reads invocation logs itself."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any

import pytest

from distillery.core.aws import ObjectStore
from distillery.core.conversation import Prompt, to_line
from distillery.core.errors import BadRequest, DatasetRejected
from distillery.core.holdout import Side, side_of
from distillery.core.logs import DirectLogs, InvocationLogs, LogReadMode, LogSource
from distillery.core.recipe import Recipe
from distillery.core.recipe_options import Curation, OverBudgetPolicy, PersonalData
from distillery.core.serialization import to_wire
from distillery.datasets.report import UploadStatus
from distillery.datasets.upload import IgnoredEvent, Upload, parse_event
from lambdas.dataset.logs_input import LogsInput, read, store
from tests.unit.dataset.harness import LOGS_LOCATION, IntakeHarness

LOGS = InvocationLogs(
    uri="s3://calls/AWSLogs/111111111111/BedrockModelInvocationLogs/us-east-1/",
    match={"distillery:route": "teacher", "distillery:side": "train"},
    use_responses=False,
)


def prompts(count: int, side: Side = Side.HELDOUT, *, reference: str | None = None, text: str = "q") -> list[Prompt]:
    """Distinct prompts that the invoke function would mark for this side."""
    every = (Prompt(system=None, messages=(("user", f"{text}{n}"),), reference=reference) for n in range(100_000))
    return list(islice((prompt for prompt in every if side_of(prompt) is side), count))


def lines(*prompts: Prompt) -> tuple[str, ...]:
    return tuple(map(to_line, prompts))


HELD = prompts(100)
LINES = lines(*HELD)
DIRECT = DirectLogs(logs=LOGS, calls=400, different=390, tokens=4000, heldout=LINES)
RECIPE = Recipe(
    name="support",
    teacher="amazon.nova-pro-v1:0",
    student="amazon.nova-micro-v1:0",
    logs=LogSource(match={"distillery:route": "teacher"}, how=LogReadMode.DIRECT),
)
ANSWERS = replace(
    RECIPE, logs=LogSource(match={"distillery:route": "teacher"}, how=LogReadMode.DIRECT, use_responses=True)
)
DIALOGUES = (
    Prompt(system=None, messages=(*HELD[0].messages, ("assistant", "a"), ("user", f"b{n}")), reference=None)
    for n in range(99)
)
DIALOGUE = next(dialogue for dialogue in DIALOGUES if side_of(dialogue) is Side.HELDOUT)
ADDRESS = "s3://prompts/collected/support/0a1b/logs.json"
UPLOAD = Upload(recipe="support", uri=ADDRESS)


class Objects(ObjectStore):
    """In memory; every read returns the same body."""

    def __init__(self, body: Any) -> None:
        self.body = body if isinstance(body, bytes) else json.dumps(to_wire(body)).encode()
        self.written: dict[str, bytes] = {}
        self.reads: list[str] = []

    def read(self, uri: str, version: str | None = None) -> bytes:
        self.reads.append(uri)
        return self.body

    def write(self, uri: str, body: bytes, *, content_type: str = "") -> None:
        self.written[uri] = body


def read_logs(direct: Any = DIRECT, recipe: Recipe = RECIPE, upload: Upload = UPLOAD, objects: Any = None) -> LogsInput:
    source = objects or Objects(direct)
    return read(upload, recipe, source, lambda: LOGS_LOCATION, region="us-east-1", on=date(2026, 11, 23))


def test_held_out_prompts_are_stored_and_logs_are_passed_on_unchanged() -> None:
    objects = Objects(DIRECT)
    dataset = store(read_logs(), RECIPE, objects, "data", UploadStatus.ACCEPTED)
    assert (dataset.logs, dataset.uri, dataset.prompts, dataset.heldout) == (LOGS, "", 400, 100)
    assert dataset.heldout_uri == f"s3://data/datasets/support/{dataset.digest}/heldout.jsonl"
    assert objects.written[dataset.heldout_uri].decode().splitlines() == list(LINES)
    assert json.loads(objects.written[dataset.report_uri])["estimate"]["total_usd"] == str(dataset.estimate_usd)
    assert not dataset.labelled


def test_the_same_logs_are_the_same_run_and_others_another() -> None:
    assert read_logs().digest == read_logs().digest
    assert read_logs(replace(DIRECT, calls=401)).digest != read_logs().digest


@pytest.mark.parametrize(("setting", "count"), [(PersonalData.REPORT, 1), (PersonalData.IGNORE, 0)])
def test_personal_data_in_the_held_out_sample_is_reported(setting: PersonalData, count: int) -> None:
    """Logs that a job reads itself are not masked; the report shows that there is personal data."""
    (mail,) = prompts(1, text="Write to jo@example.com about order ")
    direct = replace(DIRECT, heldout=(*LINES, to_line(mail)))
    recipe, objects = replace(RECIPE, curation=Curation(personal_data=setting)), Objects(direct)
    dataset = store(read_logs(direct, recipe), recipe, objects, "data", UploadStatus.ACCEPTED)
    found = json.loads(objects.written[dataset.report_uri])["dataset"]["curation"]["personal_data"]
    assert found == {"prompts": count, "found": {"email": 1} if count else {}}


INVALID: dict[str, tuple[DirectLogs, str]] = {
    "too few calls": (replace(DIRECT, calls=99, different=99), "99 calls"),
    "too many calls": (replace(DIRECT, calls=15_001), "15001 calls"),
    "more prompts than calls": (replace(DIRECT, different=401), "cannot have 401 distinct prompts"),
    "no prompt, so that nobody is judged": (replace(DIRECT, different=0), "cannot have 0 distinct prompts"),
    "another bucket": (
        replace(DIRECT, logs=replace(LOGS, uri="s3://mine/logs/")),
        "this environment's logs are at",
    ),
    "another folder": (replace(DIRECT, logs=replace(LOGS, uri=f"{LOGS.uri}2026/")), "this environment's logs are at"),
    "no filter": (replace(DIRECT, logs=replace(LOGS, match={})), "the recipe's is"),
    "another filter": (
        replace(DIRECT, logs=replace(LOGS, match={"distillery:route": "mine", "distillery:side": "train"})),
        "the recipe's is",
    ),
    "a filter of both sides": (
        replace(DIRECT, logs=replace(LOGS, match={"distillery:route": "teacher"})),
        "the recipe's is",
    ),
    "the other side": (
        replace(DIRECT, logs=replace(LOGS, match={**LOGS.match, "distillery:side": "heldout"})),
        "the recipe's is",
    ),
    "a narrower filter": (replace(DIRECT, logs=replace(LOGS, match={**LOGS.match, "who": "me"})), "the recipe's is"),
    "answers that the recipe does not use": (
        replace(DIRECT, logs=replace(LOGS, use_responses=True)),
        "the recipe has False",
    ),
    "nothing held out": (replace(DIRECT, heldout=()), "0 prompts are held out"),
    "one line held out": (replace(DIRECT, heldout=LINES[:1]), "1 prompts are held out, and 55 to 200"),
    "more held out than the recipe says": (
        replace(DIRECT, heldout=lines(*prompts(201))),
        "201 prompts are held out, and 90 to 200",
    ),
    "one line again and again": (replace(DIRECT, heldout=LINES[:1] * 100), "more than once"),
    "one line in small and capital letters": (
        replace(DIRECT, heldout=(*LINES[:99], lines(replace(HELD[0], messages=(("user", "Q0"),)))[0])),
        "training side|more than once",
    ),
    "a dialogue, which no job that reads logs sees": (
        replace(DIRECT, heldout=(*LINES[:99], *lines(DIALOGUE))),
        "1 of the 100 held-out prompts have several turns",
    ),
    "lines that the job sees": (
        replace(DIRECT, heldout=(*LINES[:98], *lines(*prompts(2, Side.TRAIN)))),
        "2 of the 100 held-out prompts belong to the training side",
    ),
    "lines with answers of one's own": (
        replace(DIRECT, heldout=lines(*prompts(100, reference="yes"))),
        "has an answer, and the recipe does not use",
    ),
    "lines without text": (
        replace(DIRECT, heldout=(*LINES[:99], to_line(Prompt(system=None, messages=(("user", " "),), reference=None)))),
        "1 error in 100 lines",
    ),
    "half a character": (
        replace(DIRECT, heldout=(*LINES[:99], LINES[0].replace("q", "\\ud800"))),
        "1 error in 100 lines",
    ),
    "half a character as it is": (
        replace(DIRECT, heldout=(*LINES[:99], LINES[0].replace("q", "\ud800"))),
        "1 error in 100 lines",
    ),
    "a line of a megabyte": (
        replace(DIRECT, heldout=(*LINES[:99], LINES[0].replace("q", "q" * 2**20))),
        "1 error in 100 lines",
    ),
    "a line beside a line": (replace(DIRECT, heldout=(*LINES[:99], f"\n{LINES[99]}")), "1 error in 101 lines"),
}


@pytest.mark.parametrize(("direct", "why"), INVALID.values(), ids=INVALID)
def test_logs_that_break_a_rule_are_rejected(direct: DirectLogs, why: str) -> None:
    with pytest.raises(DatasetRejected, match=why):
        read_logs(direct)


def test_held_out_prompts_have_answers_only_if_the_recipe_uses_them() -> None:
    uses = replace(DIRECT, logs=replace(LOGS, use_responses=True))
    answered = replace(uses, heldout=lines(*prompts(100, reference="yes")))
    assert [prompt.reference for prompt in read_logs(answered, ANSWERS).heldout] == ["yes"] * 100
    with pytest.raises(DatasetRejected, match="has no answer, and the recipe uses"):
        read_logs(replace(answered, heldout=(*answered.heldout[:99], LINES[99])), ANSWERS)


def test_a_file_does_not_state_its_own_cost() -> None:
    held = prompts(200, text="q" * 4_000)
    long = replace(DIRECT, calls=15_000, different=14_000, heldout=lines(*held))
    all_calls = 15_200 * sum(prompt.tokens for prompt in held) // 200
    honest, cheap = read_logs(replace(long, tokens=all_calls)), read_logs(replace(long, tokens=1))
    assert cheap.tokens == honest.tokens == all_calls > 15_200 * 1_000
    assert cheap.estimate.total_usd == honest.estimate.total_usd > 12
    more = read_logs(replace(long, tokens=15_200 * 2_000))
    assert more.tokens == 15_200 * 2_000
    assert store(cheap, RECIPE, Objects(long), "data", UploadStatus.ACCEPTED).tokens == honest.tokens


ELSEWHERE = [
    "s3://prompts/prompts/support/0a1b/logs.json",
    "s3://prompts/uploads/support/0a1b/logs.json",
    "s3://prompts/prompts/support/collected/support/0a1b/logs.json",
    "s3://mine/collected/support/0a1b/logs.json",
    "s3://prompts/collected/billing/0a1b/logs.json",
    "s3://prompts/collected/support/logs.json",
    "s3://prompts/collected/support/0a1b/0a1b/logs.json",
    "s3://prompts/collected/support/../../prompts/support/0a1b/logs.json",
    "s3://prompts?x=/collected/support/0a1b/logs.json",
    "s3://prompts/collected/support/0a1b?/logs.json",
]


@pytest.mark.parametrize("uri", ELSEWHERE)
def test_logs_are_accepted_only_from_the_collection_stages_folder(uri: str) -> None:
    objects = Objects(DIRECT)
    with pytest.raises(BadRequest, match="only the collection stage writes"):
        read_logs(upload=replace(UPLOAD, uri=uri), objects=objects)
    assert objects.reads == []


def test_logs_among_the_prompts_are_rejected_with_the_reason() -> None:
    key = "prompts/support/0a1b/logs.json"
    harness = IntakeHarness(json.dumps(to_wire(DIRECT)).encode(), key=key)
    harness.recipe = RECIPE
    upload = parse_event({"detail": {"bucket": {"name": "prompts"}, "object": {"key": key, "version-id": "v1"}}})
    assert isinstance(upload, Upload)
    result = harness.accept(upload)
    assert (result.status, harness.machine.started) == (UploadStatus.REJECTED, [])
    assert "run `distillery collect support`, or upload prompts" in result.reason
    assert result.reason in harness.sns.published[0]["Message"]


@pytest.mark.parametrize("body", [b"no json", b"[]", b'{"logs": 5}', to_wire(replace(DIRECT, heldout=("{}",)))])
def test_other_content_is_rejected(body: Any) -> None:
    with pytest.raises(BadRequest):
        read_logs(body)


@pytest.mark.parametrize("logs", [None, LogSource(match={"a": "b"})])
def test_a_recipe_that_uses_prompts_accepts_no_logs(logs: LogSource | None) -> None:
    with pytest.raises(BadRequest, match="does not read logs"):
        read_logs(recipe=replace(RECIPE, logs=logs))


@pytest.mark.parametrize(
    ("then", "status"),
    [(OverBudgetPolicy.REFUSE, UploadStatus.OVER_BUDGET), (OverBudgetPolicy.APPROVE, UploadStatus.AWAITING)],
)
def test_the_budget_applies_to_logs(then: OverBudgetPolicy, status: UploadStatus) -> None:
    key = ADDRESS.removeprefix("s3://prompts/")
    harness = IntakeHarness(json.dumps(to_wire(DIRECT)).encode(), key=key)
    harness.recipe = replace(RECIPE, budget_usd=Decimal("0.01"), monthly_budget_usd=Decimal(100), over_budget=then)
    result = harness.accept(replace(UPLOAD, version="v1"))
    assert (result.status, harness.machine.started) == (status, [])
    if status is UploadStatus.AWAITING:
        assert harness.report(result)["status"] == "awaiting-approval"


@pytest.mark.parametrize(
    ("name", "triggers"),
    [("0a1b/logs.json", True), ("0a1b/other.json", False), ("a.jsonl", False), ("0a1b/manifest.json", False)],
)
def test_its_arrival_starts_a_run(name: str, triggers: bool) -> None:
    detail = {"bucket": {"name": "prompts"}, "object": {"key": f"collected/support/{name}", "version-id": "v"}}
    upload = parse_event({"detail": detail})
    assert isinstance(upload, IgnoredEvent) is not triggers
    assert not isinstance(upload, Upload) or (upload.is_direct, upload.recipe) == (True, "support")
