"""GitHub's workflows as callers of AWS: the account's identity provider, and the trust of a role in a job's token.

A token's claims are condition keys (IAM guide, reference_policies_iam-condition-keys, "Available keys for AWS OIDC
federation"). STS evaluates more than `sub` and `aud` since January 2026. The names of these keys, and the form of `sub`
with ids, were read from third parties who quote AWS and GitHub (UNVERIFIED). For a job with an environment, `sub` names
the environment and no branch, so that the branch is a condition of its own. Names can be given up and taken by somebody
else; `repository_id` cannot.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aws_cdk import Aws, CfnTag
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.constructs.permissions.permission import Conditions

HOST = "token.actions.githubusercontent.com"
AUDIENCE = "sts.amazonaws.com"
ASSUME = "sts:AssumeRoleWithWebIdentity"


def provider(scope: Construct, ident: str, *, create: bool, tags: Mapping[str, str]) -> str:
    """The ARN of the account's identity provider for GitHub. An account can have one.

    Args:
        scope: The construct that it belongs to.
        ident: Its construct id.
        create: Whether this stack creates it.
        tags: Tags of the provider.
    """
    if not create:
        return f"arn:{Aws.PARTITION}:iam::{Aws.ACCOUNT_ID}:oidc-provider/{HOST}"
    return iam.CfnOIDCProvider(
        scope,
        ident,
        url=f"https://{HOST}",
        client_id_list=[AUDIENCE],
        tags=[CfnTag(key=key, value=value) for key, value in tags.items()],
    ).attr_arn


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedJob:
    """Jobs whose tokens a role trusts: every claim must have its value.

    Attributes:
        subjects: Values of `sub`, of which a token has one.
        repository_id: The repository's id.
        ref: What the job runs for, such as `refs/heads/main`; it may contain `*`.
        environment: The environment of GitHub that the job is in; None for jobs of pull requests or schedules.
    """

    subjects: Sequence[str]
    repository_id: int
    ref: str
    environment: str | None = None

    @property
    def conditions(self) -> Conditions:
        equal: dict[str, Any] = {
            f"{HOST}:aud": AUDIENCE,
            f"{HOST}:sub": list(self.subjects),
            f"{HOST}:repository_id": str(self.repository_id),
        }
        if self.environment is not None:
            equal[f"{HOST}:environment"] = self.environment
        if "*" not in self.ref:
            return {"StringEquals": equal | {f"{HOST}:ref": self.ref}}
        return {"StringEquals": equal, "StringLike": {f"{HOST}:ref": self.ref}}


def trust(provider_arn: str, *jobs: TrustedJob, also: Sequence[Mapping[str, Any]] = ()) -> iam.PolicyDocument:
    """The trust policy of a role: one statement for each kind of job, and `also`."""
    statements = [
        {
            "Effect": "Allow",
            "Principal": {"Federated": provider_arn},
            "Action": ASSUME,
            "Condition": job.conditions,
        }
        for job in jobs
    ]
    return iam.PolicyDocument.from_json({"Version": "2012-10-17", "Statement": [*statements, *also]})
