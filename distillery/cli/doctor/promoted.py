"""Checks of what is deployed against what was promoted: templates, and resources that were changed past
CloudFormation."""

from collections.abc import Iterator
from datetime import timedelta

from distillery.cli.doctor.examined import Examined
from distillery.cli.doctor.findings import DoctorFinding, info, unchecked, warns
from distillery.core import clock, stack_drift
from distillery.core.stack_drift import ComparedStack, DriftFinding, DriftKind

LATE = timedelta(days=2)
"""The drift watch runs twice a day, and reads the answers of the run before."""


def _compared(examined: Examined) -> list[ComparedStack]:
    """The stacks that no deployment is at work on."""
    ours = {examined.names.stack(part) for part in stack_drift.PARTS}
    found = (ComparedStack.of(stack, region) for region, stack in examined.deployed() if stack["StackName"] in ours)
    return [each for each in found if each.status in stack_drift.STEADY]


def templates(examined: Examined) -> Iterator[DoctorFinding]:
    """Templates against those that `make deploy` recorded."""
    stacks = _compared(examined)
    if not stacks:
        return
    promotion = stack_drift.promoted(examined.client("ssm", examined.home), examined.names)
    if promotion is None:
        yield info("no promotion is recorded: `make deploy` records one, and `cdk deploy` does not")
        return
    found = list(
        stack_drift.unpromoted(
            stacks,
            promotion,
            lambda stack: stack_drift.template_of(examined.client("cloudformation", stack.region), stack.name),
        )
    )
    deploy = f"git checkout {promotion.commit.rstrip('+')} && make assemblies deploy ENV={examined.on.environment}"
    for each in found:
        why = "somebody deployed past the promotion, and the next promotion changes it"
        yield warns(each.text, why, f"make diff ENV={examined.on.environment}; to go back: {deploy}")
    if not found:
        yield info(f"{len(stacks)} stacks are what was promoted: {promotion}, by {promotion.by}")


def resources(examined: Examined) -> Iterator[DoctorFinding]:
    """What CloudFormation found when the drift watch let it compare."""
    stacks = _compared(examined)
    for stack in stacks:
        for each in stack_drift.changed_resources(examined.client("cloudformation", stack.region), stack):
            yield _changed(each)
    oldest = min((stack.at for stack in stacks if stack.at), default=None)
    new = [stack.name for stack in stacks if stack.at is None and _is_new(stack)]
    never = [stack.name for stack in stacks if stack.at is None and not _is_new(stack)]
    if new:
        yield info(f"the drift watch compares {', '.join(new)} within a day of its deployment")
    if never:
        why = "a change past CloudFormation is not seen"
        fix = "wait for the drift watch, which runs twice a day and reads the answers of the run before"
        yield unchecked(f"CloudFormation has not compared {', '.join(never)} since the last deployment", why, fix)
    if oldest is not None and clock.now() - oldest > LATE:
        why = "a change past CloudFormation is not seen"
        fix = "read the log of the function whose name contains DriftFunction, in the stack of the pipeline"
        yield warns(f"CloudFormation has compared nothing since {oldest:%Y-%m-%d %H:%M}", why, fix)
    elif oldest is not None:
        yield info(
            f"CloudFormation compared {len(stacks) - len(never) - len(new)} stacks since {oldest:%Y-%m-%d %H:%M} UTC"
        )


def _is_new(stack: ComparedStack) -> bool:
    return stack.updated is not None and clock.now() - stack.updated <= LATE


def _changed(found: DriftFinding) -> DoctorFinding:
    if found.kind is DriftKind.UNREADABLE:
        fix = "if an action is denied, add it to infra/constructs/permissions/drift.py"
        return unchecked(found.text, "nobody knows whether somebody changed it", fix)
    why = "the next deployment may change it back, or fail"
    fix = f"aws cloudformation describe-stack-resource-drifts --region {found.region} --stack-name {found.stack}"
    return warns(found.text, why, f"{fix}; then change it back, or change the code and promote it")
