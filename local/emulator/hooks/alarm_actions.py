"""An alarm publishes to a topic only if the topic and its key allow CloudWatch.

AWS: `cloudwatch.amazonaws.com` needs `sns:Publish` by the topic's policy, and `kms:Decrypt` and `kms:GenerateDataKey`
    by its key's; a refused action is recorded only in the alarm's history
    (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html).
ministack: publishes regardless of policies.
Patch: refused actions are left out, and logged.
"""

from typing import Any

import ministack.app as app
from ministack.services import cloudwatch

from local.emulator import delivery_permissions

_ACTIONS = ("AlarmActions", "OKActions", "InsufficientDataActions")


def _admitted(alarm: dict[str, Any], action: str) -> bool:
    if ":sns:" not in action:
        return True
    why = delivery_permissions.refusal(delivery_permissions.ALARMS, "sns:Publish", action, source_arn=alarm["AlarmArn"])
    if why:
        cloudwatch.logger.warning("Failed to execute action %s of %s: %s", action, alarm["AlarmArn"], why)
    return why is None


def install() -> None:
    """Wraps what happens when an alarm changes its state."""
    dispatch = cloudwatch._dispatch_alarm_actions

    def dispatch_alarm_actions(alarm: dict[str, Any], old: str, new: str, reason: str) -> None:
        if app.AUTH:
            kept = {name: [one for one in alarm.get(name) or [] if _admitted(alarm, one)] for name in _ACTIONS}
            alarm = {**alarm, **kept}
        dispatch(alarm, old, new, reason)

    cloudwatch._dispatch_alarm_actions = dispatch_alarm_actions
