"""Logs in place of prompts: a run whose job reads them, within the service's rules and the recipe's budget."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from lambdas.dataset.answer import Status
from lambdas.dataset.direct import keep, take
from lambdas.dataset.upload import Ignored, Upload, asked
from lambdas.shared.aws import ObjectStore
from lambdas.shared.conversation import Prompt, to_line
from lambdas.shared.errors import BadRequest, DatasetRejected
from lambdas.shared.logs import Direct, How, InvocationLogs, LogSource
from lambdas.shared.recipe import OverBudgetThen, Recipe
from lambdas.shared.wire import to_wire
from tests.unit.dataset.desk import Desk

LOGS = InvocationLogs(
    uri="s3://calls/AWSLogs/111111111111/BedrockModelInvocationLogs/us-east-1/",
    match={"distillery:route": "teacher", "distillery:side": "train"},
    use_responses=False,
)
LINES = tuple(to_line(Prompt(system=None, messages=(("user", f"q{n}"),), reference=None)) for n in range(20))
DIRECT = Direct(logs=LOGS, calls=400, tokens=4000, heldout=LINES)
RECIPE = Recipe(
    name="support",
    teacher="amazon.nova-pro-v1:0",
    student="amazon.nova-micro-v1:0",
    logs=LogSource(match={"distillery:route": "teacher"}, how=How.DIRECT),
)
UPLOAD = Upload(recipe="support", uri="s3://prompts/prompts/support/0a1b/logs.json")


class Objects(ObjectStore):
    """In memory."""

    def __init__(self, body: Any) -> None:
        self.kept = {UPLOAD.uri: body if isinstance(body, bytes) else json.dumps(to_wire(body)).encode()}

    def read(self, uri: str, version: str | None = None) -> bytes:
        return self.kept[uri]

    def write(self, uri: str, body: bytes) -> None:
        self.kept[uri] = body


def taken(direct: Any = DIRECT, recipe: Recipe = RECIPE) -> Any:
    return take(UPLOAD, recipe, Objects(direct), region="us-east-1", on=date(2026, 11, 23))


def test_what_is_held_out_is_kept_and_the_logs_travel_as_they_are() -> None:
    objects = Objects(DIRECT)
    dataset = keep(taken(), RECIPE, objects, "data", "accepted")
    assert (dataset.logs, dataset.uri, dataset.prompts, dataset.heldout) == (LOGS, "", 400, 20)
    assert dataset.heldout_uri == f"s3://data/datasets/support/{dataset.digest}/heldout.jsonl"
    assert objects.kept[dataset.heldout_uri].decode().splitlines() == list(LINES)
    assert json.loads(objects.kept[dataset.report_uri])["estimate"]["total_usd"] == str(dataset.estimate_usd)
    assert not dataset.labelled


def test_the_same_logs_are_the_same_run_and_others_another() -> None:
    assert taken().digest == taken().digest
    assert taken(replace(DIRECT, calls=401)).digest != taken().digest


@pytest.mark.parametrize(
    ("direct", "why"),
    [
        (replace(DIRECT, calls=99), "99 calls"),
        (replace(DIRECT, calls=15_001), "15001 calls"),
        (replace(DIRECT, heldout=()), "no prompt is held out"),
        (replace(DIRECT, logs=replace(LOGS, uri="s3://calls/dt=1/")), "no address"),
        (replace(DIRECT, logs=replace(LOGS, match={})), "0 pairs"),
        (replace(DIRECT, logs=replace(LOGS, match={f"k{n}": "v" for n in range(17)})), "17 pairs"),
        (replace(DIRECT, logs=replace(LOGS, match={"k": "v|w"})), "hold what metadata cannot"),
    ],
)
def test_logs_that_a_job_would_refuse_start_nothing(direct: Direct, why: str) -> None:
    with pytest.raises(DatasetRejected, match=why):
        taken(direct)


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
    key = UPLOAD.uri.removeprefix("s3://prompts/")
    desk = Desk(json.dumps(to_wire(DIRECT)).encode(), key=key)
    desk.recipe = replace(RECIPE, budget_usd=Decimal("0.01"), over_budget=then)
    answer = desk.take(replace(UPLOAD, version="v1"))
    assert (answer.status, desk.machine.started) == (status, [])
    if status is Status.AWAITING:
        assert desk.report(answer)["status"] == "awaiting-approval"


@pytest.mark.parametrize(("key", "triggers"), [("support/0a1b/logs.json", True), ("support/0a1b/other.json", False)])
def test_it_starts_a_run_by_its_arrival(key: str, triggers: bool) -> None:
    detail = {"bucket": {"name": "prompts"}, "object": {"key": f"prompts/{key}", "version-id": "v"}}
    upload = asked({"detail": detail})
    assert isinstance(upload, Ignored) is not triggers
    assert not isinstance(upload, Upload) or upload.is_direct
