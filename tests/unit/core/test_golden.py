"""The current code loads what version 0.1.0 stored."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from distillery.client.route_map import RouteMap
from distillery.core import conversation, env_vars, recipe
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.rollbacks import Rollbacks
from distillery.core.pipeline import Alias, Chunk, Endpoint, Outcome, Run, Stage, Student, Verdict
from distillery.core.serialization import from_wire, to_wire
from distillery.core.steps import product, state_of
from distillery.evaluation.answers import PromptAnswers
from distillery.evaluation.contestants import ALWAYS
from tests.fakes.table import MemoryTable

GOLDEN = Path(__file__).parents[2] / "golden" / "0.1.0"


def golden(name: str) -> Any:
    return json.loads((GOLDEN / name).read_text(encoding="utf-8"))


@pytest.fixture
def table() -> MemoryTable:
    table = MemoryTable()
    for item in golden("ledger.json"):
        table.put(item)
    return table


def test_the_runs_of_a_ledger_are_read_with_their_stages(table: MemoryTable) -> None:
    by_outcome = {record.outcome: record for record in Ledger(table).runs("support")}
    assert set(by_outcome) == {Outcome.PROMOTED, Outcome.REJECTED, Outcome.FAILED, Outcome.RUNNING}
    promoted = by_outcome[Outcome.PROMOTED]
    assert set(promoted.stages) == {Stage.DISTILLATION, Stage.ENDPOINT, Stage.EVALUATION, Stage.PROMOTION}
    assert promoted.has_student
    assert promoted.run.dataset.estimate_usd == Decimal("1.50")
    assert not by_outcome[Outcome.FAILED].has_student
    for record in by_outcome.values():
        assert record.run.recipe.digest, "newer settings must have defaults"
        assert record.started_at == record.opened


def test_a_ledger_goes_on_where_it_was(table: MemoryTable) -> None:
    ledger = Ledger(table)
    (waiting,) = ledger.waiting_jobs()
    assert ledger.active() == {"support": waiting.run}
    run = ledger.run(waiting.run).run
    ledger.count_job_request(run.id)
    ledger.end(run.id, Stage.DISTILLATION, from_wire(Student, golden("execution.json")["student"]))
    ledger.remove_waiting_job(waiting)
    assert ledger.close(run.id, Outcome.FAILED, "aborted")
    assert (ledger.active(), ledger.waiting_jobs(), Rollbacks(table).of("support")) == ({}, [], [])
    again = ledger.open(run.recipe, run.dataset, again=True)
    assert again.run.attempt == run.attempt + 1


@pytest.mark.parametrize("name", ["alias.json", "alias-with-previous.json"])
def test_an_alias_is_read_and_written_as_it_was(name: str) -> None:
    added = {"system": None, "previous_system": None, "paused": None, "canary": None}
    assert to_wire(from_wire(Alias, golden(name))) == golden(name) | added


def test_the_recipes_of_a_settings_layer_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(env_vars, "read_settings", golden)
    recipes = recipe.load_all()
    assert recipe.load("support") == recipes["support"]
    assert recipes["returns"].unit_price_usd_per_hour == Decimal(10)
    assert recipes["support"].tags == {"team": "support"}


@pytest.mark.parametrize(
    ("name", "kind"),
    [("run", Run), ("student", Student), ("candidate", Endpoint), ("verdict", Verdict), ("alias", Alias)],
)
def test_every_product_in_the_state_of_an_execution_is_read(name: str, kind: type) -> None:
    assert isinstance(product({"road": golden("execution.json")}, name, kind), kind)


def test_an_execution_that_is_under_way_keeps_the_key_of_its_definition() -> None:
    execution = golden("execution.json")
    assert state_of({"step": "close", "road": execution}) == execution
    assert state_of({"step": "close", "state": execution, "road": {}}) == execution


def test_chunks_held_out_prompts_and_their_answers_are_read() -> None:
    (chunk,) = golden("execution.json")["chunks"]
    assert from_wire(Chunk, chunk).stop == 20
    prompts = [conversation.parse(line) for line in (GOLDEN / "heldout.jsonl").read_text("utf-8").splitlines()]
    lines = (GOLDEN / "part-0000.jsonl").read_text("utf-8").splitlines()
    rows = [from_wire(PromptAnswers, json.loads(line)) for line in lines]
    assert [row.index for row in rows] == list(range(len(prompts)))
    assert all(set(row.answers) == set(ALWAYS) for row in rows)


@pytest.mark.parametrize("name", ["route-fast.json", "route-distilled.json"])
def test_a_route_map_is_read_and_written_as_it_was(name: str) -> None:
    text = (GOLDEN / name).read_text(encoding="utf-8")
    assert RouteMap.from_json(text).document() == json.loads(text)
