"""The environment's KMS key in one Region, and the services that its policy admits."""

from collections.abc import Iterator, Sequence
from typing import Any

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.constructs.arn import Location
from infra.constructs.permissions import trust
from infra.constructs.permissions.permission import Conditions
from infra.constructs.permissions.storage import SYMMETRIC_USE

_MESSAGES = ("kms:Decrypt", "kms:GenerateDataKey")
"""What a service needs to write to an encrypted topic or queue (SNS and SQS guides, key management)."""

_LOGS = (*SYMMETRIC_USE, "kms:GenerateDataKeyWithoutPlaintext")
"""The guide's sample has Encrypt*, Decrypt*, ReEncrypt*, GenerateDataKey* and Describe* (Logs guide,
encrypt-log-data-kms): these are the actions of that form on a symmetric key, without those that make pairs of keys."""


class Key(Construct):
    """A customer managed key with yearly rotation, under an alias that policies of the other Region refer to.

    Principals of the account need an IAM statement of their own (see `permissions`). The key policy admits services
    that act on nobody's behalf, each for our account and one type of resource only.
    """

    def __init__(self, scope: Construct, ident: str, *, alias: str, keep_data: bool) -> None:
        super().__init__(scope, ident)
        self._location = Location.of(self)
        self.key = kms.Key(
            self,
            "Key",
            description="Distillery: buckets, ledger, topics, queues, log groups and custom models",
            enable_key_rotation=True,
            pending_window=Duration.days(30 if keep_data else 7),
            removal_policy=RemovalPolicy.RETAIN if keep_data else RemovalPolicy.DESTROY,
            policy=iam.PolicyDocument.from_json({"Statement": list(self._statements())}),
        )
        kms.Alias(self, "Alias", alias_name=alias, target_key=self.key)

    def admit_invocation_logs(self) -> None:
        """Bedrock encrypts what it logs (UG model-invocation-logging, Set up an Amazon S3 destination)."""
        source = trust.from_source(self._location, "bedrock", "*")
        self._admit("InvocationLogs", "bedrock.amazonaws.com", source, "kms:GenerateDataKey")

    def admit_custom_models(self) -> None:
        """Bedrock optimizes a custom Nova model for Provisioned Throughput under the model's own key (Nova guide,
        customize-fine-tune-encrypt, PermissionsNovaProvisionedThroughput). The guide's statement names no source,
        so an account is compared only where Bedrock sends one. UNVERIFIED: whether it does, and whether deployments
        need the statement too."""
        models = {
            "ForAnyValue:StringEquals": {"kms:EncryptionContextKeys": "aws:bedrock:custom-model"},
            "StringEqualsIfExists": {"aws:SourceAccount": self._location.account},
        }
        self._admit("CustomModels", "bedrock.amazonaws.com", models, "kms:Decrypt", "kms:GenerateDataKey")

    def admit_copies(self, accounts: Sequence[str]) -> None:
        """Environments in these accounts copy models that are shared with them, into any Region (UG
        encryption-custom-job, Allow access to an encrypted model). Which model is the share's decision."""
        partition = self._location.partition
        said = {
            "Sid": "ModelCopies",
            "Effect": "Allow",
            "Principal": {"AWS": [f"arn:{partition}:iam::{account}:root" for account in accounts]},
            "Action": "kms:Decrypt",
            "Resource": "*",  # in a key policy: this key
            "Condition": {
                "StringLike": {"kms:ViaService": "bedrock.*.amazonaws.com"},
                "ArnLike": {
                    "aws:PrincipalArn": [f"arn:{partition}:iam::{account}:role/distillery-*" for account in accounts]
                },
            },
        }
        self.key.add_to_resource_policy(iam.PolicyStatement.from_json(said))

    def admit_evaluations(self) -> None:
        """Bedrock encrypts its temporary copy of the answers that a job judges (UG model-evaluation-security-kms)."""
        jobs = self._location.arn("bedrock", "evaluation-job/*")
        source = trust.from_source(self._location, "bedrock", "evaluation-job/*")
        copies = {**source, "ArnLike": {**source["ArnLike"], "kms:EncryptionContext:evaluationJobArn": jobs}}
        self._admit("EvaluationJobs", "bedrock.amazonaws.com", copies, "kms:Decrypt", "kms:GenerateDataKey")
        self._admit("EvaluationKey", "bedrock.amazonaws.com", source, "kms:DescribeKey")

    def admit_budgets(self) -> None:
        """AWS Budgets write to the encrypted topic (Cost Management guide, budgets-sns-policy)."""
        self._admit("BudgetsToTopics", "budgets.amazonaws.com", trust.from_budgets(self._location), *_MESSAGES)

    def admit_trail(self, name: str) -> None:
        """CloudTrail encrypts the files of one trail, and describes the key, without an encryption context (CloudTrail
        guide, create-kms-key-policy-for-cloudtrail; KMS guide, services-cloudtrail)."""
        source = trust.from_trail(self._location, name)
        of_files = {"kms:EncryptionContext:aws:cloudtrail:arn": self._location.arn("cloudtrail", f"trail/{name}")}
        files = {**source, "StringEquals": of_files}
        self._admit("TrailFiles", "cloudtrail.amazonaws.com", files, "kms:GenerateDataKey")
        self._admit("TrailKey", "cloudtrail.amazonaws.com", source, "kms:DescribeKey")

    def _admit(self, sid: str, service: str, conditions: Conditions, *actions: str) -> None:
        said = _admitting(sid, service, conditions, actions)
        self.key.add_to_resource_policy(iam.PolicyStatement.from_json(said))

    def _statements(self) -> Iterator[dict[str, Any]]:
        """The first statement leaves the account's principals to IAM (KMS guide, key-policy-default)."""
        location = self._location
        root = {"AWS": f"arn:{location.partition}:iam::{location.account}:root"}
        yield {"Effect": "Allow", "Principal": root, "Action": "kms:*", "Resource": "*"}
        # CloudWatch Logs names the log group in the encryption context (Logs guide, encrypt-log-data-kms)
        groups = {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": location.arn("logs", "log-group:*")}}
        yield _admitting("LogGroups", f"logs.{location.region}.amazonaws.com", groups, _LOGS)
        alarms = trust.from_source(location, "cloudwatch", "alarm:*")
        yield _admitting("AlarmsToTopics", "cloudwatch.amazonaws.com", alarms, _MESSAGES)
        rules = trust.from_source(location, "events", "rule/*")
        yield _admitting("RulesToQueues", "events.amazonaws.com", rules, _MESSAGES)


def _admitting(sid: str, service: str, conditions: Conditions, actions: tuple[str, ...]) -> dict[str, Any]:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": list(actions),
        "Resource": "*",  # in a key policy: this key
        "Condition": conditions,
    }
