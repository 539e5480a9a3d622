"""Nothing that was paid is lost, and an answer is what the model said: not its reasoning, nor what was cut off."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from distillery.core.judging import VerdictOutcome
from distillery.core.pipeline import Verdict
from distillery.core.serialization import from_wire
from distillery.evaluation.answers import parse_answer
from lambdas.evaluation.answers import AT_A_TIME
from tests.fakes.errors import service_error
from tests.unit.evaluation.harness import STUDENT, TEACHER, Harness


class Killed(BaseException):
    """Lambda ends the process: nothing is caught, nothing is written afterwards."""


@pytest.fixture
def harness(monkeypatch: pytest.MonkeyPatch) -> Harness:
    return Harness(monkeypatch)


@pytest.mark.parametrize("at", [1, 17, 60])
def test_an_invocation_that_is_killed_repeats_at_most_the_requests_in_flight(harness: Harness, at: int) -> None:
    harness.open(heldout=20)
    (chunk,) = harness.step("plan")
    for number in range(at, 1000):  # once it is killed no thread goes on
        harness.runtime.errors[number] = Killed()
    with pytest.raises(Killed):
        harness.step("answer", chunk=chunk, answered={"rounds": 0})
    harness.runtime.errors.clear()
    harness.answer(chunk)
    assert 60 <= len(harness.runtime.requests) <= 60 + AT_A_TIME
    assert from_wire(Verdict, harness.step("judge")).passed


def test_answers_that_s3_does_not_keep_end_the_invocation_before_more_are_paid(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness.open(heldout=20)
    (chunk,) = harness.step("plan")
    written = type(harness.store).write

    def refuse(self: Any, uri: str, body: bytes) -> None:
        raise service_error("SlowDown")

    monkeypatch.setattr(type(harness.store), "write", refuse)
    with pytest.raises(Exception, match="SlowDown"):
        harness.step("answer", chunk=chunk, answered={"rounds": 0})
    assert len(harness.runtime.requests) <= 2 * AT_A_TIME
    monkeypatch.setattr(type(harness.store), "write", written)
    harness.answer(chunk)


def test_what_stays_throttled_is_missing_after_pauses_and_the_run_goes_on(harness: Harness) -> None:
    run = harness.open(heldout=2)
    (chunk,) = harness.step("plan")
    harness.runtime.refuse[STUDENT] = service_error("ThrottlingException")
    assert harness.answer(chunk) == [30, 30, 60, 120, 240, 240, 240]
    rows = [
        json.loads(line)
        for line in harness.store.objects[f"s3://data/evaluations/{run.id}/part-0000.jsonl"].splitlines()
    ]
    assert ["ThrottlingException" in row["missing"]["student"] for row in rows] == [True, True]
    verdict = from_wire(Verdict, harness.step("judge"))
    assert verdict.outcome is VerdictOutcome.INCONCLUSIVE
    assert "student has 0 of 2 answers" in verdict.reasons[0]


MISSING = [(STUDENT, "student"), (TEACHER, "teacher")]


@pytest.mark.parametrize(("model", "role"), MISSING)
def test_a_missing_answer_is_no_right_one_and_is_counted(harness: Harness, model: str, role: str) -> None:
    harness.open(heldout=50)
    answers = harness.runtime.answers[model]

    def refuse_one(text: str) -> Any:
        if text == "message 9":
            raise service_error("ValidationException")
        return answers(text)

    harness.runtime.answers[model] = refuse_one
    verdict = harness.judged()
    score = getattr(verdict, role)
    assert (score.value, score.scored, score.asked) == (0.98, 49, 50)
    told = json.loads(harness.store.objects[verdict.report_uri])["prompts"][9]["answers"][role]
    assert (told["missing"], told["score"]) == (True, None)
    assert "ValidationException" in told["reason"]


REASONING = {"reasoningContent": {"reasoningText": {"text": "label.1", "signature": "s"}}}
REPLIES = [
    ([REASONING, {"text": "label.2"}], "end_turn", "label.2", False, False),
    ([REASONING], "max_tokens", "", True, False),
    ([], "refusal", "", False, True),
    ([{"text": "lab"}], "max_tokens", "lab", True, False),
    ([{"text": "la"}, REASONING, {"text": "bel"}], "end_turn", "label", False, False),
    ([{"text": "no"}], "content_filtered", "no", False, True),
    ([{"text": "no"}], "guardrail_intervened", "no", False, True),
    ([{"text": "la"}], "model_context_window_exceeded", "la", True, False),
]


def reply(content: list[Any], stop: str) -> dict[str, Any]:
    return {
        "output": {"message": {"role": "assistant", "content": content}},
        "stopReason": stop,
        "usage": {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2},
        "metrics": {"latencyMs": 1},
    }


@pytest.mark.parametrize(("content", "stop", "text", "is_truncated", "is_refused"), REPLIES)
def test_reasoning_is_no_answer_and_what_was_cut_off_or_refused_is_recorded(
    content: list[Any], stop: str, text: str, is_truncated: bool, is_refused: bool
) -> None:
    answer = parse_answer(reply(content, stop))
    assert (answer.text, answer.is_truncated, answer.is_refused) == (text, is_truncated, is_refused)


@settings(deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.text())))
def test_the_text_is_that_of_the_text_blocks_alone(blocks: list[tuple[bool, str]]) -> None:
    content = [
        {"text": text} if is_text else {"reasoningContent": {"reasoningText": {"text": text}}}
        for is_text, text in blocks
    ]
    assert parse_answer(reply(content, "end_turn")).text == "".join(text for is_text, text in blocks if is_text)


def test_the_report_counts_what_was_cut_off_and_what_was_refused(harness: Harness) -> None:
    harness.open(heldout=2)
    harness.runtime.extra = {"stopReason": "max_tokens"}
    told = json.loads(harness.store.objects[harness.judged().report_uri])
    rows = {row["role"]: row for row in told["contestants"]}
    counts = ("asked", "scored", "truncated", "refused", "left_out", "missing")
    assert [rows["student"][name] for name in counts] == [2, 2, 2, 0, 0, 0]


def test_a_reply_of_another_form_is_a_missing_answer(harness: Harness) -> None:
    harness.open(heldout=1)
    harness.runtime.extra = {"usage": {}}
    told = json.loads(harness.store.objects[harness.judged().report_uri])
    assert "not have the form of a Converse response (KeyError)" in told["prompts"][0]["answers"]["student"]["reason"]
