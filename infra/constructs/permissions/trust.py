"""Trust policies: which service may assume a role, with conditions against confused deputies.

Lambda's trust policy has none: Lambda does not send `aws:SourceArn` when it assumes an execution role.
"""

from aws_cdk import aws_iam as iam

from infra.constructs.arn import Location


def service(location: Location, name: str, source: str) -> iam.ServicePrincipal:
    """A service principal. `source` is the resource that the service acts for, such as `model-customization-job/*`."""
    prefix = name.partition(".")[0]
    return iam.ServicePrincipal(name, conditions=from_source(location, prefix, source))


def from_source(location: Location, prefix: str, source: str) -> dict[str, dict[str, str]]:
    """Conditions that limit a service to our account and one type of its resources."""
    return {
        "StringEquals": {"aws:SourceAccount": location.account},
        "ArnLike": {"aws:SourceArn": location.arn(prefix, source)},
    }


def from_budgets(location: Location) -> dict[str, dict[str, str]]:
    """The same for AWS Budgets, which has no Region."""
    return from_source(location.at(""), "budgets", "*")


def from_trail(location: Location, name: str) -> dict[str, dict[str, str]]:
    """The condition that limits CloudTrail to one trail; its guide recommends no other key."""
    return {"ArnEquals": {"aws:SourceArn": location.arn("cloudtrail", f"trail/{name}")}}
