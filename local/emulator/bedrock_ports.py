"""The account as the Bedrock simulator sees it: S3 and IAM under the job's role, EventBridge for its events."""

import json
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import eventbridge, s3

from local.bedrock.ports import ObjectDenied, ObjectMissing
from local.emulator import authority
from local.emulator.hooks.encryption import bucket_key, object_key

_BEDROCK = "bedrock.amazonaws.com"


def _require(role_arn: str, action: str, resource: str, **keys: str) -> None:
    if not authority.role_may(role_arn, action, resource, **keys):
        raise ObjectDenied(f"{role_arn} is not authorized to perform: {action} on resource: {resource}")


class AccountObjects:
    """S3 of the account, read and written as a role: its policies, the bucket's and the key's all have a say."""

    def get(self, account: str, region: str, role_arn: str, bucket: str, key: str) -> bytes:
        """The object's bytes. Raises ObjectDenied, or ObjectMissing."""
        with request_scope(account, region):
            _require(role_arn, "s3:GetObject", f"arn:aws:s3:::{bucket}/{key}")
            if kms := object_key(bucket, key):
                _require(role_arn, "kms:Decrypt", kms, kms__ViaService=f"s3.{region}.amazonaws.com")
            status, _headers, body = s3._get_object(bucket, key, {}, {})
            if status != 200:
                raise ObjectMissing(f"s3://{bucket}/{key} does not exist")
            return bytes(body)

    def put(self, account: str, region: str, role_arn: str, bucket: str, key: str, body: bytes) -> None:
        """Write the object. Raises ObjectDenied, or ObjectMissing when there is no such bucket."""
        with request_scope(account, region):
            _require(role_arn, "s3:PutObject", f"arn:aws:s3:::{bucket}/{key}")
            if kms := bucket_key(bucket):
                _require(role_arn, "kms:GenerateDataKey", kms, kms__ViaService=f"s3.{region}.amazonaws.com")
            status, _headers, _body = s3._put_object(bucket, key, body, {})
            if status != 200:
                raise ObjectMissing(f"s3://{bucket} does not exist")


class AccountEvents:
    """The account's default event bus."""

    def emit(
        self, account: str, region: str, source: str, detail_type: str, resources: list[str], detail: dict[str, Any]
    ) -> None:
        """Put one event of an AWS service on it."""
        entry = {"Source": source, "DetailType": detail_type, "Resources": resources, "Detail": json.dumps(detail)}
        with request_scope(account, region):
            eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)


class AccountRoles:
    """The account's roles and whom they trust."""

    def check(self, account: str, region: str, role_arn: str, service_source_arn: str) -> str | None:
        """None if Bedrock may assume the role for that source, else the sentence that Bedrock answers."""
        with request_scope(account, region):
            if authority.service_may_assume(_BEDROCK, role_arn, source_arn=service_source_arn):
                return None
        return (
            f"Could not assume provided IAM role. Please ensure that the role {role_arn} exists and has a trust "
            f"relationship that allows {_BEDROCK} to assume it for {service_source_arn}."
        )
