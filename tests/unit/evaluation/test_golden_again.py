"""Evaluations that a person asks for: by the golden set that the run pinned, or by that of today."""

import hashlib
from dataclasses import replace

import pytest

from distillery.core.conversation import to_line
from distillery.core.golden import GoldenSet
from distillery.core.pipeline import Run
from distillery.core.serialization import to_wire
from distillery.evaluation.contestants import STUDENT
from lambdas.evaluation import request as evaluation_request
from tests.fakes.pipeline import dataset, distilled, recipe, student
from tests.unit.evaluation.harness import ENDPOINT, WIDE
from tests.unit.evaluation.test_again import Again
from tests.unit.evaluation.test_golden_set import URI, pinned, prompt


class ExamAgain(Again):
    """Evaluations that a person asks for, of a run whose recipe has a golden set."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(monkeypatch)
        self.settings = recipe(**WIDE, golden_set="exam.jsonl", golden_min_score=1.0)
        monkeypatch.setattr(evaluation_request, "_pinned", lambda of: self.newest if of.golden_set else None)

    def examiner_writes(self, count: int) -> GoldenSet:
        """The right answer to `golden 3` is `label.3`. It is an object of its own, as a version is."""
        body = "".join(f"{to_line(replace(prompt(i), reference=f'label.{i}'))}\n" for i in range(count)).encode()
        uri = f"{URI}.{count}"
        self.store.objects[uri] = body
        self.newest = replace(pinned(count, hashlib.sha256(body).hexdigest()), uri=uri)
        return self.newest

    def passed(self, count: int) -> Run:
        """A run that was judged by a golden set of so many prompts."""
        heldout = "".join(self.line(i, f"label.{i}") for i in range(25)).encode()
        given = replace(dataset(), golden=self.examiner_writes(count))
        opened = self.ledger.open(self.settings, given, again=False).run
        self.store.objects[given.heldout_uri] = heldout
        self.state = {"run": to_wire(opened), "student": to_wire(student()), "candidate": ENDPOINT}
        distilled(self.ledger, opened, "a")
        verdict = self.judged()
        assert (verdict.passed, verdict.exploratory) == (True, "")
        self.end(opened, verdict)
        return opened


@pytest.fixture
def again(monkeypatch: pytest.MonkeyPatch) -> ExamAgain:
    return ExamAgain(monkeypatch)


def test_a_changed_golden_set_is_exploratory_and_asks_only_its_own_prompts(again: ExamAgain) -> None:
    run = again.passed(5)
    before = len(again.runtime.requests)
    again.examiner_writes(8)
    given = again.go(run, current_settings=True)
    assert given.exploratory
    assert not given.passed
    assert given.golden[STUDENT].asked == 8
    asked = len(again.runtime.requests) - before
    assert asked == 3 * 8, "answers to held-out prompts are kept"


def test_the_pinned_golden_set_judges_unless_the_settings_of_today_do(again: ExamAgain) -> None:
    run = again.passed(5)
    again.examiner_writes(8)
    before = len(again.runtime.requests)
    given = again.go(run, judge_only=True)
    assert given.golden[STUDENT].asked == 5
    assert len(again.runtime.requests) == before


def test_answers_to_another_golden_set_are_not_judged_as_answers_to_this_one(again: ExamAgain) -> None:
    run = again.passed(5)
    again.examiner_writes(5 + 1)
    status, said = again.ask(run, judge_only=True, current_settings=True)
    assert status == 400
    assert "held-out prompts and golden set" in said["error"]["message"]


def test_a_golden_set_that_was_removed_from_the_settings_judges_no_more(again: ExamAgain) -> None:
    run = again.passed(5)
    again.settings = replace(again.settings, golden_set="", golden_min_score=None)
    given = again.go(run, judge_only=True, current_settings=True)
    assert (given.golden, bool(given.exploratory)) == ({}, True)
