"""A fake of CloudWatch, with the metrics of endpoints and of their callers."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any


@dataclass
class FakeCloudWatch:
    """Every endpoint answers `calls` a minute in `latency` milliseconds. `failed`: calls a minute without an answer, by
    a part of an ARN; `refused`: such calls whose error blames the request; `requests`: what callers counted, by variant
    and metric; `statuses`: of the pages of a metric that are not complete, which then have no values."""

    now: Callable[[], float]
    calls: int = 20
    latency: dict[str, float] = field(default_factory=dict)
    failed: dict[str, int] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    requests: dict[tuple[str, str], int] = field(default_factory=dict)
    statuses: dict[str, tuple[str, ...]] = field(default_factory=dict)
    asked: list[dict[str, Any]] = field(default_factory=list)

    def get_paginator(self, operation: str) -> "FakeCloudWatch":
        assert operation == "get_metric_data"
        return self

    def paginate(self, **asked: Any) -> Iterator[dict[str, Any]]:
        self.asked.append(asked)
        first = asked["StartTime"].timestamp() // 60 * 60
        times = [first + 60 * minute for minute in range(int((self.now() - first) // 60))]
        for query in asked["MetricDataQueries"]:  # one a page
            for status in self.statuses.get(query["MetricStat"]["Metric"]["MetricName"], ("Complete",)):
                value = self._value(query["MetricStat"]["Metric"], query["MetricStat"]["Stat"])
                points = times if status == "Complete" and value is not None else []
                stamps = [datetime.fromtimestamp(at, UTC) for at in points]
                found = {"Id": query["Id"], "Timestamps": stamps, "Values": [value] * len(points)}
                yield {"MetricDataResults": [{**found, "StatusCode": status}]}

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
