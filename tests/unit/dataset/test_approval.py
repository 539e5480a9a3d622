"""Runs over budget: pending runs, approvals, and what prevents an approval."""

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from distillery.core import recipe
from distillery.core.aws import ClientError
from distillery.core.errors import BadRequest, NotAdmitted, OverBudget, RunActive
from distillery.core.function_url import Caller
from distillery.core.ledger.approvals import Approvals
from distillery.core.ledger.items import run_key
from distillery.core.ledger.uploads import Uploaded, Uploads
from distillery.core.notices import Notices
from distillery.core.pipeline import Outcome, Stage
from distillery.core.recipe_options import OverBudgetPolicy
from distillery.datasets.report import UploadStatus
from lambdas.dataset import approval as handler
from lambdas.dataset.approval import Approval, Decision
from lambdas.dataset.state_machine import StateMachine
from tests.fakes.callers import ANA, FORGED, HERE, LEA, STRANGER, event
from tests.fakes.callers import response as response
from tests.unit.core.ledger.test_promotions import promotion
from tests.unit.dataset.fakes import file
from tests.unit.dataset.harness import STATE_MACHINE, UPLOAD, IntakeHarness


def poor(*objects: bytes, **settings: Any) -> IntakeHarness:
    """A harness whose recipe is over budget and allows approvals."""
    settings = {"monthly_budget_usd": Decimal(100)} | settings
    settings |= {"budget_usd": Decimal("0.10"), "over_budget": OverBudgetPolicy.APPROVE}
    return IntakeHarness(*objects or (file(150),), **settings)


def waiting(harness: IntakeHarness) -> str:
    answer = harness.accept()
    assert answer.status is UploadStatus.AWAITING
    return answer.run or ""


def decide(
    harness: IntakeHarness, run: str, *, approve: bool = True, usd: Decimal | None = None, reason: str = ""
) -> Outcome:
    estimate = harness.ledger.run(run).run.dataset.at_most_usd
    approval = Approval(
        Approvals(harness.table),
        StateMachine(STATE_MACHINE, harness.machine),
        Notices("topic", harness.sns),
        harness.load,
    )
    decision = Decision(run=run, approve=approve, usd=estimate if usd is None else usd, reason=reason)
    return approval.decide(decision, ANA).outcome


def test_a_run_over_budget_waits_with_its_data_set_and_a_notification() -> None:
    harness = poor()
    answer = harness.accept()
    record = harness.ledger.run(answer.run or "")
    assert (answer.status, record.outcome) == (UploadStatus.AWAITING, Outcome.AWAITING)
    assert record.stages[Stage.DATASET].ended
    assert harness.s3.newest(record.run.dataset.uri)
    assert harness.report(answer)["status"] == "awaiting-approval"
    assert f"distillery --env staging approve {answer.run}" in answer.reason
    (notice,) = harness.sns.published
    assert (answer.run in notice["Message"], f"distillery --env staging approve {answer.run}" in notice["Message"]) == (
        True,
        True,
    )
    assert harness.machine.started == []


def test_a_waiting_run_does_not_lock_its_recipe() -> None:
    harness = poor(file(150), file(160))
    waiting(harness)
    assert harness.ledger.active() == {}
    harness.recipe = replace(harness.recipe, budget_usd=Decimal(25))
    assert harness.accept(replace(UPLOAD, version="v2")).status is UploadStatus.STARTED


def test_equal_prompts_are_the_same_waiting_run_and_notify_once() -> None:
    harness = poor()
    assert waiting(harness) == waiting(harness)
    assert len(harness.sns.published) == 1


def test_an_approved_run_starts_once_with_the_approved_amount() -> None:
    harness = poor()
    run = waiting(harness)
    assert [decide(harness, run), decide(harness, run)] == [Outcome.RUNNING, Outcome.RUNNING]
    record = harness.ledger.run(run)
    assert record.run.approved_usd == record.run.dataset.at_most_usd
    assert (record.approved_by, bool(record.approved)) == (ANA.arn, True)
    assert record.stages[Stage.DATASET].ended
    assert harness.ledger.active() == {"support": run}
    assert {started["name"] for started in harness.machine.started} == {run}
    assert '"approved_usd": "' in harness.machine.started[0]["input"]
    assert f"by {ANA.arn} and has started" in harness.sns.published[-1]["Message"]


