"""Metrics in the embedded metric format: which log events have them, and who sees them."""

import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.emulator.hooks.embedded_metrics import EmbeddedMetric, embedded_metrics
from tests.unit.local.emulator.harness import EmulatorHarness, allow
from tests.unit.local.emulator.test_logs import group
from tests.unit.local.emulator.test_metrics import alarm

AT = 1_764_633_600.123  # 2 December 2025
COUNT = {"Name": "Calls", "Unit": "Count"}
LOGS = "def handler(event, context):\n    for line in event['lines']: print(line)"


def directive(*metrics: Any, sets: Any = (("Route",),), namespace: Any = "Shop") -> dict[str, Any]:
    return {"Namespace": namespace, "Dimensions": sets, "Metrics": metrics or (COUNT,)}


def line(*directives: Any, at: Any = AT * 1000, **members: Any) -> str:
    """An event whose root has a route, a number of calls, and further members."""
    metadata = {"Timestamp": at, "CloudWatchMetrics": directives or (directive(),)}
    return json.dumps({"_aws": metadata, "Route": "fast", "Calls": 2, **members})


def metric(
    *values: float, name: str = "Calls", unit: str = "Count", dimensions: Mapping[str, str] | None = None
) -> EmbeddedMetric:
    return EmbeddedMetric("Shop", name, {"Route": "fast"} if dimensions is None else dimensions, unit, values, AT)


@pytest.mark.parametrize(
    ("message", "found"),
    [
        (line(), [metric(2)]),
        (line(Calls=[1, 2.5, 1]), [metric(1, 2.5, 1)]),
        (line(directive({"Name": "Calls"})), [metric(2, unit="None")]),
        (line(directive({**COUNT, "StorageResolution": 1}), Other={"a": [None]}), [metric(2)]),
        (
            line(directive(sets=[[], ["Route"], ["Route", "Mode"]]), Mode="optimized"),
            [
                metric(2, dimensions={}),
                metric(2),
                metric(2, dimensions={"Route": "fast", "Mode": "optimized"}),
            ],
        ),
        (
            line(directive(COUNT, {"Name": "Took", "Unit": "Milliseconds"}), directive(sets=[[]]), Took=0),
            [metric(2), metric(0, name="Took", unit="Milliseconds"), metric(2, dimensions={})],
        ),
        (f" {line()}\n", [metric(2)]),
    ],
)
def test_an_event_has_the_metrics_of_its_directives(message: str, found: list[EmbeddedMetric]) -> None:
    assert embedded_metrics(message) == found


@pytest.mark.parametrize(
    "message",
    [
        "START RequestId: 1",
        f"[INFO]\t{line()}",
        line()[:-1],
        json.dumps([json.loads(line())]),
        json.dumps({"_aws": 1}),
        json.dumps({"_aws": {}, "Calls": 1}),
        '"_aws"' + "[" * 100_000,
        '{"_aws": ' + "[" * 100_000,
        line(at="yesterday"),
        line(at=None),
        line("Calls"),
        line(directive(namespace=1)),
        line(directive(sets=["Route"])),
        line(directive(sets="Route")),
        line(directive(sets=[["Missing"]])),
        line(directive(sets=[["Calls"]])),
        line(directive(sets=[["Route"] * 31])),
        line(directive("Calls")),
        line(directive({"Unit": "Count"})),
        line(directive({"Name": "Missing"})),
        line(directive({"Name": "Route"})),
        line(directive({"Name": "Calls", "Unit": 1})),
        line(directive(*[COUNT] * 101)),
        line(Calls=None),
        line(Calls=True),
        line(Calls="2"),
        line(Calls=[1, "2"]),
        line(Calls=[1] * 101),
        line(Calls=float("nan")),
    ],
)
def test_an_event_that_breaks_the_specification_has_none(message: str) -> None:
    assert embedded_metrics(message) == []


def test_a_function_publishes_at_the_time_that_it_states(harness: EmulatorHarness) -> None:
    namespace, at = f"n-{uuid.uuid4().hex[:8]}", datetime(2020, 2, 29, 12, 30, tzinfo=UTC)
    said = [
        line(directive(namespace=namespace), at=(at + timedelta(seconds=late)).timestamp() * 1000, Calls=calls)
        for late, calls in ((0, 2), (30, [3, 5]), (90, 7))
    ]
    harness.invoke(harness.function(LOGS), {"lines": [said[0], "nothing of interest", *said[1:]]})
    assert sums(harness, namespace, at, Route="fast") == [(at, 10.0), (at + timedelta(minutes=1), 7.0)]
    assert sums(harness, namespace, at, Route="slow") == []
    assert sums(harness, namespace, at, region="us-west-2", Route="fast") == []


def test_a_function_that_may_not_log_publishes_nothing(harness: EmulatorHarness) -> None:
    namespace, at = f"n-{uuid.uuid4().hex[:8]}", datetime(2020, 2, 29, tzinfo=UTC)
    said = {"lines": [line(directive(namespace=namespace), at=at.timestamp() * 1000)]}
    harness.invoke(harness.function(LOGS, allow("logs:CreateLogGroup", "*"), logs=False), said)
    assert sums(harness, namespace, at, Route="fast") == []


def test_whoever_writes_the_event_publishes_and_an_alarm_goes_off(harness: EmulatorHarness) -> None:
    namespace, name, logs = f"n-{uuid.uuid4().hex[:8]}", group(harness), harness.client("logs")
    ringing, silent = (alarm(harness, namespace, "Calls", "Maximum", 2, Route=route) for route in ("fast", "slow"))
    logs.create_log_stream(logGroupName=name, logStreamName="s")
    event = {"timestamp": int(AT * 1000), "message": line(directive(namespace=namespace))}
    logs.put_log_events(logGroupName=name, logStreamName="s", logEvents=[event])
    assert harness.until(ringing)
    assert not silent()


def sums(
    harness: EmulatorHarness, namespace: str, at: datetime, *, region: str = "us-east-1", **of: str
) -> list[tuple[datetime, float]]:
    """The sums of the calls in the minutes from a time on."""
    found = harness.client("cloudwatch", region_name=region).get_metric_data(
        MetricDataQueries=[
            {
                "Id": "m",
                "MetricStat": {
                    "Metric": {
                        "Namespace": namespace,
                        "MetricName": "Calls",
                        "Dimensions": [{"Name": key, "Value": value} for key, value in of.items()],
                    },
                    "Period": 60,
                    "Stat": "Sum",
                },
            }
        ],
        StartTime=at,
        EndTime=at + timedelta(hours=1),
    )["MetricDataResults"][0]
    return [*zip(found["Timestamps"], found["Values"], strict=True)]
