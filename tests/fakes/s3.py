"""A versioned S3 in memory, with the operations on versions that the product calls."""

import io
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.fakes.errors import service_error

EPOCH = datetime(2026, 11, 23, 9, 33, tzinfo=UTC)


@dataclass(slots=True)
class ObjectVersion:
    """A version of an object. A delete marker has no body."""

    bucket: str
    key: str
    id: str
    body: bytes | None
    written: datetime


@dataclass
class FakeS3:
    """now: the time of writes. refuse: keys that DeleteObjects does not delete. unreadable: keys that GetObject
    refuses. page: versions per page. parts: of multipart uploads, by their ids.
    """

    now: Callable[[], datetime] = lambda: EPOCH
    refuse: set[str] = field(default_factory=set)
    unreadable: set[str] = field(default_factory=set)
    page: int = 1000
    kept: list[ObjectVersion] = field(default_factory=list)
    unfinished: list[tuple[str, str]] = field(default_factory=list)
    listed: list[tuple[str, str]] = field(default_factory=list)
    reads: list[str] = field(default_factory=list)
    deletes: list[list[tuple[str, str]]] = field(default_factory=list)
    parts: dict[str, dict[int, bytes]] = field(default_factory=dict)
    ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, IfNoneMatch: str = "") -> dict[str, str]:  # noqa: N803 the API's names
        newest = [one for one in self.kept if (one.bucket, one.key) == (Bucket, Key)][-1:]
        if IfNoneMatch and newest and newest[0].body is not None:
            raise service_error("PreconditionFailed", "PutObject")
        version = f"v{next(self.ids)}"
        self.kept.append(ObjectVersion(Bucket, Key, version, Body, self.now()))
        return {"VersionId": version}

    def create_multipart_upload(self, *, Bucket: str, Key: str) -> dict[str, str]:  # noqa: N803 the API's names
        upload = f"u{next(self.ids)}"
        self.parts[upload] = {}
        self.unfinished.append((Bucket, Key))
        return {"UploadId": upload}

    def upload_part(self, *, Bucket: str, Key: str, UploadId: str, PartNumber: int, Body: bytes) -> dict[str, str]:  # noqa: N803 the API's names
        assert (Bucket, Key) in self.unfinished
        self.parts[UploadId][PartNumber] = Body
        return {"ETag": f'"{PartNumber}"'}

    def complete_multipart_upload(
        self,
        *,
        Bucket: str,  # noqa: N803 the API's names
        Key: str,  # noqa: N803 the API's names
        UploadId: str,  # noqa: N803 the API's names
        MultipartUpload: dict[str, Any],  # noqa: N803 the API's names
    ) -> dict[str, str]:
        self.unfinished.remove((Bucket, Key))
        parts = self.parts.pop(UploadId)
        assert [(one["PartNumber"], one["ETag"]) for one in MultipartUpload["Parts"]] == [(n, f'"{n}"') for n in parts]
        return self.put_object(Bucket=Bucket, Key=Key, Body=b"".join(parts.values()))

    def abort_multipart_upload(self, *, Bucket: str, Key: str, UploadId: str) -> dict[str, Any]:  # noqa: N803 the API's names
        self.unfinished.remove((Bucket, Key))
        del self.parts[UploadId]
        return {}

    def put(self, uri: str, body: bytes | str) -> str:
        """Writes an object by its S3 URI. Returns the version id."""
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        return self.put_object(Bucket=bucket, Key=key, Body=body.encode() if isinstance(body, str) else body)[
            "VersionId"
        ]

    def delete_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 the API's names
        """Adds a delete marker, as in a versioned bucket."""
        self.kept.append(ObjectVersion(Bucket, Key, f"m{next(self.ids)}", None, self.now()))
        return {}

    def get_object(self, *, Bucket: str, Key: str, VersionId: str | None = None) -> dict[str, Any]:  # noqa: N803 the API's names
        self.reads.append(Key)
        if Key in self.unreadable:
            raise service_error("AccessDenied", "GetObject")
        found = [one for one in self.kept if (one.bucket, one.key) == (Bucket, Key) and VersionId in (None, one.id)]
        if not found or found[-1].body is None:
            raise service_error("NoSuchKey", "GetObject")
        return {"Body": io.BytesIO(found[-1].body), "VersionId": found[-1].id}

    def head_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 the API's names
        found = [one for one in self.kept if (one.bucket, one.key) == (Bucket, Key)]
        if not found or found[-1].body is None:
            raise service_error("404", "HeadObject")
        return {}

    def delete_objects(self, *, Bucket: str, Delete: dict[str, Any]) -> dict[str, Any]:  # noqa: N803 the API's names
        asked = [(one["Key"], one["VersionId"]) for one in Delete["Objects"]]
        assert 0 < len(asked) <= 1000
        self.deletes.append(asked)
        gone = {one for one in asked if one[0] not in self.refuse}
        self.kept = [one for one in self.kept if one.bucket != Bucket or (one.key, one.id) not in gone]
        refused = [
            {"Key": key, "VersionId": version, "Code": "AccessDenied"}
            for key, version in asked
            if (key, version) not in gone
        ]
        return {"Errors": refused} if refused else {}

    def get_paginator(self, operation: str) -> "_Pages":
        return _Pages(self, operation)

    def remaining_keys(self, bucket: str | None = None) -> list[str]:
        """The keys of all remaining versions and delete markers."""
        return sorted(one.key for one in self.kept if bucket in (None, one.bucket))


@dataclass(frozen=True)
class _Pages:
    s3: FakeS3
    operation: str

    def paginate(self, *, Bucket: str, Prefix: str = "") -> Iterator[dict[str, Any]]:  # noqa: N803 the API's names
        if self.operation == "list_multipart_uploads":
            uploads = [{"Key": key} for bucket, key in self.s3.unfinished if bucket == Bucket]
            yield {"Uploads": uploads} if uploads else {}
            return
        assert self.operation == "list_object_versions"
        self.s3.listed.append((Bucket, Prefix))
        ours = [one for one in self.s3.kept if one.bucket == Bucket and one.key.startswith(Prefix)]
        newest = {one.key: one.id for one in ours}
        ours.reverse()
        order = sorted(ours, key=lambda one: one.key)  # the newest version of a key comes first, as in S3
        for start in range(0, len(order) or 1, self.s3.page):
            page: dict[str, Any] = {}
            for one in order[start : start + self.s3.page]:
                told = {
                    "Key": one.key,
                    "VersionId": one.id,
                    "LastModified": one.written,
                    "IsLatest": newest[one.key] == one.id,
                }
                if one.body is None:
                    page.setdefault("DeleteMarkers", []).append(told)
                else:
                    page.setdefault("Versions", []).append(told | {"Size": len(one.body)})
            yield page
