"""A state machine's role trusts Step Functions, and may deliver the machine's log.

AWS: CreateStateMachine and UpdateStateMachine refuse a role that does not trust `states.amazonaws.com` for this
    machine, and one that may not manage log deliveries where the machine logs
    (https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html, cw-logs.html).
ministack: checks only that the role exists.
Patch: both are checked, by the API and by CloudFormation.
"""

from typing import Any

import ministack.app as app
from ministack.core.responses import error_response_json, get_account_id, get_region
from ministack.services import stepfunctions

from local.emulator import iam
from local.emulator.hooks.machine_names import MACHINE, machine_name
from local.emulator.hooks.resource_types import before

STATES = "states.amazonaws.com"
UNTRUSTED = (
    f"Neither the global service principal {STATES}, nor the regional one is authorized to assume the provided role."
)
UNLOGGED = "The state machine IAM Role is not authorized to access the Log Destination"
DELIVERY = tuple(
    f"logs:{name}"
    for name in (
        "CreateLogDelivery",
        "DeleteLogDelivery",
        "DescribeLogGroups",
        "DescribeResourcePolicies",
        "GetLogDelivery",
        "ListLogDeliveries",
        "PutResourcePolicy",
        "UpdateLogDelivery",
    )
)


def lower_case_keys(logging: dict[str, Any]) -> dict[str, Any]:
    """Returns a logging configuration with lower-case keys: CloudFormation and the API differ in the first letter."""
    return {key.lower(): value for key, value in logging.items()}


def _refusal(role: str, machine: str, logging: dict[str, Any]) -> str | None:
    if not iam.service_may_assume(STATES, role, source_arn=machine):
        return UNTRUSTED
    said = lower_case_keys(logging)
    logs = said.get("level", "OFF") != "OFF" and said.get("destinations")
    return UNLOGGED if logs and not all(iam.role_may(role, one, "*") for one in DELIVERY) else None


def _arn(name: str) -> str:
    return f"arn:aws:states:{get_region()}:{get_account_id()}:stateMachine:{name}"


def _check_template(properties: dict[str, Any], ident: str, stack: str) -> None:
    name = properties.get("StateMachineName") or machine_name(stack, ident)
    machine = ident if ident.startswith("arn:") else _arn(name)
    if app.AUTH and (why := _refusal(properties["RoleArn"], machine, properties.get("LoggingConfiguration", {}))):
        raise ValueError(f"{why} (Service: AWSStepFunctions; Status Code: 400; Error Code: AccessDeniedException)")


def _checked(answer: Any) -> Any:
    def answer_checked(data: dict[str, Any]) -> Any:
        machine = data.get("stateMachineArn") or _arn(str(data.get("name")))
        known = stepfunctions._state_machines.get(machine) or {}
        role, logs = (data.get(name, known.get(name)) for name in ("roleArn", "loggingConfiguration"))
        if app.AUTH and role and (why := _refusal(role, machine, logs or {})):
            return error_response_json("AccessDeniedException", why, 400)
        return answer(data)

    return answer_checked


def install() -> None:
    """Checks the role before a state machine is created or updated."""
    before(MACHINE, _check_template)
    stepfunctions._create_state_machine = _checked(stepfunctions._create_state_machine)
    stepfunctions._update_state_machine = _checked(stepfunctions._update_state_machine)
