"""Versions of objects, listed and deleted for good: by their ids, so that no delete marker takes their place."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

AT_ONCE = 1000
"""Versions that one DeleteObjects takes. API."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """latest: what is read where no version is named; marker: a delete marker, which holds nothing but the key."""

    key: str
    id: str
    written: datetime
    size: int = 0
    latest: bool = True
    marker: bool = False


def versions(s3: "S3Client", bucket: str, prefix: str = "") -> Iterator[Version]:
    """All under the prefix, page by page: those of a page in the order of their keys, its delete markers last."""
    where: Any = {"Bucket": bucket} | ({"Prefix": prefix} if prefix else {})
    for page in s3.get_paginator("list_object_versions").paginate(**where):
        yield from (_version(item, marker=False) for item in page.get("Versions", []))
        yield from (_version(item, marker=True) for item in page.get("DeleteMarkers", []))


def _version(item: Any, *, marker: bool) -> Version:
    return Version(
        key=item["Key"],
        id=item["VersionId"],
        written=item["LastModified"],
        size=item.get("Size", 0),
        latest=item["IsLatest"],
        marker=marker,
    )


def delete(s3: "S3Client", bucket: str, found: Iterable[Version]) -> int:
    """How many were deleted: all. Raises OSError where S3 refuses any; the others are gone then."""
    rest, count, refused = iter(found), 0, list[Any]()
    while batch := list(islice(rest, AT_ONCE)):
        objects: list[Any] = [{"Key": version.key, "VersionId": version.id} for version in batch]
        answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
        refused += answer.get("Errors", [])
        count += len(batch)
    if refused:
        raise OSError(f"S3 would not delete {len(refused)} objects of {bucket}; the first: {refused[0].get('Code')}")
    return count
