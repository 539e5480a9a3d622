"""Whether CloudWatch Logs may use the key of a log group."""

import ministack.app as app
from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudwatch_logs

from local.emulator import iam
from local.emulator.kms import log_group_key

_USES = tuple(
    f"kms:{name}" for name in ("Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey", "ReEncryptFrom", "ReEncryptTo")
)


def group_arn(name: str) -> str:
    """Returns the ARN of a log group, without the `:*` of its streams."""
    return f"arn:aws:logs:{get_region()}:{get_account_id()}:log-group:{name}"


def key_refusal(name: str, key: str | None) -> str | None:
    """Returns why a group may not use a key; None if it may."""
    service, arn = f"logs.{get_region()}.amazonaws.com", group_arn(name)
    source = iam.source(arn) | {"kms:EncryptionContext:aws:logs:arn": arn}
    if not app.AUTH or key is None or all(iam.service_may(service, use, key, source) for use in _USES):
        return None
    return f"The specified KMS key does not exist or is not allowed to be used with Arn '{arn}'"


def writable(name: str) -> bool:
    """Whether the group exists and its key, if it has one, allows CloudWatch Logs."""
    return name in cloudwatch_logs._log_groups and key_refusal(name, log_group_key(name)) is None
