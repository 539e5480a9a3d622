"""Objects under a KMS key need the key too.

AWS: reading an object under SSE-KMS needs `kms:Decrypt`, writing one `kms:GenerateDataKey`, on the key, for
    `kms:ViaService` S3 (https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html).
ministack: asks for the S3 action alone.
We mend: GetObject and PutObject are checked on the key as well. (Not checked: DynamoDB, SNS, SQS, Logs, SSM.)
"""

import re
from typing import Any

from ministack.core import iam_actions
from ministack.core.responses import get_account_id, get_region
from ministack.services import kms, s3

from local.emulator.hooks.access import Check, also_check

_ID = "x-amz-server-side-encryption-aws-kms-key-id"
_NEEDS = {"s3:GetObject": "kms:Decrypt", "s3:GetObjectVersion": "kms:Decrypt", "s3:PutObject": "kms:GenerateDataKey"}


def key_arn(key: str | None) -> str | None:
    """A key's ARN, from its ARN, id or alias."""
    if not key:
        return None
    record = kms._resolve_key(key)
    return record["Arn"] if record else f"arn:aws:kms:{get_region()}:{get_account_id()}:key/{key}"


def bucket_key(bucket: str) -> str | None:
    """The ARN of the key that a bucket encrypts with by default, if it is one of KMS."""
    found = re.search(r"<KMSMasterKeyID>([^<]+)<", str(s3._bucket_encryption.get(bucket) or ""))
    return key_arn(found[1]) if found else None


def object_key(bucket: str, key: str) -> str | None:
    """The ARN of the key that an object is under, if it is one of KMS."""
    stored = ((s3._buckets.get(bucket) or {}).get("objects") or {}).get(key) or {}
    return key_arn((stored.get("preserved_headers") or {}).get(_ID)) or (bucket_key(bucket) if stored else None)


def install() -> None:
    """Add the key to what a request on an object is checked for."""
    extract = iam_actions.extract_resource_arn

    def extract_resource_arn(
        service: str,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        params: dict[str, Any],
        region: str,
        account: str,
    ) -> str:
        resource: str = extract(service, method, path, headers, body, params, region, account)
        if service == "s3":
            _check_key(method, resource, headers, params, region)
        return resource

    iam_actions.extract_resource_arn = extract_resource_arn


def _check_key(method: str, resource: str, headers: dict[str, str], params: dict[str, Any], region: str) -> None:
    bucket, _, key = resource.removeprefix("arn:aws:s3:::").partition("/")
    done = iam_actions._s3_action(method, f"/{bucket}/{key}", params)
    action = _NEEDS.get(f"s3:{done}") if key and method != "HEAD" else None
    if action is None:
        return
    reading = action == "kms:Decrypt"
    arn = object_key(bucket, key) if reading else key_arn(headers.get(_ID)) or bucket_key(bucket)
    if arn:
        also_check(Check(action, "kms", arn, {"kms:ViaService": f"s3.{region}.amazonaws.com"}))
