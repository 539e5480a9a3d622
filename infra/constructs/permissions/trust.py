"""Who may assume a role, for whom: the confused-deputy conditions of every service but Lambda's.

Lambda's own trust takes none: it does not send `aws:SourceArn` when it assumes an execution role.
"""

from aws_cdk import aws_iam as iam

from infra.constructs.arn import Location


def service(location: Location, name: str, source: str) -> iam.ServicePrincipal:
    """`source`: the resource on whose behalf the service comes, such as `model-customization-job/*`."""
    prefix = name.partition(".")[0]
    return iam.ServicePrincipal(name, conditions=from_source(location, prefix, source))


def from_source(location: Location, prefix: str, source: str) -> dict[str, dict[str, str]]:
    """The conditions that hold a service to our account and to one kind of its resources."""
    return {
        "StringEquals": {"aws:SourceAccount": location.account},
        "ArnLike": {"aws:SourceArn": location.arn(prefix, source)},
    }


def from_budgets(location: Location) -> dict[str, dict[str, str]]:
    """The same for AWS Budgets, which are of no Region."""
    return from_source(location.at(""), "budgets", "*")


def from_trail(location: Location, name: str) -> dict[str, dict[str, str]]:
    """The condition that holds CloudTrail to one trail; its guide recommends no other key."""
    return {"ArnEquals": {"aws:SourceArn": location.arn("cloudtrail", f"trail/{name}")}}
