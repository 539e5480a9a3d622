"""What is deployed against what was promoted: resources that were changed past CloudFormation, and templates that are
not those of the last promotion.

`make deploy` records the digests of the templates that it deployed, with their commit. CloudFormation compares
resources with their template when it is asked to (DetectStackDrift), and keeps the last answer. Two things read both:
the drift watch of the environment, twice a day, and `distillery doctor`.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from distillery.core.names import Names, digest
from distillery.core.parameters import read_parameter
from distillery.core.serialization import from_wire

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_ssm import SSMClient

COMPARED = (
    *("AWS::DynamoDB::Table", "AWS::Events::Rule", "AWS::IAM::ManagedPolicy", "AWS::IAM::Role"),
    *("AWS::Lambda::Function", "AWS::S3::Bucket", "AWS::SNS::Topic", "AWS::SQS::Queue"),
    "AWS::StepFunctions::StateMachine",
)
"""Types that the drift watch lets CloudFormation compare. It reads a resource with the caller's rights, so the watch
may read the configuration of these (`infra/constructs/permissions/drift`), and of nothing else."""
PARTS = (
    *("collection", "foundation", "foundation-inference", "pipeline", "serving", "teardown", "telemetry"),
    "telemetry-inference",
)
"""The stacks of an environment. That of the workflows' roles is none of them: no promotion deploys it."""
STEADY: "list[Any]" = ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"]
"""Statuses of stacks that are compared: others are being deployed, or are broken, which `doctor` says."""
_SEEN: "list[Any]" = ["MODIFIED", "DELETED", "UNKNOWN"]
_DRIFTED, _UNKNOWN = "DRIFTED", "UNKNOWN"


class DriftKind(StrEnum):
    """MODIFIED, DELETED: a resource past CloudFormation. UNREADABLE: CloudFormation could not compare one. UNPROMOTED:
    a stack whose template is not what was promoted."""

    MODIFIED = "modified"
    DELETED = "deleted"
    UNREADABLE = "unreadable"
    UNPROMOTED = "unpromoted"


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotedTemplates:
    """What was deployed by `make deploy`, as its parameter holds it.

    Attributes:
        commit: Of the checkout, with `+` behind it if files had been edited; empty if it is not known.
        at: When, ISO 8601.
        by: The ARN of who deployed.
        templates: Name of each stack → digest of its template.
    """

    commit: str
    at: str
    by: str
    templates: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"commit {self.commit or 'unknown'}, {self.at}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftFinding:
    """One finding about a stack, or about a resource in it.

    Attributes:
        resource: Its name; empty for a stack.
        text: The finding in one sentence.
    """

    kind: DriftKind
    stack: str
    region: str
    text: str
    resource: str = ""

    @property
    def key(self) -> str:
        """Equal for what was notified already."""
        return digest([self.kind, self.region, self.stack, self.text])[:12]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedStack:
    """A stack as ListStacks or DescribeStacks describes it.

    Attributes:
        result: The answer of the last comparison, such as `IN_SYNC`; empty if there was none since the last update.
        at: When CloudFormation compared it.
        updated: When it was deployed; None if that is not known.
    """

    name: str
    region: str
    status: str
    result: str
    at: datetime | None
    updated: datetime | None

    @classmethod
    def of(cls, stack: Mapping[str, Any], region: str) -> "ComparedStack":
        last = stack.get("DriftInformation", {})
        at, updated = last.get("LastCheckTimestamp"), stack.get("LastUpdatedTime", stack.get("CreationTime"))
        counts = at is not None and (updated is None or at > updated)
        return cls(
            name=str(stack["StackName"]),
            region=region,
            status=str(stack["StackStatus"]),
            result=str(last.get("StackDriftStatus", "")) if counts else "",
            at=at if counts else None,
            updated=updated,
        )


def promoted(ssm: "SSMClient", names: Names) -> PromotedTemplates | None:
    """The last promotion; None if the environment was never deployed by `make deploy`."""
    text = read_parameter(ssm, names.promoted)
    return None if text is None else from_wire(PromotedTemplates, json.loads(text))


def list_stacks(cloudformation: "CloudFormationClient", names: Names, region: str) -> list[ComparedStack]:
    """The environment's stacks in a Region that are neither being deployed nor broken."""
    pages = cloudformation.get_paginator("list_stacks").paginate(StackStatusFilter=STEADY)
    ours = {names.stack(part) for part in PARTS}
    found = (each for page in pages for each in page["StackSummaries"] if each["StackName"] in ours)
    return [ComparedStack.of(each, region) for each in found]


def changed_resources(cloudformation: "CloudFormationClient", stack: ComparedStack) -> Iterator[DriftFinding]:
    """The resources that differ from their template, as of the last comparison."""
    if stack.result not in (_DRIFTED, _UNKNOWN):
        return
    token: dict[str, Any] = {}
    while True:
        answer = cloudformation.describe_stack_resource_drifts(
            StackName=stack.name, StackResourceDriftStatusFilters=_SEEN, **token
        )
        yield from (_resource(each, stack) for each in answer["StackResourceDrifts"])
        if not answer.get("NextToken"):
            return
        token = {"NextToken": answer["NextToken"]}


def _resource(drift: Mapping[str, Any], stack: ComparedStack) -> DriftFinding:
    resource = str(drift.get("PhysicalResourceId") or drift["LogicalResourceId"])
    named = f"{drift['ResourceType']} {resource} of stack {stack.name} in {stack.region}"
    status = str(drift["StackResourceDriftStatus"])
    if status == "DELETED":
        kind, text = DriftKind.DELETED, f"{named} was deleted past CloudFormation"
    elif status == "MODIFIED":
        paths = sorted({str(each["PropertyPath"]) for each in drift.get("PropertyDifferences", [])})
        kind, text = DriftKind.MODIFIED, f"{named} was changed past CloudFormation: {', '.join(paths) or 'unknown'}"
    else:
        why = str(drift.get("DriftStatusReason", "CloudFormation gives no reason"))
        kind, text = DriftKind.UNREADABLE, f"{named} could not be compared: {why}"
    return DriftFinding(kind=kind, stack=stack.name, region=stack.region, resource=resource, text=text)


def unpromoted(
    stacks: Collection[ComparedStack], promotion: PromotedTemplates | None, template: Callable[[ComparedStack], Any]
) -> Iterator[DriftFinding]:
    """The stacks whose template is not what was promoted, and those that were never promoted.

    Args:
        stacks: The deployed ones, in all Regions.
        promotion: The last promotion. Without one there is nothing to compare with.
        template: Returns the template of a stack, parsed.
    """
    if promotion is None:
        return
    for stack in stacks:
        wanted = promotion.templates.get(stack.name)
        if wanted is None:
            text = f"stack {stack.name} in {stack.region} was not promoted ({promotion})"
        elif digest(template(stack)) != wanted:
            text = f"the template of stack {stack.name} in {stack.region} is not what was promoted ({promotion})"
        else:
            continue
        yield DriftFinding(kind=DriftKind.UNPROMOTED, stack=stack.name, region=stack.region, text=text)


def template_of(cloudformation: "CloudFormationClient", name: str) -> Any:
    """A stack's template as it was deployed."""
    found: Any = cloudformation.get_template(StackName=name, TemplateStage="Original")["TemplateBody"]
    return json.loads(found) if isinstance(found, str) else found
