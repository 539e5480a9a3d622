"""A run that ends because a chunk of prompts failed says why, which the error of the Map does not."""

import pytest

from distillery.core.pipeline import Outcome
from lambdas.promotion.close import UNKNOWN_FAILURE
from lambdas.promotion.handler import step
from tests.unit.promotion.harness import Harness

MAP = {"Error": "States.ExceedToleratedFailureThreshold", "Cause": "The specified tolerated failure threshold was …"}
WHY = "EvaluationFailed: the held-out file has 3 prompts"


@pytest.mark.parametrize(
    ("execution", "reason"), [("its own", WHY), ("", UNKNOWN_FAILURE), ("another", UNKNOWN_FAILURE)]
)
def test_the_reason_is_that_of_this_execution_s_chunk(harness: Harness, execution: str, reason: str) -> None:
    state = harness.state("a")
    run = state["run"]["id"]
    if execution:
        harness.ledger.keep_chunk_failure(run, run if execution == "its own" else execution, WHY)
    step({"step": "close", "state": {"run": state["run"], "error": MAP}}, None)
    record = harness.ledger.run(run)
    assert (record.outcome, record.reason) == (Outcome.FAILED, reason)
    assert reason in harness.sns.published[-1]["Message"]


def test_another_error_is_told_as_it_is(harness: Harness) -> None:
    state = harness.state("a")
    run = state["run"]["id"]
    harness.ledger.keep_chunk_failure(run, run, WHY)
    step({"step": "close", "state": {"run": state["run"], "error": {"Error": "JobFailed", "Cause": ""}}}, None)
    assert harness.ledger.run(run).reason == "JobFailed"
