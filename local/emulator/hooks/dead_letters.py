"""A function's dead-letter queue gets the event itself.

AWS: a dead-letter queue receives the event as it was, with the attributes RequestID, ErrorCode and ErrorMessage; only
    an on-failure destination receives a record about the invocation
    (https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html).
ministack: sends the record to both.
We mend: a dead-letter queue gets the event. (Not mended: the attributes; a topic as dead-letter target.)
"""

import json
from typing import Any

from ministack.core.arn import parse_arn
from ministack.services import eventbridge, lambda_svc


def install() -> None:
    """Wrap the routing of an event whose retries are exhausted."""
    route = lambda_svc._route_async_failure

    def route_async_failure(target: str, name: str, event: Any, result: dict[str, Any]) -> None:
        function = (lambda_svc._functions.get(name) or {}).get("config", {})
        if ":sqs:" in target and (function.get("DeadLetterConfig") or {}).get("TargetArn") == target:
            eventbridge._dispatch_to_sqs(parse_arn(target), json.dumps(event))
        else:
            route(target, name, event, result)

    lambda_svc._route_async_failure = route_async_failure
