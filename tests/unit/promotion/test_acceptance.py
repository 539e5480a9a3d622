"""What follows from a verdict, and the decisions of people about students."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from distillery.core.aws import ClientError
from distillery.core.errors import BadRequest, NotAdmitted
from distillery.core.judging import InconclusivePolicy, VerdictOutcome
from distillery.core.ledger.acceptances import Acceptances
from distillery.core.ledger.evaluations import Evaluations
from distillery.core.ledger.items import run_key
from distillery.core.ledger.looks import LookLedger
from distillery.core.ledger.promotions import Promotions
from distillery.core.ledger.uploads import Uploaded
from distillery.core.pipeline import Outcome, Stage, Verdict
from distillery.core.recipe import Recipe
from lambdas.promotion.follow_up import follow_up
from lambdas.promotion.handler import accept, step
from tests.fakes.callers import ANA, FORGED, HERE, LEA, event, response
from tests.fakes.pipeline import dataset, recipe, student, verdict
from tests.unit.core.ledger.test_promotions import promotion
from tests.unit.promotion.harness import PARAMETER, Harness

PASSED, FAILED, UNDECIDED = VerdictOutcome.PASSED, VerdictOutcome.FAILED, VerdictOutcome.INCONCLUSIVE
PROMOTED, REJECTED, INCONCLUSIVE = Outcome.PROMOTED, Outcome.REJECTED, Outcome.INCONCLUSIVE
WAITS = Outcome.AWAITING_ACCEPTANCE
BY_HAND, WAIT = {"auto_promote": False}, {"inconclusive": InconclusivePolicy.WAIT}
FOLLOW_UPS: list[tuple[VerdictOutcome, dict[str, Any], Outcome, Outcome]] = [
    (PASSED, {}, PROMOTED, WAITS),
    (PASSED, WAIT, PROMOTED, WAITS),
    (PASSED, BY_HAND, WAITS, WAITS),
    (FAILED, {}, REJECTED, REJECTED),
    (FAILED, WAIT | BY_HAND, REJECTED, REJECTED),
    (UNDECIDED, {}, INCONCLUSIVE, INCONCLUSIVE),
    (UNDECIDED, BY_HAND, INCONCLUSIVE, INCONCLUSIVE),
    (UNDECIDED, WAIT, WAITS, WAITS),
]
"""Outcome of the verdict, settings, and how the run ends: elsewhere, and where data is kept."""


def judged(outcome: VerdictOutcome) -> Verdict:
    return replace(verdict(outcome is PASSED), outcome=outcome)


@pytest.mark.parametrize(("outcome", "settings", "elsewhere", "kept"), FOLLOW_UPS)
def test_what_follows_from_a_verdict(
    outcome: VerdictOutcome, settings: dict[str, Any], elsewhere: Outcome, kept: Outcome
) -> None:
    for second_person, ending in ((False, elsewhere), (True, kept)):
        assert follow_up(recipe(**settings), judged(outcome), second_person=second_person) is ending


@pytest.mark.parametrize(("passed", "ending"), [(True, PROMOTED), (False, REJECTED)])
def test_a_verdict_of_an_old_execution_only_passed_or_did_not(passed: bool, ending: Outcome) -> None:
    assert follow_up(recipe(**WAIT), verdict(passed), second_person=False) is ending


def waiting(harness: Harness, letter: str = "a", of: Recipe | None = None) -> str:
    """A run that passed and waits for a person."""
    state = harness.state(letter, of or recipe(auto_promote=False), judged=judged(PASSED))
    assert harness.end(state) == WAITS
    return str(state["run"]["id"])


def test_a_student_that_waits_holds_nothing_and_says_how_to_decide(harness: Harness) -> None:
    run = waiting(harness)
    record = harness.ledger.run(run)
    assert (record.outcome, harness.ledger.active()) == (WAITS, {})
    assert harness.bedrock.everything() == {} == harness.ssm.parameters
    (told, _) = harness.sns.published
    assert told["Subject"] == "Distillery: support awaiting-acceptance"
    for command in ("accept", "reject"):
        assert f"distillery --env dev {command} {run}" in told["Message"]


@pytest.mark.parametrize("name", ["promote", "describe", "record"])
def test_a_student_that_waits_does_not_go_live_by_its_run(harness: Harness, name: str) -> None:
    state = harness.state("a", recipe(auto_promote=False), judged=judged(PASSED))
    with pytest.raises(BadRequest, match="waits for a person"):
        step({"step": name, "state": state}, None)
    assert harness.bedrock.everything() == {} == harness.ssm.parameters


def test_nobody_s_verdict_promotes_where_data_is_kept(harness: Harness) -> None:
    harness.set("FOUR_EYES", "true")
    state = harness.state("a", judged=judged(PASSED))
    with pytest.raises(BadRequest, match="waits for a person"):
        step({"step": "promote", "state": state}, None)
    assert harness.end(state) == WAITS


VERDICTS = [
    (judged(PASSED), recipe(auto_promote=False), WAITS),
    (judged(UNDECIDED), recipe(**WAIT), WAITS),
    (judged(UNDECIDED), recipe(), INCONCLUSIVE),
    (judged(FAILED), recipe(), REJECTED),
    (verdict(passed=False), recipe(), REJECTED),
]


@pytest.mark.parametrize(("verdict", "of", "ended"), VERDICTS)
def test_a_person_makes_any_evaluated_student_live(
    harness: Harness, verdict: Verdict, of: Recipe, ended: Outcome
) -> None:
    state = harness.state("a", of, judged=verdict)
    assert harness.end(state) == ended
    run = state["run"]["id"]
    status, answer = harness.decide(run, reason="it is\nbetter")
    assert (status, answer["by"], answer["first"]) == (200, ANA.arn, True), answer
    assert harness.ledger.active() == {"support": answer["holder"]}
    assert harness.ledger.run(run).promoting
    harness.promote_accepted()
    record = harness.ledger.run(run)
    assert (record.outcome, record.promoting, harness.ledger.active()) == (PROMOTED, False, {})
    assert (record.accepted_by, record.accepted_reason) == (ANA.arn, "it is better")
    assert record.stages[Stage.PROMOTION].product == harness.alias
    assert harness.alias["current"] == student("a").model_arn
    (kept,) = harness.acceptances.of("support")
    assert (kept.run, kept.by, kept.reason, kept.was) == (run, ANA.arn, "it is better", ended)
    assert (kept.left, kept.to, kept.outcome) == ("", student("a").model_arn, PROMOTED)
    assert any(ANA.arn in told["Message"] and "it is better" in told["Message"] for told in harness.sns.published)


def test_a_run_whose_promotion_failed_is_accepted_without_another_job(harness: Harness) -> None:
    state = harness.state("a", judged=judged(PASSED))
    error = {"Error": "EndpointFailed", "Cause": "x"}
    step({"step": "close", "state": {"action": "distil", "run": state["run"], "error": error}}, None)
    run = state["run"]["id"]
    assert harness.ledger.run(run).outcome is Outcome.FAILED
    assert harness.decide(run)[0] == 200
    harness.promote_accepted()
    record = harness.ledger.run(run)
    assert (record.outcome, "alias version 1" in record.reason) == (PROMOTED, True)


@pytest.mark.parametrize("fresh", [True, False], ids=["who read the ledger again", "of the same request"])
@pytest.mark.parametrize("done", [True, False], ids=["after it went live", "while it goes live"])
def test_a_second_acceptance_promotes_nothing_and_says_who_did(harness: Harness, done: bool, fresh: bool) -> None:
    run = waiting(harness)
    harness.decide(run)
    if done:
        harness.promote_accepted()
    body = {"run": run, "accept": True, "reason": "me too", "seen": harness.ledger.run(run).acceptance if fresh else ""}
    status, answer = response(accept(event(body, LEA), HERE))
    if done and fresh:
        assert (status, answer["error"]["type"]) == (409, "NothingToAccept")
        assert f"already live, since {harness.alias['changed']}, as {ANA.arn} decided" in answer["error"]["message"]
    else:
        assert (status, answer["first"], answer["by"], answer["reason"]) == (200, False, ANA.arn, "better for us")
    assert (len(harness.machine.started), len(harness.acceptances.of("support"))) == (1, 1)


def test_of_two_at_once_the_slower_sees_the_faster(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    run = waiting(harness)
    stale = harness.ledger.run(run)
    assert harness.decide(run)[0] == 200
    reads = iter([stale])
    real = type(harness.ledger).run
    monkeypatch.setattr(type(harness.ledger), "run", lambda ledger, ident: next(reads, None) or real(ledger, ident))
    body = {"run": run, "accept": True, "reason": "me too"}
    status, answer = response(accept(event(body, LEA), HERE))
    assert (status, answer["first"], answer["by"]) == (200, False, ANA.arn)
    assert len(harness.machine.started) == 1


def test_an_acceptance_that_failed_can_be_repeated_and_both_are_kept(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = waiting(harness)
    harness.decide(run)
    state = json.loads(harness.machine.started[-1]["input"])
    state["error"] = {"Error": "EndpointFailed", "Cause": json.dumps({"errorMessage": "no capacity"})}
    for _ in range(2):
        closed = step({"step": "close", "state": state}, None)
        assert closed == {"outcome": "failed", "reason": "EndpointFailed: no capacity"}
    record = harness.ledger.run(run)
    assert (record.outcome, record.promoting, harness.ledger.active()) == (WAITS, False, {})
    monkeypatch.setattr("lambdas.promotion.acceptance.new_holder", lambda *_: "acceptance-support-20991123T090807Z")
    assert harness.decide(run, LEA)[1]["first"]
    harness.promote_accepted()
    kept = {each.by: each.outcome for each in harness.acceptances.of("support")}
    assert kept == {LEA.arn: PROMOTED, ANA.arn: Outcome.FAILED}
    assert harness.ledger.run(run).accepted_by == LEA.arn


def test_an_execution_cannot_name_another_student_than_the_ledger_does(harness: Harness) -> None:
    waiting(harness)
    state = {"action": "promote", "recipe": "support", "holder": "acceptance-support-20261123T090807Z"}
    for name in ("promote", "describe", "record"):
        with pytest.raises(BadRequest, match="no acceptance"):
            step({"step": name, "state": state}, None)
    assert harness.bedrock.everything() == {} == harness.ssm.parameters


def _open(harness: Harness) -> str:
    return str(harness.state("a")["run"]["id"])


def _awaiting_approval(harness: Harness) -> str:
    return harness.ledger.open(recipe(), dataset(), again=False, awaiting=True).run.id


def _without_student(harness: Harness) -> str:
    run = harness.ledger.open(recipe(), dataset(), again=False).run
    harness.ledger.close(run.id, Outcome.FAILED, "no luck")
    return run.id


def _without_verdict(harness: Harness) -> str:
    run = harness.ledger.open(recipe(), dataset(), again=False).run
    harness.ledger.begin(run.id, Stage.DISTILLATION)
    harness.ledger.end(run.id, Stage.DISTILLATION, student())
    harness.ledger.close(run.id, Outcome.FAILED, "no luck")
    return run.id


def _live(harness: Harness) -> str:
    return str(harness.walk(harness.state("a"))["run"]["id"])


def _model_gone(harness: Harness) -> str:
    harness.bedrock.refuse = {"get_custom_model": "ResourceNotFoundException"}
    return waiting(harness)


def _busy(harness: Harness) -> str:
    run = waiting(harness)
    harness.state("b")
    return run


def _unknown(_harness: Harness) -> str:
    return "support-aaaaa-bbbbbbbb-1"


REFUSALS: list[tuple[Callable[[Harness], str], dict[str, Any], str, str]] = [
    (_open, {}, "NothingToAccept", "is running; only a run that has ended"),
    (_awaiting_approval, {}, "NothingToAccept", "is awaiting-approval; only a run that has ended"),
    (_without_student, {}, "NothingToAccept", "has no student; only"),
    (_without_verdict, {}, "NothingToAccept", "has no verdict; only"),
    (_live, {}, "NothingToAccept", "is already live, since"),
    (_model_gone, {}, "NothingToAccept", "does not exist any more; only"),
    (_busy, {}, "RunActive", "is locked by support-"),
    (_unknown, {}, "BadRequest", "there is no run"),
    (waiting, {"reason": " \n"}, "BadRequest", "give --reason"),
    (waiting, {"reason": "x" * 1001}, "BadRequest", "1000 at most"),
    (waiting, {"by": "arn"}, "BadRequest", "by"),
    (waiting, FORGED, "BadRequest", "requestContext"),
]


@pytest.mark.parametrize(("prepare", "asked", "kind", "match"), REFUSALS)
def test_what_cannot_go_live_is_refused_and_the_recipe_stays_as_it_was(
    harness: Harness, prepare: Callable[[Harness], str], asked: dict[str, Any], kind: str, match: str
) -> None:
    run = prepare(harness)
    before = harness.ledger.active()
    body = {"run": run, "accept": True, "reason": "better", **asked}
    status, refused = response(accept(event(body), HERE))
    assert (refused["error"]["type"], status) == (kind, 400 if kind == "BadRequest" else 409)
    assert match in refused["error"]["message"]
    assert (harness.machine.started, harness.acceptances.of("support")) == ([], [])
    assert harness.ledger.active() == before


def test_a_verdict_older_than_the_live_model_needs_a_word_more(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The verdict does not compare the student with the model that it would replace."""
    run = waiting(harness)
    harness.walk(harness.state("b"))
    harness.ssm.parameters[PARAMETER] = json.dumps(harness.alias | {"changed": "2999-01-01T00:00:00+00:00"})
    status, refused = harness.decide(run)
    assert (status, refused["error"]["type"]) == (409, "NothingToAccept")
    assert "--replace-newer" in refused["error"]["message"]
    assert harness.ledger.active() == {}
    assert harness.decide(run, replace_newer=True)[0] == 200
    harness.promote_accepted()
    assert harness.alias["current"] == student("a").model_arn
    assert harness.acceptances.of("support")[0].left == student("b").model_arn


