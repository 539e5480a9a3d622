"""The local Bedrock's own time for a Converse call, with latency modelling off: one caller, and 200 concurrent ones.

Measured in one process, without HTTP. With 200 callers the figure is wall time divided by calls, since callers compete
for the processor. The bar is not a ratio: the simulator promises it.
"""

import json
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from urllib.parse import quote

from rich.console import Console
from rich.table import Table

from bedrock_simulator.ports import Request
from simulator_support.fakes import ACCOUNT, SYSTEM, World, distilled
from tests.bench.bar import Bar

MOST_MILLISECONDS = 5.0
CALLERS, CALLS = 200, 2000
TEACHER = "us.amazon.nova-pro-v1:0"


def bench(console: Console) -> list[Bar]:
    harness = World()
    table = Table("answered by", "median", "90th percentile", f"{CALLERS} at once, each", title="Milliseconds")
    bars: list[Bar] = []
    for name, model in (("a teacher", TEACHER), ("a distilled student", _student(harness))):
        ask = partial(_ask, harness, model)
        alone, crowded = _alone(ask), _crowded(ask)
        middle, slow = statistics.median(alone), statistics.quantiles(alone, n=10)[-1]
        table.add_row(name, f"{middle:.2f}", f"{slow:.2f}", f"{crowded:.2f}")
        bars += [_bar(f"Converse with {name}, median", middle), _bar(f"the same, {CALLERS} callers, each", crowded)]
    console.print(table)
    return bars


def _bar(what: str, milliseconds: float) -> Bar:
    return Bar(what=what, measured=milliseconds, limit=MOST_MILLISECONDS, floor="the simulator's promise", unit="ms")


def _student(harness: World) -> str:
    """Creates a deployment that serves."""
    arn: str = harness.client().create_custom_model_deployment(modelDeploymentName="live", modelArn=distilled(harness))[
        "customModelDeploymentArn"
    ]
    harness.pass_time(15)
    return arn


def _ask(harness: World, model: str, number: int) -> None:
    """Makes one call. Raises RuntimeError if it is refused."""
    said = [{"role": "user", "content": [{"text": f"where is my parcel number {number}"}]}]
    body = json.dumps({"system": [{"text": SYSTEM}], "messages": said, "inferenceConfig": {"maxTokens": 50}})
    path = f"/model/{quote(model, safe='')}/converse"
    answered = harness.bedrock.handle(
        Request("bedrock-runtime", ACCOUNT, "us-east-1", "POST", path, {}, {}, body.encode())
    )
    if answered.status != 200:
        raise RuntimeError(f"{answered.status}: {answered.body!r}")


def _alone(ask: Callable[[int], None]) -> list[float]:
    took = []
    for number in range(CALLS):
        began = time.perf_counter()
        ask(number)
        took.append((time.perf_counter() - began) * 1000)
    return took


def _crowded(ask: Callable[[int], None]) -> float:
    with ThreadPoolExecutor(CALLERS) as callers:
        began = time.perf_counter()
        list(callers.map(ask, range(CALLS)))
        return (time.perf_counter() - began) * 1000 / CALLS
