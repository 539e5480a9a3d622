"""What becomes of a run that is evaluated again: its state before × the kind of evaluation × what came of it."""

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import pytest

from distillery.core.env_vars import Variable
from distillery.core.judging import VerdictOutcome
from distillery.core.ledger.acceptances import Acceptances
from distillery.core.ledger.evaluations import Evaluations
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.looks import LookLedger
from distillery.core.ledger.rollbacks import Rollbacks
from distillery.core.notices import Notices
from distillery.core.pipeline import Outcome, Stage, Verdict
from distillery.core.serialization import to_wire
from lambdas.promotion.close import close
from lambdas.promotion.follow_up import follow_up
from tests.fakes.pipeline import alias, distilled, open_run, recipe, verdict
from tests.fakes.services import FakeSns
from tests.fakes.table import MemoryTable

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

FAILED, REJECTED, INCONCLUSIVE = Outcome.FAILED, Outcome.REJECTED, Outcome.INCONCLUSIVE
PROMOTED, DECLINED, WAITS = Outcome.PROMOTED, Outcome.DECLINED, Outcome.AWAITING_ACCEPTANCE
PASS, FAIL, OPEN = VerdictOutcome.PASSED, VerdictOutcome.FAILED, VerdictOutcome.INCONCLUSIVE
WAS = "how it had ended"
EXECUTION = "evaluation-support-20261123T090807Z"

AGAIN = {PASS: PROMOTED, FAIL: REJECTED, OPEN: INCONCLUSIVE}
TABLE: list[tuple[Outcome, bool, str, VerdictOutcome | None, Outcome]] = [
    # had ended as, judged before, evaluation, its verdict (None: the execution fails), the run ends as
    *((FAILED, judged, "confirmatory", said, then) for judged in (False, True) for said, then in AGAIN.items()),
    *((FAILED, judged, "exploratory", said, FAILED) for judged in (False, True) for said in AGAIN),
    *((was, True, "exploratory", said, was) for was in (REJECTED, INCONCLUSIVE, PROMOTED, DECLINED) for said in AGAIN),
    *((WAITS, True, "exploratory", said, WAITS) for said in AGAIN),
    *((was, True, "any", None, was) for was in (FAILED, REJECTED, INCONCLUSIVE, PROMOTED, DECLINED, WAITS)),
    # a version before this one closed runs by exploratory verdicts: their confirmatory one still decides
    *((was, False, "confirmatory", said, AGAIN[said]) for was in (REJECTED, INCONCLUSIVE, WAITS) for said in AGAIN),
    *((PROMOTED, False, "confirmatory", said, PROMOTED) for said in AGAIN),
]


def ended(
    monkeypatch: pytest.MonkeyPatch, was: Outcome, judged: bool, kind: str, said: VerdictOutcome | None
) -> tuple[Ledger, str, str]:
    """Evaluates a run again and closes it. Returns the ledger, the run's id, and what people were told."""
    table, sns = MemoryTable(), FakeSns()
    ledger, looks = Ledger(table), LookLedger(table)
    monkeypatch.setenv(Variable.ENVIRONMENT, "dev")
    run = open_run(ledger)
    student = distilled(ledger, run, "a")
    ledger.begin(run.id, Stage.EVALUATION)
    if judged:
        looks.store(ledger.run(run.id), given("", FAIL if said is None else said, look=run.id))
    ledger.close(run.id, was, WAS)
    Evaluations(table).begin(run.id, EXECUTION, by="arn:ana", reason="")
    state: dict[str, Any] = {"action": "evaluate", "run": to_wire(run), "student": to_wire(student)}
    if said is None:
        state["error"] = {"Error": "EvaluationFailed", "Cause": json.dumps({"errorMessage": "new failure"})}
    else:
        its = given("other bars" if kind == "exploratory" else "", said)
        if not (judged and kind == "confirmatory"):  # otherwise it resumes with the verdict that stands
            looks.store(ledger.run(run.id), its)
        then = follow_up(recipe(), its, second_person=False)
        state |= {"verdict": to_wire(its), "follow_up": {"outcome": then}}
        if then is PROMOTED:
            ledger.begin(run.id, Stage.PROMOTION)
            state["alias"] = to_wire(alias())
    close({"state": state}, ledger, Rollbacks(table), Acceptances(table), Notices("arn:t", cast("SNSClient", sns)))
    return ledger, run.id, str(sns.published[0]["Message"])


def given(exploratory: str, outcome: VerdictOutcome, *, look: str = EXECUTION) -> Verdict:
    return replace(
        verdict(),
        outcome=outcome,
        passed=outcome is PASS and not exploratory,
        exploratory=exploratory,
        look=look,
        sentence=f"{outcome}: this is the sentence",
        reasons=() if outcome is PASS and not exploratory else ("its reason",),
    )


@pytest.mark.parametrize(("was", "judged", "kind", "said", "then"), TABLE)
def test_how_a_run_ends_that_is_evaluated_again(
    monkeypatch: pytest.MonkeyPatch, was: Outcome, judged: bool, kind: str, said: VerdictOutcome | None, then: Outcome
) -> None:
    ledger, run, told = ended(monkeypatch, was, judged, kind, said)
    record = ledger.run(run)
    assert record.outcome is then
    if was is FAILED and said is None:
        assert record.reason == "EvaluationFailed: new failure"
    elif kind != "confirmatory":
        assert record.reason == WAS
    assert ledger.active() == {}
    assert told.startswith(f"{run}: {then}")


@pytest.mark.parametrize("said", [PASS, FAIL, OPEN])
def test_a_failed_run_is_not_decided_by_an_exploratory_verdict_which_a_person_may_accept(
    monkeypatch: pytest.MonkeyPatch, said: VerdictOutcome
) -> None:
    _, run, told = ended(monkeypatch, FAILED, False, "exploratory", said)
    assert f"stays failed: {said}: this is the sentence. A person may accept" in told
    assert f"distillery --env dev accept {run} --reason WHY" in told
    assert "reject" not in told
