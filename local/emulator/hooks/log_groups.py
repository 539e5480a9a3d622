"""A log group takes only a key that admits CloudWatch Logs, and writes only while it does.

AWS: the key's policy must let `logs.REGION.amazonaws.com` use it, for the log group that stands in the encryption
    context as `aws:logs:arn`; else CreateLogGroup answers AccessDeniedException
    (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html).
ministack: keeps the key's name.
We mend: the key is asked when a group is made, and before a service of ours writes to it (`writable`).
"""

from typing import Any

import ministack.app as app
from ministack.core.responses import error_response_json, get_account_id, get_region
from ministack.services import cloudwatch_logs

from local.emulator import authority
from local.emulator.hooks.resource_types import before
from local.emulator.keys import key_arn, log_group_key

_USES = tuple(
    f"kms:{name}" for name in ("Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey", "ReEncryptFrom", "ReEncryptTo")
)


def group_arn(name: str) -> str:
    """The ARN of a log group, without the `:*` of its streams."""
    return f"arn:aws:logs:{get_region()}:{get_account_id()}:log-group:{name}"


def _refusal(name: str, key: str | None) -> str | None:
    """Why a group may not be under a key."""
    service, arn = f"logs.{get_region()}.amazonaws.com", group_arn(name)
    source = authority.source(arn) | {"kms:EncryptionContext:aws:logs:arn": arn}
    if not app.AUTH or key is None or all(authority.service_may(service, use, key, source) for use in _USES):
        return None
    return f"The specified KMS key does not exist or is not allowed to be used with Arn '{arn}'"


def writable(name: str) -> bool:
    """Whether the group exists and its key, if it has one, still admits CloudWatch Logs."""
    return name in cloudwatch_logs._log_groups and _refusal(name, log_group_key(name)) is None


def _check_template(properties: dict[str, Any], ident: str, stack: str) -> None:
    name = properties.get("LogGroupName") or f"/aws/cloudformation/{stack}/{ident}"
    if why := _refusal(name, key_arn(properties.get("KmsKeyId"))):
        raise ValueError(f"{why} (Service: CloudWatchLogs, Status Code: 400)")


def install() -> None:
    """Check a key before a group is made under it."""
    create = cloudwatch_logs._create_log_group

    def create_log_group(data: dict[str, Any]) -> Any:
        if why := _refusal(str(data.get("logGroupName")), key_arn(data.get("kmsKeyId"))):
            return error_response_json("AccessDeniedException", why, 400)
        return create(data)

    before("AWS::Logs::LogGroup", _check_template)
    cloudwatch_logs._create_log_group = create_log_group
