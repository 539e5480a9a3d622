"""A fake of versioned S3, and lines of a data set."""

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from tests.fakes.errors import service_error


@dataclass
class FakeS3:
    """objects: `bucket/key` → the versions, oldest first. Version ids are v1, v2, …"""

    objects: dict[str, list[bytes]] = field(default_factory=dict)
    denied: bool = False
    read: list[str] = field(default_factory=list)
    meta: Any = field(default_factory=lambda: SimpleNamespace(region_name="us-east-1"))

    def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> dict[str, str]:  # noqa: N803 the API's names
        versions = self.objects.setdefault(f"{Bucket}/{Key}", [])
        versions.append(Body)
        return {"VersionId": f"v{len(versions)}"}

    def get_object(self, *, Bucket: str, Key: str, VersionId: str = "") -> dict[str, Any]:  # noqa: N803 the API's names
        if self.denied:
            raise service_error("AccessDenied")
        versions = self.objects.get(f"{Bucket}/{Key}", [])
        number = int(VersionId[1:]) if VersionId else len(versions)
        if not versions:
            raise service_error("NoSuchKey")
        if number > len(versions):
            raise service_error("NoSuchVersion")
        self.read.append(f"{Key}@v{number}")
        return {"Body": io.BytesIO(versions[number - 1]), "VersionId": f"v{number}"}

    def get_paginator(self, operation: str) -> Any:
        assert operation == "list_objects_v2"
        return SimpleNamespace(paginate=self._pages)

    def _pages(self, *, Bucket: str, Prefix: str) -> Iterator[dict[str, Any]]:  # noqa: N803 the API's names
        if self.denied:
            raise service_error("AccessDenied")
        keys = sorted(key.removeprefix(f"{Bucket}/") for key in self.objects if key.startswith(f"{Bucket}/{Prefix}"))
        yield from ({"Contents": [{"Key": key}]} for key in keys)
        yield {}

    def json(self, uri: str) -> Any:
        return json.loads(self.newest(uri))

    def newest(self, uri: str) -> bytes:
        return self.objects[uri.removeprefix("s3://")][-1]


def line(text: str, answer: str | None = "billing", **fields: Any) -> bytes:
    messages = [{"role": "user", "content": [{"text": text}]}]
    if answer is not None:
        messages.append({"role": "assistant", "content": [{"text": answer}]})
    record = {"schemaVersion": "bedrock-conversation-2024", "messages": messages} | fields
    return json.dumps(record, ensure_ascii=False).encode()


def file(count: int, *, first: int = 0, answer: str | None = "billing") -> bytes:
    """A file of `count` distinct prompts."""
    return b"".join(line(f"prompt number {i}", answer) + b"\n" for i in range(first, first + count))
