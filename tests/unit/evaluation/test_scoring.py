"""The team's functions score answers: what they are sent, what is kept, and what a failure counts as."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from distillery.core.judging import GraderKind, GraderSpec
from distillery.core.recipe import Recipe
from distillery.evaluation.graders.grade import Grade, Unscored
from distillery.evaluation.graders.registry import build
from distillery.evaluation.pace import FUTILE_ROUNDS
from lambdas.evaluation import scores, scoring
from lambdas.evaluation.functions import MARGIN_MS
from lambdas.evaluation.parts import Parts
from tests.fakes.errors import service_error
from tests.fakes.pipeline import recipe
from tests.unit.evaluation.harness import Harness, Time

ARN = "arn:aws:lambda:us-east-1:111111111111:function:score"
Reply = Callable[[dict[str, Any]], Any]


def scored_by(**options: Any) -> GraderSpec:
    return GraderSpec(kind=GraderKind.FUNCTION, options={"arn": ARN, **options})


class FakeFunction:
    """reply: what the function returns for an event; an exception is raised by the call."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        self.events: list[dict[str, Any]] = []
        self.seconds: list[int] = []

    def client(self, seconds: int) -> "FakeFunction":
        self.seconds.append(seconds)
        return self

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803 the API's names
        assert FunctionName == ARN
        event = json.loads(Payload)
        self.events.append(event)
        replied = self.reply(event)
        if isinstance(replied, Exception):
            raise replied
        return replied if "Payload" in replied else {"Payload": io.BytesIO(json.dumps(replied).encode())}


