"""The Lambda handler of a CloudFormation custom resource, see `distillery/core/custom_resource`.

S3 delivers access logs for hours after the requests that they are about, and one that arrives between the last listing
and the deletion of the bucket makes CloudFormation fail. Hence nobody may write to a bucket any more before it is
emptied, and it is listed until nothing is left.
"""

import json
import time
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
    """Denies further writes, deletes all object versions of a bucket, and returns how many versions and delete markers
    were deleted.

    Deletes nothing if the bucket does not exist or has no such tag. The tag is removed from a bucket whose data is to
    be kept before its custom resource is deleted.
    """
    try:
        if only_if_tagged not in _tags(s3, bucket):
            return 0
        _deny_writes(s3, bucket)
        return _empty_until_nothing_is_left(s3, bucket)
    except ClientError as error:
        if code(error) == "NoSuchBucket":
            return 0
        raise


PAUSE = 2.0
"""Seconds until an object that was on its way when writes were denied is listed."""
DENIED = "DistilleryEmptied"


def _deny_writes(s3: "S3Client", bucket: str) -> None:
    """Adds a statement to the bucket's policy, which applies to services of AWS too."""
    policy = _policy(s3, bucket)
    others = [each for each in policy["Statement"] if each.get("Sid") != DENIED]
    denied = {
        "Sid": DENIED,
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy | {"Statement": [*others, denied]}))


def _policy(s3: "S3Client", bucket: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
    except ClientError as error:
        if code(error) == "NoSuchBucketPolicy":
            return {"Version": "2012-10-17", "Statement": []}
        raise
    return found


def _empty_until_nothing_is_left(s3: "S3Client", bucket: str) -> int:
    total = 0
    while True:
        total += (deleted := delete(s3, bucket, versions(s3, bucket)))
        time.sleep(PAUSE)
        if not deleted and next(versions(s3, bucket), None) is None:
            return total


def _tags(s3: "S3Client", bucket: str) -> set[str]:
    try:
        return {tag["Key"] for tag in s3.get_bucket_tagging(Bucket=bucket)["TagSet"]}
    except ClientError as error:
        if code(error) == "NoSuchTagSet":
            return set()
        raise
