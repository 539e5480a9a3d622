"""The promotion stage with fake services: the states of runs, and the decisions of people."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from distillery.core import aws
from distillery.core.env_vars import Variable
from distillery.core.function_url import Caller
from distillery.core.ledger.acceptances import Acceptances
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.rollbacks import Rollbacks
from distillery.core.ledger.uploads import Uploads
from distillery.core.pipeline import Stage, Verdict
from distillery.core.recipe import Recipe
from distillery.core.serialization import to_wire
from distillery.core.system_prompt import SystemPrompt, SystemPrompts, SystemPromptUse
from lambdas.promotion.handler import accept, rollback, step
from tests.fakes.bedrock import FakeBedrock
from tests.fakes.callers import ANA, HERE, event, response
from tests.fakes.pipeline import dataset, distilled, recipe, verdict
from tests.fakes.s3 import FakeS3
from tests.fakes.services import FakeSns, FakeSsm, FakeStepFunctions
from tests.fakes.table import MemoryTable

PARAMETER = "/distillery/dev/alias/support"
START = datetime(2026, 11, 2, 9, tzinfo=UTC)
"""Early in a month, so that the hours of a test and what it reserves are of one month, whatever day it is."""


class Harness:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.bedrock, self.ssm, self.sns, self.machine = FakeBedrock(), FakeSsm(), FakeSns(), FakeStepFunctions()
        self.s3 = FakeS3()
        self.seconds = START.timestamp()
        monkeypatch.setattr("distillery.core.clock.timestamp", lambda: self.seconds)
        services = {
            "bedrock": self.bedrock,
            "s3": self.s3,
            "ssm": self.ssm,
            "sns": self.sns,
            "stepfunctions": self.machine,
        }
        monkeypatch.setattr(aws, "_client", lambda service, region: services[service])
        self.table = table = MemoryTable()
        self.ledger, self.rollbacks, self.acceptances = Ledger(table), Rollbacks(table), Acceptances(table)
        self.uploads = Uploads(table)
        for handler_module in ("handler", "rollback", "acceptance"):
            monkeypatch.setattr(f"lambdas.promotion.{handler_module}.Table", lambda name: table)
        monkeypatch.setattr("distillery.core.borrowing.Table", lambda name: table)
        self.recipes = {"support": recipe()}
        monkeypatch.setattr("distillery.core.recipe.load_all", lambda: self.recipes)
        machine = "arn:aws:states:us-east-1:111111111111:stateMachine:pipeline"
        self.monkeypatch = monkeypatch
        values = {"ENVIRONMENT": "dev", "LEDGER": "ledger", "TOPIC": "arn:topic", "STATE_MACHINE": machine}
        for variable, value in values.items():
            monkeypatch.setenv(Variable[variable], value)

    def set(self, variable: str, value: str) -> None:
        """Sets an environment variable of the functions."""
        self.monkeypatch.setenv(Variable[variable], value)

    @property
    def alias(self) -> dict[str, Any]:
        return dict(json.loads(self.ssm.parameters[PARAMETER]))

    def learned(self, text: str | None) -> SystemPrompt:
        """Stores a data set's system prompt as the dataset stage does."""
        if text is None:
            return SystemPrompt(use=SystemPromptUse.NONE)
        prompts = SystemPrompts(SystemPromptUse.SHARED, text).described
        uri = f"s3://data/datasets/support/{prompts.sha256[:8]}/system.txt"
        self.s3.put(uri, text)
        return prompts.at(uri)

    def state(
        self,
        letter: str,
        of: Recipe | None = None,
        passed: bool = True,
        system: SystemPrompt | None = None,
        judged: Verdict | None = None,
    ) -> dict[str, Any]:
        """The state of a run up to its verdict."""
        run = self.ledger.open(of or recipe(), replace(dataset(digest=letter), system=system), again=False).run
        made, judged = distilled(self.ledger, run, letter), judged or verdict(passed)
        self.ledger.begin(run.id, Stage.EVALUATION)
        self.ledger.end(run.id, Stage.EVALUATION, judged)
        return {
            "action": "distil",
            "run": to_wire(run),
            "student": to_wire(made),
            "verdict": to_wire(judged),
        }

    def walk(self, state: dict[str, Any]) -> dict[str, Any]:
        """Runs every step twice, as the state machine may."""
        state["live"] = self.twice("promote", state)
        assert self.twice("describe", state)["status"] in ("pending", "ready")
        self.bedrock.settle()
        assert self.twice("describe", state) == {"status": "ready"}
        state["alias"] = self.twice("record", state)
        self.twice("close", state)
        return state

    def twice(self, name: str, state: dict[str, Any]) -> Any:
        first = step({"step": name, "state": state}, None)
        assert step({"step": name, "state": state}, None) == first
        return first

    def ask_back(self, by: Caller = ANA, /, **asked: Any) -> tuple[int, Any]:
        """Requests a rollback from the current alias, a second later. Returns status and answer."""
        self.seconds += 1
        version = self.alias["version"] if PARAMETER in self.ssm.parameters else 0
        body = {"recipe": "support", "version": version, "reason": "worse answers", **asked}
        return response(rollback(event(body, by), HERE))

    def roll_back(self, **asked: Any) -> dict[str, Any]:
        status, answer = self.ask_back(**asked)
        assert (status, "to" in answer) == (200, True), answer
        state: dict[str, Any] = json.loads(self.machine.started[-1]["input"])
        return self.walk(state)

    def started(self) -> dict[str, Any]:
        """What the latest execution begins with."""
        return dict(json.loads(self.machine.started[-1]["input"]))

    def end(self, state: dict[str, Any]) -> str:
        """Closes a run whose student does not go live. Returns how it ended."""
        state["follow_up"] = self.twice("follow_up", state)
        assert self.twice("close", state)["outcome"] == state["follow_up"]["outcome"]
        return str(state["follow_up"]["outcome"])

    def decide(self, run: str, by: Caller = ANA, /, **asked: Any) -> tuple[int, Any]:
        """Sends an acceptance by somebody who has just read the ledger. Returns status and answer."""
        seen = self.ledger.run(run).acceptance
        body = {"run": run, "accept": True, "reason": "better for us", "seen": seen, **asked}
        return response(accept(event(body, by), HERE))

    def promote_accepted(self) -> dict[str, Any]:
        """Runs the execution that an acceptance started."""
        return self.walk(json.loads(self.machine.started[-1]["input"]))
