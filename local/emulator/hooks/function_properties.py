"""CloudFormation sets a Lambda function's dead-letter queue and reserved concurrency.

AWS: both are properties of `AWS::Lambda::Function`.
ministack: its API has them, but its CloudFormation drops them, so that a failed asynchronous event is lost.
Patch: they are set after the function is created or updated.
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
    """Completes the type's create and update."""
    after("AWS::Lambda::Function", _complete)
