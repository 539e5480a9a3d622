"""Endpoints that nobody calls: people are warned at most once a week, and nothing is deleted."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from distillery.core import clock
from distillery.core.names import TAG_ENVIRONMENT, TAG_RECIPE, TAG_RUN, Names
from distillery.core.notices import Notices
from lambdas.endpoint.idle import IdleEndpoints
from tests.fakes.errors import service_error
from tests.fakes.services import FakeHeld, FakeSns
from tests.fakes.table import MemoryTable

START = datetime(2026, 11, 23, 9, tzinfo=UTC)


@dataclass
class FakeCloudWatch:
    """calls: what is counted, by ARN. asked: of which ARNs."""

    calls: dict[str, float] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    error: str = ""

    def get_metric_statistics(self, **given: Any) -> dict[str, Any]:
        assert (given["Namespace"], given["MetricName"], given["Statistics"]) == ("AWS/Bedrock", "Invocations", ["Sum"])
        assert given["EndTime"] - given["StartTime"] == timedelta(days=14)
        arn = given["Dimensions"][0]["Value"]
        self.asked.append(arn)
        if self.error:
            raise service_error(self.error)
        return {"Datapoints": [{"Sum": self.calls[arn]}] if arn in self.calls else []}


class Harness:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at = START
        monkeypatch.setattr(clock, "timestamp", lambda: self.at.timestamp())
        self.held, self.cloudwatch, self.sns = FakeHeld(), FakeCloudWatch(), FakeSns()
        held: Any = self.held
        cloudwatch: Any = self.cloudwatch
        sns: Any = self.sns
        self.idle = IdleEndpoints(Names("dev"), MemoryTable(), held, cloudwatch, Notices("arn:topic", sns), 14)

    def host(self, name: str, *, days: int = 30, run: str = "", environment: str = "dev") -> str:
        arn = f"arn:{name}"
        tags = {TAG_ENVIRONMENT: environment, TAG_RECIPE: "support", **({TAG_RUN: run} if run else {})}
        self.held.add(
            "list_provisioned_model_throughputs",
            arn,
            tags,
            provisionedModelArn=arn,
            provisionedModelName=name,
            creationTime=START - timedelta(days=days),
            status="InService",
            modelArn="arn:model",
            modelUnits=2,
        )
        return arn


@pytest.fixture
def harness(monkeypatch: pytest.MonkeyPatch) -> Harness:
    return Harness(monkeypatch)


def test_people_are_warned_once_a_week_of_an_endpoint_without_calls(harness: Harness) -> None:
    arn = harness.host("dev-live")
    warned = []
    for _ in range(4 * 24 * 15):  # every quarter of an hour, for 15 days
        warned += [harness.at] if harness.idle.warn() else []
        harness.at += timedelta(minutes=15)
    assert len(warned) == len(harness.sns.published) == 3
    assert {(later - earlier).days for earlier, later in pairwise(warned)} <= {6, 7}
    assert arn in harness.sns.published[0]["Message"]
    assert "nobody has verified" in harness.sns.published[0]["Message"]
    assert len(harness.cloudwatch.asked) == 3, "a week's pause of notices is one of questions too"


@pytest.mark.parametrize("calls", [{}, {"arn:dev-live": 0.0}])
def test_no_data_and_no_calls_are_the_same(harness: Harness, calls: dict[str, float]) -> None:
    harness.host("dev-live")
    harness.cloudwatch.calls = calls
    assert harness.idle.warn() == ["dev-live"]


def test_one_that_is_called_is_asked_for_once_a_day(harness: Harness) -> None:
    harness.cloudwatch.calls[harness.host("dev-live")] = 1
    for _ in range(4 * 24 * 3):
        assert harness.idle.warn() == []
        harness.at += timedelta(minutes=15)
    assert len(harness.cloudwatch.asked) == 3


@pytest.mark.parametrize(
    "given", [{"days": 13}, {"run": "support-1"}, {"environment": "prod"}], ids=["young", "a candidate", "another's"]
)
def test_others_are_not_looked_at(harness: Harness, given: dict[str, Any]) -> None:
    harness.host("dev-live", **given)
    assert harness.idle.warn() == []
    assert harness.cloudwatch.asked == []


def test_where_cloudwatch_does_not_answer_nothing_is_said(harness: Harness) -> None:
    harness.host("dev-live")
    harness.cloudwatch.error = "AccessDeniedException"
    assert harness.idle.warn() == []
    assert harness.sns.published == []
