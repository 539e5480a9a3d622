"""A function writes its log under its role.

AWS: Lambda writes a function's log with `logs:CreateLogStream` and `logs:PutLogEvents` of the function's role, on the
    group's streams, and creates a missing group with `logs:CreateLogGroup`; without them there is no log, and
    no error (https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html).
ministack: writes without a check.
Patch: the role and the key of the group are checked.
"""

from typing import Any

import ministack.app as app
from ministack.services import cloudwatch_logs, lambda_svc

from local.emulator import iam
from local.emulator.log_group_keys import group_arn, writable


def _may_log(config: dict[str, Any]) -> bool:
    group = (config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{config.get('FunctionName')}"
    role, arn = config["Role"], group_arn(group)
    if group not in cloudwatch_logs._log_groups:
        if not iam.role_may(role, "logs:CreateLogGroup", arn):
            return False
    elif not writable(group):
        return False
    wanted = ("logs:CreateLogStream", "logs:PutLogEvents")
    return all(iam.role_may(role, action, f"{arn}:log-stream:any") for action in wanted)


def install() -> None:
    """Wraps the writing of a function's log."""
    emit = lambda_svc._emit_lambda_logs

    def emit_lambda_logs(function: dict[str, Any], *rest: Any, **options: Any) -> None:
        if not app.AUTH or _may_log(function.get("config") or function):
            emit(function, *rest, **options)

    lambda_svc._emit_lambda_logs = emit_lambda_logs