@pytest.mark.parametrize(("letter", "status"), [("b", 200), ("c", 409)])
def test_a_later_evaluation_that_compares_with_the_live_model_is_enough(
    harness: Harness, letter: str, status: int
) -> None:
    """As the refusal says: evaluate the run again."""
    run = waiting(harness)
    harness.walk(harness.state("b"))
    harness.ssm.parameters[PARAMETER] = json.dumps(harness.alias | {"changed": "2999-01-01T00:00:00+00:00"})
    Evaluations(harness.table).begin(run, "evaluation-support-x", by=ANA.arn, reason="")
    score = replace(judged(PASSED).student, model=student(letter).model_arn)
    again = replace(judged(PASSED), passed=False, exploratory="a second look", live=score)
    LookLedger(harness.table).store(harness.ledger.run(run), again)
    harness.ledger.close(run, WAITS, "")
    assert harness.decide(run)[0] == status


def test_an_acceptance_that_cannot_start_gives_the_recipe_free(harness: Harness) -> None:
    run = waiting(harness)
    harness.machine.refuse = "ExecutionLimitExceeded"
    with pytest.raises(ClientError):
        harness.decide(run)
    assert harness.ledger.active() == {}
    (kept,) = harness.acceptances.of("support")
    assert (kept.outcome, harness.ledger.run(run).outcome) == (Outcome.FAILED, WAITS)


