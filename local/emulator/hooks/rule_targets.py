"""EventBridge and Scheduler deliver only what the target permits; the rest goes to a dead-letter queue.

AWS: a rule invokes a Lambda asynchronously (two retries, then the function's own destination or dead-letter
    queue) if the function's resource policy lets `events.amazonaws.com` do so for that rule; a queue and a topic have
    policies too, and keys. A schedule, and a state machine as a target, needs a role that trusts the service and may.
    What cannot be delivered goes to the target's dead-letter queue, by the same rules
    (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html, eb-rule-dlq.html;
    scheduler/latest/UserGuide/setting-up.html, cross-service-confused-deputy-prevention.html: the source is the group).
ministack: invokes once without retries, asks for no permission, and knows no dead-letter queue of a target.
Patch: all three.
"""

import json
from contextvars import ContextVar
from typing import Any

import ministack.app as app
from ministack.services import eventbridge, lambda_svc
from ministack.services import stepfunctions as states

from local.emulator import delivery_permissions, iam

SCHEDULER = "scheduler.amazonaws.com"

_delivery: ContextVar[tuple[dict[str, Any], dict[str, Any]] | None] = ContextVar("delivery", default=None)


def _source() -> tuple[str, str]:
    """Returns the service that delivers, and its source."""
    arn = str((_delivery.get() or ({}, {}))[1].get("Arn", ""))
    if arn.split(":")[2:3] != ["scheduler"]:
        return delivery_permissions.EVENTS, arn
    return SCHEDULER, arn.replace(":schedule/", ":schedule-group/").rpartition("/")[0]


def _refusal(action: str, arn: str) -> str | None:
    """Returns why the delivery is refused; None if it is allowed. Only dead letters of a schedule need its role."""
    target, rule = _delivery.get() or ({}, {})
    if not app.AUTH or not rule:
        return None
    service, source = _source()
    if (role := target.get("RoleArn")) and (arn == target.get("Arn") or service == SCHEDULER):
        if not iam.service_may_assume(service, role, source_arn=source):
            return f"{service} may not assume {role}"
        return iam.role_refusal(role, action, arn)
    return delivery_permissions.refusal(service, action, arn, source_arn=source)


def _dead_letter(payload: str, why: str) -> None:
    target, rule = _delivery.get() or ({}, {})
    eventbridge.logger.warning("EventBridge: %s not delivered to %s: %s", rule.get("Arn"), target.get("Arn"), why)
    if queue := (target.get("DeadLetterConfig") or {}).get("Arn"):
        if lost := _refusal("sqs:SendMessage", queue):
            eventbridge.logger.warning("EventBridge: %s is lost: %s", rule.get("Arn"), lost)
        else:
            delivery_permissions.send(queue, payload)


def _to_lambda(arn: str, payload: str) -> None:
    func, config, _name = lambda_svc._get_func_record_for_ref(arn)
    if not func or not config:
        _dead_letter(payload, "the function does not exist")
    elif why := _refusal("lambda:InvokeFunction", arn):
        _dead_letter(payload, why)
    else:
        record = lambda_svc._execution_record_for_config(func, config)
        lambda_svc.invoke_async_with_retry(record, json.loads(payload))


def install() -> None:
    """Wraps the delivery to a target."""
    invoke = eventbridge._invoke_target
    start, publish = eventbridge._dispatch_to_stepfunctions, eventbridge._dispatch_to_sns

    def invoke_target(target: dict[str, Any], event: dict[str, Any], rule: dict[str, Any], view: Any = None) -> None:
        token = _delivery.set((target, rule))
        try:
            invoke(target, event, rule, view)
        finally:
            _delivery.reset(token)

    def dispatch_to_stepfunctions(arn: str, payload: str) -> None:
        if states._resolve_state_machine_arn(arn) is None:
            _dead_letter(payload, "the state machine does not exist")
        elif why := _refusal("states:StartExecution", arn):
            _dead_letter(payload, why)
        else:
            start(arn, payload)

    def dispatch_to_sqs(spec: Any, payload: str, parameters: dict[str, Any] | None = None) -> None:
        if why := _refusal("sqs:SendMessage", str(spec)):
            _dead_letter(payload, why)
        else:
            delivery_permissions.send(str(spec), payload, parameters)

    def dispatch_to_sns(arn: str, payload: str) -> None:
        if why := _refusal("sns:Publish", arn):
            _dead_letter(payload, why)
        else:
            publish(arn, payload)

    eventbridge._invoke_target = invoke_target
    eventbridge._dispatch_to_lambda = _to_lambda
    eventbridge._dispatch_to_stepfunctions = dispatch_to_stepfunctions
    eventbridge._dispatch_to_sqs = dispatch_to_sqs
    eventbridge._dispatch_to_sns = dispatch_to_sns
