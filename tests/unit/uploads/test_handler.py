"""The uploader that S3's notification names is recorded once."""

from typing import Any

import pytest

from distillery.core.ledger.uploads import Uploaded, Uploads
from lambdas.uploads import handler
from tests.fakes.table import MemoryTable

URI = "s3://prompts/prompts/support/a b+ü.jsonl"


@pytest.fixture
def uploads(monkeypatch: pytest.MonkeyPatch) -> Uploads:
    table = MemoryTable()
    monkeypatch.setenv("LEDGER_TABLE", "ledger")
    monkeypatch.setattr(handler, "Table", lambda _name: table)
    return Uploads(table)


def notification(principal: str, **more: Any) -> dict[str, Any]:
    """Returns an event as in the S3 User Guide, notification-content-structure."""
    s3_object = {
        "key": "prompts/support/a+b%2B%C3%BC.jsonl",
        "size": 1,
        "eTag": "e",
        "versionId": "v1",
        "sequencer": "0",
    }
    record = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "eventName": "ObjectCreated:Put",
        "userIdentity": {"principalId": principal},
        "s3": {
            "bucket": {"name": "prompts", "ownerIdentity": {"principalId": "A3NL1KOZZKEXAMPLE"}},
            "object": s3_object,
        },
    }
    return {"Records": [record | more]}


def _recorded(uploads: Uploads) -> list[Uploaded]:
    uploads.record_inputs("support-a-b-1", [(URI, "v1")])
    return uploads.of("support-a-b-1")


def test_the_uploader_is_recorded_by_the_unique_id(uploads: Uploads) -> None:
    handler.record_uploads(notification("AWS:AROAPEOPLE:ana"), None)
    assert _recorded(uploads) == [Uploaded(uri=URI, version="v1", principal="AROAPEOPLE:ana")]


def test_a_later_notification_changes_nothing(uploads: Uploads) -> None:
    handler.record_uploads(notification("AWS:AIDAANA"), None)
    handler.record_uploads(notification("AWS:AIDABOB"), None)
    assert [upload.principal for upload in _recorded(uploads)] == ["AIDAANA"]


@pytest.mark.parametrize(
    "event",
    [
        {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "prompts"},
        notification("AWS:AIDAANA", eventName="ObjectRemoved:Delete"),
        notification("AWS:AIDAANA", eventSource="aws:sqs"),
        {},
    ],
)
def test_other_events_are_skipped(uploads: Uploads, event: dict[str, Any]) -> None:
    handler.record_uploads(event, None)
    assert [upload.principal for upload in _recorded(uploads)] == [None]


def test_an_address_may_be_longer_than_a_sort_key(uploads: Uploads) -> None:
    uri = "s3://prompts/" + "k" * 1024
    uploads.record_upload(Uploaded(uri=uri, version="v1", principal="AIDAANA"))
    uploads.record_inputs("r", [(uri, "v1"), (uri, "v1")])
    assert [(upload.uri, upload.principal) for upload in uploads.of("r")] == [(uri, "AIDAANA")]
