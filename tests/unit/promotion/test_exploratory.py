"""An exploratory verdict makes nobody live by itself."""

from dataclasses import replace
from typing import Any

import pytest

from distillery.core import aws
from distillery.core.env_vars import Variable
from distillery.core.errors import BadRequest
from distillery.core.judging import VerdictOutcome
from distillery.core.ledger.ledger import Ledger
from distillery.core.serialization import to_wire
from lambdas.promotion.handler import step
from tests.fakes.bedrock import FakeBedrock
from tests.fakes.pipeline import distilled, open_run, verdict
from tests.fakes.table import MemoryTable


def test_a_student_that_passed_an_exploratory_judgement_is_not_promoted(monkeypatch: pytest.MonkeyPatch) -> None:
    table = MemoryTable()
    monkeypatch.setattr(aws, "_client", lambda service, region: FakeBedrock())
    monkeypatch.setattr("lambdas.promotion.handler.Table", lambda name: table)
    monkeypatch.setenv(Variable.LEDGER, "ledger")
    monkeypatch.setenv(Variable.ENVIRONMENT, "dev")
    run = open_run(Ledger(table))
    given = replace(verdict(), passed=False, outcome=VerdictOutcome.PASSED, exploratory="other bars", reasons=("x",))
    state: dict[str, Any] = {
        "action": "evaluate",
        "run": to_wire(run),
        "student": to_wire(distilled(Ledger(table), run, "a")),
        "verdict": to_wire(given),
    }
    with pytest.raises(BadRequest):
        step({"step": "promote", "state": state}, None)
