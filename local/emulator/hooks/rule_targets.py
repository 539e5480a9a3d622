"""EventBridge delivers to a target only what the target permits, and dead-letters the rest.

AWS: a rule invokes a Lambda asynchronously (two retries, then the function's own destination or dead-letter
    queue) if the function's resource policy lets `events.amazonaws.com` do so for that rule; a schedule, and a
    state machine as a target, needs a role that may. What cannot be delivered goes to the target's dead-letter queue
    (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html).
ministack: invokes once without retries, asks for no permission, and knows no dead-letter queue of a target.
We mend all three.
"""

import json
from contextvars import ContextVar
from typing import Any

import ministack.app as app
from ministack.core.arn import parse_arn
from ministack.services import eventbridge, lambda_svc
from ministack.services import stepfunctions as states

from local.emulator import authority

_delivery: ContextVar[tuple[dict[str, Any], dict[str, Any]] | None] = ContextVar("delivery", default=None)


def _permitted(action: str, arn: str) -> bool:
    target, rule = _delivery.get() or ({}, {})
    if not app.AUTH or not rule:
        return True
    if role := target.get("RoleArn"):
        return authority.role_may(role, action, arn)
    return authority.service_may("events.amazonaws.com", action, arn, source_arn=rule["Arn"])


def _dead_letter(payload: str, why: str) -> None:
    target, rule = _delivery.get() or ({}, {})
    eventbridge.logger.warning("EventBridge: %s not delivered to %s: %s", rule.get("Arn"), target.get("Arn"), why)
    if queue := (target.get("DeadLetterConfig") or {}).get("Arn"):
        eventbridge._dispatch_to_sqs(parse_arn(queue), payload)


def install() -> None:
    """Wrap the delivery to a target."""
    invoke = eventbridge._invoke_target
    start = eventbridge._dispatch_to_stepfunctions

    def invoke_target(target: dict[str, Any], event: dict[str, Any], rule: dict[str, Any], view: Any = None) -> None:
        token = _delivery.set((target, rule))
        try:
            invoke(target, event, rule, view)
        finally:
            _delivery.reset(token)

    def dispatch_to_lambda(arn: str, payload: str) -> None:
        func, config, _name = lambda_svc._get_func_record_for_ref(arn)
        if not func or not config:
            _dead_letter(payload, "the function does not exist")
        elif not _permitted("lambda:InvokeFunction", arn):
            _dead_letter(payload, "no permission to invoke the function")
        else:
            record = lambda_svc._execution_record_for_config(func, config)
            lambda_svc.invoke_async_with_retry(record, json.loads(payload))

    def dispatch_to_stepfunctions(arn: str, payload: str) -> None:
        if states._resolve_state_machine_arn(arn) is None:
            _dead_letter(payload, "the state machine does not exist")
        elif not _permitted("states:StartExecution", arn):
            _dead_letter(payload, "the target's role may not start the state machine")
        else:
            start(arn, payload)

    eventbridge._invoke_target = invoke_target
    eventbridge._dispatch_to_lambda = dispatch_to_lambda
    eventbridge._dispatch_to_stepfunctions = dispatch_to_stepfunctions
