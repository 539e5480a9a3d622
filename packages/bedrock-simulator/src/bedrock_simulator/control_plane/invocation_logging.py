"""Put, Get and DeleteModelInvocationLoggingConfiguration: at most one configuration per account and Region.

User Guide, "Monitor model invocation using CloudWatch Logs and Amazon S3": a destination is in the same account and
Region; the bucket's policy allows Bedrock to write `AWSLogs/ACCOUNT/BedrockModelInvocationLogs/*` under the prefix; Put
overwrites. Others observed that Bedrock checks this by writing an empty object
`amazon-bedrock-logs-permission-check`, which role and log group its message names, and that message; the message about
buckets starts as observed and ends as the simulator's. The check does not write to log groups.
"""

from typing import Any

from bedrock_simulator import errors
from bedrock_simulator.control_plane.call import ControlPlaneCall, Params, without_none
from bedrock_simulator.ports import ObjectDenied, ObjectMissing
from bedrock_simulator.runtime.invocation_logs import log_root, source_arn

PERMISSION_CHECK = "amazon-bedrock-logs-permission-check"
_STREAM = "aws/bedrock/modelinvocations"
_MODALITIES = ("text", "image", "embedding", "video", "audio")


def put(call: ControlPlaneCall) -> Params:
    """Stores the configuration if all its destinations can be written to."""
    config = call.params["loggingConfig"]
    if "s3Config" not in config and "cloudWatchConfig" not in config:
        raise errors.validation("loggingConfig must have s3Config, cloudWatchConfig or both.")
    watch = config.get("cloudWatchConfig")
    for bucket in (config.get("s3Config"), (watch or {}).get("largeDataDeliveryS3Config")):
        if bucket:
            _check_bucket(bucket, call)
    if watch:
        _check_log_group(watch, call)
    # Every modality is enabled by default: the console delivers all, the API does not say.
    delivered = {f"{name}DataDeliveryEnabled": True for name in _MODALITIES}
    call.resources.logging = {**delivered, **config}
    return {}


def _check_bucket(config: dict[str, Any], call: ControlPlaneCall) -> None:
    bucket = config["bucketName"]
    why = (
        "the bucket does not exist"
        if (bucket_region := call.services.objects.bucket_region(call.account, call.region, bucket)) is None
        else None
    )
    if bucket_region not in (None, call.region):
        why = f"the bucket is in {bucket_region}, the configuration in {call.region}"
    key = f"{log_root(call.account, config.get('keyPrefix'))}/{PERMISSION_CHECK}"
    if why is None:
        try:
            call.services.objects.deliver(
                call.account, call.region, source_arn(call.account, call.region), bucket, key, b""
            )
        except (ObjectDenied, ObjectMissing) as refused:
            why = str(refused)
    if why:
        raise errors.validation(f"Failed to validate permissions for bucket: {bucket}. {why}.")


def _check_log_group(config: dict[str, Any], call: ControlPlaneCall) -> None:
    group, role = config["logGroupName"], config["roleArn"]
    stream = f"arn:aws:logs:{call.region}:{call.account}:log-group:{group}:log-stream:{_STREAM}"
    roles, source = call.services.roles, source_arn(call.account, call.region)
    granted = roles.check_trust(call.account, call.region, role, source) is None and all(
        roles.is_allowed(call.account, call.region, role, action, stream, {})
        for action in ("logs:CreateLogStream", "logs:PutLogEvents")
    )
    if not granted:
        raise errors.validation(
            f"Failed to validate permissions for log group: {group}, with role: {role}. Verify the IAM role "
            "permissions are correct."
        )


def get(call: ControlPlaneCall) -> Params:
    """Returns the configuration; an empty response if there is none."""
    return without_none(loggingConfig=call.resources.logging)


def delete(call: ControlPlaneCall) -> Params:
    """Deletes the configuration, if there is one. Delivered logs stay."""
    call.resources.logging = None
    return {}
