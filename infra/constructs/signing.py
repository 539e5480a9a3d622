"""What signs the records of runs: a key, and the only function that may sign with it."""

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from distillery.core.env_vars import Variable
from distillery.core.names import DATASETS_PREFIX, EVALUATIONS_PREFIX, PENDING_RECORDS_PREFIX
from distillery.core.standings import FILE as STANDING
from infra.constructs.arn import Location
from infra.constructs.data_stores import DataStores
from infra.constructs.function import Function
from infra.constructs.permissions import keys, storage
from infra.constructs.stack_context import StackContext

RECORDS = f"{EVALUATIONS_PREFIX}*/record*.json"
"""The published records, which promotion writes as it makes their students live."""
STANDINGS = f"{EVALUATIONS_PREFIX}*/{STANDING}"
"""Whether the environment stands by them, which promotion writes at a roll-back too."""
COMMIT = "commit"
"""The context of a synth that names the commit: `cdk deploy -c commit=$(git rev-parse HEAD)`."""


class Signing(Construct):
    """The function and its key. The key outlives the stack where data is kept, so that records stay verifiable in KMS.

    It costs $1 a month, also after years: KMS does not rotate asymmetric keys (KMS guide, rotate-keys).
    """

    def __init__(
        self, scope: Construct, ident: str, *, context: StackContext, stores: DataStores, valid_days: int
    ) -> None:
        super().__init__(scope, ident)
        commit = self.node.try_get_context(COMMIT)
        self.function = Function(
            self,
            "Function",
            context=context,
            handler="lambdas.signing.handler.step",
            description="Signs the records of runs whose students go live",
            timeout=Duration.minutes(5),
            permissions=[
                *storage.read_ledger(stores.ledger),
                *storage.read(stores.data, DATASETS_PREFIX, EVALUATIONS_PREFIX, PENDING_RECORDS_PREFIX),
                *storage.write(stores.data, PENDING_RECORDS_PREFIX),
            ],
            environment={
                **stores.variables(Variable.LEDGER),
                Variable.RECORD_DAYS: str(valid_days),
                **context.four_eyes,
                **({Variable.COMMIT: str(commit)} if commit else {}),
            },
        )
        role = self.function.function.role
        assert role is not None
        self.key = kms.Key(
            self,
            "Key",
            description="Distillery: signs the records of runs",
            key_spec=kms.KeySpec.ECC_NIST_P256,
            key_usage=kms.KeyUsage.SIGN_VERIFY,
            pending_window=Duration.days(30 if context.keep_data else 7),
            removal_policy=context.removal_policy,
            policy=iam.PolicyDocument.from_json({"Statement": _statements(Location.of(self), role.role_arn)}),
        )
        self.function.add_environment({Variable.SIGNING_KEY: self.key.key_arn})
        self.function.allow_more(*keys.sign_digests(self.key))


def _statements(location: Location, signer: str) -> list[dict[str, object]]:
    """The account's principals need an IAM statement of their own (KMS guide, key-policy-default). Whatever IAM allows,
    nobody but the function signs."""
    root = {"AWS": f"arn:{location.partition}:iam::{location.account}:root"}
    return [
        {"Effect": "Allow", "Principal": root, "Action": "kms:*", "Resource": "*"},
        {
            "Sid": "NobodyElseSigns",
            "Effect": "Deny",
            "Principal": {"AWS": "*"},
            "Action": ["kms:Sign", "kms:CreateGrant"],
            "Resource": "*",
            "Condition": {"ArnNotEquals": {"aws:PrincipalArn": signer}},
        },
    ]
