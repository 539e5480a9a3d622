"""The SNS topic that notifies people."""

from collections.abc import Mapping, Sequence

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra.constructs.arn import Location
from infra.constructs.permissions import trust


class Topic(Construct):
    """Encrypted, TLS only. Alarms of this account may publish, and budgets once they are admitted; functions need
    permissions of their own."""

    def __init__(self, scope: Construct, ident: str, *, key: kms.IKey, addresses: Sequence[str]) -> None:
        super().__init__(scope, ident)
        self.topic = sns.Topic(self, "Topic", master_key=key, enforce_ssl=True)
        for address in addresses:
            self.topic.add_subscription(subscriptions.EmailSubscription(address))
        alarms = trust.from_source(Location.of(self), "cloudwatch", "alarm:*")
        self._admit("Alarms", "cloudwatch.amazonaws.com", alarms)

    def admit_budgets(self) -> None:
        """AWS Budgets notify a topic of their account (Cost Management guide, budgets-sns-policy)."""
        self._admit("Budgets", "budgets.amazonaws.com", trust.from_budgets(Location.of(self)))

    def _admit(self, sid: str, service: str, conditions: Mapping[str, Mapping[str, str]]) -> None:
        said = {
            "Sid": sid,
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sns:Publish",
            "Resource": self.topic.topic_arn,
            "Condition": conditions,
        }
        self.topic.add_to_resource_policy(iam.PolicyStatement.from_json(said))
