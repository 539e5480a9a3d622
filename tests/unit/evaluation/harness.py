"""A run whose candidate is ready, and the evaluation stage's handler over fakes."""

from typing import Any

import pytest

from distillery.core import aws
from distillery.core.conversation import Prompt, to_line
from distillery.core.env_vars import Variable
from distillery.core.ledger.ledger import Ledger
from distillery.core.pipeline import Run, Verdict
from distillery.core.recipe import Recipe
from distillery.core.serialization import from_wire, to_wire
from lambdas.evaluation import grading, reporting
from lambdas.evaluation.handler import step
from tests.fakes.pipeline import open_run, recipe, student
from tests.fakes.services import FakeQuotaList, FakeRuntime, FakeSsm, MemoryStore
from tests.fakes.table import MemoryTable

ENDPOINT = {"arn": "arn:aws:bedrock:us-east-1:111111111111:custom-model-deployment/a", "name": "c", "mode": "on-demand"}
TEACHER, BASE, STUDENT = "amazon.nova-pro-v1:0", "amazon.nova-micro-v1:0", ENDPOINT["arn"]
HAIKU = "anthropic.claude-haiku-5-5"


WIDE = {"teacher_margin": 0.3, "live_margin": 0.3}
"""Margins that 25 prompts can decide."""


class Time:
    """A Lambda context with time for `calls` requests."""

    def __init__(self, calls: int = 10**6) -> None:
        self.calls = calls + 1  # the handler looks once before the first request

    def get_remaining_time_in_millis(self) -> int:
        self.calls -= 1
        return 900_000 if self.calls >= 0 else 59_999


class Harness:
    """A run whose candidate is ready. The correct answer to `message 7` is `label.7`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monkeypatch = monkeypatch
        self.store, self.table = MemoryStore(), MemoryTable()
        self.ledger = Ledger(self.table)
        right = lambda text: f"label.{text.split()[-1]}"  # noqa: E731 a stand-in model in one line
        self.runtime = FakeRuntime({TEACHER: right, BASE: "label.3", STUDENT: right, f"us.{HAIKU}": right})
        self.quotas, self.ssm = FakeQuotaList(), FakeSsm()
        clients = {"bedrock-runtime": self.runtime, "service-quotas": self.quotas, "ssm": self.ssm}
        monkeypatch.setattr(aws, "_client", lambda service, region: clients[service])
        for module in ("handler", "grading", "reporting"):
            monkeypatch.setattr(f"lambdas.evaluation.{module}.ObjectStore", lambda: self.store)
        for module in ("handler", "grading"):
            monkeypatch.setattr(f"lambdas.evaluation.{module}.Table", lambda name: self.table)
        for variable, value in {"ENVIRONMENT": "dev", "LEDGER": "ledger", "DATA_BUCKET": "data"}.items():
            monkeypatch.setenv(Variable[variable], value)

    def open(self, heldout: int = 25, labelled: bool = True, of: Recipe | None = None) -> Run:
        run = open_run(self.ledger, of or recipe(**WIDE), heldout=heldout, labelled=labelled)
        lines = [self.line(i, f"label.{i}" if labelled else None) for i in range(heldout)]
        self.store.objects[run.dataset.heldout_uri] = "".join(lines).encode()
        self.state = {"run": to_wire(run), "student": to_wire(student()), "candidate": ENDPOINT}
        return run

    def line(self, i: int, reference: str | None) -> str:
        return to_line(Prompt(system="label it", messages=(("user", f"message {i}"),), reference=reference)) + "\n"

    def step(self, name: str, time: Time | None = None, **more: Any) -> Any:
        """Runs a step in the function that the state machine has for it."""
        functions = {"judge": grading.step, "report": reporting.step}
        return functions.get(name, step)({"step": name, "state": self.state, **more}, time or Time())

    def answer(self, chunk: Any) -> list[int]:
        """Answers a chunk as the state machine does, and returns the pauses that it waits for."""
        answered, pauses = {"left": 1, "pause": chunk["pause"], "rounds": 0}, []
        while answered["pause"] or answered["left"]:
            if answered["pause"]:
                pauses.append(answered["pause"])
            answered = self.step("answer", chunk=chunk, answered=answered)
            assert len(pauses) < 1000, "the chunk never ends"
        return pauses

    def judged(self) -> Verdict:
        for chunk in self.step("plan"):
            self.answer(chunk)
        return from_wire(Verdict, self.step("judge"))