class Scoring(Harness):
    """A run whose answers are there and whose recipe has functions."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, reply: Reply) -> None:
        super().__init__(monkeypatch)
        self.function = FakeFunction(reply)
        monkeypatch.setattr("lambdas.evaluation.functions.functions", self.function.client)
        monkeypatch.setattr("lambdas.evaluation.scoring.ObjectStore", lambda: self.store)

    def answered(self, *specs: GraderSpec, heldout: int = 3, labelled: bool = True) -> Recipe:
        of = recipe(graders=specs)
        self.run = self.open(heldout=heldout, labelled=labelled, of=of)
        for chunk in self.step("plan"):
            self.answer(chunk)
        return of

    def score(self, time: Any = None, rounds: int = 0) -> dict[str, Any]:
        """Scores the first chunk once."""
        (chunk, *_) = self.call("plan")["chunks"]
        found: dict[str, Any] = self.call("score", time, chunk=chunk, scored={"left": 1, "pause": 0, "rounds": rounds})
        return found

    def evaluate(self, execution: str) -> None:
        """A person asks for an evaluation, with that execution."""
        self.state = {**self.state, "evaluation": {"execution": execution}}

    def call(self, name: str, time: Any = None, **more: Any) -> Any:
        return scoring.step({"step": name, "state": self.state, **more}, time or Time())

    def scores(self) -> dict[str, Grade | str]:
        return scores.StoredScores(Parts(self.run, "data", self.store)).read()


def right(event: dict[str, Any]) -> dict[str, Any]:
    return {"score": int(event["answer"] == event["reference"])}


@pytest.fixture
def scoring_with(monkeypatch: pytest.MonkeyPatch) -> Callable[[Reply], Scoring]:
    return lambda reply: Scoring(monkeypatch, reply)


def test_each_different_answer_is_scored_once(scoring_with: Callable[[Reply], Scoring]) -> None:
    run = scoring_with(right)
    run.answered(scored_by())
    assert run.score() == {"left": 0, "pause": 0, "rounds": 0}
    sent = [(event["prompt"]["messages"][0]["content"], event["answer"]) for event in run.function.events]
    # the teacher and the student give the same answer, which is scored once
    assert sorted(sent) == sorted((f"message {n}", f"label.{said}") for n in range(3) for said in (n, 3))
    assert run.function.events[0]["version"] == 1
    assert set(run.function.seconds) == {30}


def test_the_scores_are_the_grades(scoring_with: Callable[[Reply], Scoring]) -> None:
    run = scoring_with(right)
    of = run.answered(scored_by())
    run.score()
    grader = build(of.grader_specs, run.scores())
    prompt = Parts(run.run, "data", run.store).heldout()[1]
    assert grader.grade("label.1", "", prompt).score == 1
    assert grader.grade("label.3", "", prompt).score == 0
    with pytest.raises(Unscored):
        grader.grade("label.2", "", prompt)


def test_a_repeated_step_asks_nothing_again(scoring_with: Callable[[Reply], Scoring]) -> None:
    run = scoring_with(right)
    run.answered(scored_by())
    run.score()
    asked = len(run.function.events)
    assert run.score() == {"left": 0, "pause": 0, "rounds": 0}
    assert len(run.function.events) == asked


def test_what_an_invocation_did_not_reach_is_left_to_the_next(scoring_with: Callable[[Reply], Scoring]) -> None:
    class Short(Time):
        def get_remaining_time_in_millis(self) -> int:
            self.calls -= 1
            return MARGIN_MS if self.calls >= 0 else MARGIN_MS - 1

    run = scoring_with(right)
    run.answered(scored_by())
    assert run.score(Short(calls=1))["left"] == 4
    assert len(run.function.events) == 2
    assert run.score()["left"] == 0
    assert len(run.function.events) == 6
    assert len(run.scores()) == 6


def test_several_functions_score_by_themselves(scoring_with: Callable[[Reply], Scoring]) -> None:
    run = scoring_with(right)
    run.answered(scored_by(), scored_by(timeout_seconds=5), heldout=1)
    run.score()
    assert sorted(run.function.seconds) == [5, 5, 30, 30]
    assert len(run.scores()) == 4


def test_a_recipe_without_functions_has_nothing_to_score(scoring_with: Callable[[Reply], Scoring]) -> None:
    run = scoring_with(right)
    run.answered(GraderSpec(kind=GraderKind.LABEL))
    assert run.call("plan")["chunks"] == []


FAILURES: dict[str, tuple[Any, str]] = {
    "an error in the function": (
        {"FunctionError": "Unhandled", "Payload": io.BytesIO(b'{"errorMessage": "message 1 is secret"}')},
        "raised an error (Unhandled)",
    ),
    "a response that is no score": ({"grade": 1}, "no object with a score"),
    "a score above 1": ({"score": 7}, "not a number from 0 to 1"),
    "a function that there is not": (service_error("ResourceNotFoundException"), "could not be called"),
    "a function that the pipeline may not call": (service_error("AccessDeniedException"), "could not be called"),
}


@pytest.mark.parametrize(("reply", "told"), FAILURES.values(), ids=FAILURES.keys())
def test_a_failure_is_a_missing_score(reply: Any, told: str, scoring_with: Callable[[Reply], Scoring]) -> None:
    run = scoring_with(lambda event: reply)
    run.answered(scored_by(), heldout=1)
    assert run.score() == {"left": 0, "pause": 0, "rounds": 0}
    found = run.scores()
    assert len(found) == 2
    assert all(isinstance(each, str) and told in each for each in found.values())
    assert "secret" not in str(found)


TRANSIENT = [
    service_error("TooManyRequestsException"),
    service_error("ServiceException"),
    ReadTimeoutError(endpoint_url="https://lambda"),
]


@pytest.mark.parametrize("error", TRANSIENT, ids=str)
def test_what_may_succeed_later_is_asked_again_and_then_missing(
    error: Exception, scoring_with: Callable[[Reply], Scoring]
) -> None:
    run = scoring_with(lambda event: error)
    run.answered(scored_by(), heldout=1)
    first = run.score()
    assert (first["left"], first["rounds"]) == (2, 1)
    assert first["pause"] > 0
    assert run.scores() == {}
    assert run.score(rounds=FUTILE_ROUNDS) == {"left": 0, "pause": 0, "rounds": 0}
    assert all(isinstance(each, str) and "could not be called" in each for each in run.scores().values())


def test_only_what_failed_is_asked_again(scoring_with: Callable[[Reply], Scoring]) -> None:
    failed: list[str] = []

    def once(event: dict[str, Any]) -> Any:
        if not failed and event["answer"] == "label.1":
            failed.append(event["answer"])
            return service_error("TooManyRequestsException")
        return right(event)

    run = scoring_with(once)
    run.answered(scored_by())
    assert run.score() == {"left": 1, "pause": 30, "rounds": 0}
    assert run.score()["left"] == 0
    assert len(run.function.events) == 7
    assert sorted(each.score for each in run.scores().values() if isinstance(each, Grade)) == [0, 0, 0, 1, 1, 1]


def test_prompts_without_a_reference_are_not_sent_unless_the_function_says_so(
    scoring_with: Callable[[Reply], Scoring],
) -> None:
    run = scoring_with(lambda event: {"score": 1})
    run.answered(scored_by(), scored_by(needs_reference=False), labelled=False, heldout=1)
    run.score()
    assert [event["reference"] for event in run.function.events] == [None, None]
    told = [each for each in run.scores().values() if isinstance(each, str)]
    assert len(told) == 2
    assert all("no reference answer" in each for each in told)


def test_new_answers_are_scored_though_the_chunk_was_complete(scoring_with: Callable[[Reply], Scoring]) -> None:
    run = scoring_with(right)
    run.answered(scored_by(), heldout=1)
    run.score()
    part = f"s3://data/evaluations/{run.run.id}/part-0000.jsonl"
    run.store.objects[part] = run.store.objects[part].replace(b"label.3", b"label.4")
    assert run.score()["left"] == 0
    assert [event["answer"] for event in run.function.events][-1] == "label.4"
    assert len(run.function.events) == 3


@pytest.mark.parametrize(
    "failure",
    [{"score": 7}, {"FunctionError": "Unhandled", "Payload": io.BytesIO()}, service_error("AccessDeniedException")],
)
def test_a_later_evaluation_asks_only_for_what_has_no_score(
    failure: Any, scoring_with: Callable[[Reply], Scoring]
) -> None:
    broken = {"label.1", "label.2"}
    run = scoring_with(lambda event: failure if event["answer"] in broken else right(event))
    run.answered(scored_by())
    run.score()
    first = run.scores()
    assert sum(isinstance(each, str) for each in first.values()) == 2
    run.evaluate("evaluation-1")
    broken.remove("label.2")
    for _ in range(2):  # a repeated step asks nothing again
        assert run.score() == {"left": 0, "pause": 0, "rounds": 0}
        assert [event["answer"] for event in run.function.events[6:]] in (
            ["label.1", "label.2"],
            ["label.2", "label.1"],
        )
    assert sum(isinstance(each, str) for each in run.scores().values()) == 1
    broken.clear()
    run.evaluate("evaluation-2")
    run.score()
    assert [event["answer"] for event in run.function.events[8:]] == ["label.1"]
    found = run.scores()
    assert all(isinstance(each, Grade) for each in found.values())
    assert {key: found[key] for key, each in first.items() if isinstance(each, Grade)}.items() <= first.items()
    run.evaluate("evaluation-3")
    run.score()
    assert len(run.function.events) == 9


def test_scores_that_an_interrupted_evaluation_kept_are_not_asked_for_again(
    scoring_with: Callable[[Reply], Scoring],
) -> None:
    class Short(Time):
        def get_remaining_time_in_millis(self) -> int:
            self.calls -= 1
            return MARGIN_MS if self.calls >= 0 else MARGIN_MS - 1

    run = scoring_with(lambda event: {"score": 7})
    run.answered(scored_by())
    run.score()
    run.function.reply = right
    run.evaluate("evaluation-1")
    assert run.score(Short(calls=2))["left"] == 3
    run.evaluate("evaluation-2")
    run.score()
    assert len(run.function.events) == 12
    assert all(isinstance(each, Grade) for each in run.scores().values())
