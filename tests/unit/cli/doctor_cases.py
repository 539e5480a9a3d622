"""What is wrong in an account, and what `distillery doctor` says of it: (check, severity, what, fix, change)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.fakes.drift import drifted
from tests.fakes.errors import service_error
from tests.unit.cli.doctor_world import (
    ACCOUNT,
    PROMOTED,
    Clients,
    compared,
    parameters,
    promotion,
    simulated,
    stack,
)

Change = Callable[[Clients], None]


def answers(**operations: Any) -> Change:
    """`answers(bedrock__get_foundation_model=…)`."""
    return lambda clients: clients.answers.update({name.replace("__", "."): each for name, each in operations.items()})


def _ends(day: datetime) -> Any:
    return {"modelDetails": {"modelLifecycle": {"status": "ACTIVE", "endOfLifeTime": day}}}


def _available(**changes: Any) -> Any:
    return {"bedrock__get_foundation_model_availability": {"authorizationStatus": "AUTHORIZED", **changes}}


def _stacks(*found: Any) -> Any:
    return {"cloudformation__describe_stacks": lambda StackName=None: {"Stacks": list(found)}}  # noqa: N803


def _drifted(result: str, *drifts: Any) -> Change:
    pipeline = {**stack("distillery-dev-pipeline"), "DriftInformation": compared(result)}
    return answers(
        **_stacks(pipeline), cloudformation__describe_stack_resource_drifts={"StackResourceDrifts": list(drifts)}
    )


LOGGED = {"loggingConfig": {"s3Config": {"bucketName": "b"}}}
CASES: list[tuple[str, str, str, str, Change]] = [
    (
        "bootstrap",
        "blocks",
        "not bootstrapped",
        "cdk bootstrap aws://111111111111/us-east-1",
        answers(ssm__get_parameter=parameters({"/cdk-bootstrap/hnb659fds/version": None})),
    ),
    (
        "bootstrap",
        "blocks",
        "version 5",
        "cdk bootstrap",
        answers(ssm__get_parameter=parameters({"/cdk-bootstrap/hnb659fds/version": "5"})),
    ),
    (
        "bootstrap",
        "blocks",
        "ROLLBACK_COMPLETE",
        "cdk bootstrap",
        answers(**_stacks(stack("CDKToolkit", "ROLLBACK_COMPLETE"))),
    ),
    (
        "deployer",
        "warns",
        "may not assume",
        "cdk-hnb659fds-*",
        answers(
            iam__simulate_principal_policy=simulated(
                "implicitDeny", OrganizationsDecisionDetail={"AllowedByOrganizations": True}
            )
        ),
    ),
    (
        "models",
        "blocks",
        "ended on 2026-01-01",
        "change the settings",
        answers(bedrock__get_foundation_model=_ends(datetime(2026, 1, 1, tzinfo=UTC))),
    ),
    (
        "models",
        "blocks",
        "is not known to the service",
        "change the settings",
        answers(bedrock__get_foundation_model=service_error("ResourceNotFoundException")),
    ),
    (
        "models",
        "unchecked",
        "AccessDeniedException",
        "bedrock:GetFoundationModel",
        answers(bedrock__get_foundation_model=service_error("AccessDeniedException")),
    ),
    (
        "access",
        "blocks",
        "not authorized",
        "Bedrock console",
        answers(**_available(authorizationStatus="NOT_AUTHORIZED")),
    ),
    (
        "access",
        "blocks",
        "AWS Marketplace subscription",
        "create-foundation-model-agreement",
        answers(**_available(agreementAvailability={"status": "NOT_AVAILABLE"})),
    ),
    (
        "access",
        "blocks",
        "not offered",
        "another model or Region",
        answers(**_available(regionAvailability="NOT_AVAILABLE")),
    ),
    (
        "access",
        "warns",
        "not entitled",
        "aws-marketplace:Subscribe",
        answers(**_available(entitlementAvailability="NOT_AVAILABLE")),
    ),
    (
        "access",
        "warns",
        "no form",
        "put-use-case-for-model-access",
        answers(bedrock__get_use_case_for_model_access=service_error("ResourceNotFoundException")),
    ),
    (
        "cross-region",
        "blocks",
        "an SCP denies bedrock:InvokeModel",
        "send the statement",
        answers(
            iam__simulate_principal_policy=simulated(
                "explicitDeny", OrganizationsDecisionDetail={"AllowedByOrganizations": False}
            )
        ),
    ),
    (
        "cross-region",
        "unchecked",
        "cannot be seen",
        "administers the organization",
        answers(iam__simulate_principal_policy=simulated()),
    ),
    (
        "quotas",
        "blocks",
        "is 1 in us-east-1",
        "--quota-code L-1EF80F3E --desired-value 2",
        answers(**{"service-quotas__get_service_quota": {"Quota": {"Value": 1.0}}}),
    ),
    (
        "quotas",
        "unchecked",
        "NoSuchResourceException",
        "servicequotas:GetServiceQuota",
        answers(**{"service-quotas__get_service_quota": service_error("NoSuchResourceException")}),
    ),
    (
        "notices",
        "warns",
        "has not confirmed",
        "aws sns subscribe",
        answers(
            sns__list_subscriptions_by_topic={
                "Subscriptions": [{"Endpoint": "ana@example.com", "SubscriptionArn": "PendingConfirmation"}]
            }
        ),
    ),
    (
        "notices",
        "warns",
        "has not confirmed",
        "ana@example.com",
        answers(sns__list_subscriptions_by_topic={"Subscriptions": []}),
    ),
    ("budgets", "warns", "distillery_dev_support", "cdk deploy", answers(budgets__describe_budgets={})),
    (
        "cost-tags",
        "warns",
        "inactive",
        "update-cost-allocation-tags-status",
        answers(
            ce__list_cost_allocation_tags={"CostAllocationTags": [{"TagKey": "distillery:run", "Status": "Inactive"}]}
        ),
    ),
    ("cost-tags", "warns", "does not know", "a day after", answers(ce__list_cost_allocation_tags={})),
    (
        "stacks",
        "blocks",
        "UPDATE_ROLLBACK_FAILED",
        "describe-stack-events",
        answers(**_stacks(stack("distillery-dev-pipeline", "UPDATE_ROLLBACK_FAILED"))),
    ),
    (
        "stacks",
        "warns",
        "UPDATE_ROLLBACK_COMPLETE",
        "describe-stack-events",
        answers(**_stacks(stack("distillery-dev-pipeline", "UPDATE_ROLLBACK_COMPLETE"))),
    ),
    (
        "promoted",
        "info",
        "no promotion is recorded",
        "",
        answers(ssm__get_parameter=parameters({})),
    ),
    (
        "promoted",
        "warns",
        "the template of stack distillery-dev-pipeline in us-east-1 is not what was promoted (commit abc123",
        "make diff ENV=dev; to go back: git checkout abc123 && make assemblies deploy ENV=dev",
        answers(ssm__get_parameter=parameters({PROMOTED: promotion(pipeline={})})),
    ),
    (
        "drift",
        "warns",
        "f-1 of stack distillery-dev-pipeline in us-east-1 was changed past CloudFormation: /Role",
        "describe-stack-resource-drifts --region us-east-1 --stack-name distillery-dev-pipeline",
        _drifted("DRIFTED", drifted("MODIFIED", "/Role")),
    ),
    (
        "drift",
        "warns",
        "f-1 of stack distillery-dev-pipeline in us-east-1 was deleted past CloudFormation",
        "change it back",
        _drifted("DRIFTED", drifted("DELETED")),
    ),
    (
        "drift",
        "unchecked",
        "could not be compared: AccessDenied for s3:GetX",
        "infra/constructs/permissions/drift.py",
        _drifted("UNKNOWN", drifted("UNKNOWN", DriftStatusReason="AccessDenied for s3:GetX")),
    ),
    (
        "drift",
        "info",
        "the drift watch compares distillery-dev-pipeline within a day",
        "",
        answers(
            **_stacks(
                {
                    **stack("distillery-dev-pipeline"),
                    "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"},
                    "LastUpdatedTime": datetime(2099, 1, 1, tzinfo=UTC),
                }
            )
        ),
    ),
    (
        "drift",
        "unchecked",
        "has not compared distillery-dev-pipeline since the last deployment",
        "twice a day",
        answers(
            **_stacks({**stack("distillery-dev-pipeline"), "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"}})
        ),
    ),
    (
        "drift",
        "warns",
        "CloudFormation has compared nothing since",
        "DriftFunction",
        answers(**_stacks({**stack("distillery-dev-pipeline"), "DriftInformation": compared(ago=timedelta(days=30))})),
    ),
    (
        "policies",
        "warns",
        "the policy of key k",
        "deploy distillery-dev-foundation",
        answers(kms__get_key_policy={"Policy": '{"Statement": []}'}),
    ),
    (
        "policies",
        "warns",
        "the variables of function function-1",
        "deploy distillery-dev-pipeline",
        answers(
            lambda__get_function_configuration={
                "Environment": {"Variables": {"KEY": "arn:replaced", "TABLE": "arn:any"}}
            }
        ),
    ),
    (
        "roles",
        "blocks",
        "an SCP takes from role",
        "exempted",
        answers(
            iam__simulate_principal_policy=simulated(
                "explicitDeny", OrganizationsDecisionDetail={"AllowedByOrganizations": False}
            )
        ),
    ),
    (
        "roles",
        "warns",
        "a permissions boundary takes from role distillery-dev-pipeline-Role-1 in us-east-1: s3:GetObject",
        "exempted",
        answers(
            iam__simulate_principal_policy=simulated(
                PermissionsBoundaryDecisionDetail={"AllowedByPermissionsBoundary": False}
            )
        ),
    ),
    (
        "credentials",
        "warns",
        "root user",
        "IAM role",
        answers(sts__get_caller_identity={"Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:root"}),
    ),
    (
        "logging",
        "info",
        "somebody else logs the text",
        "",
        answers(bedrock__get_model_invocation_logging_configuration=LOGGED),
    ),
]