def test_the_next_approval_completes_one_that_failed_before_the_execution() -> None:
    harness = poor()
    run = waiting(harness)
    harness.machine.refuse = "ThrottlingException"
    with pytest.raises(ClientError):
        decide(harness, run)
    harness.machine.refuse = ""
    assert decide(harness, run) is Outcome.RUNNING
    assert len(harness.machine.started) == 1


def test_an_upload_of_an_approved_runs_prompts_is_that_run() -> None:
    harness = poor()
    run = waiting(harness)
    decide(harness, run)
    again = harness.accept()
    assert (again.status, again.run) == (UploadStatus.SAME, run)


def test_an_approval_of_another_estimate_is_refused() -> None:
    harness = poor()
    with pytest.raises(BadRequest, match=r"may now cost up to .*, not \$1; run"):
        decide(harness, waiting(harness), usd=Decimal(1))
    assert harness.machine.started == []


def test_an_approval_does_not_start_a_second_run_of_a_recipe() -> None:
    harness = poor(file(150), file(160))
    run = waiting(harness)
    decide(harness, harness.accept(replace(UPLOAD, version="v2")).run or "")
    with pytest.raises(RunActive, match="one active run"):
        decide(harness, run)
    assert harness.ledger.run(run).outcome is Outcome.AWAITING


def test_an_approval_above_the_monthly_cap_is_refused_until_it_is_raised() -> None:
    harness = poor(file(150), file(160))
    run = waiting(harness)
    other = harness.accept(replace(UPLOAD, version="v2")).run or ""
    decide(harness, other)
    harness.ledger.count_job_request(other)
    harness.ledger.close(other, Outcome.FAILED)
    harness.recipe = replace(harness.recipe, monthly_budget_usd=harness.ledger.run(run).run.dataset.at_most_usd)
    told = len(harness.sns.published)
    with pytest.raises(OverBudget, match=rf"{other} \$.* or raise monthly_budget_usd"):
        decide(harness, run)
    assert (harness.ledger.run(run).outcome, harness.ledger.active()) == (Outcome.AWAITING, {})
    assert (len(harness.machine.started), len(harness.sns.published)) == (1, told)
    harness.recipe = replace(harness.recipe, monthly_budget_usd=Decimal(100))
    assert decide(harness, run) is Outcome.RUNNING


def test_a_declined_run_is_closed_and_its_prompts_can_be_uploaded_again() -> None:
    harness = poor()
    run = waiting(harness)
    assert decide(harness, run, approve=False, reason="not this month") is Outcome.DECLINED
    assert decide(harness, run, approve=False) is Outcome.DECLINED
    record = harness.ledger.run(run)
    assert (record.reason, record.closed_by, harness.machine.started) == ("not this month", ANA.arn, [])
    with pytest.raises(BadRequest, match="does not wait for approval; it is declined"):
        decide(harness, run)
    assert harness.accept().run == f"{run[:-1]}2"


def test_after_a_budget_increase_the_next_upload_starts_the_waiting_run() -> None:
    harness = poor()
    run = waiting(harness)
    harness.recipe = replace(harness.recipe, budget_usd=Decimal(25))
    answer = harness.accept()
    assert (answer.status, answer.run) == (UploadStatus.STARTED, run)
    assert harness.ledger.run(run).run.recipe.budget_usd == 25
    assert [started["name"] for started in harness.machine.started] == [run]


@pytest.mark.parametrize("approve", [True, False])
def test_a_run_that_is_not_waiting_cannot_be_decided(approve: bool) -> None:
    harness = IntakeHarness(file(150))
    run = harness.accept().run or ""
    with pytest.raises(BadRequest, match="does not wait for approval; it is running"):
        decide(harness, run, approve=approve)


