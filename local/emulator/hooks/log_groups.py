"""A log group has a name that begins with its stack's. It accepts only a key that admits CloudWatch Logs, and is
written only while it does.

AWS: the key's policy must let `logs.REGION.amazonaws.com` use it, for the log group that is in the encryption context
    as `aws:logs:arn`; else CreateLogGroup answers AccessDeniedException
    (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html).
    A group without LogGroupName is named as other resources are: stack, logical id, suffix.
ministack: keeps the key's name, and names groups `/aws/cloudformation/<stack>/<logical id>`, which policies by the
    stack's name do not match.
Patch: CloudFormation's handlers get a name. The key's policy is checked when a group is created, and before a service
    of ours writes to it (`log_group_keys.writable`).
"""

from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import cloudwatch_logs
from ministack.services.cloudformation import provisioners

from local.emulator.hooks.resource_types import before, named
from local.emulator.kms import key_arn
from local.emulator.log_group_keys import key_refusal

GROUP = "AWS::Logs::LogGroup"
physical_name = provisioners._physical_name


def _check_template(properties: dict[str, Any], ident: str, stack: str) -> None:
    name = properties.get("LogGroupName") or physical_name(stack, ident)
    if why := key_refusal(name, key_arn(properties.get("KmsKeyId"))):
        raise ValueError(f"{why} (Service: CloudWatchLogs, Status Code: 400)")


def install() -> None:
    """Names groups by their stack, and checks a key before a group is made under it."""
    create = cloudwatch_logs._create_log_group

    def create_log_group(data: dict[str, Any]) -> Any:
        if why := key_refusal(str(data.get("logGroupName")), key_arn(data.get("kmsKeyId"))):
            return error_response_json("AccessDeniedException", why, 400)
        return create(data)

    named(GROUP, "LogGroupName", physical_name)
    before(GROUP, _check_template)
    cloudwatch_logs._create_log_group = create_log_group
