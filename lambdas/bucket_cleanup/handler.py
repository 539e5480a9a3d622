"""The Lambda handler of a CloudFormation custom resource, see `distillery/core/custom_resource`."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from distillery.core.aws import ClientError, client, code
from distillery.core.boundary import boundary
from distillery.core.custom_resource import respond
from distillery.core.versions import delete, versions

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@boundary()
def empty(event: Mapping[str, Any], context: Any) -> None:
    """Empties `Bucket` on Delete; does nothing on Create and Update. The bucket's name is the physical id."""
    respond(event, context, _empty)


def _empty(event: Mapping[str, Any]) -> str:
    properties = event["ResourceProperties"]
    if event["RequestType"] != "Delete":
        return str(properties["Bucket"])
    bucket = str(event["PhysicalResourceId"])
    empty_bucket(client("s3"), bucket, only_if_tagged=properties["OnlyIfTagged"])
    return bucket


def empty_bucket(s3: "S3Client", bucket: str, *, only_if_tagged: str) -> int:
    """Deletes all object versions of a bucket, and returns how many versions and delete markers were deleted.

    Deletes nothing if the bucket does not exist or has no such tag. The tag is removed from a bucket whose data is to
    be kept before its custom resource is deleted.
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
