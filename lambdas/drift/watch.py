"""Reads what CloudFormation found since the last run, notifies people once, and asks it to compare again.

A comparison takes minutes, so each run reads the answers to the last one's questions: nothing waits, and no id of a
comparison is kept, because CloudFormation keeps the answer with the stack. A run that is repeated changes nothing.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from distillery.core.aws import ClientError, code
from distillery.core.boundary import get_logger
from distillery.core.findings import notify_new
from distillery.core.names import Names
from distillery.core.notices import Notices
from distillery.core.operational_metrics import OperationalMetric, emit
from distillery.core.parameters import read_parameter, write_parameter
from distillery.core.stack_drift import (
    COMPARED,
    ComparedStack,
    DriftFinding,
    DriftKind,
    changed_resources,
    list_stacks,
    promoted,
    template_of,
    unpromoted,
)

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_ssm import SSMClient

log = get_logger(__name__)
RESOURCES_MAX = 200
"""Resources of a stack that one comparison may name (DetectStackDrift, LogicalResourceIds)."""
KNOWN_MAX = 200
"""Findings that are remembered. With more, a standard parameter (4,096 characters) would overflow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftWatch:
    """The watch of one environment.

    Attributes:
        regions: Where it has stacks.
        ssm: Client in the home Region, which has the record of the promotion and what was notified.
        cloudformation: Region → client.
    """

    names: Names
    regions: Sequence[str]
    ssm: "SSMClient"
    notices: Notices
    cloudformation: Callable[[str], "CloudFormationClient"]

    def run(self, now: datetime) -> list[DriftFinding]:
        """Returns what differs. What the last run did not find is notified."""
        stacks = [
            each for region in self.regions for each in list_stacks(self.cloudformation(region), self.names, region)
        ]
        found = [
            *(each for stack in stacks for each in changed_resources(self.cloudformation(stack.region), stack)),
            *unpromoted(stacks, promoted(self.ssm, self.names), self._template),
        ]
        notify_new(
            self.notices,
            found,
            self._known(),
            lambda count: f"Distillery: {self.names.environment} is not what was promoted ({count} findings)",
        )
        self._store(found, now)
        changed = sum(each.kind in (DriftKind.MODIFIED, DriftKind.DELETED) for each in found)
        emit(self.names, OperationalMetric.CHANGED_RESOURCES, changed)
        stacks_found = sum(each.kind is DriftKind.UNPROMOTED for each in found)
        emit(self.names, OperationalMetric.UNPROMOTED_STACKS, stacks_found)
        for stack in stacks:
            self._compare(stack)
        return found

    def _template(self, stack: ComparedStack) -> object:
        return template_of(self.cloudformation(stack.region), stack.name)

    def _known(self) -> frozenset[str]:
        text = read_parameter(self.ssm, self.names.drift)
        return frozenset() if text is None else frozenset(json.loads(text)["known"])

    def _store(self, found: Sequence[DriftFinding], now: datetime) -> None:
        known = [each.key for each in found][:KNOWN_MAX]
        kept = {"at": now.isoformat(timespec="seconds"), "count": len(found), "known": known}
        description = "What differs from what was promoted; written by the drift watch"
        write_parameter(self.ssm, self.names.drift, json.dumps(kept), description=description)

    def _compare(self, stack: ComparedStack) -> None:
        """Begins a comparison. Another that is still at work, or a deployment, is left alone."""
        cloudformation = self.cloudformation(stack.region)
        pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack.name)
        listed = [each for page in pages for each in page["StackResourceSummaries"]]
        compared = [each["LogicalResourceId"] for each in listed if each["ResourceType"] in COMPARED]
        if not compared:
            return
        try:
            cloudformation.detect_stack_drift(StackName=stack.name, LogicalResourceIds=compared[:RESOURCES_MAX])
        except ClientError as error:
            if code(error) != "ValidationError":
                raise
            log.warning("%s in %s is not compared now: %s", stack.name, stack.region, error)
