"""Runs above their budget: what waits, what an approval starts, and what stands in its way."""

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
from distillery.core.ledger.uploads import Uploaded, Uploads
from distillery.core.notices import Notices
from distillery.core.pipeline import Outcome, Stage
from distillery.core.recipe import OverBudgetThen
from distillery.datasets.report import UploadStatus
from lambdas.dataset import approval as door
from lambdas.dataset.approval import Approval, Decision
from lambdas.dataset.state_machine import StateMachine
from tests.fakes.callers import ANA, FORGED, HERE, LEA, STRANGER, event, said
from tests.unit.dataset.fakes import file
from tests.unit.dataset.harness import STATE_MACHINE, UPLOAD, IntakeHarness


def poor(*objects: bytes, **settings: Any) -> IntakeHarness:
    """A harness whose recipe cannot pay, and has its runs wait."""
    settings = {"monthly_budget_usd": Decimal(100)} | settings
    settings |= {"budget_usd": Decimal("0.10"), "over_budget": OverBudgetThen.APPROVE}
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


def test_a_run_above_its_budget_waits_with_its_data_set_stored_and_somebody_told_what_to_do() -> None:
    harness = poor()
    answer = harness.accept()
    record = harness.ledger.run(answer.run or "")
    assert (answer.status, record.outcome) == (UploadStatus.AWAITING, Outcome.AWAITING)
    assert record.stages[Stage.DATASET].ended
    assert harness.s3.newest(record.run.dataset.uri)
    assert harness.report(answer)["status"] == "awaiting-approval"
    assert f"distillery approve {answer.run}" in answer.reason
    (notice,) = harness.sns.published
    assert (answer.run in notice["Message"], f"distillery approve {answer.run}" in notice["Message"]) == (True, True)
    assert harness.machine.started == []


def test_a_run_that_waits_holds_its_recipe_from_nobody() -> None:
    harness = poor(file(150), file(160))
    waiting(harness)
    assert harness.ledger.active() == {}
    harness.recipe = replace(harness.recipe, budget_usd=Decimal(25))
    assert harness.accept(replace(UPLOAD, version="v2")).status is UploadStatus.STARTED


def test_the_same_prompts_again_are_the_same_waiting_run_and_nobody_is_told_twice() -> None:
    harness = poor()
    assert waiting(harness) == waiting(harness)
    assert len(harness.sns.published) == 1


def test_an_approved_run_starts_once_with_what_was_approved() -> None:
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


def test_an_approval_that_died_before_the_execution_began_is_made_good_by_the_next() -> None:
    harness = poor()
    run = waiting(harness)
    harness.machine.refuse = "ThrottlingException"
    with pytest.raises(ClientError):
        decide(harness, run)
    harness.machine.refuse = ""
    assert decide(harness, run) is Outcome.RUNNING
    assert len(harness.machine.started) == 1


def test_an_upload_of_prompts_whose_run_was_approved_is_that_run() -> None:
    harness = poor()
    run = waiting(harness)
    decide(harness, run)
    again = harness.accept()
    assert (again.status, again.run) == (UploadStatus.SAME, run)


def test_an_approval_of_another_estimate_than_the_runs_is_refused() -> None:
    harness = poor()
    with pytest.raises(BadRequest, match="by now, not \\$1; look again"):
        decide(harness, waiting(harness), usd=Decimal(1))
    assert harness.machine.started == []


def test_no_approval_starts_a_second_run_of_a_recipe() -> None:
    harness = poor(file(150), file(160))
    run = waiting(harness)
    decide(harness, harness.accept(replace(UPLOAD, version="v2")).run or "")
    with pytest.raises(RunActive, match="one at a time"):
        decide(harness, run)
    assert harness.ledger.run(run).outcome is Outcome.AWAITING


def test_no_approval_passes_the_cap_of_the_month_and_the_run_waits_on_until_it_is_raised() -> None:
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


def test_a_declined_run_is_closed_and_its_prompts_may_be_tried_again() -> None:
    harness = poor()
    run = waiting(harness)
    assert decide(harness, run, approve=False, reason="not this month") is Outcome.DECLINED
    assert decide(harness, run, approve=False) is Outcome.DECLINED
    record = harness.ledger.run(run)
    assert (record.reason, record.closed_by, harness.machine.started) == ("not this month", ANA.arn, [])
    with pytest.raises(BadRequest, match="waits for no approval, it is declined"):
        decide(harness, run)
    assert harness.accept().run == f"{run[:-1]}2"


