"""bootstrap: the policies with which `make bootstrap` bootstraps an account, instead of an administrator's rights.

A person deploys it with their own rights, before the CDK's bootstrap, which attaches the policies to CloudFormation's
role. It is one for all environments of an account, and changes with no promotion.
"""

from aws_cdk import CfnOutput, Environment, Fn, LegacyStackSynthesizer, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from distillery.settings import Settings
from infra.constructs import compliance
from infra.constructs.arn import Location
from infra.constructs.permissions import boundary, execution, execution_data
from infra.constructs.permissions.permission import Permission, policy_at, wide
from infra.deployment.bootstrap import BOUNDARY, POLICIES, TARGETS

NAME = "distillery-bootstrap"
_POLICY = "cdk-distillery-{}"
_LIMITS = "A boundary grants nothing. It lets the policies of roles grant these actions on Distillery's resources."


class BootstrapPolicies(Stack):
    """Three managed policies of CloudFormation's role, and the boundary of it and of every role that it creates."""

    def __init__(self, scope: Construct, *, settings: Settings) -> None:
        super().__init__(
            scope,
            NAME,
            env=Environment(account=settings.account, region=settings.home_region),
            description="Distillery: what CloudFormation may do in this account",
            synthesizer=LegacyStackSynthesizer(),
        )
        anywhere = Location.of(self).at("*")
        own = f"arn:{anywhere.partition}:iam::{anywhere.account}:policy/{BOUNDARY}"
        policies = {
            "data": execution_data.stored_data(anywhere),
            "functions": execution.functions(anywhere),
            "services": (*execution.services(anywhere), *boundary.roles(anywhere, own)),
        }
        made = [self._policy(name, permissions) for name, permissions in policies.items()]
        self._boundary(anywhere, own)
        regions = dict.fromkeys((settings.home_region, settings.inference_region))
        CfnOutput(self, POLICIES, value=Fn.join(",", made))
        CfnOutput(self, TARGETS, value=" ".join(f"aws://{anywhere.account}/{region}" for region in regions))

    def _policy(self, name: str, permissions: tuple[Permission, ...]) -> str:
        description = f"What CloudFormation may do when it deploys Distillery: {name}"
        return policy_at(self, name.title(), None, description, *permissions, name=_POLICY.format(name))

    def _boundary(self, anywhere: Location, own: str) -> None:
        policy = iam.CfnManagedPolicy(
            self,
            "Boundary",
            managed_policy_name=BOUNDARY,
            description="The most that CloudFormation and roles of Distillery may do in this account",
            policy_document={"Version": "2012-10-17", "Statement": boundary.statements(anywhere, own)},
        )
        actions = [*boundary.within(anywhere), *boundary.ANYWHERE]
        resources = [resource for each in boundary.within(anywhere).values() for resource in each]
        compliance.acknowledge_policy(
            policy,
            {f"AwsSolutions-IAM5[Action::{action}]": _LIMITS for action in actions if "*" in action},
            {resource: _LIMITS for resource in ("*", *resources) if "*" in resource}
            | wide(boundary.roles(anywhere, own)),
        )
