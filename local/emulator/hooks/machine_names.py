"""A state machine without a name is named after its logical id alone.

AWS: `StateMachine2E01570F-pnWcCWdyPZ2q`, without the stack's name (https://github.com/aws/aws-sam-cli/issues/2022), so
    a policy cannot name the machines of a stack by a prefix.
ministack: names it as other resources are: stack, logical id, suffix.
Patch: CloudFormation's handlers get a name, with ministack's suffix, which differs between stacks.
"""

from ministack.services.cloudformation import provisioners

from local.emulator.hooks.resource_types import named

MACHINE = "AWS::StepFunctions::StateMachine"
_LONGEST = 80
"""Characters of a name (CreateStateMachine)."""


def machine_name(stack: str, ident: str) -> str:
    """The name of a machine that the template gives none."""
    suffix = provisioners._physical_name(stack, ident).rpartition("-")[2]
    return f"{ident[: _LONGEST - len(suffix) - 1]}-{suffix}"


def install() -> None:
    """Names machines without a name."""
    named(MACHINE, "StateMachineName", machine_name, lambda arn: arn.rpartition(":")[2])