def test_a_raised_budget_starts_what_waited_at_the_next_upload() -> None:
    harness = poor()
    run = waiting(harness)
    harness.recipe = replace(harness.recipe, budget_usd=Decimal(25))
    answer = harness.accept()
    assert (answer.status, answer.run) == (UploadStatus.STARTED, run)
    assert harness.ledger.run(run).run.recipe.budget_usd == 25
    assert [started["name"] for started in harness.machine.started] == [run]


@pytest.mark.parametrize("approve", [True, False])
def test_a_run_that_goes_its_way_needs_no_decision(approve: bool) -> None:
    harness = IntakeHarness(file(150))
    run = harness.accept().run or ""
    with pytest.raises(BadRequest, match="waits for no approval, it is running"):
        decide(harness, run, approve=approve)


@pytest.fixture
def behind(monkeypatch: pytest.MonkeyPatch) -> IntakeHarness:
    """The harness that the door leads to."""
    harness = poor()
    for name, value in (("STATE_MACHINE_ARN", STATE_MACHINE), ("LEDGER_TABLE", "ledger"), ("TOPIC_ARN", "topic")):
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(door, "client", lambda _service: harness.machine)
    monkeypatch.setattr(door, "Table", lambda _name: harness.table)
    monkeypatch.setattr(recipe, "load", harness.load)
    monkeypatch.setattr(recipe, "load_all", lambda: {"support": harness.recipe})
    monkeypatch.setattr(door, "Notices", lambda topic: Notices(topic, harness.sns))
    return harness


def _asked(harness: IntakeHarness, run: str, **more: Any) -> dict[str, Any]:
    return {"run": run, "approve": True, "usd": str(harness.ledger.run(run).run.dataset.at_most_usd), **more}


def test_the_door_takes_a_decision_and_tells_what_became_of_the_run(behind: IntakeHarness) -> None:
    run = waiting(behind)
    answer = door.decide(event(_asked(behind, run)), None)
    assert said(answer) == (200, {"run": run, "outcome": "running"})
    assert behind.ledger.run(run).approved_by == ANA.arn
    status, refused = said(door.decide(event(_asked(behind, run, force=True)), None))
    assert (status, refused["error"]["type"]) == (400, "BadRequest")
    assert "unknown fields" in refused["error"]["message"]


def test_a_direct_invocation_approves_nothing(behind: IntakeHarness) -> None:
    """It names nobody; whoever wants to be nobody shall not decide."""
    run = waiting(behind)
    with pytest.raises(NotAdmitted, match="direct invocation has no caller"):
        door.decide(_asked(behind, run), None)
    assert (behind.ledger.run(run).outcome, behind.machine.started) == (Outcome.AWAITING, [])


@pytest.mark.parametrize("forged", [{"by": "arn"}, FORGED, {"approved_by": "arn:aws:iam::1:user/chief"}])
def test_a_caller_that_is_forged_in_the_body_is_never_believed(behind: IntakeHarness, forged: dict[str, Any]) -> None:
    run = waiting(behind)
    assert said(door.decide(event(_asked(behind, run, **forged)), None))[0] == 400
    assert behind.ledger.run(run).outcome is Outcome.AWAITING
    headers = {"x-amzn-request-context": json.dumps(FORGED), "x-amzn-iam-user-arn": "arn:aws:iam::1:user/chief"}
    assert said(door.decide(event(_asked(behind, run)) | {"headers": headers}, None))[0] == 200
    assert behind.ledger.run(run).approved_by == ANA.arn


def test_an_approval_that_is_sent_again_starts_nothing_again(behind: IntakeHarness) -> None:
    """A signature is good for some minutes, for whoever has it."""
    run = waiting(behind)
    once = event(_asked(behind, run))
    first, bob = door.decide(once, None), Caller(arn="arn:aws:iam::1:user/bob", id="AIDABOB", account="1")
    assert door.decide(once, None) == first
    door.decide(event(_asked(behind, run), bob), None)
    begun = len(behind.machine.started)
    assert behind.ledger.run(run).approved_by == ANA.arn
    assert {started["name"] for started in behind.machine.started} == {run}, "an execution's name is taken once"
    behind.ledger.close(run, Outcome.FAILED)
    assert said(door.decide(once, None))[0] == 400
    assert len(behind.machine.started) == begun


