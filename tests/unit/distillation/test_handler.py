"""The handlers, with fakes instead of clients."""

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from distillery.core.aws import ClientError
from distillery.core.env_vars import Variable
from distillery.core.errors import BadRequest, OverBudget, QuotaTooSmall
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.promotions import Promotions
from distillery.core.names import Names
from distillery.core.pipeline import Outcome, Run, Stage
from distillery.core.promotions import Way
from distillery.core.serialization import to_wire
from lambdas.distillation import handler
from tests.fakes.errors import service_error
from tests.fakes.pipeline import dataset, open_run, recipe
from tests.fakes.services import FakeRuntime, FakeSns, FakeSsm
from tests.fakes.table import MemoryTable
from tests.unit.core.ledger.test_promotions import promotion
from tests.unit.distillation.fakes import MADE, FakeBedrock, FakeQuotas, FakeTokens, deployment, job

EVENTS = Path(__file__).parents[2] / "events"
SETTINGS = {
    Variable.ENVIRONMENT: "dev",
    Variable.LEDGER: "ledger",
    Variable.TOPIC: "arn:topic",
    Variable.DATA_BUCKET: "data",
    Variable.JOB_ROLE: "arn:aws:iam::111111111111:role/job",
    Variable.MODEL_KEY: "arn:aws:kms:us-east-1:111111111111:key/1",
}


class Account:
    def __init__(self) -> None:
        self.ledger = Ledger(MemoryTable())
        self.run: Run = open_run(self.ledger)
        self.job = f"dev-{self.run.id}"
        self.bedrock, self.tokens = FakeBedrock(), FakeTokens()
        self.quotas = FakeQuotas({"L-1EF80F3E": 10})
        self.ssm = FakeSsm()
        self.runtime = FakeRuntime({"amazon.nova-pro-v1:0": "OK", "amazon.nova-micro-v1:0": "OK"})

    def client(self, service: str) -> Any:
        made = {"bedrock": self.bedrock, "bedrock-runtime": self.runtime, "stepfunctions": self.tokens}
        return {**made, "service-quotas": self.quotas, "ssm": self.ssm, "sns": FakeSns()}[service]

    def step(self, name: str, **fields: Any) -> Any:
        state = json.loads(json.dumps({"run": to_wire(self.run), "error": {"Error": "x", "Cause": "y"}}))
        return json.loads(json.dumps(handler.step({"step": name, "state": state} | fields, None)))


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Account:
    account = Account()
    monkeypatch.setattr(handler, "_ledger", lambda: account.ledger)
    monkeypatch.setattr(handler, "Table", lambda _name: MemoryTable())
    monkeypatch.setattr(handler, "client", account.client)
    for variable, value in SETTINGS.items():
        monkeypatch.setenv(variable, value)
    return account


def _record(account: Account, question: str, answer: str) -> None:
    answers = [{"question": question, "answer": answer, "at": "2026-11-23", "detail": ""}]
    account.ssm.parameters["/distillery/dev/first-contact"] = json.dumps({"version": 1, "answers": answers})


def test_what_first_contact_recorded_is_read_only_where_the_service_does_something_unexpected(account: Account) -> None:
    account.step("check")
    account.step("start", token="token")
    assert account.ssm.reads == []


@pytest.mark.parametrize("recorded", [False, True])
def test_a_code_of_a_missing_job_that_was_recorded_starts_the_job(account: Account, recorded: bool) -> None:
    account.bedrock.refuse = {"get_model_customization_job": "NoSuchJobException"}
    if recorded:
        _record(account, "missing-job", "NoSuchJobException")
        assert account.step("start", token="token")["job_arn"]
    else:
        with pytest.raises(ClientError, match="NoSuchJobException"):
            account.step("start", token="token")


@pytest.mark.parametrize("error", ["AccessDeniedException", "ThrottlingException"])
def test_an_answer_that_cannot_be_read_stops_nothing(account: Account, error: str) -> None:
    account.bedrock.customizations = []
    account.ssm.errors["/distillery/dev/first-contact"] = service_error(error)
    assert account.step("check")["student_life"] == "active"


@pytest.mark.parametrize("text", ["", "[]", '{"version": 2, "answers": []}', '{"version": 1, "answers": [{"x": 1}]}'])
def test_an_answer_that_somebody_else_wrote_stops_nothing(account: Account, text: str) -> None:
    account.bedrock.customizations = []
    account.ssm.parameters["/distillery/dev/first-contact"] = text
    assert account.step("check")["student_life"] == "active"


def test_check_opens_the_stage_and_tells_the_estimate(account: Account) -> None:
    assert float(account.step("check")["estimate_usd"]) > 0
    assert Stage.DISTILLATION in account.ledger.run(account.run.id).stages


@pytest.mark.parametrize("way", Way)
def test_nothing_is_trained_for_a_promotion_that_was_to_adopt_a_student(
    account: Account, monkeypatch: pytest.MonkeyPatch, way: Way
) -> None:
    table = MemoryTable()
    monkeypatch.setattr(handler, "Table", lambda _name: table)
    account.ledger, admitted = Ledger(table), promotion(way=way)
    assert Promotions(table).begin(admitted)
    account.run = account.ledger.open(recipe(), dataset(), again=False, promotion=admitted.id).run
    if way is Way.REDISTIL:
        assert account.step("check")["student"]
        return
    with pytest.raises(BadRequest, match=f"by the way {way}, which trains no student"):
        account.step("check")


