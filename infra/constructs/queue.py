"""Where events go that nobody could handle."""

from aws_cdk import Duration
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from constructs import Construct


class DeadLetters(Construct):
    """A dead-letter queue: encrypted, TLS only, kept for the longest time that SQS allows."""

    def __init__(self, scope: Construct, ident: str, *, key: kms.IKey) -> None:
        super().__init__(scope, ident)
        self.queue = sqs.Queue(
            self,
            "Queue",
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=key,
            data_key_reuse=Duration.hours(24),  # fewer calls of KMS: a queue that is idle costs nothing
            retention_period=Duration.days(14),
            enforce_ssl=True,
        )
