"""What orchestration adds to an evaluation of 1,000 held-out prompts by five models, in the models' own time.

The functions of the stage run as the state machine calls them, over stores in memory. The stand-in models answer at
once and report the latency that the simulator models for them, so the time that passes is ours alone: the plan, the
requests and their answers, each kept at once, the verdict and its report. Chunks are answered one after another; the
pipeline answers four at a time, and waits for the models in them as well.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from rich.console import Console
from rich.table import Table

from bedrock_simulator.runtime.latency import timing
from distillery.core.pipeline import Verdict
from distillery.core.serialization import from_wire
from tests.bench.bar import Bar
from tests.fakes.pipeline import recipe
from tests.unit.evaluation.harness import BASE, HAIKU, STUDENT, TEACHER, Harness

PROMPTS, LIMIT = 1_000, 2.0
LITE = "amazon.nova-lite-v1:0"
MODELS = {TEACHER: TEACHER, BASE: BASE, STUDENT: BASE, f"us.{HAIKU}": HAIKU, LITE: LITE}
"""The models by what they are called as; a student is as fast as its base."""
ANSWER_TOKENS = 10


class TimedRuntime:
    """Answers at once, and adds up how long the models would have taken."""

    def __init__(self, runtime: Any) -> None:
        self.meta, self._runtime, self.took_ms = runtime.meta, runtime, dict.fromkeys(MODELS, 0)

    def converse(self, **request: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self._runtime.converse(**request)
        called, text = request["modelId"], request["messages"][-1]["content"][0]["text"]
        took = timing(MODELS[called], "standard", None, ANSWER_TOKENS, text, "bench").total
        with self._runtime.lock:
            self.took_ms[called] += took
        return answer | {"metrics": {"latencyMs": took}}


def bench(console: Console) -> list[Bar]:
    with pytest.MonkeyPatch.context() as patch:
        steps, took_ms, paused = _evaluate(Harness(patch))
    own, models = sum(steps.values()) + paused, sum(took_ms.values()) / 1000
    table = Table("", "seconds", title=f"An evaluation of {PROMPTS:,} prompts by {len(MODELS)} models")
    for model, milliseconds in took_ms.items():
        table.add_row(f"answers of {model}", f"{milliseconds / 1000:.0f}")
    for step, seconds in steps.items():
        table.add_row(f"our step {step}", f"{seconds:.2f}")
    table.add_row("pauses of the state machine", f"{paused}")
    console.print(table)
    return [Bar(what="orchestration", measured=100 * own / models, limit=LIMIT, floor="models' own time", unit="%")]


def _evaluate(harness: Harness) -> tuple[dict[str, float], dict[str, int], int]:
    """Returns the seconds of each step, the milliseconds of each model, and the seconds of pauses."""
    right = harness.runtime.answers[TEACHER]
    harness.runtime.answers |= {LITE: right, f"us.{HAIKU}": right}
    runtime = TimedRuntime(harness.runtime)
    harness.runtime = runtime  # type: ignore[assignment]  # the fake with a clock
    patched = {"bedrock-runtime": runtime, "service-quotas": harness.quotas, "ssm": harness.ssm}
    harness.monkeypatch.setattr("distillery.core.aws._client", lambda service, region: patched[service])
    harness.open(heldout=PROMPTS, of=recipe(contenders=(HAIKU, LITE), heldout_max=PROMPTS))
    steps: dict[str, float] = {}
    with _timed(steps, "plan"):
        chunks = harness.step("plan")
    with _timed(steps, "answer"):
        paused = sum(sum(harness.answer(chunk)) for chunk in chunks)
    with _timed(steps, "judge"):
        harness.state["verdict"] = harness.step("judge")
    with _timed(steps, "report"):
        harness.step("report")
    verdict = from_wire(Verdict, harness.state["verdict"])
    scored = [score.scored for score in (verdict.teacher, verdict.base, verdict.student, *verdict.contenders.values())]
    if scored != [PROMPTS] * len(MODELS):
        raise RuntimeError(f"the models have {scored} scored answers, not {PROMPTS} each")
    return steps, runtime.took_ms, paused


@contextmanager
def _timed(steps: dict[str, float], step: str) -> Iterator[None]:
    began = time.perf_counter()
    yield
    steps[step] = time.perf_counter() - began
