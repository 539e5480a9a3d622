"""Parsing of events and requests."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from distillery.core.errors import BadRequest
from distillery.datasets import upload as module
from distillery.datasets.upload import IgnoredEvent, Upload, open_files, parse_event, parse_manifest

EVENTS = Path(__file__).parents[2] / "events"


def created(key: str, **fields: Any) -> dict[str, Any]:
    return {
        "detail-type": "Object Created",
        "detail": {"bucket": {"name": "prompts"}, "object": {"key": key, **fields}},
    }


def test_the_events_key_is_not_decoded() -> None:
    event = json.loads((EVENTS / "s3-object-created.json").read_text())
    assert parse_event(event) == Upload(
        recipe="support",
        uri="s3://prompts-111122223333/prompts/support/autumn & winter +1.jsonl",
        version="IYV3p45BT0ac8hjHg1houSdS1a.Mro8e",
    )


@pytest.mark.parametrize(
    "key",
    [
        "prompts/support/a.jsonl",
        "prompts/support/a.jsonl.gz",
        "prompts/support/manifest.json",
        "prompts/support/autumn/manifest.json",
    ],
)
def test_one_object_or_a_manifest_starts_a_run(key: str) -> None:
    assert parse_event(created(key)) == Upload(recipe="support", uri=f"s3://prompts/{key}")


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("prompts/support/", "not in a recipe's folder"),
        ("prompts/a.jsonl", "not in a recipe's folder"),
        ("uploads/support/a.jsonl", "not in a recipe's folder"),
        ("prompts/support/notes.txt", "does not end in"),
        ("prompts/support/a.jsonl.tmp", "does not end in"),
        ("prompts/support/other.json", "does not end in"),
        ("prompts/support/autumn/a.jsonl", "manifest.json starts the run"),
    ],
)
def test_other_objects_are_ignored_with_a_reason(key: str, reason: str) -> None:
    ignored = parse_event(created(key))
    assert isinstance(ignored, IgnoredEvent)
    assert reason in ignored.reason


def test_a_direct_request_names_what_it_wants() -> None:
    event = {"recipe": "support", "uri": "s3://prompts/uploads/support/a.jsonl", "version": None, "again": True}
    assert parse_event(event) == Upload(recipe="support", uri="s3://prompts/uploads/support/a.jsonl", again=True)


def test_a_folder_may_be_named_and_means_all_in_it() -> None:
    upload = parse_event({"recipe": "support", "uri": "s3://prompts/uploads/support/autumn/"})
    assert isinstance(upload, Upload)
    assert upload.is_prefix


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ({"recipe": "support"}, "lacks ['uri']"),
        ({"recipe": "support", "uri": "a.jsonl"}, "s3://bucket/key"),
        ({"recipe": "support", "uri": "s3://b/a.csv"}, ".jsonl"),
        ({"recipe": "support", "uri": "s3://b/a.jsonl", "force": True}, "unknown fields ['force']"),
        ({"detail": {"bucket": "prompts"}}, "Object Created"),
        ([], "dict is needed"),
    ],
)
def test_an_event_of_another_shape_is_refused_with_what_is_needed(event: Any, reason: str) -> None:
    with pytest.raises(BadRequest) as caught:
        parse_event(event)
    assert reason in str(caught.value)


def test_more_files_than_are_read_in_time_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_FILES", 2)
    names = [f"{n}.jsonl" for n in range(3)]
    with pytest.raises(BadRequest, match=r"manifest\.json has 3 files; up to 2 are read"):
        parse_manifest(json.dumps({"files": names}).encode())
    assert parse_manifest(json.dumps({"files": names[:2]}).encode()) == names[:2]


class ListedObjects:
    """S3, as far as it lists, an object on each page."""

    def __init__(self, keys: list[str]) -> None:
        self._keys = keys

    def get_paginator(self, _operation: str) -> "ListedObjects":
        return self

    def paginate(self, **_where: str) -> Iterator[dict[str, Any]]:
        return ({"Contents": [{"Key": key}]} for key in self._keys)


@pytest.mark.parametrize(("files", "listed", "reason"), [(2, 100, "has 3 files"), (9, 2, "more than 2 objects")])
def test_a_folder_is_listed_up_to_a_bound(
    monkeypatch: pytest.MonkeyPatch, files: int, listed: int, reason: str
) -> None:
    monkeypatch.setattr(module, "MAX_FILES", files)
    monkeypatch.setattr(module, "MAX_LISTED", listed)
    s3: Any = ListedObjects([f"f/{n}.jsonl" for n in range(3)])
    with pytest.raises(BadRequest, match=reason):
        list(open_files(s3, Upload(recipe="support", uri="s3://b/f/")))
