"""The checks, in the order of the report, and their runner."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from distillery.cli.doctor import account, drift, hosting, models, notices, promoted, reach
from distillery.cli.doctor.examined import Examined
from distillery.cli.doctor.findings import DoctorFinding, unchecked
from distillery.core.errors import DistilleryError

_STACKS = ("cloudformation:DescribeStacks", "cloudformation:ListStackResources")
_SIMULATE = ("iam:SimulatePrincipalPolicy", "iam:GetRole")


@dataclass(frozen=True, slots=True, kw_only=True)
class DoctorCheck:
    """One check.

    Attributes:
        name: Its name, which findings bear.
        subject: What it looks at, for the sentence "… could not be checked".
        permissions: The IAM actions that it needs.
        examine: The check itself. An error of AWS in it becomes one finding, and ends no other check.
    """

    name: str
    subject: str
    permissions: tuple[str, ...]
    examine: Callable[[Examined], Iterator[DoctorFinding]]


CHECKS: tuple[DoctorCheck, ...] = (
    DoctorCheck(name="credentials", subject="the credentials", permissions=(), examine=account.credentials),
    DoctorCheck(name="settings", subject="the settings", permissions=(), examine=account.settings),
    DoctorCheck(
        name="bootstrap",
        subject="the bootstrap",
        permissions=("ssm:GetParameter", "cloudformation:DescribeStacks", "iam:GetPolicy"),
        examine=account.bootstrap,
    ),
    DoctorCheck(name="deployer", subject="what the caller may assume", permissions=_SIMULATE, examine=reach.deployer),
    DoctorCheck(
        name="models",
        subject="the life cycle of models",
        permissions=("bedrock:GetFoundationModel",),
        examine=models.life_cycles,
    ),
    DoctorCheck(
        name="access",
        subject="access to models",
        permissions=("bedrock:GetFoundationModelAvailability", "bedrock:GetUseCaseForModelAccess"),
        examine=models.access,
    ),
    DoctorCheck(
        name="cross-region",
        subject="the destinations of cross-Region profiles",
        permissions=_SIMULATE,
        examine=reach.cross_region,
    ),
    DoctorCheck(
        name="quotas",
        subject="the quotas of hosting",
        permissions=(
            "servicequotas:GetServiceQuota",
            "bedrock:ListCustomModelDeployments",
            "bedrock:ListProvisionedModelThroughputs",
        ),
        examine=hosting.quotas,
    ),
    DoctorCheck(
        name="unit-ceiling",
        subject="the ceiling of model units",
        permissions=("bedrock:ListProvisionedModelThroughputs", "bedrock:ListTagsForResource"),
        examine=hosting.unit_ceiling,
    ),
    DoctorCheck(
        name="concurrency",
        subject="Lambda's concurrency",
        permissions=("lambda:GetAccountSettings", "cloudformation:DescribeStacks"),
        examine=account.concurrency,
    ),
    DoctorCheck(
        name="logging",
        subject="invocation logging",
        permissions=("bedrock:GetModelInvocationLoggingConfiguration", "ssm:GetParameter"),
        examine=notices.logging,
    ),
    DoctorCheck(
        name="notices",
        subject="who is notified",
        permissions=(*_STACKS, "sns:ListSubscriptionsByTopic"),
        examine=notices.subscriptions,
    ),
    DoctorCheck(
        name="budgets",
        subject="AWS Budgets",
        permissions=("budgets:ViewBudget", "cloudformation:DescribeStacks"),
        examine=notices.budgets,
    ),
    DoctorCheck(
        name="cost-tags",
        subject="cost-allocation tags",
        permissions=("ce:ListCostAllocationTags",),
        examine=notices.cost_tags,
    ),
    DoctorCheck(
        name="stacks", subject="the stacks", permissions=("cloudformation:DescribeStacks",), examine=drift.stacks
    ),
    DoctorCheck(
        name="templates",
        subject="the templates of the stacks",
        permissions=("cloudformation:DescribeStacks", "cloudformation:GetTemplate"),
        examine=drift.synthesized,
    ),
    DoctorCheck(
        name="promoted",
        subject="what was promoted",
        permissions=("cloudformation:DescribeStacks", "cloudformation:GetTemplate", "ssm:GetParameter"),
        examine=promoted.templates,
    ),
    DoctorCheck(
        name="drift",
        subject="what CloudFormation compared",
        permissions=("cloudformation:DescribeStacks", "cloudformation:DescribeStackResourceDrifts"),
        examine=promoted.resources,
    ),
    DoctorCheck(
        name="policies",
        subject="trust policies, key policies and variables",
        permissions=(
            *_STACKS,
            "cloudformation:GetTemplate",
            "iam:GetRole",
            "kms:GetKeyPolicy",
            "lambda:GetFunctionConfiguration",
        ),
        examine=drift.policies,
    ),
    DoctorCheck(
        name="roles",
        subject="what the deployed roles may do",
        permissions=(*_STACKS, *_SIMULATE, "iam:ListRolePolicies", "iam:GetRolePolicy"),
        examine=reach.roles,
    ),
)


def findings(examined: Examined, checks: Sequence[DoctorCheck] = CHECKS) -> Iterator[DoctorFinding]:
    """The findings of all checks. One that fails yields what it found before, and that it could not be finished."""
    from distillery.client import AWS_ERRORS, NotDeployed, NotReached

    # An answer of another shape, as of an emulator, must not keep the other checks from running.
    shapes = (LookupError, TypeError, ValueError, AttributeError)
    for check in checks:
        try:
            for found in check.examine(examined):
                yield replace(found, check=check.name)
        except (*AWS_ERRORS, *shapes, DistilleryError, NotDeployed, NotReached, OSError) as error:
            yield replace(_unfinished(check, error), check=check.name)


def _unfinished(check: DoctorCheck, error: Exception) -> DoctorFinding:
    from distillery.cli.permissions import is_denied

    what = f"{check.subject} could not be checked: {type(error).__name__}: {error}"
    why = "nobody knows whether something is wrong there"
    if is_denied(error):
        return unchecked(what, why, f"allow {', '.join(check.permissions)}, then repeat")
    return unchecked(what, why, "repeat it; if it stays so, the service or this account does not offer the call")
