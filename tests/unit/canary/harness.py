"""A canary over fakes: its run, the steps of its execution in their order, and CloudWatch."""

import json
from typing import Any

import pytest

from distillery.core import aws
from distillery.core.canary import CanaryOptions
from distillery.core.function_url import Caller
from distillery.core.ledger.canaries import Canaries
from distillery.core.pipeline import Outcome
from distillery.core.recipe import Recipe
from lambdas.canary import handler
from lambdas.operations.handler import operate
from tests.fakes.callers import ANA, HERE, event, response
from tests.fakes.cloudwatch import FakeCloudWatch
from tests.fakes.pipeline import recipe
from tests.unit.promotion.harness import Harness

OPTIONS = CanaryOptions(share=0.2, minutes=60, min_calls=100)
MACHINE = "arn:aws:states:us-east-1:111111111111:stateMachine:pipeline"
STEPS = ("withdraw", "delete", "close")


class CanaryHarness(Harness):
    """The recipe `support` has a live model of letter `a`, before it of `f`, and a run whose student `b` passed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **options: Any) -> None:
        super().__init__(monkeypatch)
        monkeypatch.setattr("lambdas.canary.handler.Table", lambda name: self.table)
        monkeypatch.setattr("lambdas.operations.stop.Table", lambda name: self.table)
        self.set("INFERENCE_REGION", "us-east-2")
        self.set("CANARIES", '["support"]')
        self.cloudwatch = FakeCloudWatch(lambda: self.seconds)
        client = aws._client
        monkeypatch.setattr(
            aws,
            "_client",
            lambda service, region: self.cloudwatch if service == "cloudwatch" else client(service, region),
        )
        self.canaries = Canaries(self.table)
        for letter in "fa":
            self.walk(self.state(letter))
            self.seconds += 3600
        self.run_state = self.state("b", of=self.with_canary(**options))
        self.run: str = self.run_state["run"]["id"]

    def with_canary(self, **options: Any) -> Recipe:
        chosen: dict[str, Any] = {"share": OPTIONS.share, "minutes": OPTIONS.minutes, "min_calls": OPTIONS.min_calls}
        return recipe(canary=CanaryOptions(**(chosen | options)))

    def begin(self) -> dict[str, Any]:
        """Follows up on the verdict, begins the canary, closes the run. Returns the input of the canary's execution."""
        state = self.run_state
        state["follow_up"] = self.twice("follow_up", state)
        assert state["follow_up"]["outcome"] == "canary"
        state["follow_up"] = self.canary("begin", state, machine=MACHINE)
        self.twice("close", state)
        return self.started()

    def started(self) -> dict[str, Any]:
        """The input of the execution that was started last."""
        found = self.machine.started[-1]
        self.machine.executions[found["name"]] = "RUNNING"
        return dict(json.loads(found["input"]))

    def canary(self, name: str, state: dict[str, Any], **more: Any) -> Any:
        """Runs a step twice, as the state machine may."""
        first = handler.step({"step": name, "state": state, **more}, None)
        assert handler.step({"step": name, "state": state, **more}, None) == first
        return first

    def admit(self, state: dict[str, Any]) -> dict[str, Any]:
        """Until callers send it their share."""
        state["candidate"] = self.canary("create", state)
        assert self.canary("describe", state) == {"status": "pending"}
        self.bedrock.settle()
        assert self.canary("describe", state) == {"status": "ready"}
        self.twice("keep_prompt", state)
        state["look"] = handler.step({"step": "admit", "state": state}, None)
        handler.step({"step": "admit", "state": state}, None)
        return state

    def look(self, state: dict[str, Any]) -> dict[str, Any]:
        """Waits, then looks."""
        self.seconds += state["look"]["wait"]
        state["look"] = handler.step({"step": "look", "state": state}, None)
        return dict(state["look"])

    def watch(self, state: dict[str, Any]) -> int:
        """Looks until something follows. Returns how often."""
        for looks in range(1, 400):
            if self.look(state)["step"] != "continue":
                return looks
        raise AssertionError("it is never decided")

    def end(self, state: dict[str, Any]) -> str:
        """Ends the execution as its states do, with a promotion where one follows. Returns how the run ended."""
        if state.get("look", {}).get("step") == "promote":
            state["live"] = self.twice("promote", state)
            self.bedrock.settle()
            state["alias"] = self.twice("record", state)
        self.withdraw(state)
        return str(self.outcome)

    def withdraw(self, state: dict[str, Any]) -> None:
        self.canary("withdraw", state)
        self.seconds += 120
        handler.step({"step": "delete", "state": state}, None)
        handler.step({"step": "delete", "state": state}, None)
        self.canary("close", state)

    @property
    def outcome(self) -> Outcome:
        return self.ledger.run(self.run).outcome

    @property
    def endpoints(self) -> list[str]:
        """The names of the endpoints beside the live one."""
        return [name for name in self.bedrock.everything() if "-live-" not in name]

    def stop(self, by: Caller = ANA) -> tuple[int, Any]:
        body = {"run": self.run, "reason": "complaints"}
        return response(operate({**event(body, by), "rawPath": "/stop"}, HERE))
