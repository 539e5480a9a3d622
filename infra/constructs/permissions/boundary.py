"""A permissions boundary for CloudFormation's role and for every role that it creates.

Whoever can merge decides what the templates contain. The boundary limits what they can reach by that: a role must have
the same boundary, so neither it nor a function of it has more rights; nothing changes the boundary itself, because its
name does not begin as the names of Distillery's resources do (IAM guide, access_policies_boundaries, "Delegating
responsibility to others using permissions boundaries").
"""

from collections.abc import Mapping
from typing import Any

from infra.constructs.arn import Location
from infra.constructs.permissions.execution_data import NAMES
from infra.constructs.permissions.permission import Permission, actions

_PASSED_TO = ("bedrock", "events", "lambda", "states")
"""Services that get a role of the templates."""


def roles(account: Location, boundary: str) -> tuple[Permission, ...]:
    """Create roles with the boundary, and policies; change and pass them.

    Args:
        account: The account; the Region does not matter.
        boundary: The ARN of the boundary.
    """
    iam = f"arn:{account.partition}:iam::{account.account}"
    role = (f"{iam}:role/distillery-*",)
    return (
        Permission(
            actions=actions(
                "iam",
                *("AttachRolePolicy", "CreateRole", "DeleteRolePolicy", "DetachRolePolicy"),
                *("PutRolePermissionsBoundary", "PutRolePolicy"),
            ),
            resources=role,
            conditions={"StringEquals": {"iam:PermissionsBoundary": boundary}},
            because=NAMES,
        ),
        Permission(
            actions=actions(
                "iam",
                *(
                    "DeleteRole",
                    "GetRole",
                    "GetRolePolicy",
                    "ListAttachedRolePolicies",
                    "ListRolePolicies",
                    "ListRoleTags",
                ),
                *("TagRole", "UntagRole", "UpdateAssumeRolePolicy", "UpdateRole", "UpdateRoleDescription"),
            ),
            resources=role,
            because=NAMES,
        ),
        Permission(
            actions=("iam:PassRole",),
            resources=role,
            conditions={"StringEquals": {"iam:PassedToService": [f"{one}.amazonaws.com" for one in _PASSED_TO]}},
            because=NAMES,
        ),
        Permission(
            actions=actions(
                "iam",
                *("CreatePolicy", "CreatePolicyVersion", "DeletePolicy", "DeletePolicyVersion", "GetPolicy"),
                *("GetPolicyVersion", "ListEntitiesForPolicy", "ListPolicyVersions"),
            ),
            resources=(f"{iam}:policy/distillery-*", f"{iam}:policy/distillery/*"),
            because=NAMES,
        ),
    )


def within(account: Location) -> Mapping[str, tuple[str, ...]]:
    """Actions of whole services, and of some by name, with the resources to which the boundary limits them.

    Services whose resources have names are limited to Distillery's. The others are limited by the policies of roles
    alone, so an account should hold nothing else.

    Args:
        account: Any Region: `Location.at("*")`.
    """
    own, number = f"arn:{account.partition}", account.account
    return {
        "athena:*": (account.arn("athena", "workgroup/distillery-*"),),
        "budgets:*": (f"{own}:budgets::{number}:budget/distillery_*",),
        "cloudformation:*": (account.arn("cloudformation", "stack/distillery-*"),),
        "cloudtrail:*": (account.arn("cloudtrail", "trail/distillery-*"),),
        "dynamodb:*": (account.arn("dynamodb", "table/distillery-*"),),
        "events:*": (account.arn("events", "rule/distillery-*"),),
        "glue:*": (
            account.arn("glue", "catalog"),
            account.arn("glue", "database/default"),
            account.arn("glue", "database/distillery_*"),
            account.arn("glue", "table/distillery_*/*"),
        ),
        "lambda:*": (account.arn("lambda", "function:distillery-*"), account.arn("lambda", "layer:*")),
        "logs:*": (
            account.arn("logs", "log-group:distillery-*"),
            account.arn("logs", "log-group:/aws/vendedlogs/states/distillery-*"),
        ),
        "s3:*": (f"{own}:s3:::distillery-*", f"{own}:s3:::cdk-*-assets-{number}-*/*"),
        "sns:*": (account.arn("sns", "distillery-*"),),
        "sqs:*": (account.arn("sqs", "distillery-*"),),
        "ssm:*": (account.arn("ssm", "parameter/distillery/*"), account.arn("ssm", "parameter/cdk-bootstrap/*")),
    }


ANYWHERE = (
    *("bedrock:*", "cloudwatch:*", "kms:*", "ram:*", "servicequotas:*", "states:*", "xray:*"),
    *actions("billing", "GetBillingViewData"),
    *actions("cloudformation", "BatchDescribeTypeConfigurations", "ListStacks"),
    *actions("cloudtrail", "DescribeTrails"),
    *actions("ec2", "CreateTags", "CreateVpcEndpoint", "DeleteTags", "DeleteVpcEndpoints", "DescribeSecurityGroups"),
    *actions("ec2", "DescribeSubnets", "DescribeVpcEndpoints", "DescribeVpcs", "ModifyVpcEndpoint"),
    *actions("lakeformation", "DescribeLakeFormationIdentityCenterConfiguration", "DescribeResource"),
    *actions("lakeformation", "GetDataAccess", "ListResources"),
    *actions("lambda", "InvokeFunction"),
    *actions("logs", "CreateLogDelivery", "DeleteLogDelivery", "DescribeLogGroups", "DescribeResourcePolicies"),
    *actions("logs", "GetLogDelivery", "ListLogDeliveries", "PutResourcePolicy", "UpdateLogDelivery"),
    *actions("sns", "GetSubscriptionAttributes", "SetSubscriptionAttributes", "Unsubscribe"),
)
"""Actions that the boundary limits to no resource: their resources have no name, or are other teams', as a team's
function that scores answers."""


def statements(account: Location, boundary: str) -> list[dict[str, Any]]:
    """The statements of the boundary with this ARN."""
    named = [
        {"Effect": "Allow", "Action": action, "Resource": list(resources)}
        for action, resources in within(account).items()
    ]
    anywhere = {"Effect": "Allow", "Action": list(ANYWHERE), "Resource": "*"}
    return [*named, anywhere, *(each.statement for each in roles(account, boundary))]
