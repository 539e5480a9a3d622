"""The door."""

import json
from pathlib import Path
from typing import Any

import pytest

from distillery.datasets.answer import Answer, Status
from distillery.datasets.upload import Upload
from lambdas.dataset import handler

EVENTS = Path(__file__).parents[2] / "events"


class FakeIntake:
    def __init__(self) -> None:
        self.taken: list[Upload] = []

    def take(self, upload: Upload) -> Answer:
        self.taken.append(upload)
        return Answer(status=Status.STARTED, run="support-aaaaa-bbbbbbbb-1", report_uri="s3://data/r.json")


@pytest.fixture
def intake(monkeypatch: pytest.MonkeyPatch) -> FakeIntake:
    fake = FakeIntake()
    monkeypatch.setattr(handler, "_intake", lambda: fake)
    return fake


def test_an_event_is_answered_in_plain_json(intake: FakeIntake) -> None:
    event = json.loads((EVENTS / "s3-object-created.json").read_text())
    answer = handler.receive(event, None)
    assert json.loads(json.dumps(answer)) == {
        "status": "started",
        "run": "support-aaaaa-bbbbbbbb-1",
        "report_uri": "s3://data/r.json",
        "reason": "",
    }
    assert [upload.recipe for upload in intake.taken] == ["support"]


@pytest.mark.parametrize(
    ("event", "status"),
    [
        ({"recipe": "support"}, "rejected"),
        ({"detail": {"bucket": {"name": "b"}, "object": {"key": "prompts/support/x.txt"}}}, "ignored"),
    ],
)
def test_what_starts_nothing_returns_normally_since_a_retry_would_not_help(
    intake: FakeIntake, event: Any, status: str
) -> None:
    answer = handler.receive(event, None)
    assert (answer["status"], answer["run"], intake.taken) == (status, None, [])
    assert answer["reason"]
