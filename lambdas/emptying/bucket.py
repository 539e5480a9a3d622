"""Deletes what is in a bucket, version by version."""

from typing import TYPE_CHECKING, Any

from lambdas.shared.aws import ClientError, code

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def empty(s3: "S3Client", bucket: str, *, only_if_tagged: str) -> int:
    """How many versions and delete markers were deleted: none without the tag, or where there is no such bucket.

    The tag is taken off a bucket whose data is to be kept from now on, before its custom resource goes.
    """
    try:
        if only_if_tagged not in _tags(s3, bucket):
            return 0
        return sum(
            _delete(s3, bucket, page) for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket)
        )
    except ClientError as error:
        if code(error) == "NoSuchBucket":
            return 0
        raise


def _tags(s3: "S3Client", bucket: str) -> set[str]:
    try:
        return {tag["Key"] for tag in s3.get_bucket_tagging(Bucket=bucket)["TagSet"]}
    except ClientError as error:
        if code(error) == "NoSuchTagSet":
            return set()
        raise


def _delete(s3: "S3Client", bucket: str, page: Any) -> int:
    """One page: at most the thousand that DeleteObjects takes. Raises where S3 refuses any of them."""
    found: list[Any] = [
        {"Key": item["Key"], "VersionId": item["VersionId"]}
        for item in (*page.get("Versions", []), *page.get("DeleteMarkers", []))
    ]
    if not found:
        return 0
    refused = s3.delete_objects(Bucket=bucket, Delete={"Objects": found, "Quiet": True}).get("Errors", [])
    if refused:
        raise OSError(f"S3 would not delete {len(refused)} objects of {bucket}; the first: {refused[0].get('Code')}")
    return len(found)
