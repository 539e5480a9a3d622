"""Environments of branches as their stacks describe them: which there are, which have ended, and in which order their
stacks are deleted.

`ephemeral` writes their settings. What is deployed counts here, because the branch may have been merged long ago.
"""

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from distillery.core.aws import ClientError, code
from distillery.core.names import ENVIRONMENT_MAX, TAG_ENVIRONMENT, Names
from infra.deployment.ephemeral import BRANCH, LAST_DAY, name_of

NAME_PATTERN = f"e{'?' * (ENVIRONMENT_MAX - 1)}"
"""What every name of `name_of` matches, as a pattern of IAM."""
_STACK = re.compile(Names(f"(?P<environment>e[a-z2-7]{{{ENVIRONMENT_MAX - 1}}})").stack("(?P<part>.+)"))
GONE = "DELETE_COMPLETE"
DELETION_FAILED = "DELETE_FAILED"
DELETING = "DELETE_IN_PROGRESS"
_WITHOUT_TEMPLATE = "REVIEW_IN_PROGRESS"
"""Of a stack whose first change set was never executed."""
_LISTED = (
    *("CREATE_IN_PROGRESS", "CREATE_FAILED", "CREATE_COMPLETE", "ROLLBACK_IN_PROGRESS", "ROLLBACK_FAILED"),
    *("ROLLBACK_COMPLETE", DELETING, DELETION_FAILED, "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"),
    *("UPDATE_COMPLETE", "UPDATE_FAILED", "UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_FAILED"),
    *("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE", _WITHOUT_TEMPLATE),
)
"""Statuses of stacks that exist: ListStacks also lists those that were deleted in the last 90 days."""
_RETAINED = re.compile(r'"?DeletionPolicy"?:\s*"?Retain')
_BUSY = re.compile(r"(CREATE|ROLLBACK|UPDATE)_.*IN_PROGRESS|ROLLBACK_IN_PROGRESS")
WORKING = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")
"""Statuses of a stack whose functions answer."""
GUARD, PIPELINE = "teardown", "pipeline"
_ORDER = (GUARD, "telemetry", "telemetry-inference", "", "collection", "serving", PIPELINE, "foundation-inference")
"""Parts in the order of their deletion; the empty one stands for a part that this checkout does not know. The guard
depends on all, and all depend on the foundations: `app.build`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchStack:
    """A stack of an environment of a branch.

    Attributes:
        part: The end of its name.
        protected: Whether CloudFormation refuses to delete it.
        retains: Whether its template keeps a resource beyond the stack, as those of environments that keep data do.
    """

    region: str
    name: str
    part: str
    status: str
    protected: bool
    tags: Mapping[str, str]
    retains: bool

    @property
    def position(self) -> int:
        """In the order of deletion."""
        if self.part == "foundation":
            return len(_ORDER)
        return _ORDER.index(self.part if self.part in _ORDER else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchEnvironment:
    """The stacks of an environment, of which one at least has the tag of a branch, in the order of their deletion."""

    name: str
    stacks: tuple[BranchStack, ...]

    @property
    def branch(self) -> str:
        return next((stack.tags[BRANCH] for stack in self.stacks if BRANCH in stack.tags), "")

    @property
    def last_day(self) -> date | None:
        """The latest that a stack has: whoever prolonged the environment may have been interrupted. None without."""
        return max((day for stack in self.stacks if (day := _day(stack.tags.get(LAST_DAY, "")))), default=None)

    def has_ended(self, on: date) -> bool:
        """Whether the last day is before `on`, or a deletion has passed the guard and was not completed.

        The guard is the first stack that a deletion deletes. While it is there, whatever state another stack is in,
        the environment can be deployed again.
        """
        if self.last_day is not None and self.last_day < on:
            return True
        guard = next((stack for stack in self.stacks if stack.part == GUARD), None)
        if guard is not None:
            return guard.status == DELETING
        return any(stack.status in (DELETION_FAILED, DELETING) for stack in self.stacks)

    @property
    def is_busy(self) -> bool:
        """Whether somebody deploys it now."""
        return any(_BUSY.fullmatch(stack.status) for stack in self.stacks)

    def objections(self, committed: Collection[str]) -> list[str]:
        """Sentences, each with a reason to leave the environment alone: it is not, or not only, one of a branch.

        Args:
            committed: Names of the environments whose settings are files of the repository.
        """
        found = []
        if self.name in committed:
            found.append(f"environments/{self.name}.toml is a file of the repository; no file of a branch is")
        if name_of(self.branch) != self.name:
            found.append(f"its branch is {self.branch!r}, whose environment is {name_of(self.branch)}")
        for stack in self.stacks:
            wanted = {TAG_ENVIRONMENT: self.name, BRANCH: self.branch}
            if wrong := sorted(key for key, value in wanted.items() if stack.tags.get(key) != value):
                found.append(f"stack {stack.name} has no tag {', '.join(wrong)} of this environment")
            if _day(stack.tags.get(LAST_DAY, "")) is None:
                found.append(f"stack {stack.name} has no tag {LAST_DAY} with a day")
            if stack.protected:
                found.append(f"stack {stack.name} is protected; an environment of a branch is not")
            if stack.retains:
                found.append(f"stack {stack.name} keeps data; an environment of a branch does not")
        return found


def _day(said: str) -> date | None:
    try:
        return date.fromisoformat(said)
    except ValueError:
        return None


def find(client: Callable[[str], Any], regions: Collection[str]) -> list[BranchEnvironment]:
    """Returns the environments of branches in an account, by name.

    Args:
        client: Returns the CloudFormation client of a Region.
        regions: Where to look.
    """
    found: dict[str, list[BranchStack]] = {}
    for region in regions:
        for environment, stack in _in_region(client(region), region):
            found.setdefault(environment, []).append(stack)
    return [
        BranchEnvironment(name=name, stacks=tuple(sorted(stacks, key=lambda each: (each.position, each.name))))
        for name, stacks in sorted(found.items())
        if any(BRANCH in stack.tags for stack in stacks)
    ]


def _in_region(cloudformation: Any, region: str) -> Iterator[tuple[str, BranchStack]]:
    for page in cloudformation.get_paginator("list_stacks").paginate(StackStatusFilter=list(_LISTED)):
        for summary in page["StackSummaries"]:
            match = _STACK.fullmatch(summary["StackName"])
            if match and (stack := _read(cloudformation, region, match[0], match["part"])):
                yield match["environment"], stack


def status(cloudformation: Any, name: str) -> str | None:
    """Returns a stack's status; None if it is gone."""
    stack = _described(cloudformation, name)
    return None if stack is None else str(stack["StackStatus"])


def _described(cloudformation: Any, name: str) -> Mapping[str, Any] | None:
    try:
        (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if code(error) != "ValidationError":  # of a stack that does not exist
            raise
        return None
    return None if stack["StackStatus"] == GONE else dict(stack)


def _read(cloudformation: Any, region: str, name: str, part: str) -> BranchStack | None:
    if (stack := _described(cloudformation, name)) is None:
        return None
    return BranchStack(
        region=region,
        name=name,
        part=part,
        status=str(stack["StackStatus"]),
        protected=bool(stack.get("EnableTerminationProtection")),
        tags={tag["Key"]: tag["Value"] for tag in stack.get("Tags", [])},
        retains=stack["StackStatus"] not in (_WITHOUT_TEMPLATE, DELETING) and _retains(cloudformation, name),
    )


def _retains(cloudformation: Any, name: str) -> bool:
    body = cloudformation.get_template(StackName=name, TemplateStage="Original")["TemplateBody"]
    return _RETAINED.search(body if isinstance(body, str) else json.dumps(body)) is not None
