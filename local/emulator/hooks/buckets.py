"""CloudFormation deletes only empty buckets, and tags buckets.

AWS: DeleteBucket answers BucketNotEmpty as long as there is an object, a version or a delete marker, so the resource,
    and its stack, become DELETE_FAILED
    (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucket.html).
ministack: its API refuses, but its CloudFormation deletes the bucket with its content, and drops the tags.
Patch: CloudFormation calls the API, and tags the bucket.
"""

import re
from typing import Any

from ministack.services import s3
from ministack.services.cloudformation import provisioners

from local.emulator.hooks.resource_types import after

BUCKET = "AWS::S3::Bucket"


def _tag(name: str, properties: dict[str, Any]) -> None:
    s3._bucket_tags[name] = {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}


def install() -> None:
    """Replaces the type's deletion, and completes its create and update."""
    after(BUCKET, _tag)

    def delete(name: str, _properties: dict[str, Any]) -> None:
        status, _headers, body = s3._delete_bucket(name)
        if status >= 400 and b"NoSuchBucket" not in body:
            code, said = (re.search(rf"<{tag}>([^<]*)<".encode(), body) for tag in ("Code", "Message"))
            why = f"{said[1].decode() if said else ''} (Service: S3, Status Code: {status})"
            raise ValueError(f"{why}: {code[1].decode() if code else 'unknown'}")

    provisioners._RESOURCE_HANDLERS[BUCKET]["delete"] = delete
