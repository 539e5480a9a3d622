"""What CloudFormation may do when it deploys environments, instead of an administrator's rights.

The actions are those that the schemas of the templates' resource types declare for their handlers; a test compares
them with `tests/policy/resource_handlers.toml` for every resource. Whether a handler calls more than its schema
declares was not tried (UNVERIFIED): if one does, the deployment fails with the name of the action, and is rolled
back. CloudFormation also reads parameters and outputs of other stacks, and invokes the functions of custom resources,
with these rights (TemplateReference, `Fn::GetStackOutput`).

Resources are named where their names begin with `distillery`; the reasons say why the others are not.
"""

from infra.constructs.arn import Location
from infra.constructs.permissions.execution_data import NAMES, NO_RESOURCE, TAGGING
from infra.constructs.permissions.permission import Permission, actions

_LOGICAL = "CloudFormation names these after their logical ids alone, so no prefix says that they are Distillery's."
_SETTINGS = "The settings make the names; they begin with the name of the product."
_RANDOM = "AWS makes these ids when a resource is created."


def functions(account: Location) -> tuple[Permission, ...]:
    """Functions, layers, state machines, rules and logs."""
    return (
        Permission(
            actions=(
                *actions("lambda", "AddPermission", "AssociateRuntimeAlias", "CreateAlias", "CreateFunction"),
                *actions("lambda", "DeleteAlias", "DeleteFunction", "GetAlias", "GetProvisionedConcurrencyConfig"),
                *actions("lambda", "CreateFunctionUrlConfig", "DeleteFunctionConcurrency", "DeleteFunctionUrlConfig"),
                *actions("lambda", "GetFunction", "GetFunctionCodeSigningConfig", "GetFunctionConfiguration"),
                *actions("lambda", "GetFunctionRecursionConfig", "GetFunctionScalingConfig", "GetFunctionUrlConfig"),
                *actions("lambda", "GetPolicy", "GetRuntimeManagementConfig", "InvokeFunction", "ListTags"),
                *actions("lambda", "PublishVersion", "PutFunctionConcurrency", "PutFunctionRecursionConfig"),
                *actions("lambda", "PutFunctionScalingConfig", "PutRuntimeManagementConfig", "RemovePermission"),
                *actions("lambda", "TagResource", "UntagResource", "UpdateAlias", "UpdateFunctionCode"),
                *actions("lambda", "UpdateFunctionConfiguration", "UpdateFunctionUrlConfig"),
            ),
            resources=(account.arn("lambda", "function:distillery-*"),),
            because=NAMES,
        ),
        Permission(
            actions=actions("lambda", "DeleteLayerVersion", "GetLayerVersion", "PublishLayerVersion"),
            resources=(account.arn("lambda", "layer:*"),),
            because=_LOGICAL,
        ),
        Permission(
            actions=(
                *actions("states", "CreateStateMachine", "DeleteStateMachine", "DescribeStateMachine"),
                *actions("states", "UpdateStateMachine"),
                *actions("states", *TAGGING),
            ),
            resources=(account.arn("states", "stateMachine:*"),),
            because=_LOGICAL,
        ),
        Permission(
            actions=(
                *actions("events", "DeleteRule", "DescribeRule", "ListTargetsByRule", "PutRule", "PutTargets"),
                *actions("events", "RemoveTargets"),
                *actions("events", *TAGGING),
            ),
            resources=(account.arn("events", "rule/distillery-*"),),
            because=NAMES,
        ),
        Permission(
            actions=(
                *actions(
                    "logs", "AssociateKmsKey", "CreateLogGroup", "DeleteDataProtectionPolicy", "DeleteIndexPolicy"
                ),
                *actions("logs", "DeleteLogGroup", "DeleteRetentionPolicy", "DescribeIndexPolicies"),
                *actions("logs", "DisassociateKmsKey", "GetDataProtectionPolicy", "PutBearerTokenAuthentication"),
                *actions("logs", "PutDataProtectionPolicy", "PutIndexPolicy", "PutLogGroupDeletionProtection"),
                *actions("logs", "PutRetentionPolicy"),
                *actions("logs", *TAGGING),
            ),
            resources=(
                account.arn("logs", "log-group:distillery-*"),
                account.arn("logs", "log-group:/aws/vendedlogs/states/distillery-*"),
            ),
            because=NAMES,
        ),
        Permission(
            actions=actions("logs", "DescribeLogGroups", "DescribeResourcePolicies"),
            resources=("*",),
            because="These list the account's groups and policies, and show no log.",
        ),
        Permission(
            actions=actions("cloudformation", "DescribeStacks"),
            resources=(account.arn("cloudformation", "stack/distillery-*"),),
            because="A stack reads the outputs of another; CloudFormation ends ARNs of stacks with random ids.",
        ),
    )


