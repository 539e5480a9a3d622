"""May a service invoke, send, publish or put something? The policy of what it reaches is asked, and its key's.

Sources: SQS and SNS guides, key management ("Configure KMS permissions for AWS services"). EventBridge names no source
when it uses the key of a topic: "adding aws:SourceAccount, aws:SourceArn … is not supported for
EventBridge-to-encrypted topics" (https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html).
"""

from typing import Any

from ministack.core.arn import parse_arn
from ministack.core.responses import get_region
from ministack.services import eventbridge

from local.emulator import iam
from local.emulator.kms import key_uses

EVENTS, ALARMS, TOPICS = "events.amazonaws.com", "cloudwatch.amazonaws.com", "sns.amazonaws.com"


_put = eventbridge._dispatch_to_sqs  # as it was before our hooks ask who sends


def send(queue: str, body: str, parameters: dict[str, Any] | None = None) -> None:
    """Put a message into a queue (an ARN), whoever sends it."""
    _put(parse_arn(queue), body, parameters)


def refusal(service: str, action: str, resource: str, *, source_arn: str) -> str | None:
    """None if the service may, on behalf of `source_arn`, by the resource's policy and its key's; else why not."""
    source = iam.source(source_arn)
    if not iam.service_may(service, action, resource, source):
        return _sentence(service, action, resource)
    for use in key_uses(action, resource, get_region()):
        named = {} if (service, action) == (EVENTS, "sns:Publish") else source
        if not iam.service_may(service, use.action, use.key, {**use.conditions, **named}):
            return _sentence(service, use.action, use.key)
    return None


def _sentence(service: str, action: str, resource: str) -> str:
    return (
        f"{service} is not authorized to perform: {action} on resource: {resource} "
        f"because no resource-based policy allows the {action} action"
    )
