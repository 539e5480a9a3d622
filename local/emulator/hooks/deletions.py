"""A resource that another one depends on is kept while that one cannot be deleted.

AWS: resources are deleted in the reverse order of their dependencies, and one that is not deleted keeps what it depends
    on: the stack becomes DELETE_FAILED, and its deletion can be repeated
    (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-dependson.html).
ministack: deletes all others, also the function of a custom resource that refused, so the deletion cannot be repeated.
Patch: such a resource is not deleted either, and says why. (On AWS it has no event.)
"""

from typing import Any

from ministack.services.cloudformation import _stacks, stacks

_FAILED = "_failed_deletions"
"""What could not be deleted, in the record of its stack."""


def install() -> None:
    """Wraps the deletion of a resource. What depends on others is deleted before them, and again in a repetition."""
    delete = stacks._delete_resource

    def delete_resource(kind: str, name: str, properties: dict[str, Any], stack: str, ident: str) -> None:
        record = _stacks.get(stack) or {}
        failed = record.setdefault(_FAILED, set())
        failed.discard(ident)
        if record.get("StackStatus") == "DELETE_IN_PROGRESS" and ident in _needed(record):
            raise ValueError("a resource that depends on it was not deleted")
        try:
            delete(kind, name, properties, stack, ident)
        except Exception:
            failed.add(ident)
            raise

    stacks._delete_resource = delete_resource


def _needed(record: dict[str, Any]) -> set[str]:
    """What the resources that could not be deleted depend on, through others too."""
    defined = (record.get("_template") or {}).get("Resources", {})
    needed: set[str] = stacks._with_dependencies(sorted(record[_FAILED]), defined, set(record.get("_resources", {})))
    return needed
