"""Put, Get and DeleteModelInvocationLoggingConfiguration: one configuration for an account and Region, or none.

User Guide, "Monitor model invocation using CloudWatch Logs and Amazon S3": a destination is in the same account and
Region; the bucket's policy admits Bedrock for `AWSLogs/ACCOUNT/BedrockModelInvocationLogs/*` under the prefix; Put
overwrites. That Bedrock writes an empty object of the name `amazon-bedrock-logs-permission-check` to find out, and
which role and log group it names when it may not, is observed by others (so is the sentence about log groups; the one
about buckets begins as observed and ends as ours). What lies in a log group is not written here.
"""

from typing import Any

from bedrock_simulator import errors
from bedrock_simulator.control_plane.call import Call, Params, without_none
from bedrock_simulator.ports import ObjectDenied, ObjectMissing
from bedrock_simulator.runtime.invocation_logs import log_root, source_arn

PERMISSION_CHECK = "amazon-bedrock-logs-permission-check"
_STREAM = "aws/bedrock/modelinvocations"
_MODALITIES = ("text", "image", "embedding", "video", "audio")


def put(call: Call) -> Params:
    """Keeps the configuration if everything it names can be written to."""
    config = call.params["loggingConfig"]
    if "s3Config" not in config and "cloudWatchConfig" not in config:
        raise errors.validation("loggingConfig must have s3Config, cloudWatchConfig or both.")
    watch = config.get("cloudWatchConfig")
    for bucket in (config.get("s3Config"), (watch or {}).get("largeDataDeliveryS3Config")):
        if bucket:
            _check_bucket(bucket, call)
    if watch:
        _check_log_group(watch, call)
    # An enabled modality is the default of each: the console delivers everything, the API says nothing.
    delivered = {f"{name}DataDeliveryEnabled": True for name in _MODALITIES}
    call.estate.logging = {**delivered, **config}
    return {}


def _check_bucket(config: dict[str, Any], call: Call) -> None:
    bucket = config["bucketName"]
    why = (
        "the bucket does not exist"
        if (home := call.around.objects.home(call.account, call.region, bucket)) is None
        else None
    )
    if home not in (None, call.region):
        why = f"the bucket is in {home}, the configuration in {call.region}"
    key = f"{log_root(call.account, config.get('keyPrefix'))}/{PERMISSION_CHECK}"
    if why is None:
        try:
            call.around.objects.deliver(
                call.account, call.region, source_arn(call.account, call.region), bucket, key, b""
            )
        except (ObjectDenied, ObjectMissing) as refused:
            why = str(refused)
    if why:
        raise errors.validation(f"Failed to validate permissions for bucket: {bucket}. {why}.")


def _check_log_group(config: dict[str, Any], call: Call) -> None:
    group, role = config["logGroupName"], config["roleArn"]
    stream = f"arn:aws:logs:{call.region}:{call.account}:log-group:{group}:log-stream:{_STREAM}"
    roles, source = call.around.roles, source_arn(call.account, call.region)
    granted = roles.check(call.account, call.region, role, source) is None and all(
        roles.may(call.account, call.region, role, action, stream, {})
        for action in ("logs:CreateLogStream", "logs:PutLogEvents")
    )
    if not granted:
        raise errors.validation(
            f"Failed to validate permissions for log group: {group}, with role: {role}. Verify the IAM role "
            "permissions are correct."
        )


def get(call: Call) -> Params:
    """The configuration; an empty answer when there is none."""
    return without_none(loggingConfig=call.estate.logging)


def delete(call: Call) -> Params:
    """Forgets the configuration, if there is one. What was written stays."""
    call.estate.logging = None
    return {}
