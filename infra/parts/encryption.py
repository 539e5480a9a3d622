"""The environment's key in one Region, and the services that its policy admits."""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.parts.permissions import trust
from infra.parts.permissions.storage import SYMMETRIC_USE
from infra.parts.place import Place

_MESSAGES = ("kms:Decrypt", "kms:GenerateDataKey")
"""What a service needs to write to an encrypted topic or queue (SNS and SQS guides, key management)."""


class Key(Construct):
    """A customer managed key with yearly rotation, under an alias that the other Region may name.

    Principals of the account need an IAM statement of their own (see `permissions`); services that write on nobody's
    behalf are admitted here, each for our account and its own kind of resource alone.
    """

    def __init__(self, scope: Construct, ident: str, *, alias: str, keep_data: bool) -> None:
        super().__init__(scope, ident)
        self.key = kms.Key(
            self,
            "Key",
            description="Distillery: buckets, ledger, topics, queues, log groups and custom models",
            enable_key_rotation=True,
            pending_window=Duration.days(30 if keep_data else 7),
            removal_policy=RemovalPolicy.RETAIN if keep_data else RemovalPolicy.DESTROY,
        )
        kms.Alias(self, "Alias", alias_name=alias, target_key=self.key)
        place = Place.of(self)
        self._admit_logs(place)
        self._admit("AlarmsToTopics", "cloudwatch.amazonaws.com", trust.from_source(place, "cloudwatch", "alarm:*"))
        self._admit("RulesToQueues", "events.amazonaws.com", trust.from_source(place, "events", "rule/*"))

    def admit_invocation_logs(self) -> None:
        """Bedrock encrypts what it logs (UG model-invocation-logging, Set up an Amazon S3 destination)."""
        source = trust.from_source(Place.of(self), "bedrock", "*")
        self._admit("InvocationLogs", "bedrock.amazonaws.com", source, ("kms:GenerateDataKey",))

    def _admit_logs(self, place: Place) -> None:
        """CloudWatch Logs names the log group in the encryption context (Logs guide, encrypt-log-data-kms)."""
        groups = {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": place.arn("logs", "log-group:*")}}
        self._admit("LogGroups", f"logs.{place.region}.amazonaws.com", groups, SYMMETRIC_USE)

    def _admit(
        self, sid: str, service: str, conditions: dict[str, dict[str, str]], actions: tuple[str, ...] = _MESSAGES
    ) -> None:
        statement = iam.PolicyStatement(
            sid=sid,
            principals=[iam.ServicePrincipal(service)],
            actions=list(actions),
            resources=["*"],  # in a key policy: this key
            conditions=conditions,
        )
        self.key.add_to_resource_policy(statement)
