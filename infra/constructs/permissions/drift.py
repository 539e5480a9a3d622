"""What the drift watch may do: ask CloudFormation to compare the environment's stacks, and read what it compares.

CloudFormation reads each resource with the rights of who asked (CloudFormation guide, using-cfn-stack-drift,
"Considerations"). The actions are those that the types' schemas declare for reading, as
`tests/policy/resource_handlers.toml` lists them; whether drift detection needs others was not tried (UNVERIFIED). If
one is missing, the resource counts as one that could not be compared, and a notice names the action. None reads an
object, an item, a message or a parameter, and none uses a key.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from distillery.core.names import TAG_ENVIRONMENT, Names
from distillery.core.stack_drift import PARTS
from infra.constructs.arn import Location
from infra.constructs.permissions.permission import Permission

ELSEWHERE = ("collection", "foundation-inference", "serving", "telemetry-inference")
"""The stacks of the inference Region; the others are in the home Region."""
_OURS = "CloudFormation makes these names; the statement names what each begins with, the stack's own name."
_TAGGED = "CloudFormation names these after their logical ids alone; the condition compares the environment's tag."
_LISTS = "These actions take no resource: the Service Authorization Reference allows `*` alone."
_TAG = f"aws:ResourceTag/{TAG_ENVIRONMENT}"
_FUNCTIONS = ("collection", "foundation", "pipeline", "serving", "teardown")
_S3 = (
    *("AccelerateConfiguration", "BucketLogging", "BucketNotification", "BucketObjectLockConfiguration"),
    *("BucketOwnershipControls", "BucketPublicAccessBlock", "BucketTagging", "BucketVersioning", "BucketWebsite"),
    *("EncryptionConfiguration", "IntelligentTieringConfiguration", "InventoryConfiguration", "BucketCORS"),
    *("LifecycleConfiguration", "MetricsConfiguration", "ReplicationConfiguration", "AnalyticsConfiguration"),
    *("BucketAbac", "BucketMetadataTableConfiguration"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadConfiguration:
    """How the configuration of resources of a type is read.

    Attributes:
        service: Of the actions and the ARNs.
        actions: Without the service.
        kinds: What an ARN has before the resource's name.
        parts: The stacks that have such a resource.
        is_global: Whether its ARNs have no Region.
        is_tagged: Whether the environment's tag says whose a resource is, because its name does not begin with the
            stack's name.
    """

    service: str
    actions: tuple[str, ...]
    kinds: tuple[str, ...]
    parts: tuple[str, ...]
    is_global: bool = False
    is_tagged: bool = False


READ: Mapping[str, ReadConfiguration] = {
    "AWS::DynamoDB::Table": ReadConfiguration(
        service="dynamodb",
        actions=(
            *("DescribeContinuousBackups", "DescribeContributorInsights", "DescribeKinesisStreamingDestination"),
            *("DescribeTable", "DescribeTimeToLive", "GetResourcePolicy", "ListTagsOfResource"),
        ),
        kinds=("table/",),
        parts=("foundation",),
    ),
    "AWS::Events::Rule": ReadConfiguration(
        service="events",
        actions=("DescribeRule", "ListTagsForResource", "ListTargetsByRule"),
        kinds=("rule/",),
        parts=("collection", "pipeline"),
    ),
    "AWS::IAM::ManagedPolicy": ReadConfiguration(
        service="iam",
        actions=("GetPolicy", "GetPolicyVersion", "ListEntitiesForPolicy", "ListPolicyVersions"),
        kinds=("policy/", "policy/{path}"),
        parts=("collection", "pipeline", "serving"),
        is_global=True,
    ),
    "AWS::IAM::Role": ReadConfiguration(
        service="iam",
        actions=("GetRole", "GetRolePolicy", "ListAttachedRolePolicies", "ListRolePolicies", "ListRoleTags"),
        kinds=("role/",),
        parts=_FUNCTIONS,
        is_global=True,
    ),
    "AWS::Lambda::Function": ReadConfiguration(
        service="lambda",
        actions=(
            *("GetFunction", "GetFunctionCodeSigningConfig", "GetFunctionConfiguration", "ListTags"),
            *("GetFunctionRecursionConfig", "GetFunctionScalingConfig", "GetRuntimeManagementConfig"),
        ),
        kinds=("function:",),
        parts=_FUNCTIONS,
    ),
    "AWS::S3::Bucket": ReadConfiguration(
        service="s3",
        actions=("ListBucket", "ListTagsForResource", *(f"Get{each}" for each in _S3)),
        kinds=("",),
        parts=("foundation", "foundation-inference"),
        is_global=True,
    ),
    "AWS::SNS::Topic": ReadConfiguration(
        service="sns",
        actions=("GetDataProtectionPolicy", "GetTopicAttributes", "ListSubscriptionsByTopic", "ListTagsForResource"),
        kinds=("",),
        parts=("foundation", "foundation-inference"),
    ),
    "AWS::SQS::Queue": ReadConfiguration(
        service="sqs",
        actions=("GetQueueAttributes", "ListQueueTags"),
        kinds=("",),
        parts=("collection", "foundation", "pipeline"),
    ),
    "AWS::StepFunctions::StateMachine": ReadConfiguration(
        service="states",
        actions=("DescribeStateMachine", "ListTagsForResource"),
        kinds=("stateMachine:",),
        parts=("pipeline", "teardown"),
        is_tagged=True,
    ),
}
"""By type, all of `distillery.core.stack_drift.COMPARED`."""


def compare_stacks(home: Location, there: Location, names: Names) -> tuple[Permission, ...]:
    """Ask for comparisons of the environment's stacks, and read the answers and the templates."""
    verbs = (
        *("DescribeStackResourceDrifts", "DetectStackDrift", "DetectStackResourceDrift", "GetTemplate"),
        "ListStackResources",
    )
    stacks = tuple(_at(part, home, there).arn("cloudformation", f"stack/{names.stack(part)}/*") for part in PARTS)
    return (
        Permission(actions=tuple(f"cloudformation:{verb}" for verb in verbs), resources=stacks, because=_OURS),
        Permission(
            actions=("cloudformation:BatchDescribeTypeConfigurations", "cloudformation:ListStacks"),
            resources=("*",),
            conditions={"StringEquals": {"aws:RequestedRegion": _regions(home, there)}},
            because=_LISTS,
        ),
    )


def read_configurations(home: Location, there: Location, names: Names) -> tuple[Permission, ...]:
    """Read the configuration of the environment's resources of the types that are compared."""
    return tuple(
        Permission(
            actions=tuple(f"{read.service}:{action}" for action in read.actions),
            resources=tuple(dict.fromkeys(_resources(read, home, there, names))),
            conditions={"StringEquals": {_TAG: names.environment}} if read.is_tagged else {},
            because=_TAGGED if read.is_tagged else _OURS,
        )
        for read in READ.values()
    )


def _resources(read: ReadConfiguration, home: Location, there: Location, names: Names) -> Iterator[str]:
    for part in read.parts:
        for kind in read.kinds:
            resource = f"{kind}{'' if read.is_tagged else names.resource_prefix(part)}*"
            if "{path}" in kind:
                resource = f"policy{names.parameter('*')}"
            if read.is_global:
                account = "" if read.service == "s3" else home.account
                yield f"arn:{home.partition}:{read.service}::{account}:{resource}"
            else:
                yield _at(part, home, there).arn(read.service, resource)


def _at(part: str, home: Location, there: Location) -> Location:
    return there if part in ELSEWHERE else home


def _regions(*locations: Location) -> Sequence[str]:
    return list(dict.fromkeys(location.region for location in locations))