def services(account: Location) -> tuple[Permission, ...]:
    """Inference profiles, alarms, dashboards, budgets, the table of logged calls, the trail and the VPC endpoint."""
    own = f"arn:{account.partition}"
    return (
        Permission(
            actions=actions(
                "bedrock", "CreateInferenceProfile", "DeleteInferenceProfile", "GetInferenceProfile", *TAGGING
            ),
            resources=(
                account.arn("bedrock", "application-inference-profile/*"),
                account.arn("bedrock", "inference-profile/*"),
                account.foundation_model("*"),
            ),
            because="A profile has a random id; it is made from any model or system profile of the settings.",
        ),
        Permission(
            actions=actions("cloudwatch", "DeleteAlarms", "PutMetricAlarm", *TAGGING),
            resources=(account.arn("cloudwatch", "alarm:distillery-*"),),
            because=NAMES,
        ),
        Permission(
            actions=actions("cloudwatch", "DescribeAlarms"),
            resources=(account.arn("cloudwatch", "alarm:*"),),
            because="It lists the account's alarms (Service Authorization Reference).",
        ),
        Permission(
            actions=actions("cloudwatch", "DeleteDashboards", "GetDashboard", "PutDashboard", *TAGGING),
            resources=(f"{own}:cloudwatch::{account.account}:dashboard/*",),
            because=_LOGICAL,
        ),
        Permission(
            actions=actions("budgets", "ModifyBudget", "ViewBudget", *TAGGING),
            resources=(f"{own}:budgets::{account.account}:budget/distillery_*",),
            because=_SETTINGS,
        ),
        Permission(
            actions=("billing:GetBillingViewData",),
            resources=(f"{own}:billing::{account.account}:billingview/*",),
            because="A budget is compared with the account's billing view.",
        ),
        Permission(
            actions=actions(
                "athena",
                *("CreateNamedQuery", "CreateWorkGroup", "DeleteNamedQuery", "DeleteWorkGroup", "GetNamedQuery"),
                *("GetWorkGroup", "UpdateWorkGroup"),
                *TAGGING,
            ),
            resources=(account.arn("athena", "workgroup/distillery-*"),),
            because=_SETTINGS,
        ),
        Permission(
            actions=actions(
                "glue",
                *("CreateDatabase", "CreateTable", "DeleteDatabase", "DeleteTable", "GetDatabase", "GetTable"),
                *("UpdateDatabase", "UpdateTable"),
            ),
            resources=(
                account.arn("glue", "catalog"),
                account.arn("glue", "database/distillery_*"),
                account.arn("glue", "table/distillery_*/*"),
            ),
            because=_SETTINGS,
        ),
        Permission(
            actions=actions(
                "lakeformation",
                *("DescribeLakeFormationIdentityCenterConfiguration", "DescribeResource", "GetDataAccess"),
                "ListResources",
            ),
            resources=("*",),
            because=NO_RESOURCE,
        ),
        Permission(
            actions=actions(
                "cloudtrail",
                *("AddTags", "CreateTrail", "DeleteTrail", "GetEventConfiguration", "GetEventSelectors"),
                *("GetInsightSelectors", "GetTrail", "GetTrailStatus", "ListTags", "PutEventConfiguration"),
                *("PutEventSelectors", "RemoveTags", "StartLogging", "StopLogging", "UpdateTrail"),
            ),
            resources=(account.arn("cloudtrail", "trail/distillery-*"),),
            because=NAMES,
        ),
        Permission(
            actions=(
                *actions("cloudtrail", "DescribeTrails"),
                *actions("ec2", "DescribeSecurityGroups", "DescribeSubnets", "DescribeVpcEndpoints", "DescribeVpcs"),
            ),
            resources=("*",),
            because=NO_RESOURCE,
        ),
        Permission(
            actions=actions(
                "ec2", "CreateTags", "CreateVpcEndpoint", "DeleteTags", "DeleteVpcEndpoints", "ModifyVpcEndpoint"
            ),
            resources=tuple(
                account.arn("ec2", f"{kind}/*") for kind in ("security-group", "subnet", "vpc", "vpc-endpoint")
            ),
            because=_RANDOM,
        ),
    )