@pytest.mark.parametrize(
    ("uploader", "status"), [(ANA.id, 403), (LEA.id, 200), ("AROAOTHER:ana", 403), (None, 403), ("root", 403)]
)
def test_where_data_is_kept_another_person_than_the_uploader_accepts(
    harness: Harness, uploader: str | None, status: int
) -> None:
    harness.set("FOUR_EYES", "true")
    run = waiting(harness, of=recipe())
    harness.uploads.record_inputs(run, [("s3://prompts/a", "v1")])
    if uploader:
        harness.uploads.record_upload(Uploaded(uri="s3://prompts/a", version="v1", principal=uploader))
    answer = harness.decide(run)
    assert answer[0] == status, answer
    assert harness.decide(run, accept=False)[0] == (200 if status == 403 else 400), "everybody may decline"


@pytest.mark.parametrize(("sender", "status"), [(ANA.id, 403), (LEA.id, 200)])
def test_where_data_is_kept_another_person_than_who_sent_the_record_accepts(
    harness: Harness, sender: str, status: int
) -> None:
    harness.set("FOUR_EYES", "true")
    run, of = waiting(harness, of=recipe()), promotion(by_id=sender)
    harness.uploads.record_inputs(run, [("s3://prompts/a", "v1")])
    harness.uploads.record_upload(Uploaded(uri="s3://prompts/a", version="v1", principal="AIDAPIPELINE"))
    assert Promotions(harness.table).begin(of)
    harness.table.items[run_key(run)]["promotion"] = of.id
    answer = harness.decide(run)
    assert answer[0] == status, answer