@pytest.fixture
def harness(monkeypatch: pytest.MonkeyPatch) -> IntakeHarness:
    """The harness behind the handler."""
    harness = poor()
    for name, value in (("STATE_MACHINE_ARN", STATE_MACHINE), ("LEDGER_TABLE", "ledger"), ("TOPIC_ARN", "topic")):
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(handler, "client", lambda _service: harness.machine)
    monkeypatch.setattr(handler, "Table", lambda _name: harness.table)
    monkeypatch.setattr(recipe, "load", harness.load)
    monkeypatch.setattr(recipe, "load_all", lambda: {"support": harness.recipe})
    monkeypatch.setattr(handler, "Notices", lambda topic: Notices(topic, harness.sns))
    return harness


def _request(harness: IntakeHarness, run: str, **more: Any) -> dict[str, Any]:
    return {"run": run, "approve": True, "usd": str(harness.ledger.run(run).run.dataset.at_most_usd), **more}


def test_the_response_is_the_outcome_of_the_run(harness: IntakeHarness) -> None:
    run = waiting(harness)
    answer = handler.decide(event(_request(harness, run)), None)
    assert response(answer) == (200, {"run": run, "outcome": "running"})
    assert harness.ledger.run(run).approved_by == ANA.arn
    status, refused = response(handler.decide(event(_request(harness, run, force=True)), None))
    assert (status, refused["error"]["type"]) == (400, "BadRequest")
    assert "unknown fields" in refused["error"]["message"]


def test_a_direct_invocation_cannot_approve(harness: IntakeHarness) -> None:
    """A direct invocation identifies no caller, so nobody could be held responsible."""
    run = waiting(harness)
    with pytest.raises(NotAdmitted, match="direct invocation has no caller"):
        handler.decide(_request(harness, run), None)
    assert (harness.ledger.run(run).outcome, harness.machine.started) == (Outcome.AWAITING, [])


@pytest.mark.parametrize("forged", [{"by": "arn"}, FORGED, {"approved_by": "arn:aws:iam::1:user/chief"}])
def test_a_caller_in_the_body_is_ignored(harness: IntakeHarness, forged: dict[str, Any]) -> None:
    run = waiting(harness)
    assert response(handler.decide(event(_request(harness, run, **forged)), None))[0] == 400
    assert harness.ledger.run(run).outcome is Outcome.AWAITING
    headers = {"x-amzn-request-context": json.dumps(FORGED), "x-amzn-iam-user-arn": "arn:aws:iam::1:user/chief"}
    assert response(handler.decide(event(_request(harness, run)) | {"headers": headers}, None))[0] == 200
    assert harness.ledger.run(run).approved_by == ANA.arn


def test_a_repeated_approval_starts_nothing(harness: IntakeHarness) -> None:
    """A signed request can be replayed for some minutes."""
    run = waiting(harness)
    once = event(_request(harness, run))
    first, bob = handler.decide(once, None), Caller(arn="arn:aws:iam::1:user/bob", id="AIDABOB", account="1")
    assert handler.decide(once, None) == first
    handler.decide(event(_request(harness, run), bob), None)
    begun = len(harness.machine.started)
    assert harness.ledger.run(run).approved_by == ANA.arn
    assert {started["name"] for started in harness.machine.started} == {run}, "an execution's name can be used once"
    harness.ledger.close(run, Outcome.FAILED)
    assert response(handler.decide(once, None))[0] == 400
    assert len(harness.machine.started) == begun


@pytest.mark.parametrize("approve", [True, False])
@pytest.mark.parametrize("by", [ANA, STRANGER], ids=["a decider of another recipe", "a role of that name elsewhere"])
def test_only_the_recipes_deciders_can_decide(
    harness: IntakeHarness, monkeypatch: pytest.MonkeyPatch, by: Caller, approve: bool
) -> None:
    run = waiting(harness)
    returns = replace(harness.recipe, name="returns", deciders=("assumed-role/approvers/*",))
    harness.recipe = replace(harness.recipe, deciders=("assumed-role/leads/*",))
    monkeypatch.setattr(recipe, "load_all", lambda: {"support": harness.recipe, "returns": returns})
    request = _request(harness, run, approve=approve)
    status, refused = response(handler.decide(event(request, by), HERE))
    assert (status, refused["error"]["type"]) == (403, "NotAdmitted")
    assert "recipe 'support': only the deciders" in refused["error"]["message"]
    assert (harness.ledger.run(run).outcome, harness.machine.started) == (Outcome.AWAITING, [])
    assert response(handler.decide(event(request, LEA), HERE))[0] == 200


