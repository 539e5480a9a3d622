"""The door: a custom resource of CloudFormation, see `lambdas/shared/custom_resource`."""

from collections.abc import Mapping
from typing import Any

from lambdas.emptying.bucket import empty as empty_bucket
from lambdas.shared.aws import client
from lambdas.shared.boundary import boundary
from lambdas.shared.custom_resource import carry_out


@boundary()
def empty(event: Mapping[str, Any], context: Any) -> None:
    """Delete empties `Bucket`, Create and Update do nothing. The bucket's name is the physical id."""
    carry_out(event, context, _empty)


def _empty(event: Mapping[str, Any]) -> str:
    properties = event["ResourceProperties"]
    if event["RequestType"] != "Delete":
        return str(properties["Bucket"])
    bucket = str(event["PhysicalResourceId"])
    empty_bucket(client("s3"), bucket, only_if_tagged=properties["OnlyIfTagged"])
    return bucket
