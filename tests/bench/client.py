"""The overhead of a route: `Route.converse` against the same call of boto3, alternating in one run.

Both call one web server with a constant answer, with the same connection settings. The route also reads its map,
updates circuit breakers and writes a line of metrics. Measured with one caller and with 16 concurrent callers, each
alternating too. The figures come from ROUNDS rounds of 500 pairs: the median of the rounds' medians, and of their 99th
percentiles, each the route's minus boto3's. The ratio compares rounds of one kind of calls only, because callers that
alternate wait for each other's calls: the time in which 16 callers make SHORT requests, its median over many rounds.
"""

import json
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from rich.console import Console
from rich.table import Table

from distillery.client import EmbeddedMetrics, Prices, Route, RouteMap, Step
from distillery.client.clients import Clients
from tests.bench.bar import Bar
from tests.bench.simulator import constant_server

Call = Callable[[], Any]
REQUESTS, ROUNDS, WARM = 500, 15, 50
SHORT, RATIOS = 96, 20
CALLERS = (1, 16)
MEDIAN_MS, P99_MS, RATIO = 1.0, 3.0, 1.25
DEADLINE = 60.0
REGION, MODEL = "us-east-2", "us.amazon.nova-pro-v1:0"
ASKED: Any = {"messages": [{"role": "user", "content": [{"text": "where is my parcel"}]}]}
TAGS = {"distillery:environment": "dev", "distillery:route": "fast", "team": "search"}
PRICES = Prices(input="1.00", output="4.00", as_of="2026-11-20")
STEPS = tuple(
    Step(model="amazon.nova-pro-v1:0", region=REGION, identifier=MODEL, prices=PRICES, latency=latency)
    for latency in ("optimized", "standard")
)
MAP = RouteMap(environment="dev", route="fast", description="d", max_tokens=64, steps=STEPS, tags=TAGS)
ANSWER = {
    "output": {"message": {"role": "assistant", "content": [{"text": "topic.delivery"}]}},
    "stopReason": "end_turn",
    "usage": {"inputTokens": 5, "outputTokens": 4, "totalTokens": 9},
    "metrics": {"latencyMs": 283},
    "performanceConfig": {"latency": "optimized"},
}


@dataclass(frozen=True)
class Session:
    """boto3 at the constant server's address, and a parameter store that contains the map."""

    url: str
    region_name: str = REGION

    def client(self, service: str, *, region_name: str, config: Any) -> Any:
        if service == "ssm":
            return self
        keys: Any = {"aws_access_key_id": "111111111111", "aws_secret_access_key": "local"}
        return boto3.client("bedrock-runtime", region_name=region_name, endpoint_url=self.url, config=config, **keys)

    def get_parameter(self, **_: str) -> Any:
        return {"Parameter": {"Value": json.dumps(MAP.document())}}


def bench(console: Console) -> list[Bar]:
    table = Table("callers", "", "median, ms", "99th percentile, ms", title=f"Rounds of {REQUESTS} pairs")
    bars: list[Bar] = []
    with tempfile.TemporaryDirectory(prefix="distillery-bench-") as folder:
        answer = Path(folder) / "answer.json"
        answer.write_text(json.dumps(ANSWER))
        with constant_server(answer) as url:
            bare, routed = _both(url)
            for callers in CALLERS:
                bars += _measure(table, callers, bare, routed)
            bars.append(_ratio(max(CALLERS), bare, routed))
    console.print(table)
    return bars


def _both(url: str) -> tuple[Call, Call]:
    """The same call, by boto3 alone and by a route."""
    session, lines = Session(url), list[str]()
    runtime = Clients(session).runtime(REGION)
    route = Route(
        "fast",
        environment="dev",
        session=session,
        deadline=DEADLINE,
        metrics=EmbeddedMetrics(lines.append, clock=time.time),
    )
    same = {
        "modelId": MODEL,
        "inferenceConfig": {"maxTokens": MAP.max_tokens},
        "requestMetadata": TAGS,
        "performanceConfig": {"latency": "optimized"},
    }
    return lambda: runtime.converse(**ASKED, **same), lambda: route.converse(**ASKED)


def _measure(table: Table, callers: int, bare: Call, routed: Call) -> list[Bar]:
    _round(callers, bare, routed, pairs=WARM)
    rounds = [_round(callers, bare, routed, pairs=REQUESTS) for _ in range(ROUNDS)]
    floor = [_figures(its) for its, _ in rounds]
    subject = [_figures(mine) for _, mine in rounds]
    table.add_row(str(callers), "boto3", *map(_middle, zip(*floor, strict=True)))
    table.add_row("", "a route", *map(_middle, zip(*subject, strict=True)))
    added = [(mine[0] - its[0], mine[1] - its[1]) for its, mine in zip(floor, subject, strict=True)]
    median, slow = (statistics.median(figures) for figures in zip(*added, strict=True))
    return [
        _bar(f"added by a route, {callers} at once, median", median, MEDIAN_MS),
        _bar(f"the same, {callers} at once, 99th percentile", slow, P99_MS),
    ]


def _ratio(callers: int, bare: Call, routed: Call) -> Bar:
    """The rounds are short, so that both kinds of a pair meet the same load of the machine."""
    with ThreadPoolExecutor(callers) as threads:

        def whole(call: Call) -> float:
            return _took(lambda: list(threads.map(lambda _: call(), range(SHORT))))

        pairs = [(whole(bare), whole(routed)) for _ in range(RATIOS)]
        turned = [(whole(routed), whole(bare)) for _ in range(RATIOS)]
    ratios = [mine / its for its, mine in pairs] + [mine / its for mine, its in turned]
    what = f"time of a route's requests, {callers} at once"
    return Bar(what=what, measured=statistics.median(ratios), limit=RATIO, floor="the same of boto3, by turns")


def _round(callers: int, bare: Call, routed: Call, *, pairs: int) -> tuple[list[float], list[float]]:
    """Returns the milliseconds of so many calls of each, one after the other. Either comes first in every
    other pair.
    """

    def pair(number: int) -> tuple[float, float]:
        if number % 2:
            return _took(bare), _took(routed)
        mine = _took(routed)
        return _took(bare), mine

    with ThreadPoolExecutor(callers) as threads:
        took = list(threads.map(pair, range(pairs)))
    return [its for its, _ in took], [mine for _, mine in took]


def _took(call: Call) -> float:
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1000


def _figures(took: list[float]) -> tuple[float, float]:
    """Returns the median and the 99th percentile."""
    return statistics.median(took), statistics.quantiles(took, n=100)[-1]


def _middle(figures: tuple[float, ...]) -> str:
    return f"{statistics.median(figures):.2f}"


def _bar(what: str, added: float, limit: float) -> Bar:
    return Bar(what=what, measured=added, limit=limit, floor="boto3's Converse, by turns", unit="ms")
