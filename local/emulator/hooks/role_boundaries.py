"""A role that a template creates has the permissions boundary that the template gives it.

AWS: `PermissionsBoundary` of AWS::IAM::Role limits the role. A policy that does not exist is no boundary
    (https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePermissionsBoundary.html).
ministack: CloudFormation's handlers do not read the property. The API's boundary does limit a role.
Patch: CloudFormation sets it as the API does.
"""

from ministack.services import iam

from local.emulator.hooks.resource_types import Properties, after, before

ROLE = "AWS::IAM::Role"


def _check(properties: Properties, *_: str) -> None:
    boundary = properties.get("PermissionsBoundary")
    if boundary and iam._boundary_policy_error(boundary) is not None:
        raise ValueError(f"Scope ARN: {boundary} does not exist or is not attachable. (Service: Iam, Status Code: 404)")


def _set(name: str, properties: Properties) -> None:
    iam._roles[name]["PermissionsBoundary"] = properties.get("PermissionsBoundary")


def install() -> None:
    """Checks and sets the boundary of each role."""
    before(ROLE, _check)
    after(ROLE, _set)
