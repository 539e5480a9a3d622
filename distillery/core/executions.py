"""Executions of the pipeline's state machine, by their names."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from distillery.core.aws import ClientError, client, code

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

RUNNING = "RUNNING"  # ExecutionStatus of DescribeExecution; PENDING_REDRIVE is on its way to it
ON_ITS_WAY = (RUNNING, "PENDING_REDRIVE")
_NONE = "ExecutionDoesNotExist"


class Executions:
    """The executions of one state machine."""

    def __init__(self, machine_arn: str, stepfunctions: "SFNClient | None" = None) -> None:
        self._machine = machine_arn
        self._prefix = machine_arn.replace(":stateMachine:", ":execution:")
        self._stepfunctions = stepfunctions or client("stepfunctions")

    def status(self, name: str) -> str | None:
        """The status of the execution; None where none was started under that name."""
        try:
            return self._stepfunctions.describe_execution(executionArn=f"{self._prefix}:{name}")["status"]
        except ClientError as error:
            if code(error) == _NONE:
                return None
            raise

    def start(self, name: str, state: Mapping[str, object]) -> None:
        """Starts an execution with that input. A call with the same name and input changes nothing."""
        self._stepfunctions.start_execution(stateMachineArn=self._machine, name=name, input=json.dumps(state))

    def stop(self, name: str, *, error: str, cause: str) -> bool:
        """Ends the execution at once, without its clean-up. False where none was started under that name.

        A call for an execution that has ended changes nothing.
        """
        if self.status(name) not in ON_ITS_WAY:
            return False
        try:
            self._stepfunctions.stop_execution(executionArn=f"{self._prefix}:{name}", error=error, cause=cause)
        except ClientError as failed:
            if code(failed) == _NONE:
                return False
            raise
        return True