def test_only_the_recipe_s_deciders_accept(harness: Harness) -> None:
    run = waiting(harness)
    harness.recipes = {"support": recipe(deciders=("assumed-role/leads/*",))}
    status, refused = harness.decide(run)
    assert (status, refused["error"]["type"]) == (403, "NotAdmitted")
    assert harness.machine.started == []
    assert harness.decide(run, LEA)[0] == 200


def test_a_direct_invocation_accepts_nothing(harness: Harness) -> None:
    with pytest.raises(NotAdmitted, match="a direct invocation has no caller"):
        accept({"run": waiting(harness), "accept": True, "reason": "better"}, None)
    assert harness.machine.started == []


def test_a_student_that_waits_can_be_declined_and_accepted_after_all(harness: Harness) -> None:
    run = waiting(harness)
    for _ in range(2):
        status, answer = harness.decide(run, accept=False, reason="too short answers")
        assert (status, answer["outcome"], answer["by"]) == (200, "declined", ANA.arn)
    record = harness.ledger.run(run)
    assert (record.outcome, record.closed_by, record.reason) == (Outcome.DECLINED, ANA.arn, "too short answers")
    assert harness.decide(run, LEA)[0] == 200
    harness.promote_accepted()
    assert harness.acceptances.of("support")[0].was is Outcome.DECLINED