@pytest.mark.parametrize("approve", [True, False])
@pytest.mark.parametrize("by", [ANA, STRANGER], ids=["a decider of another recipe", "a role of that name elsewhere"])
def test_nobody_decides_about_a_run_whose_recipe_names_others(
    behind: IntakeHarness, monkeypatch: pytest.MonkeyPatch, by: Caller, approve: bool
) -> None:
    run = waiting(behind)
    returns = replace(behind.recipe, name="returns", deciders=("assumed-role/approvers/*",))
    behind.recipe = replace(behind.recipe, deciders=("assumed-role/leads/*",))
    monkeypatch.setattr(recipe, "load_all", lambda: {"support": behind.recipe, "returns": returns})
    asked = _asked(behind, run, approve=approve)
    status, refused = said(door.decide(event(asked, by), HERE))
    assert (status, refused["error"]["type"]) == (403, "NotAdmitted")
    assert "recipe 'support' are for the deciders" in refused["error"]["message"]
    assert (behind.ledger.run(run).outcome, behind.machine.started) == (Outcome.AWAITING, [])
    assert said(door.decide(event(asked, LEA), HERE))[0] == 200


@pytest.mark.parametrize("known", [True, False])
def test_whether_there_is_a_run_is_not_told_to_whom_it_is_not_for(behind: IntakeHarness, known: bool) -> None:
    run = waiting(behind)
    behind.recipe = replace(behind.recipe, deciders=("assumed-role/leads/*",))
    asked = _asked(behind, run) | ({} if known else {"run": "support-aaaaa-aaaaaaaa-1"})
    assert said(door.decide(event(asked), HERE))[0] == 403


def test_a_run_of_a_recipe_that_the_settings_lost_is_declined_by_nobody_where_all_others_are_limited(
    behind: IntakeHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = waiting(behind)
    returns = replace(behind.recipe, name="returns")
    for deciders, status in ((("assumed-role/leads/*",), 403), ((), 200)):
        left = {"returns": replace(returns, deciders=deciders)}
        monkeypatch.setattr(recipe, "load_all", lambda left=left: left)
        assert said(door.decide(event(_asked(behind, run, approve=False), LEA), HERE))[0] == status


OBJECT = ("s3://prompts/prompts/support/a.jsonl", "v1")


def _uploaded_by(harness: IntakeHarness, principal: str | None) -> str:
    """A run that waits, whose prompts somebody uploaded."""
    if principal:
        Uploads(harness.table).told(Uploaded(uri=OBJECT[0], version=OBJECT[1], principal=principal))
    return waiting(harness)


def test_whoever_uploaded_approves_nothing_where_data_is_kept(
    behind: IntakeHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOUR_EYES", "true")
    run = _uploaded_by(behind, ANA.id)
    status, refused = said(door.decide(event(_asked(behind, run)), None))
    assert (status, refused["error"]["type"]) == (403, "NotAdmitted")
    assert (behind.ledger.run(run).outcome, behind.machine.started) == (Outcome.AWAITING, [])
    bob = Caller(arn="arn:aws:iam::1:user/bob", id="AIDABOB", account="1")
    assert said(door.decide(event(_asked(behind, run), bob), None))[0] == 200
    assert behind.ledger.run(run).approved_by == bob.arn


def test_nobody_approves_what_it_is_not_known_who_uploaded(
    behind: IntakeHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOUR_EYES", "true")
    run = _uploaded_by(behind, None)
    status, refused = said(door.decide(event(_asked(behind, run)), None))
    assert (status, "not reported yet" in refused["error"]["message"]) == (403, True)
    assert behind.ledger.run(run).outcome is Outcome.AWAITING


def test_somebody_else_s_upload_of_the_same_prompts_makes_the_first_no_stranger(
    behind: IntakeHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOUR_EYES", "true")
    run = _uploaded_by(behind, ANA.id)
    behind.s3.objects["prompts/" + UPLOAD.uri.removeprefix("s3://prompts/")].append(file(150))
    Uploads(behind.table).told(Uploaded(uri=OBJECT[0], version="v2", principal="AIDABOB"))
    assert behind.accept(replace(UPLOAD, version="v2")).run == run
    assert said(door.decide(event(_asked(behind, run)), None))[0] == 403


def test_whoever_uploaded_may_reject(behind: IntakeHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOUR_EYES", "true")
    run = _uploaded_by(behind, ANA.id)
    assert said(door.decide(event(_asked(behind, run, approve=False)), None))[0] == 200


def test_where_no_data_is_kept_one_person_does_both(behind: IntakeHarness) -> None:
    assert said(door.decide(event(_asked(behind, _uploaded_by(behind, ANA.id))), None))[0] == 200
