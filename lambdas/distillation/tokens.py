"""Task tokens of the state machine: each can be answered once."""

import json
from typing import TYPE_CHECKING, Any

from distillery.core.aws import ClientError, code
from distillery.core.serialization import to_wire

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

SPENT = ("TaskTimedOut", "TaskDoesNotExist", "InvalidToken")
CAUSE_MAX = 32_768  # characters (SendTaskFailure)


class Tokens:
    """A token whose task has gone, answered before or timed out, is passed over."""

    def __init__(self, stepfunctions: "SFNClient") -> None:
        self._stepfunctions = stepfunctions

    def succeed(self, token: str, output: Any) -> None:
        try:
            self._stepfunctions.send_task_success(taskToken=token, output=json.dumps(to_wire(output)))
        except ClientError as error:
            _unless_spent(error)

    def fail(self, token: str, error_name: str, cause: str) -> None:
        try:
            self._stepfunctions.send_task_failure(taskToken=token, error=error_name, cause=cause[:CAUSE_MAX])
        except ClientError as error:
            _unless_spent(error)


def _unless_spent(error: ClientError) -> None:
    if code(error) not in SPENT:
        raise error
