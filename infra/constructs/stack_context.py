"""What the functions, queues and log groups of a stack share."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from aws_cdk import Aws, Fn, RemovalPolicy, Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from distillery.core.admitted_ways import AdmittedWays
from distillery.core.commitment import Commitments
from distillery.core.env_vars import Variable
from distillery.core.names import Names

_RETENTION = {
    1: logs.RetentionDays.ONE_DAY,
    3: logs.RetentionDays.THREE_DAYS,
    5: logs.RetentionDays.FIVE_DAYS,
    7: logs.RetentionDays.ONE_WEEK,
    14: logs.RetentionDays.TWO_WEEKS,
    30: logs.RetentionDays.ONE_MONTH,
    60: logs.RetentionDays.TWO_MONTHS,
    90: logs.RetentionDays.THREE_MONTHS,
    120: logs.RetentionDays.FOUR_MONTHS,
    150: logs.RetentionDays.FIVE_MONTHS,
    180: logs.RetentionDays.SIX_MONTHS,
    365: logs.RetentionDays.ONE_YEAR,
    400: logs.RetentionDays.THIRTEEN_MONTHS,
    545: logs.RetentionDays.EIGHTEEN_MONTHS,
    731: logs.RetentionDays.TWO_YEARS,
    1096: logs.RetentionDays.THREE_YEARS,
    1827: logs.RetentionDays.FIVE_YEARS,
    2192: logs.RetentionDays.SIX_YEARS,
    2557: logs.RetentionDays.SEVEN_YEARS,
    2922: logs.RetentionDays.EIGHT_YEARS,
    3288: logs.RetentionDays.NINE_YEARS,
    3653: logs.RetentionDays.TEN_YEARS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StackContext:
    """The settings and resources that a stack hands to its constructs."""

    names: Names
    key: kms.IKey
    sdk: lambda_.ILayerVersion
    """The layer with the locked boto3, one per stack."""
    keep_data: bool
    """Whether data outlives the stack."""
    log_retention_days: int
    max_model_units: int | None = None
    """Model units that the environment may have at once; None without a ceiling."""
    paused_units: Mapping[str, int] = field(default_factory=dict)
    """Model units of live endpoints with business hours, by name."""
    commitments: Commitments = field(default_factory=Commitments)
    """The commitments of live endpoints, for the functions that create them or check runs."""
    through: tuple[str, ...] = ()
    """The environments that a student passes before this one."""
    copy_from: tuple[str, ...] = ()
    """The accounts whose models this environment may copy."""
    may_have_shares: bool = False
    """Whether there may be shares of its models: it signs records, and Bedrock shares models of a recipe's base."""
    share_with: tuple[str, ...] = ()
    """The accounts that copies of this environment's models may go to."""
    idle_days: int = 14
    """Days without a call after which people are warned of an endpoint that bills by the hour."""

    @property
    def unit_ceiling(self) -> dict[Variable, str]:
        """The variables of functions that create endpoints, or check for room, where there is a ceiling."""
        if not self.max_model_units:
            return {}
        paused = {Variable.PAUSED_UNITS: json.dumps(dict(self.paused_units))} if self.paused_units else {}
        return {Variable.MAX_MODEL_UNITS: str(self.max_model_units), **paused}

    @property
    def four_eyes(self) -> dict[Variable, str]:
        """The variable of functions that need a second person, or say that data is kept, where it is."""
        return {Variable.FOUR_EYES: "true"} if self.keep_data else {}

    @property
    def lenders(self) -> tuple[str, ...]:
        """The environments of the account whose models this one may use, under a lease: where no data is kept."""
        return () if self.keep_data else self.through

    @property
    def admitted_ways(self) -> dict[Variable, str]:
        """The variable of the functions that start the runs of promotions, and that adopt their students."""
        return AdmittedWays(lenders=self.lenders, copy_from=self.copy_from).variables

    @property
    def borrowing(self) -> dict[Variable, str]:
        """The switches of functions that end leases of others' models and shares of own ones, where there may be any:
        shares may be left after `share_with` was emptied."""
        return self.leasing | ({Variable.SHARES: "true"} if self.may_have_shares else {})

    @property
    def leasing(self) -> dict[Variable, str]:
        """The switch of functions that end leases of others' models, where there may be any."""
        return {Variable.BORROWS: "true"} if self.lenders else {}

    @property
    def removal_policy(self) -> RemovalPolicy:
        return RemovalPolicy.RETAIN if self.keep_data else RemovalPolicy.DESTROY

    def vended_log_group(self, scope: Construct, ident: str, service: str) -> logs.LogGroup:
        """A log group that an AWS service delivers to.

        CloudWatch Logs admits services to each group of another name by an entry in a resource policy of the Region,
        which holds 5,120 characters: after some environments no state machine could be created (Step Functions guide,
        bp-cwl; Logs guide, AWS-logs-and-resource-policy). The name ends with a part of the stack's id, because a group
        that outlives its stack would block the next stack of that name.
        """
        unique = Fn.select(4, Fn.split("-", Fn.select(2, Fn.split("/", Aws.STACK_ID))))
        name = f"/aws/vendedlogs/{service}/{Stack.of(scope).stack_name}-{unique}"
        return self.log_group(scope, ident, name=name)

    def log_group(self, scope: Construct, ident: str, *, name: str | None = None) -> logs.LogGroup:
        """An encrypted log group with the environment's retention, deleted with its stack unless data is kept."""
        return logs.LogGroup(
            scope,
            ident,
            log_group_name=name,
            encryption_key=self.key,
            removal_policy=self.removal_policy,
            retention=_RETENTION[self.log_retention_days],
        )
