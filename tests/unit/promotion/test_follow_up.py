"""A student replaces, unasked, only the live model that its verdict compares it with."""

import json
from dataclasses import replace

import pytest

from distillery.core.errors import BadRequest
from distillery.core.judging import VerdictOutcome
from distillery.core.pipeline import Outcome, Verdict
from lambdas.promotion.handler import step
from tests.fakes.pipeline import student, verdict
from tests.unit.promotion.harness import PARAMETER, Harness

LATER = "2999-01-01T00:00:00+00:00"
LIVE, OTHER = student("b").model_arn, student("c").model_arn


def about(live: str | None) -> Verdict:
    """A passed verdict that compares with a live model."""
    given = verdict()
    score = replace(given.student, model=live) if live else None
    return replace(given, outcome=VerdictOutcome.PASSED, live=score)


@pytest.mark.parametrize(
    ("judged", "changed", "ending"),
    [
        (about(LIVE), {}, Outcome.PROMOTED),
        (about(OTHER), {}, Outcome.AWAITING_ACCEPTANCE),
        (about(None), {}, Outcome.AWAITING_ACCEPTANCE),
        (about(LIVE), {"changed": LATER}, Outcome.AWAITING_ACCEPTANCE),  # somebody rolled back to it
        (about(OTHER), {"current": student("a").model_arn, "changed": LATER}, Outcome.PROMOTED),  # a repeated step
        (verdict(), {}, Outcome.PROMOTED),  # of 0.1.0
        (verdict(), {"changed": LATER}, Outcome.AWAITING_ACCEPTANCE),
    ],
)
def test_a_model_that_the_verdict_is_not_about_is_replaced_by_a_person_alone(
    harness: Harness, judged: Verdict, changed: dict[str, str], ending: Outcome
) -> None:
    harness.walk(harness.state("b"))
    harness.ssm.parameters[PARAMETER] = json.dumps(harness.alias | changed)
    state = harness.state("a", judged=judged)
    assert harness.twice("follow_up", state)["outcome"] == ending
    if ending is Outcome.PROMOTED:
        harness.twice("promote", state)
        return
    for name in ("promote", "describe", "record"):  # the definition of older versions asks no follow-up
        with pytest.raises(BadRequest, match="waits for a person"):
            step({"step": name, "state": state}, None)
    assert harness.end(state) == ending
    assert "does not compare the student with the model that is live now" in harness.sns.published[-1]["Message"]
    status, refused = harness.decide(state["run"]["id"])
    if judged.live or changed:
        assert (status, "--replace-newer" in refused["error"]["message"]) == (409, True)
        assert harness.decide(state["run"]["id"], replace_newer=True)[0] == 200


def test_the_first_student_goes_live_without_a_comparison(harness: Harness) -> None:
    assert harness.twice("follow_up", harness.state("a", judged=about(None)))["outcome"] == Outcome.PROMOTED
