"""The entry point of the dataset stage."""

import json
from pathlib import Path
from typing import Any

import pytest

from distillery.datasets.report import UploadStatus
from distillery.datasets.upload import Upload
from lambdas.dataset import handler
from lambdas.dataset.intake_result import IntakeResult

EVENTS = Path(__file__).parents[2] / "events"


class FakeIntake:
    def __init__(self) -> None:
        self.accepted: list[Upload] = []

    def accept(self, upload: Upload) -> IntakeResult:
        self.accepted.append(upload)
        return IntakeResult(status=UploadStatus.STARTED, run="support-aaaaa-bbbbbbbb-1", report_uri="s3://data/r.json")


@pytest.fixture
def intake(monkeypatch: pytest.MonkeyPatch) -> FakeIntake:
    fake = FakeIntake()
    monkeypatch.setattr(handler, "_intake", lambda: fake)
    return fake


def test_the_result_is_plain_json(intake: FakeIntake) -> None:
    event = json.loads((EVENTS / "s3-object-created.json").read_text())
    result = handler.receive(event, None)
    assert json.loads(json.dumps(result)) == {
        "status": "started",
        "run": "support-aaaaa-bbbbbbbb-1",
        "report_uri": "s3://data/r.json",
        "reason": "",
    }
    assert [upload.recipe for upload in intake.accepted] == ["support"]


@pytest.mark.parametrize(
    ("event", "status"),
    [
        ({"recipe": "support"}, "rejected"),
        ({"detail": {"bucket": {"name": "b"}, "object": {"key": "prompts/support/x.txt"}}}, "ignored"),
    ],
)
def test_an_event_that_starts_nothing_does_not_raise(intake: FakeIntake, event: Any, status: str) -> None:
    result = handler.receive(event, None)
    assert (result["status"], result["run"], intake.accepted) == (status, None, [])
    assert result["reason"]
