"""A topic delivers only to a queue or a function that allows it.

AWS: `sns.amazonaws.com` needs `sqs:SendMessage` by the queue's policy and, where the queue is under a customer's key,
    `kms:Decrypt` and `kms:GenerateDataKey` by the key's (https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html);
    a function's policy must allow it too.
ministack: checks only the queue's policy.
Patch: the key and the function's policy are checked too.
"""

from typing import Any

import ministack.app as app
from ministack.services import sns

from local.emulator import delivery_permissions


def _refusal(action: str, resource: str, topic: str) -> str | None:
    return (
        delivery_permissions.refusal(delivery_permissions.TOPICS, action, resource, source_arn=topic)
        if app.AUTH
        else None
    )


def install() -> None:
    """Wraps both deliveries."""
    to_queue, to_function = sns._deliver_to_sqs, sns._deliver_to_lambda

    def deliver_to_sqs(queue: str, *message: Any, topic_arn: str = "", **options: Any) -> None:
        if why := _refusal("sqs:SendMessage", queue, topic_arn):
            sns.logger.warning("SNS: %s not delivered to %s: %s", topic_arn, queue, why)
        else:
            to_queue(queue, *message, topic_arn=topic_arn, **options)

    def deliver_to_lambda(function: str, envelope: str, topic_arn: str, *rest: Any) -> None:
        if why := _refusal("lambda:InvokeFunction", function, topic_arn):
            sns.logger.warning("SNS: %s not delivered to %s: %s", topic_arn, function, why)
        else:
            to_function(function, envelope, topic_arn, *rest)

    sns._deliver_to_sqs, sns._deliver_to_lambda = deliver_to_sqs, deliver_to_lambda
