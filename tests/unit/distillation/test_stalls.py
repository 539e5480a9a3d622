"""Jobs that stay in a phase are reported once a day, and go on."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from distillery.core import clock
from distillery.core.ledger.jobs import WaitingJob
from distillery.core.ledger.ledger import Ledger
from distillery.core.names import Names
from distillery.core.notices import Notices
from lambdas.distillation.stalls import Restarted, StallWatch, stall_of
from tests.fakes.pipeline import open_run
from tests.fakes.services import FakeSns
from tests.fakes.table import MemoryTable

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
DETAILS = ("validationDetails", "dataProcessingDetails", "trainingDetails")


def job(*phases: tuple[str, float, float]) -> dict[str, Any]:
    """A job that was created 100 hours ago. Of each phase: its status, and how many hours ago it began and changed."""
    return {
        "status": "InProgress",
        "creationTime": NOW - timedelta(hours=100),
        "statusDetails": {
            key: {
                "status": status,
                "creationTime": NOW - timedelta(hours=began),
                "lastModifiedTime": NOW - timedelta(hours=changed),
            }
            for key, (status, began, changed) in zip(DETAILS, phases, strict=False)
        },
    }


DONE = ("Completed", 99.0, 98.0)


@pytest.mark.parametrize(
    ("found", "phase"),
    [
        (job(("InProgress", 11, 11)), None),
        (job(("InProgress", 13, 1)), "validation"),
        (job(("NotStarted", 0, 0)), "validation"),
        (job(DONE, ("Completed", 90, 11), ("NotStarted", 90, 90)), None),
        (job(DONE, ("Completed", 90, 74), ("NotStarted", 0, 0)), "training"),
        (job(DONE, ("InProgress", 35, 1)), None),
        (job(DONE, ("InProgress", 37, 1)), "data processing"),
        (job(DONE, DONE, ("InProgress", 71, 1)), None),
        (job(DONE, DONE, ("InProgress", 73, 1)), "training"),
        (job(DONE, DONE, DONE), None),
        (job(DONE, ("Stopping", 90, 90)), None),
        ({"status": "InProgress"}, None),
        ({"status": "InProgress", "statusDetails": {"validationDetails": {"status": "NotStarted"}}}, None),
    ],
)
def test_a_phase_beyond_its_limit_is_a_stall(found: dict[str, Any], phase: str | None) -> None:
    stall = stall_of(found, NOW)
    assert (stall.phase if stall else None) == phase


def test_people_are_notified_once_a_day_and_the_metric_counts_each_look(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    at = [NOW]
    monkeypatch.setattr(clock, "timestamp", lambda: at[0].timestamp())
    topic = FakeSns()
    sns: Any = topic
    watch = StallWatch(
        Names("dev"), MemoryTable(), Notices("arn:topic", sns), lambda *_: Restarted(done=False, text="Nothing.")
    )
    ledger = Ledger(MemoryTable())
    record = ledger.run(open_run(ledger).id)
    waiting = WaitingJob(job="dev-support-1", token="t", run="support-1")
    stalled = job(DONE, ("Completed", 90, 74), ("NotStarted", 0, 0))
    for _ in range(4 * 24 * 2):
        assert watch.look(waiting, stalled, record)
        at[0] += timedelta(minutes=15)
    assert len(topic.published) == 2
    assert "waits for its phase training to begin, for 74 hours; usual is less than 12" in topic.published[0]["Message"]
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(lines) == 4 * 24 * 2
    assert {line["StalledJobs"] for line in lines} == {1}
    assert not watch.look(waiting, job(("Completed", 1, 1)), record)
