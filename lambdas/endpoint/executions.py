"""How an execution of the state machine stands, by the run's id or the roll-back's holder that it is named after."""

from typing import TYPE_CHECKING

from distillery.core.aws import ClientError, client, code

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

RUNNING = "RUNNING"  # ExecutionStatus of DescribeExecution; PENDING_REDRIVE is on its way to it
ON_ITS_WAY = (RUNNING, "PENDING_REDRIVE")


class Executions:
    def __init__(self, machine_arn: str, stepfunctions: "SFNClient | None" = None) -> None:
        self._prefix = machine_arn.replace(":stateMachine:", ":execution:")
        self._stepfunctions = stepfunctions or client("stepfunctions")

    def status(self, name: str) -> str | None:
        """None where no execution of that name was started."""
        try:
            return self._stepfunctions.describe_execution(executionArn=f"{self._prefix}:{name}")["status"]
        except ClientError as error:
            if code(error) == "ExecutionDoesNotExist":
                return None
            raise
