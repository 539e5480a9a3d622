"""Logs in place of prompts: a run whose job reads them, within the service's rules and the recipe's budget."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any

import pytest

from distillery.core.aws import ObjectStore
from distillery.core.conversation import Prompt, to_line
from distillery.core.curation import Curation, PersonalData
from distillery.core.errors import BadRequest, DatasetRejected
from distillery.core.holdout import Side, side_of
from distillery.core.logs import Direct, How, InvocationLogs, LogSource
from distillery.core.recipe import OverBudgetThen, Recipe
from distillery.core.serialization import to_wire
from distillery.datasets.answer import Status
from distillery.datasets.upload import Ignored, Upload, asked
from lambdas.dataset.direct import Taken, keep, take
from tests.unit.dataset.desk import STATED, Desk

LOGS = InvocationLogs(
    uri="s3://calls/AWSLogs/111111111111/BedrockModelInvocationLogs/us-east-1/",
    match={"distillery:route": "teacher", "distillery:side": "train"},
    use_responses=False,
)


def prompts(count: int, side: Side = Side.HELDOUT, *, reference: str | None = None, text: str = "q") -> list[Prompt]:
    """That many different ones, all of which the invoke function would mark so."""
    every = (Prompt(system=None, messages=(("user", f"{text}{n}"),), reference=reference) for n in range(100_000))
    return list(islice((prompt for prompt in every if side_of(prompt) is side), count))


def lines(*prompts: Prompt) -> tuple[str, ...]:
    return tuple(map(to_line, prompts))


HELD = prompts(100)
LINES = lines(*HELD)
DIRECT = Direct(logs=LOGS, calls=400, different=390, tokens=4000, heldout=LINES)
RECIPE = Recipe(
    name="support",
    teacher="amazon.nova-pro-v1:0",
    student="amazon.nova-micro-v1:0",
    logs=LogSource(match={"distillery:route": "teacher"}, how=How.DIRECT),
)
ANSWERS = replace(RECIPE, logs=LogSource(match={"distillery:route": "teacher"}, how=How.DIRECT, use_responses=True))
PLACE = "s3://prompts/collected/support/0a1b/logs.json"
UPLOAD = Upload(recipe="support", uri=PLACE)


class Objects(ObjectStore):
    """In memory: the same wherever it is asked for."""

    def __init__(self, body: Any) -> None:
        self.body = body if isinstance(body, bytes) else json.dumps(to_wire(body)).encode()
        self.kept: dict[str, bytes] = {}
        self.asked: list[str] = []

    def read(self, uri: str, version: str | None = None) -> bytes:
        self.asked.append(uri)
        return self.body

    def write(self, uri: str, body: bytes) -> None:
        self.kept[uri] = body


def taken(direct: Any = DIRECT, recipe: Recipe = RECIPE, upload: Upload = UPLOAD, objects: Any = None) -> Taken:
    store = objects or Objects(direct)
    return take(upload, recipe, store, lambda: STATED, region="us-east-1", on=date(2026, 11, 23))


def test_what_is_held_out_is_kept_and_the_logs_travel_as_they_are() -> None:
    objects = Objects(DIRECT)
    dataset = keep(taken(), RECIPE, objects, "data", "accepted")
    assert (dataset.logs, dataset.uri, dataset.prompts, dataset.heldout) == (LOGS, "", 400, 100)
    assert dataset.heldout_uri == f"s3://data/datasets/support/{dataset.digest}/heldout.jsonl"
    assert objects.kept[dataset.heldout_uri].decode().splitlines() == list(LINES)
    assert json.loads(objects.kept[dataset.report_uri])["estimate"]["total_usd"] == str(dataset.estimate_usd)
    assert not dataset.labelled


def test_the_same_logs_are_the_same_run_and_others_another() -> None:
    assert taken().digest == taken().digest
    assert taken(replace(DIRECT, calls=401)).digest != taken().digest


@pytest.mark.parametrize(("wanted", "told"), [(PersonalData.REPORT, 1), (PersonalData.IGNORE, 0)])
def test_personal_data_in_the_sample_of_what_a_job_learns_is_told_where_it_is_wanted(
    wanted: PersonalData, told: int
) -> None:
    """Nothing is masked that a job reads itself; whoever looks at the report learns that there is something."""
    (mail,) = prompts(1, text="Write to jo@example.com about order ")
    direct = replace(DIRECT, heldout=(*LINES, to_line(mail)))
    recipe, objects = replace(RECIPE, curation=Curation(personal_data=wanted)), Objects(direct)
    dataset = keep(taken(direct, recipe), recipe, objects, "data", "accepted")
    found = json.loads(objects.kept[dataset.report_uri])["dataset"]["curation"]["personal_data"]
    assert found == {"prompts": told, "found": {"email": 1} if told else {}}


LIES: dict[str, tuple[Direct, str]] = {
    "too few calls": (replace(DIRECT, calls=99, different=99), "99 calls"),
    "too many calls": (replace(DIRECT, calls=15_001), "15001 calls"),
    "more prompts than calls": (replace(DIRECT, different=401), "cannot ask 401 different prompts"),
    "no prompt, so that nobody is judged": (replace(DIRECT, different=0), "cannot ask 0 different prompts"),
    "another bucket": (
        replace(DIRECT, logs=replace(LOGS, uri="s3://mine/logs/")),
        "this environment logs its calls at",
    ),
    "another folder": (replace(DIRECT, logs=replace(LOGS, uri=f"{LOGS.uri}2026/")), "this environment logs its calls"),
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
        "the recipe says False",
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
        "other side|more than once",
    ),
    "lines that the job sees": (
        replace(DIRECT, heldout=(*LINES[:98], *lines(*prompts(2, Side.TRAIN)))),
        "2 of the 100 held-out prompts stand on the other side",
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


@pytest.mark.parametrize(("direct", "why"), LIES.values(), ids=LIES)
def test_what_the_recipe_the_stack_and_the_service_say_otherwise_is_refused(direct: Direct, why: str) -> None:
    with pytest.raises(DatasetRejected, match=why):
        taken(direct)


def test_answers_are_held_out_exactly_where_the_recipe_uses_them() -> None:
    uses = replace(DIRECT, logs=replace(LOGS, use_responses=True))
    answered = replace(uses, heldout=lines(*prompts(100, reference="yes")))
    assert [prompt.reference for prompt in taken(answered, ANSWERS).prompts] == ["yes"] * 100
    with pytest.raises(DatasetRejected, match="has no answer, and the recipe uses"):
        taken(replace(answered, heldout=(*answered.heldout[:99], LINES[99])), ANSWERS)


def test_a_file_does_not_state_its_own_cost() -> None:
    long = replace(DIRECT, calls=15_000, different=14_000, heldout=lines(*prompts(200, text="q" * 4_000)))
    honest, cheap = taken(replace(long, tokens=15_200 * 1_001)), taken(replace(long, tokens=1))
    assert cheap.tokens == honest.tokens == 15_200 * 1_001
    assert cheap.estimated.total_usd == honest.estimated.total_usd > 12
    more = taken(replace(long, tokens=15_200 * 2_000))
    assert more.tokens == 15_200 * 2_000
    assert keep(cheap, RECIPE, Objects(long), "data", "accepted").tokens == honest.tokens


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
def test_logs_are_believed_only_where_the_collection_stage_alone_writes(uri: str) -> None:
    objects = Objects(DIRECT)
    with pytest.raises(BadRequest, match="the collection stage alone writes"):
        taken(upload=replace(UPLOAD, uri=uri), objects=objects)
    assert objects.asked == []


def test_whoever_uploads_logs_among_the_prompts_is_told_why_it_is_refused() -> None:
    key = "prompts/support/0a1b/logs.json"
    desk = Desk(json.dumps(to_wire(DIRECT)).encode(), key=key)
    desk.recipe = RECIPE
    upload = asked({"detail": {"bucket": {"name": "prompts"}, "object": {"key": key, "version-id": "v1"}}})
    assert isinstance(upload, Upload)
    answer = desk.take(upload)
    assert (answer.status, desk.machine.started) == (Status.REJECTED, [])
    assert "run `distillery collect support`, or upload prompts" in answer.reason
    assert answer.reason in desk.sns.published[0]["Message"]


@pytest.mark.parametrize("body", [b"no json", b"[]", b'{"logs": 5}', to_wire(replace(DIRECT, heldout=("{}",)))])
def test_another_file_of_that_name_is_refused(body: Any) -> None:
    with pytest.raises(BadRequest):
        taken(body)


@pytest.mark.parametrize("logs", [None, LogSource(match={"a": "b"})])
def test_a_recipe_that_sends_prompts_takes_no_logs(logs: LogSource | None) -> None:
    with pytest.raises(BadRequest, match="gives its job no logs"):
        taken(recipe=replace(RECIPE, logs=logs))


@pytest.mark.parametrize(
    ("then", "status"), [(OverBudgetThen.REFUSE, Status.OVER_BUDGET), (OverBudgetThen.APPROVE, Status.AWAITING)]
)
def test_logs_are_held_to_the_budget(then: OverBudgetThen, status: Status) -> None:
    key = PLACE.removeprefix("s3://prompts/")
    desk = Desk(json.dumps(to_wire(DIRECT)).encode(), key=key)
    desk.recipe = replace(RECIPE, budget_usd=Decimal("0.01"), monthly_budget_usd=Decimal(100), over_budget=then)
    answer = desk.take(replace(UPLOAD, version="v1"))
    assert (answer.status, desk.machine.started) == (status, [])
    if status is Status.AWAITING:
        assert desk.report(answer)["status"] == "awaiting-approval"


@pytest.mark.parametrize(
    ("name", "triggers"),
    [("0a1b/logs.json", True), ("0a1b/other.json", False), ("a.jsonl", False), ("0a1b/manifest.json", False)],
)
def test_it_starts_a_run_by_its_arrival(name: str, triggers: bool) -> None:
    detail = {"bucket": {"name": "prompts"}, "object": {"key": f"collected/support/{name}", "version-id": "v"}}
    upload = asked({"detail": detail})
    assert isinstance(upload, Ignored) is not triggers
    assert not isinstance(upload, Upload) or (upload.is_direct, upload.recipe) == (True, "support")
