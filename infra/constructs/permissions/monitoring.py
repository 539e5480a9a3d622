"""Alarms, logs and dead letters, for the person on call. Names that CloudFormation makes are matched by prefix."""

from collections.abc import Mapping, Sequence

from distillery.core.names import Names
from infra.constructs.arn import Location
from infra.constructs.permissions.keys import by_alias
from infra.constructs.permissions.permission import Permission

Stacks = Mapping[Location, Sequence[str]]
"""The stacks (such as `pipeline`) of an environment in each Region."""

_NAMES = "CloudFormation makes these names; the statement names what each begins with, the stack's own name."
_ACCOUNT_WIDE = (
    "These actions take no resource, or list all alarms: the Service Authorization Reference allows no less."
)


def read_alarms(*locations: Location) -> Permission:
    """Alarms and metrics of the whole account: they contain no texts."""
    regions = [location.region for location in locations]
    return Permission(
        actions=("cloudwatch:DescribeAlarms", "cloudwatch:GetMetricData", "cloudwatch:ListMetrics"),
        resources=("*",),
        conditions={"StringEquals": {"aws:RequestedRegion": regions}},
        because=_ACCOUNT_WIDE,
    )


def read_statistics(location: Location) -> Permission:
    """Sums of metrics, which contain no texts. The action takes no resource."""
    return Permission(
        actions=("cloudwatch:GetMetricStatistics",),
        resources=("*",),
        conditions={"StringEquals": {"aws:RequestedRegion": location.region}},
        because=_ACCOUNT_WIDE,
    )


def read_metrics(*regions: str) -> Permission:
    """Metrics of the whole account in these Regions: counts and times, no texts. The action takes no resource."""
    return Permission(
        actions=("cloudwatch:GetMetricData",),
        resources=("*",),
        conditions={"StringEquals": {"aws:RequestedRegion": list(regions)}},
        because=_ACCOUNT_WIDE,
    )


def read_functions(names: Names, stacks: Stacks) -> Permission:
    """List functions, find their log groups and read their logs."""
    resources = tuple(
        location.arn(service, f"{kind}{begins}*")
        for location, parts in stacks.items()
        for part in parts
        for service, kind, begins in (
            ("cloudformation", "stack/", f"{names.stack(part)}/"),
            ("lambda", "function:", names.resource_prefix(part)),
            ("logs", "log-group:", names.resource_prefix(part)),
        )
    )
    actions = ("cloudformation:DescribeStackResources", "lambda:GetFunctionConfiguration", "logs:FilterLogEvents")
    return Permission(actions=actions, resources=resources, because=_NAMES)


def empty_dead_letters(names: Names, stacks: Stacks) -> tuple[Permission, ...]:
    """Read dead letters, and delete those that were handled. They contain names of objects."""
    verbs = ("DeleteMessage", "GetQueueAttributes", "GetQueueUrl", "PurgeQueue", "ReceiveMessage")
    queues = tuple(
        location.arn("sqs", f"{names.resource_prefix(part)}*") for location, parts in stacks.items() for part in parts
    )
    return (
        Permission(actions=tuple(f"sqs:{verb}" for verb in verbs), resources=queues, because=_NAMES),
        by_alias(names.key_alias, "sqs", ("kms:Decrypt",), *stacks),
    )
