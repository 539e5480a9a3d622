"""The example of a team's function returns the documented shape for every answer."""

import importlib.util
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distillery.core.conversation import Prompt
from distillery.evaluation.graders.grade import Grade
from distillery.evaluation.scoring.exchange import request, response
from local.account import ROOT

SPEC = importlib.util.spec_from_file_location("score_label", ROOT / "examples" / "function" / "score_label.py")
assert SPEC is not None
assert SPEC.loader is not None
MODULE: Any = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(MODULE)


def scored(answer: str, reference: str = "delivery.late") -> Grade:
    prompt = Prompt(system="label it", messages=(("user", "Where is it?"),), reference=reference)
    event = json.loads(request("support", prompt, answer))
    return response(json.dumps(MODULE.handler(event, None)).encode())


@pytest.mark.parametrize(
    ("answer", "score"),
    [("delivery.late", 1), (" delivery.late\n", 1), ("delivery.missing", 0.5), ("order.cancel", 0), ("", 0)],
)
def test_a_label_of_the_right_queue_is_worth_half(answer: str, score: float) -> None:
    assert scored(answer).score == score
    assert bool(scored(answer).reason) is (score < 1)


@given(st.text(max_size=200), st.text(min_size=1, max_size=50))
def test_every_answer_has_a_score_of_the_documented_shape(answer: str, reference: str) -> None:
    assert 0 <= scored(answer, reference).score <= 1
    assert scored(reference, reference).score == 1


def test_an_event_of_another_version_is_an_error() -> None:
    with pytest.raises(ValueError, match="has version 2"):
        MODULE.handler({"version": 2}, None)
