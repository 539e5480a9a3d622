"""Endpoints that nobody calls: people are warned at most once a week, and nothing is deleted."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from distillery.core import clock
from distillery.core.first_contact.questions import NO, THROUGHPUT_METRICS, YES
from distillery.core.names import TAG_ENVIRONMENT, TAG_RECIPE, TAG_RUN, Names
from distillery.core.notices import Notices
from lambdas.endpoint import sweep
from lambdas.endpoint.idle import IdleEndpoints
from tests.fakes.errors import service_error
from tests.fakes.services import FakeHeld, FakeSns, FakeSsm
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
        self.is_verified = False
        self.idle = IdleEndpoints(
            Names("dev"), MemoryTable(), held, cloudwatch, Notices("arn:topic", sns), 14, lambda: self.is_verified
        )

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


@pytest.mark.parametrize("is_verified", [False, True])
def test_only_a_verified_metric_raises_the_alarm(
    harness: Harness, capsys: pytest.CaptureFixture[str], is_verified: bool
) -> None:
    harness.host("dev-live")
    harness.is_verified = is_verified
    assert harness.idle.warn() == ["dev-live"]
    (notice,) = harness.sns.published
    assert ("nobody has verified" in notice["Message"]) is not is_verified
    assert notice["Subject"].endswith("is idle" if is_verified else "may be idle")
    metrics = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(each["IdleEndpoints"], each["Attention"]) for each in metrics] == [(1, 1)] * is_verified


@pytest.mark.parametrize("answer", [YES, NO, "ModelId was not found", None])
def test_what_first_contact_recorded_verifies_the_metric(monkeypatch: pytest.MonkeyPatch, answer: str | None) -> None:
    ssm = FakeSsm()
    if answer:
        given = [{"question": THROUGHPUT_METRICS, "answer": answer, "at": "2026-11-23", "detail": ""}]
        ssm.parameters["/distillery/dev/first-contact"] = json.dumps({"version": 1, "answers": given})
    monkeypatch.setattr(sweep, "client", lambda _service: ssm)
    assert sweep.counts_throughput(Names("dev")) is (answer == YES)


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
