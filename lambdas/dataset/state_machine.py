"""Starts the pipeline: one execution per run, named after the run."""

import json
from typing import TYPE_CHECKING

from distillery.core.aws import ClientError, code
from distillery.core.pipeline import Run
from distillery.core.serialization import to_wire

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


class StateMachine:
    """The pipeline's state machine, by ARN."""

    def __init__(self, arn: str, stepfunctions: "SFNClient") -> None:
        self._arn, self._stepfunctions = arn, stepfunctions

    def start(self, run: Run) -> None:
        """Starts the run's execution. Idempotent, because an execution's name can be used only once (StartExecution,
        ExecutionAlreadyExists)."""
        payload = json.dumps({"action": "distil", "run": to_wire(run)})
        try:
            self._stepfunctions.start_execution(stateMachineArn=self._arn, name=run.id, input=payload)
        except ClientError as error:
            if code(error) != "ExecutionAlreadyExists":
                raise
