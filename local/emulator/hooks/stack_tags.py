"""A policy may ask for the tags of a stack.

AWS: `aws:ResourceTag` is a condition key of actions on stacks (Service Authorization Reference, AWS CloudFormation).
ministack: knows the tags of some services' resources, and not of stacks.
Patch: a stack's tags, by the name in its ARN: a request names a stack, and its id is not part of the check.
"""

from ministack.services import tagging
from ministack.services.cloudformation import _stacks


def install() -> None:
    """Wraps where the tags of a resource are found."""
    tags_of = tagging.resource_tags

    def resource_tags(arn: str) -> dict[str, str] | None:
        _, _, service, _, _, resource = (*arn.split(":", 5), "", "", "", "", "")[:6]
        if service != "cloudformation" or not resource.startswith("stack/"):
            return tags_of(arn)  # type: ignore[no-any-return]  # ministack has no types
        stack = _stacks.get(resource.split("/")[1])
        return {tag["Key"]: tag["Value"] for tag in stack.get("Tags") or []} if stack else None

    tagging.resource_tags = resource_tags
