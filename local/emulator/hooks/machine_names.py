"""A state machine without a name is named after its logical id alone.

AWS: `StateMachine2E01570F-pnWcCWdyPZ2q`, without the stack's name (https://github.com/aws/aws-sam-cli/issues/2022), so
    a policy cannot name the machines of a stack by a prefix.
ministack: names it as other resources are: stack, logical id, suffix.
Patch: CloudFormation's handlers get a name, with ministack's suffix, which differs between stacks.
"""

from typing import Any

from ministack.services.cloudformation import provisioners

from local.emulator.hooks.resource_types import Made, Properties

MACHINE = "AWS::StepFunctions::StateMachine"
_LONGEST = 80
"""Characters of a name (CreateStateMachine)."""


def machine_name(stack: str, ident: str) -> str:
    """The name of a machine that the template gives none."""
    suffix = provisioners._physical_name(stack, ident).rpartition("-")[2]
    return f"{ident[: _LONGEST - len(suffix) - 1]}-{suffix}"


def install() -> None:
    """Names machines without a name."""
    handlers = provisioners._RESOURCE_HANDLERS[MACHINE]
    create, update = handlers["create"], handlers["update"]

    def create_named(logical_id: str, properties: Properties, stack: str) -> Made:
        named = {"StateMachineName": machine_name(stack, logical_id), **properties}
        return create(logical_id, named, stack)  # type: ignore[no-any-return]  # ministack has no types

    def update_named(arn: str, old: Properties, new: Properties, *rest: Any) -> Made:
        named = {"StateMachineName": arn.rpartition(":")[2]}
        return update(arn, named | old, named | new, *rest)  # type: ignore[no-any-return]  # as above

    handlers["create"], handlers["update"] = create_named, update_named
