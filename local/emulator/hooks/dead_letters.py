"""A function's dead-letter queue receives the event itself, if the function's role may send it.

AWS: a dead-letter queue receives the event as it was, with the attributes RequestID, ErrorCode and ErrorMessage; only
    an on-failure destination receives a record about the invocation. Lambda sends under the function's role: without
    `sqs:SendMessage`, or the queue's key, the event is lost
    (https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html).
ministack: sends the record to both, without a check.
Patch: a dead-letter queue receives the event, under the role. (Not patched: the attributes; a topic as target.)
"""

import json
from typing import Any

import ministack.app as app
from ministack.services import lambda_svc

from local.emulator import delivery_permissions, iam


def install() -> None:
    """Wraps the routing of an event whose retries are exhausted."""
    route = lambda_svc._route_async_failure

    def route_async_failure(target: str, name: str, event: Any, result: dict[str, Any]) -> None:
        function = (lambda_svc._functions.get(name) or {}).get("config", {})
        if ":sqs:" not in target or (function.get("DeadLetterConfig") or {}).get("TargetArn") != target:
            route(target, name, event, result)
        elif app.AUTH and (why := iam.role_refusal(function["Role"], "sqs:SendMessage", target)):
            lambda_svc.logger.warning("Lambda %s: a dead letter is lost: %s", name, why)
        else:
            delivery_permissions.send(target, json.dumps(event))

    lambda_svc._route_async_failure = route_async_failure