@pytest.mark.parametrize("known", [True, False])
def test_other_callers_do_not_learn_whether_a_run_exists(harness: IntakeHarness, known: bool) -> None:
    run = waiting(harness)
    harness.recipe = replace(harness.recipe, deciders=("assumed-role/leads/*",))
    request = _request(harness, run) | ({} if known else {"run": "support-aaaaa-aaaaaaaa-1"})
    assert response(handler.decide(event(request), HERE))[0] == 403


def test_a_run_of_a_removed_recipe_cannot_be_declined_if_all_others_are_limited(
    harness: IntakeHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = waiting(harness)
    returns = replace(harness.recipe, name="returns")
    for deciders, status in ((("assumed-role/leads/*",), 403), ((), 200)):
        left = {"returns": replace(returns, deciders=deciders)}
        monkeypatch.setattr(recipe, "load_all", lambda left=left: left)
        assert response(handler.decide(event(_request(harness, run, approve=False), LEA), HERE))[0] == status


OBJECT = ("s3://prompts/prompts/support/a.jsonl", "v1")


def _uploaded_by(harness: IntakeHarness, principal: str | None) -> str:
    """A waiting run with an uploader."""
    if principal:
        Uploads(harness.table).record_upload(Uploaded(uri=OBJECT[0], version=OBJECT[1], principal=principal))
    return waiting(harness)


def test_the_uploader_cannot_approve_where_data_is_kept(
    harness: IntakeHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOUR_EYES", "true")
    run = _uploaded_by(harness, ANA.id)
    status, refused = response(handler.decide(event(_request(harness, run)), None))
    assert (status, refused["error"]["type"]) == (403, "NotAdmitted")
    assert (harness.ledger.run(run).outcome, harness.machine.started) == (Outcome.AWAITING, [])
    bob = Caller(arn="arn:aws:iam::1:user/bob", id="AIDABOB", account="1")
    assert response(handler.decide(event(_request(harness, run), bob), None))[0] == 200
    assert harness.ledger.run(run).approved_by == bob.arn


def test_a_run_with_an_unknown_uploader_cannot_be_approved(
    harness: IntakeHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOUR_EYES", "true")
    run = _uploaded_by(harness, None)
    status, refused = response(handler.decide(event(_request(harness, run)), None))
    assert (status, "not yet reported" in refused["error"]["message"]) == (403, True)
    assert harness.ledger.run(run).outcome is Outcome.AWAITING


def test_a_second_uploader_does_not_replace_the_first(harness: IntakeHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOUR_EYES", "true")
    run = _uploaded_by(harness, ANA.id)
    harness.s3.objects["prompts/" + UPLOAD.uri.removeprefix("s3://prompts/")].append(file(150))
    Uploads(harness.table).record_upload(Uploaded(uri=OBJECT[0], version="v2", principal="AIDABOB"))
    assert harness.accept(replace(UPLOAD, version="v2")).run == run
    assert response(handler.decide(event(_request(harness, run)), None))[0] == 403


@pytest.mark.parametrize(("sender", "status"), [(ANA.id, 403), ("AIDABOB", 200)])
def test_who_sent_the_record_of_a_promotion_cannot_approve_its_run(
    harness: IntakeHarness, monkeypatch: pytest.MonkeyPatch, sender: str, status: int
) -> None:
    monkeypatch.setenv("FOUR_EYES", "true")
    run = _uploaded_by(harness, "AIDAPIPELINE")
    of = promotion(by_id=sender)
    assert harness.promotions.begin(of)
    harness.table.items[run_key(run)]["promotion"] = of.id
    answer = response(handler.decide(event(_request(harness, run)), None))
    assert answer[0] == status, answer


def test_the_uploader_can_decline(harness: IntakeHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOUR_EYES", "true")
    run = _uploaded_by(harness, ANA.id)
    assert response(handler.decide(event(_request(harness, run, approve=False)), None))[0] == 200


def test_one_person_can_upload_and_approve_where_no_data_is_kept(harness: IntakeHarness) -> None:
    assert response(handler.decide(event(_request(harness, _uploaded_by(harness, ANA.id))), None))[0] == 200
