"""CloudFormation gives a Lambda function its dead-letter queue and its reserved concurrency.

AWS: both are properties of `AWS::Lambda::Function`.
ministack: its API knows them, its CloudFormation drops them, so a failed asynchronous event vanishes.
We mend: they are put on the function after it is made or updated.
"""

from typing import Any

from ministack.services import lambda_svc
from ministack.services.cloudformation import provisioners

FUNCTION = "AWS::Lambda::Function"

Made = tuple[str, dict[str, Any]]


def _complete(made: Made, properties: dict[str, Any]) -> Made:
    function = lambda_svc._functions[made[0]]
    if letters := properties.get("DeadLetterConfig"):
        function["config"]["DeadLetterConfig"] = letters
    reserved = properties.get("ReservedConcurrentExecutions")
    function["concurrency"] = None if reserved is None else int(reserved)
    return made


def install() -> None:
    """Wrap the type's create and update."""
    handlers = provisioners._RESOURCE_HANDLERS[FUNCTION]
    create, update = handlers["create"], handlers["update"]

    def create_complete(logical_id: str, properties: dict[str, Any], stack: str) -> Made:
        return _complete(create(logical_id, properties, stack), properties)

    def update_complete(name: str, old: dict[str, Any], new: dict[str, Any], *rest: Any) -> Made:
        return _complete(update(name, old, new, *rest), new)

    handlers["create"], handlers["update"] = create_complete, update_complete
