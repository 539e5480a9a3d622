"""Deletes all object versions of a bucket."""

from typing import TYPE_CHECKING

from distillery.core.aws import ClientError, code
from distillery.core.versions import delete, versions

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def empty(s3: "S3Client", bucket: str, *, only_if_tagged: str) -> int:
    """How many versions and delete markers were deleted: none without the tag, or where there is no such bucket.

    The tag is taken off a bucket whose data is to be kept from now on, before its custom resource goes.
    """
    try:
        if only_if_tagged not in _tags(s3, bucket):
            return 0
        return delete(s3, bucket, versions(s3, bucket))
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
