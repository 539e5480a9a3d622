"""A canary over fakes: its run, the steps of its execution in their order, and CloudWatch."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
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
from tests.fakes.pipeline import recipe
from tests.unit.promotion.harness import Harness

OPTIONS = CanaryOptions(share=0.2, minutes=60, min_calls=100)
MACHINE = "arn:aws:states:us-east-1:111111111111:stateMachine:pipeline"
STEPS = ("withdraw", "delete", "close")


@dataclass
class FakeCloudWatch:
    """Every endpoint answers `calls` a minute in `latency` milliseconds. `failed`: calls a minute without an answer, by
    a part of an ARN; `refused`: such calls whose error blames the request; `requests`: what callers counted, by variant
    and metric."""

    now: Callable[[], float]
    calls: int = 20
    latency: dict[str, float] = field(default_factory=dict)
    failed: dict[str, int] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    requests: dict[tuple[str, str], int] = field(default_factory=dict)
    asked: list[dict[str, Any]] = field(default_factory=list)

    def get_paginator(self, operation: str) -> "FakeCloudWatch":
        assert operation == "get_metric_data"
        return self

    def paginate(self, **asked: Any) -> Iterator[dict[str, Any]]:
        self.asked.append(asked)
        first = asked["StartTime"].timestamp() // 60 * 60
        times = [first + 60 * minute for minute in range(int((self.now() - first) // 60))]
        for query in asked["MetricDataQueries"]:  # one a page
            value = self._value(query["MetricStat"]["Metric"], query["MetricStat"]["Stat"])
            points = [] if value is None else times
            stamps = [datetime.fromtimestamp(at, UTC) for at in points]
            yield {"MetricDataResults": [{"Id": query["Id"], "Timestamps": stamps, "Values": [value] * len(points)}]}

    def _value(self, metric: dict[str, Any], statistic: str) -> float | None:
        dimensions = {each["Name"]: each["Value"] for each in metric["Dimensions"]}
        name = metric["MetricName"]
        if metric["Namespace"] == "Distillery":
            assert (dimensions["Environment"], dimensions["Route"]) == ("dev", "distilled/support")
            return self.requests.get((dimensions["Variant"], name))
        arn = dimensions["ModelId"]
        assert statistic == ("Average" if name == "InvocationLatency" else "Sum")
        errors = {"InvocationServerErrors": self.failed, "InvocationClientErrors": self.refused}
        if name in errors:
            return float(next((count for part, count in errors[name].items() if part in arn), 0))
        answers = {
            "Invocations": self.calls,
            "InvocationLatency": next((ms for part, ms in self.latency.items() if part in arn), 400.0),
            "InputTokenCount": 500 * self.calls,
            "OutputTokenCount": 50 * self.calls,
        }
        return answers.get(name) if self.calls else None


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
