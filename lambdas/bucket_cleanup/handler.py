"""The Lambda handler of a CloudFormation custom resource, see `distillery/core/custom_resource`."""

from collections.abc import Mapping
from typing import Any

from distillery.core.aws import client
from distillery.core.boundary import boundary
from distillery.core.custom_resource import carry_out
from lambdas.bucket_cleanup.bucket import empty as empty_bucket


@boundary()
def empty(event: Mapping[str, Any], context: Any) -> None:
    """Empties `Bucket` on Delete; does nothing on Create and Update. The bucket's name is the physical id."""
    carry_out(event, context, _empty)


def _empty(event: Mapping[str, Any]) -> str:
    properties = event["ResourceProperties"]
    if event["RequestType"] != "Delete":
        return str(properties["Bucket"])
    bucket = str(event["PhysicalResourceId"])
    empty_bucket(client("s3"), bucket, only_if_tagged=properties["OnlyIfTagged"])
    return bucket
