"""CloudFormation gives a Lambda function its dead-letter queue and its reserved concurrency.

AWS: both are properties of `AWS::Lambda::Function`.
ministack: its API knows them, its CloudFormation drops them, so a failed asynchronous event vanishes.
Patch: they are put on the function after it is made or updated.
"""

from typing import Any

from ministack.services import lambda_svc

from local.emulator.hooks.resource_types import after


def _complete(name: str, properties: dict[str, Any]) -> None:
    function = lambda_svc._functions[name]
    if letters := properties.get("DeadLetterConfig"):
        function["config"]["DeadLetterConfig"] = letters
    reserved = properties.get("ReservedConcurrentExecutions")
    function["concurrency"] = None if reserved is None else int(reserved)


def install() -> None:
    """Complete the type's create and update."""
    after("AWS::Lambda::Function", _complete)
