"""The overhead of a quota for a request, and that no quota has no overhead: the invoke function's code, alternating in
one run.

Bedrock and DynamoDB are web servers with a constant answer, so the figures contain our code, boto3's, and two exchanges
on the loopback interface. In a Region, DynamoDB's own time is added twice. The floor is the function before quotas
existed: the request, its route, and the answer.
"""

import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest.mock import patch

import boto3
from rich.console import Console
from rich.table import Table

from distillery.core.aws import once
from distillery.core.served_routes import CallerQuota, Period, ServedRoute, ServedRoutes
from lambdas.serving import handler
from lambdas.serving.authorization import requester_of
from lambdas.serving.quota import UsageCounter
from lambdas.serving.request import parse_request
from lambdas.serving.serve import answer_document, converse
from tests.bench.bar import Bar
from tests.bench.client import ANSWER, REGION, Session
from tests.bench.simulator import constant_server

Call = Callable[[], Any]
REQUESTS, ROUNDS, WARM = 300, 5, 50
EVENT = {"route": "fast", "prompt": "where is my parcel"}
OFFER = ServedRoutes(routes=(ServedRoute(name="fast"),))
QUOTA = CallerQuota(per=Period.DAY, tokens=10**9, usd=Decimal(1000))
ADDED_MS, NONE = 20.0, 1.05


def _before() -> Any:
    """Requester, routes and log as they were before quotas: see `handler._answer`."""
    requester, request = requester_of(EVENT, None), parse_request(EVENT)
    offered = OFFER.find(request.route)
    requester.authorize(offered)
    return answer_document(request.route, converse(request, handler._route(offered.name)))


def bench(console: Console) -> list[Bar]:
    with _harness():
        ways = {"as before quotas": _before, "without a quota": _with(None), "with one": _with(QUOTA)}
        for way in ways.values():
            for _ in range(WARM):
                way()
        rounds = [_round(list(ways.values())) for _ in range(ROUNDS)]
    middle = [statistics.median(figures) for figures in zip(*rounds, strict=True)]
    table = Table("the invoke function", "median, ms", "ratio", title=f"{ROUNDS} rounds of {REQUESTS} by turns")
    for name, took in zip(ways, middle, strict=True):
        table.add_row(name, f"{took:.2f}", f"{took / middle[0]:.3f}")
    console.print(table)
    none = statistics.median(without / floor for floor, without, _ in rounds)
    added = statistics.median(counted - without for _, without, counted in rounds)
    times = statistics.median(counted / without for _, without, counted in rounds)
    console.print(f"a quota: {times:.2f} times the request without one, on the loopback")
    return [
        Bar(what="a request where no quota is set", measured=none, limit=NONE, floor="the same before quotas"),
        Bar(what="added by a quota", measured=added, limit=ADDED_MS, floor="the same without, by turns", unit="ms"),
    ]


def _with(quota: CallerQuota | None) -> Call:
    offer = replace(OFFER, quota=quota)

    def call() -> Any:
        handler._offer = lambda: offer  # type: ignore[assignment]  # `_harness` puts it back
        return handler.invoke(EVENT, None)

    return call


@contextmanager
def _harness() -> Iterator[None]:
    with tempfile.TemporaryDirectory(prefix="distillery-bench-") as folder:
        answer, nothing = Path(folder) / "answer.json", Path(folder) / "nothing.json"
        answer.write_text(json.dumps(ANSWER))
        nothing.write_text("{}")
        with constant_server(answer) as bedrock, constant_server(nothing) as dynamodb:
            keys: Any = {"aws_access_key_id": "111111111111", "aws_secret_access_key": "local"}
            db = boto3.client("dynamodb", region_name=REGION, endpoint_url=dynamodb, config=once(), **keys)
            counter = UsageCounter("quotas", QUOTA, db)
            with (
                patch.dict(os.environ, {"DISTILLERY_ENVIRONMENT": "dev"}),
                patch.object(handler, handler._session.__name__, lambda: Session(bedrock)),
                patch.object(handler, handler._log.__name__, lambda _: None),
                patch.object(handler, handler._offer.__name__, handler._offer),
                patch.object(handler, handler._usage_counter.__name__, lambda _: counter),
            ):
                handler._route.cache_clear()
                yield
        handler._route.cache_clear()


def _round(ways: list[Call]) -> list[float]:
    """Returns the median of each in milliseconds. Each comes first equally often."""
    took: list[list[float]] = [[] for _ in ways]
    for number in range(REQUESTS):
        for place in range(len(ways)):
            index = (number + place) % len(ways)
            began = time.perf_counter()
            ways[index]()
            took[index].append((time.perf_counter() - began) * 1000)
    return [statistics.median(each) for each in took]