def test_check_asks_for_the_quota_of_the_environments_own_endpoints(account: Account) -> None:
    account.quotas.granted = {"L-1EF80F3E": 1}
    with pytest.raises(QuotaTooSmall, match="0 in use, 2 more needed"):
        account.step("check")
    live = Names("dev").live(account.run.recipe.name, account.run.recipe.student)
    account.bedrock.deployments, account.quotas.granted = [deployment(live)], {"L-1EF80F3E": 2}
    assert account.step("check")["student"]


def test_start_keeps_the_token_and_creates_the_job(account: Account) -> None:
    assert account.step("start", token="t1") == {"job_arn": MADE.job_arn}
    assert [(waiting.job, waiting.token, waiting.run) for waiting in account.ledger.waiting_jobs()] == [
        (account.job, "t1", account.run.id)
    ]


def test_the_token_is_kept_before_the_job_exists_so_that_no_event_comes_too_early(account: Account) -> None:
    account.bedrock.refuse = {"create_model_customization_job": "ThrottlingException"}
    with pytest.raises(ClientError):
        account.step("start", token="t1")
    assert [waiting.token for waiting in account.ledger.waiting_jobs()] == ["t1"]


def test_a_retried_start_brings_a_new_token_and_no_second_job(account: Account) -> None:
    account.step("start", token="t1")
    account.step("start", token="t2")
    assert [waiting.token for waiting in account.ledger.waiting_jobs()] == ["t2"]
    assert len(account.bedrock.created) == 1


@pytest.mark.parametrize(
    ("said", "exists", "kept"),
    [
        ("ServiceQuotaExceededException", False, False),
        ("ValidationException", False, False),
        ("AccessDeniedException", False, False),
        ("AccessDeniedException", True, True),
        ("ThrottlingException", False, True),
        ("InternalServerException", False, True),
        ("ConflictException", False, True),
    ],
)
def test_only_what_certainly_made_no_job_gives_a_reservation_back(
    account: Account, monkeypatch: pytest.MonkeyPatch, said: str, exists: bool, kept: bool
) -> None:
    def create(**_: Any) -> None:
        if exists:  # an earlier attempt succeeded, but its response was lost
            account.bedrock.jobs[account.job] = job("InProgress")
        raise service_error(said)

    monkeypatch.setattr(account.bedrock, "create_model_customization_job", create)
    with pytest.raises(ClientError, match=said):
        account.step("start", token="t1")
    account.ledger.close(account.run.id, Outcome.FAILED)
    record = account.ledger.run(account.run.id)
    assert (record.run.id in account.ledger.month("support", record.started_at).runs) is kept


def test_a_refusal_that_cannot_be_made_sure_of_gives_nothing_back(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.bedrock.refuse = {"get_model_customization_job": "AccessDeniedException"}
    with pytest.raises(ClientError, match="AccessDenied"):
        account.step("start", token="t1")
    assert not account.ledger.run(account.run.id).incurred_no_cost


def test_the_ledger_knows_of_the_job_before_the_service_does(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def create(**_: object) -> dict[str, str]:
        asked.append(account.ledger.run(account.run.id).asked)
        return {"jobArn": MADE.job_arn}

    monkeypatch.setattr(account.bedrock, "create_model_customization_job", create)
    account.step("start", token="t1")
    assert asked == [1]


def test_a_start_that_comes_after_its_run_was_closed_asks_for_no_job(account: Account) -> None:
    account.ledger.close(account.run.id, Outcome.FAILED)
    with pytest.raises(BadRequest, match="no job is started for it"):
        account.step("start", token="t1")
    assert account.bedrock.created == []


def test_what_a_run_may_cost_by_today_s_prices_is_reserved_before_any_model_is_asked(account: Account) -> None:
    """The run's estimate was lower when it started, and the month's budget has no room for the difference."""
    account.run = replace(account.run, dataset=replace(account.run.dataset, tokens=4_000_000))
    account.run = replace(
        account.run, recipe=replace(account.run.recipe, budget_usd=Decimal(10_000), monthly_budget_usd=Decimal(30))
    )
    with pytest.raises(OverBudget, match="monthly_budget_usd"):
        account.step("check")
    assert account.runtime.requests == []


def test_an_event_settles_the_run_whatever_it_says_of_the_status(account: Account) -> None:
    account.step("start", token="t1")
    account.bedrock.jobs[account.job] = job("Completed")
    event = json.loads((EVENTS / "bedrock-job-state-change.json").read_text())
    event["detail"]["jobName"] = account.job
    assert handler.settle(event, None) == {"settled": 1}
    assert json.loads(account.tokens.answers["t1"][1]) == to_wire(MADE)


def test_an_event_of_somebody_elses_job_settles_nothing(account: Account) -> None:
    account.step("start", token="t1")
    account.bedrock.jobs[account.job] = job("Completed")
    event = json.loads((EVENTS / "bedrock-job-state-change.json").read_text())
    assert handler.settle(event, None) == {"settled": 0}


def test_the_poll_settles_what_an_event_forgot(account: Account) -> None:
    account.step("start", token="t1")
    account.bedrock.jobs[account.job] = job("Failed", failureMessage="no")
    assert handler.settle(json.loads((EVENTS / "scheduled.json").read_text()), None) == {"settled": 1}
    assert account.tokens.answers["t1"] == ("JobFailed", "no")


@pytest.mark.parametrize("started", [True, False])
def test_stop_works_from_the_run_alone_whatever_there_is(account: Account, started: bool) -> None:
    if started:
        account.step("start", token="t1")
    assert account.step("stop") == {"stopped": started}
    assert account.step("stop") == {"stopped": False}
    assert account.ledger.waiting_jobs() == []


def test_an_unknown_step_is_refused_with_the_steps_there_are(account: Account) -> None:
    with pytest.raises(BadRequest, match=r"'begin'; it has check, start, stop"):
        account.step("begin")
