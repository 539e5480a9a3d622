"""The topic that tells people what happened."""

from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra.parts.permissions import trust
from infra.parts.place import Place


class Topic(Construct):
    """Encrypted, TLS only. Alarms of this account may publish; functions do so by their own permissions."""

    def __init__(self, scope: Construct, ident: str, *, key: kms.IKey, addresses: Sequence[str]) -> None:
        super().__init__(scope, ident)
        self.topic = sns.Topic(self, "Topic", master_key=key, enforce_ssl=True)
        for address in addresses:
            self.topic.add_subscription(subscriptions.EmailSubscription(address))
        alarms = {
            "Sid": "Alarms",
            "Effect": "Allow",
            "Principal": {"Service": "cloudwatch.amazonaws.com"},
            "Action": "sns:Publish",
            "Resource": self.topic.topic_arn,
            "Condition": trust.from_source(Place.of(self), "cloudwatch", "alarm:*"),
        }
        self.topic.add_to_resource_policy(iam.PolicyStatement.from_json(alarms))
