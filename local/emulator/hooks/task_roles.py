"""A state machine runs each of its tasks under its role.

AWS: a task runs under the machine's role, which Step Functions assumes. The error of an optimized integration is
    named after the SDK's base exception. How a running execution reports a role that is no longer trusted is not
    documented: here it is States.TaskFailed, with the sentence of CreateStateMachine.
ministack: runs the task without a check of the role.
Patch: the role's trust and policies, the resource's policy and its key are checked for each task. (Not checked: SDK
    integrations of services with another protocol than JSON.)
"""

import json
from typing import Any

import ministack.app as app
from ministack.core import iam_actions
from ministack.core.responses import get_account_id, get_region
from ministack.services import lambda_svc, stepfunctions

from local.emulator import iam
from local.emulator.hooks.executions import machine_arn
from local.emulator.hooks.machine_roles import STATES, UNTRUSTED

_OPTIMIZED = {
    "dynamodb": "DynamoDB.AmazonDynamoDBException",
    "events": "EventBridge.AmazonEventBridgeException",
    "sns": "SNS.AmazonSNSException",
    "sqs": "SQS.AmazonSQSException",
    "states": "StepFunctions.AWSStepFunctionsException",
}
_LAMBDA = "Lambda.AWSLambdaException"


def require(error: str, action: str, resource: str) -> None:
    """Raises the error that fails the task, unless the machine's role allows it."""
    machine = stepfunctions._state_machines.get(machine_arn())
    if not app.AUTH or machine is None:
        return
    role = machine["roleArn"]
    if not iam.service_may_assume(STATES, role, source_arn=machine["stateMachineArn"]):
        raise stepfunctions._ExecutionError("States.TaskFailed", UNTRUSTED)
    if why := iam.role_refusal(role, action, resource):
        raise stepfunctions._ExecutionError(error, why)


def _optimized(service: str, operation: str, given: dict[str, Any]) -> tuple[str, str]:
    """Returns the action and the resource of an optimized integration."""
    here = f"arn:aws:{service}:{get_region()}:{get_account_id()}"
    match service:
        case "sqs":
            return "sqs:SendMessage", f"{here}:{str(given.get('QueueUrl')).rsplit('/', 1)[-1]}"
        case "sns":
            return "sns:Publish", str(given.get("TopicArn"))
        case "dynamodb":
            return f"dynamodb:{operation[0].upper()}{operation[1:]}", f"{here}:table/{given.get('TableName')}"
        case "states":
            return "states:StartExecution", str(given.get("StateMachineArn"))
    bus = str(next(iter(given.get("Entries") or [{}])).get("EventBusName") or "default")
    return "events:PutEvents", bus if bus.startswith("arn:") else f"{here}:event-bus/{bus}"


def _require_sdk(name: str, operation: str, given: Any) -> None:
    known = stepfunctions._AWS_SDK_SERVICE_MAP.get(name.lower(), {})
    if known.get("protocol") == "json":
        service, operation = known.get("service_key", name.lower()), operation[0].upper() + operation[1:]
        headers, body = {"x-amz-target": f"{known['target_prefix']}.{operation}"}, json.dumps(given).encode()
        where = (get_region(), get_account_id())
        resource = iam_actions.extract_resource_arn(service, "POST", "/", headers, body, {}, *where)
        prefix = stepfunctions._AWS_SDK_ERROR_PREFIX[name.lower()]
        require(f"{prefix}.{prefix}Exception", f"{service}:{operation}", resource)


def _require_task(resource: str, given: Any) -> None:
    parts = resource.removeprefix("arn:aws:states:::").partition(".")[0].split(":")
    if parts[0] == "aws-sdk" and len(parts) == 3:
        _require_sdk(parts[1], parts[2], given)
    elif parts[0] in _OPTIMIZED and len(parts) == 2:
        require(_OPTIMIZED[parts[0]], *_optimized(parts[0], parts[1], given))


def install() -> None:
    """Checks the role when tasks run."""
    invoke, call = stepfunctions._invoke_resource, stepfunctions._call_lambda

    def invoke_resource(resource: str, given: Any) -> Any:
        _require_task(resource, given)
        return invoke(resource, given)

    def call_lambda(ref: str, event: Any) -> Any:
        _func, config, name = lambda_svc._get_func_record_for_ref(ref)
        require(_LAMBDA, "lambda:InvokeFunction", config["FunctionArn"] if config else name)
        return call(ref, event)

    stepfunctions._invoke_resource = invoke_resource
    stepfunctions._call_lambda = call_lambda
