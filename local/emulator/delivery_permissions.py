"""Decides whether a service may invoke, send, publish or put: by the policy of the target, and of its key.

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


_put = eventbridge._dispatch_to_sqs  # before a hook wraps it with a check of the sender


def send(queue: str, body: str, parameters: dict[str, Any] | None = None) -> None:
    """Sends a message to a queue (an ARN), without a check of the sender."""
    _put(parse_arn(queue), body, parameters)


def refusal(service: str, action: str, resource: str, *, source_arn: str) -> str | None:
    """Returns why the service may not act for `source_arn`, by the policies of resource and key; None if it may."""
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