@pytest.mark.parametrize("prepare", [_open, _awaiting_approval, _without_student, _live])
def test_what_does_not_wait_cannot_be_declined(harness: Harness, prepare: Callable[[Harness], str]) -> None:
    run = prepare(harness)
    before = harness.ledger.run(run).outcome
    status, refused = harness.decide(run, accept=False)
    assert (status, refused["error"]["type"], harness.ledger.run(run).outcome) == (400, "BadRequest", before)


def test_a_student_that_is_going_live_cannot_be_declined(harness: Harness) -> None:
    run = waiting(harness)
    harness.decide(run)
    status, refused = harness.decide(run, LEA, accept=False)
    assert (status, f"{ANA.arn} accepted it" in refused["error"]["message"]) == (400, True)
    harness.promote_accepted()
    assert harness.ledger.run(run).outcome is PROMOTED


def test_a_decline_that_an_acceptance_overtook_changes_nothing(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = waiting(harness)
    stale = harness.ledger.run(run)
    harness.decide(run)
    reads = iter([stale])
    real = type(harness.ledger).run
    monkeypatch.setattr(type(harness.ledger), "run", lambda ledger, ident: next(reads, None) or real(ledger, ident))
    with pytest.raises(BadRequest, match="only a run that is awaiting-acceptance"):
        Acceptances(harness.table).decline(run, "no", by="arn")
    assert harness.ledger.run(run).outcome is WAITS
