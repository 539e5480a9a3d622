"""deployers: the roles of the workflows that deploy an environment, and that compare it every day and with changes; for
dev also the role of the one that deletes environments of branches.

A person deploys it, with `-c deployers=true` and their own rights, before any workflow runs. It is no part of the
environment's assembly, and CloudFormation's role of the bootstrap does not deploy it, so that a promotion cannot change
who may promote.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from aws_cdk import CfnOutput
from aws_cdk import aws_iam as iam
from constructs import Construct

from distillery.core.names import TAG_ENVIRONMENT, Names
from distillery.settings import Settings
from distillery.settings.deployment import GitHubDeployment
from infra.constructs import github
from infra.constructs.arn import Location
from infra.constructs.github import TrustedJob
from infra.constructs.permissions import Permission, managed_policy, running
from infra.deployment.branch_environments import NAME_PATTERN, PIPELINE
from infra.deployment.ephemeral import BRANCH, LAST_DAY, SETTINGS_OF
from stacks.base import EnvironmentStack

_QUALIFIER = "hnb659fds"
"""Of the CDK's bootstrap, in the names of its roles."""
_DEPLOYING = ("deploy", "file-publishing", "lookup")
"""Kinds of bootstrap roles with which the CDK deploys. CloudFormation alone assumes the execution role."""


def _regions(settings: Settings) -> tuple[str, ...]:
    return tuple(dict.fromkeys((settings.home_region, settings.inference_region)))


class Deployers(EnvironmentStack):
    """The roles, each with its policy, and the boundary of all."""

    def __init__(self, scope: Construct, part: str, *, settings: Settings, deployment: GitHubDeployment) -> None:
        super().__init__(
            scope,
            part,
            settings=settings,
            region=settings.home_region,
            description="roles of workflows",
            by_person=True,
        )
        tags = {**settings.cost_tags, TAG_ENVIRONMENT: settings.environment}
        provider = github.provider(self, "Provider", create=deployment.create_provider, tags=tags)
        environment = settings.environment
        has_branches = environment == SETTINGS_OF
        expires = self._expire(settings) if has_branches else ()
        also = ", and delete environments of branches" if has_branches else ""
        self._boundary = managed_policy(
            self,
            "Boundary",
            f"The most that roles of workflows may do in {environment}: deploy, and read templates{also}",
            *self._deploy(settings),
            self._read_templates(settings),
            *expires,
        )
        deploys = TrustedJob(
            subjects=deployment.subjects(f"environment:{environment}"),
            repository_id=deployment.repository_id,
            ref=deployment.ref,
            environment=environment,
        )
        self._role(
            "Deploy",
            "Deploys assemblies",
            provider,
            [deploys],
            *self._deploy(settings),
            also=self._pipeline(deployment),
        )
        compares = TrustedJob(
            subjects=deployment.subjects("pull_request"),
            repository_id=deployment.repository_id,
            ref="refs/pull/*/merge",
        )
        looks = TrustedJob(
            subjects=deployment.subjects(f"ref:{deployment.ref}"),
            repository_id=deployment.repository_id,
            ref=deployment.ref,
        )
        self._role("Examine", "Reads templates", provider, [compares, looks], self._read_templates(settings))
        if has_branches:
            self._role("Expire", "Deletes environments of branches with the settings", provider, [deploys], *expires)

    def _pipeline(self, deployment: GitHubDeployment) -> list[Mapping[str, Any]]:
        """The trust in the pipeline's one role for this environment, by its ARN: it may not exist yet."""
        if not deployment.connection:
            return []
        account = f"arn:{Location.of(self).partition}:iam::{deployment.delivery_account}"
        role = f"{account}:role/{deployment.delivery_role(self.settings.environment)}"
        return [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"{account}:root"},
                "Action": "sts:AssumeRole",
                "Condition": {"ArnEquals": {"aws:PrincipalArn": role}},
            }
        ]

    def _deploy(self, settings: Settings) -> tuple[Permission, ...]:
        """Assume roles of the bootstrap, in this account and the environment's Regions; record what was promoted."""
        here = Location.of(self)
        roles = [
            f"arn:{here.partition}:iam::{here.account}:role/cdk-{_QUALIFIER}-{kind}-role-{here.account}-{region}"
            for region in _regions(settings)
            for kind in _DEPLOYING
        ]
        return (
            Permission(actions=("sts:AssumeRole",), resources=tuple(roles)),
            running.write_parameters(here, self.names.promoted),
        )

    def _read_templates(self, settings: Settings) -> Permission:
        """Permission to read the environment's templates, which hold no text and no secret.

        The bootstrap's lookup role would read nearly everything in the account, and whoever can push a branch can
        change the workflow that gets this role.
        """
        stacks = self.names.stack("*/*")
        return Permission(
            actions=("cloudformation:DescribeStacks", "cloudformation:GetTemplate"),
            resources=tuple(
                Location.of(self).at(region).arn("cloudformation", f"stack/{stacks}") for region in _regions(settings)
            ),
            because="CloudFormation ends ARNs of stacks with random ids; environment, Region, account are named.",
        )

    def _expire(self, settings: Settings) -> tuple[Permission, ...]:
        """What `make destroy-expired` needs: to find environments of branches, to empty one as `distillery clean` does,
        and to delete its stacks. CloudFormation deletes with the role that deployed them, which nobody passes again.
        """
        here, names = Location.of(self), Names(NAME_PATTERN)
        stacks = tuple(
            here.at(region).arn("cloudformation", f"stack/{names.stack('*/*')}") for region in _regions(settings)
        )
        because = "The names of these environments are digests of branches; their length and first letter are named."
        return (
            Permission(
                actions=("cloudformation:ListStacks",),
                resources=("*",),
                conditions={"StringEquals": {"aws:RequestedRegion": list(_regions(settings))}},
                because="ListStacks knows no resource; it shows the names of stacks.",
            ),
            Permission(
                actions=(
                    "cloudformation:DescribeStacks",
                    "cloudformation:DescribeStackEvents",
                    "cloudformation:GetTemplate",
                ),
                resources=stacks,
                because=because,
            ),
            Permission(
                actions=("cloudformation:DeleteStack",),  # UNVERIFIED: that IAM sees the stack's tags in this request
                resources=stacks,
                conditions={"Null": {f"aws:ResourceTag/{tag}": "false" for tag in (BRANCH, LAST_DAY)}},
                because=because,
            ),
            *(
                replace(each, because=because)
                for each in running.decide(here.arn("lambda", f"function:{names.resource_prefix(PIPELINE)}*"))
            ),
            running.read_parameters(here, names.pipeline, names.alias("*")),
        )

    def _role(
        self,
        name: str,
        description: str,
        provider: str,
        jobs: Sequence[TrustedJob],
        *permissions: Permission,
        also: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        policy = managed_policy(self, f"{name}Policy", f"{description} of {self.settings.environment}", *permissions)
        role = iam.CfnRole(
            self,
            name,
            assume_role_policy_document=github.trust(provider, *jobs, also=also),
            description=f"{description} of {self.settings.environment}, for workflows of GitHub",
            managed_policy_arns=[policy.managed_policy_arn],
            permissions_boundary=self._boundary.managed_policy_arn,
        )
        CfnOutput(self, f"{name}RoleArn", value=role.attr_arn)
