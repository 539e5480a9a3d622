"""What S3 tells of an upload is written down once."""

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


def told(principal: str, **more: Any) -> dict[str, Any]:
    """As notification-content-structure shows it."""
    made = {"key": "prompts/support/a+b%2B%C3%BC.jsonl", "size": 1, "eTag": "e", "versionId": "v1", "sequencer": "0"}
    record = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "eventName": "ObjectCreated:Put",
        "userIdentity": {"principalId": principal},
        "s3": {"bucket": {"name": "prompts", "ownerIdentity": {"principalId": "A3NL1KOZZKEXAMPLE"}}, "object": made},
    }
    return {"Records": [record | more]}


def _known(uploads: Uploads) -> list[Uploaded]:
    uploads.used("support-a-b-1", [(URI, "v1")])
    return uploads.of("support-a-b-1")


def test_the_uploader_is_known_by_the_unique_id(uploads: Uploads) -> None:
    handler.witness(told("AWS:AROAPEOPLE:ana"), None)
    assert _known(uploads) == [Uploaded(uri=URI, version="v1", principal="AROAPEOPLE:ana")]


def test_whoever_is_told_later_to_have_uploaded_it_changes_nothing(uploads: Uploads) -> None:
    handler.witness(told("AWS:AIDAANA"), None)
    handler.witness(told("AWS:AIDABOB"), None)
    assert [one.principal for one in _known(uploads)] == ["AIDAANA"]


@pytest.mark.parametrize(
    "event",
    [
        {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "prompts"},
        told("AWS:AIDAANA", eventName="ObjectRemoved:Delete"),
        told("AWS:AIDAANA", eventSource="aws:sqs"),
        {},
    ],
)
def test_what_tells_of_no_upload_is_passed_over(uploads: Uploads, event: dict[str, Any]) -> None:
    handler.witness(event, None)
    assert [one.principal for one in _known(uploads)] == [None]


def test_an_address_may_be_longer_than_a_sort_key(uploads: Uploads) -> None:
    uri = "s3://prompts/" + "k" * 1024
    uploads.told(Uploaded(uri=uri, version="v1", principal="AIDAANA"))
    uploads.used("r", [(uri, "v1"), (uri, "v1")])
    assert [(one.uri, one.principal) for one in uploads.of("r")] == [(uri, "AIDAANA")]
