"""The account as the Bedrock simulator sees it: S3, IAM and KMS under a job's role, EventBridge for its events."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import cloudwatch, cloudwatch_logs, eventbridge, kms, s3

from bedrock_simulator.ports import ObjectDenied, ObjectMissing
from local.emulator import delivery_permissions, iam
from local.emulator.kms import Conditions
from local.emulator.log_group_keys import writable

_BEDROCK = "bedrock.amazonaws.com"


def _require(role_arn: str, action: str, resource: str, keys: Conditions | None = None) -> None:
    if why := iam.role_refusal(role_arn, action, resource, keys):
        raise ObjectDenied(why)


class AccountObjects:
    """S3 of the account, read and written under a role, with its policies, the bucket's and the key's."""

    def get(self, account: str, region: str, role_arn: str, bucket: str, key: str) -> bytes:
        """Returns the content of an object. Raises ObjectDenied, or ObjectMissing."""
        with request_scope(account, region):
            _require(role_arn, "s3:GetObject", f"arn:aws:s3:::{bucket}/{key}")
            status, _headers, body = s3._get_object(bucket, key, {}, {})
            if status != 200:
                raise ObjectMissing(f"s3://{bucket}/{key} does not exist")
            return bytes(body)

    def put(self, account: str, region: str, role_arn: str, bucket: str, key: str, body: bytes) -> None:
        """Writes an object. Raises ObjectDenied, or ObjectMissing when there is no such bucket."""
        with request_scope(account, region):
            _require(role_arn, "s3:PutObject", f"arn:aws:s3:::{bucket}/{key}")
            _put(bucket, key, body)

    def list(self, account: str, region: str, role_arn: str, bucket: str, prefix: str) -> list[str]:
        """Returns the keys under a prefix. Raises ObjectDenied, or ObjectMissing when there is no such bucket."""
        with request_scope(account, region):
            _require(role_arn, "s3:ListBucket", f"arn:aws:s3:::{bucket}", {"s3:prefix": prefix})
            if (found := s3._buckets.get(bucket)) is None:
                raise ObjectMissing(f"s3://{bucket} does not exist")
            return sorted(key for key in found["objects"] if key.startswith(prefix))

    def deliver(self, account: str, region: str, source_arn: str, bucket: str, key: str, body: bytes) -> None:
        """Writes an object as Bedrock's service principal. Raises ObjectDenied, or ObjectMissing without the bucket."""
        with request_scope(account, region):
            target = f"arn:aws:s3:::{bucket}/{key}"
            if why := delivery_permissions.refusal(_BEDROCK, "s3:PutObject", target, source_arn=source_arn):
                raise ObjectDenied(why)
            _put(bucket, key, body)

    def bucket_region(self, account: str, region: str, bucket: str) -> str | None:
        """The bucket's Region."""
        with request_scope(account, region):
            found = s3._buckets.get(bucket)
            return None if found is None else str(found.get("region") or "us-east-1")


def _put(bucket: str, key: str, body: bytes) -> None:
    status, _headers, _body = s3._put_object(bucket, key, body, {})
    if status != 200:
        raise ObjectMissing(f"s3://{bucket} does not exist")


class AccountEvents:
    """The account's default event bus."""

    def emit(
        self, account: str, region: str, source: str, detail_type: str, resources: list[str], detail: dict[str, Any]
    ) -> None:
        """Puts an event of an AWS service on the bus."""
        entry = {"Source": source, "DetailType": detail_type, "Resources": resources, "Detail": json.dumps(detail)}
        with request_scope(account, region):
            eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)


class AccountRoles:
    """The account's roles and their trust policies."""

    def check_trust(self, account: str, region: str, role_arn: str, service_source_arn: str) -> str | None:
        """Returns Bedrock's error message; None if Bedrock may assume the role for that source."""
        with request_scope(account, region):
            if iam.service_may_assume(_BEDROCK, role_arn, source_arn=service_source_arn):
                return None
        return (
            f"Could not assume provided IAM role. Please ensure that the role {role_arn} exists and has a trust "
            f"relationship that allows {_BEDROCK} to assume it for {service_source_arn}."
        )

    def is_allowed(
        self, account: str, region: str, role_arn: str, action: str, resource: str, keys: Mapping[str, str]
    ) -> bool:
        """Whether the role may perform the action."""
        with request_scope(account, region):
            return iam.role_may(role_arn, action, resource, {**keys})


class AccountKeys:
    """The account's KMS keys."""

    def find(self, account: str, region: str, key: str) -> str | None:
        """Returns the ARN of the key; None unless it exists and is enabled."""
        with request_scope(account, region):
            record = kms._resolve_key(key)
            return str(record["Arn"]) if record and record["KeyState"] == "Enabled" else None


class AccountLogs:
    """The account's CloudWatch Logs."""

    def put(
        self, account: str, region: str, role_arn: str, group: str, stream: str, message: str, at: datetime
    ) -> None:
        """Writes an event under the role. It is lost without permissions of the role, the group or its key."""
        where = f"arn:aws:logs:{region}:{account}:log-group:{group}:log-stream:{stream}"
        event = {"timestamp": int(at.timestamp() * 1000), "message": message}
        named = {"logGroupName": group, "logStreamName": stream}
        with request_scope(account, region):
            acts = [iam.role_may(role_arn, f"logs:{act}", where) for act in ("CreateLogStream", "PutLogEvents")]
            if all(acts) and writable(group):
                cloudwatch_logs._create_log_stream(named)  # answers an error where there is one already
                cloudwatch_logs._put_log_events({**named, "logEvents": [event]})


class AccountMetrics:
    """The account's CloudWatch metrics. ministack's own entry point knows the real clock alone."""

    def record(self, account: str, region: str, model_id: str, values: Mapping[str, float], at: datetime) -> None:
        """Records values of metrics of `AWS/Bedrock` at the virtual time."""
        with request_scope(account, region):
            for name, value in values.items():
                dimensions = {"ModelId": model_id}
                cloudwatch._store_datum(
                    "AWS/Bedrock", name, dimensions, at.timestamp(), "None", value, None, None, None
                )
