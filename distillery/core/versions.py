"""Lists and permanently deletes versions of objects. Deletion by version id leaves no delete markers."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

AT_ONCE = 1000
"""The most versions in one DeleteObjects request. API."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A version. `latest`: it is read where no version is named; `marker`: it is a delete marker."""

    key: str
    id: str
    written: datetime
    size: int = 0
    latest: bool = True
    marker: bool = False


def versions(s3: "S3Client", bucket: str, prefix: str = "") -> Iterator[Version]:
    """All versions below the prefix, page by page: in the order of keys, with a page's delete markers last."""
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
    """Deletes the versions and returns their number. Raises OSError where S3 refuses any; the others are deleted
    then."""
    rest, count, refused = iter(found), 0, list[Any]()
    while batch := list(islice(rest, AT_ONCE)):
        objects: list[Any] = [{"Key": version.key, "VersionId": version.id} for version in batch]
        answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
        refused += answer.get("Errors", [])
        count += len(batch)
    if refused:
        raise OSError(f"S3 would not delete {len(refused)} objects of {bucket}; the first: {refused[0].get('Code')}")
    return count
