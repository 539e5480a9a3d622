"""An exploratory verdict promotes no student by itself."""

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import pytest

from distillery.core import aws
from distillery.core.env_vars import Variable
from distillery.core.errors import BadRequest
from distillery.core.judging import VerdictOutcome
from distillery.core.ledger.acceptances import Acceptances
from distillery.core.ledger.evaluations import Evaluations
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.rollbacks import Rollbacks
from distillery.core.notices import Notices
from distillery.core.pipeline import Outcome, Stage
from distillery.core.serialization import to_wire
from lambdas.promotion.close import close
from lambdas.promotion.handler import step
from tests.fakes.bedrock import FakeBedrock
from tests.fakes.pipeline import distilled, open_run, verdict
from tests.fakes.services import FakeSns
from tests.fakes.table import MemoryTable

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient


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


def test_people_are_told_that_a_run_stays_what_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    table, sns = MemoryTable(), FakeSns()
    ledger, topic = Ledger(table), cast("SNSClient", sns)
    monkeypatch.setenv(Variable.ENVIRONMENT, "dev")
    run = open_run(ledger)
    distilled(ledger, run, "a")
    ledger.end(run.id, Stage.EVALUATION, verdict())
    ledger.close(run.id, Outcome.PROMOTED, "alias version 1")
    Evaluations(table).begin(run.id, "evaluation-support-x", by="arn:ana", reason="")
    error = {"Error": "EvaluationFailed", "Cause": json.dumps({"errorMessage": "answers are missing"})}
    event = {"state": {"action": "evaluate", "run": to_wire(run), "error": error}}
    close(event, ledger, Rollbacks(table), Acceptances(table), Notices("arn:topic", topic))
    record = ledger.run(run.id)
    assert (record.outcome, record.reason) == (Outcome.PROMOTED, "alias version 1")
    (notice,) = sns.published
    assert notice["Subject"] == "Distillery: support promoted"
    assert "stays promoted: EvaluationFailed: answers are missing" in notice["Message"]
