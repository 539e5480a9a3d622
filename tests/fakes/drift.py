"""The stacks of an environment as CloudFormation compares them, for the drift watch."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.fakes.errors import service_error

UPDATED = datetime(2026, 11, 1, tzinfo=UTC)
COMPARED_AT = datetime(2026, 11, 2, tzinfo=UTC)
FUNCTION = {"LogicalResourceId": "Function", "ResourceType": "AWS::Lambda::Function", "PhysicalResourceId": "f-1"}
CUSTOM = {"LogicalResourceId": "Custom", "ResourceType": "Custom::Thing", "PhysicalResourceId": "c-1"}


def drifted(status: str = "MODIFIED", *paths: str, **more: Any) -> dict[str, Any]:
    """The answer about the function."""
    return {
        **FUNCTION,
        "StackResourceDriftStatus": status,
        "PropertyDifferences": [{"PropertyPath": path, "DifferenceType": "NOT_EQUAL"} for path in paths],
        **more,
    }


@dataclass
class FakeComparisons:
    """CloudFormation in one Region.

    Attributes:
        templates: Name of each stack → its template.
        drifts: Name → what a comparison finds.
        asked: (stack, resources) of each comparison that was asked for.
        busy: Stacks that a comparison is at work on.
    """

    templates: dict[str, Any] = field(default_factory=dict)
    drifts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    compared: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    asked: list[tuple[str, list[str]]] = field(default_factory=list)
    busy: set[str] = field(default_factory=set)
    page: int = 100

    def list_stacks(self, **p: Any) -> dict[str, Any]:
        assert "UPDATE_COMPLETE" in p["StackStatusFilter"]
        return {"StackSummaries": [self._summary(name) for name in self.templates]}

    def _summary(self, name: str) -> dict[str, Any]:
        known = self.compared.get(name)
        last = {"StackDriftStatus": known[0], "LastCheckTimestamp": known[1]} if known else {}
        return {
            "StackName": name,
            "StackStatus": "UPDATE_COMPLETE",
            "CreationTime": UPDATED,
            "LastUpdatedTime": UPDATED,
            "DriftInformation": last or {"StackDriftStatus": "NOT_CHECKED"},
        }

    def list_stack_resources(self, **_: Any) -> dict[str, Any]:
        return {"StackResourceSummaries": [FUNCTION, CUSTOM]}

    def describe_stack_resource_drifts(self, **p: Any) -> dict[str, Any]:
        found = [
            each
            for each in self.drifts.get(p["StackName"], [])
            if each["StackResourceDriftStatus"] in p["StackResourceDriftStatusFilters"]
        ]
        begin = int(p.get("NextToken", 0))
        more = {"NextToken": str(begin + self.page)} if begin + self.page < len(found) else {}
        return {"StackResourceDrifts": found[begin : begin + self.page], **more}

    def get_template(self, **p: Any) -> dict[str, Any]:
        assert p["TemplateStage"] == "Original"
        return {"TemplateBody": self.templates[p["StackName"]]}

    def detect_stack_drift(self, **p: Any) -> dict[str, Any]:
        if p["StackName"] in self.busy:
            raise service_error("ValidationError")
        self.asked.append((p["StackName"], p["LogicalResourceIds"]))
        return {"StackDriftDetectionId": "id"}

    def get_paginator(self, operation: str) -> Any:
        return _Paginator(getattr(self, operation))


@dataclass
class _Paginator:
    operation: Any

    def paginate(self, **p: Any) -> list[dict[str, Any]]:
        return [self.operation(**p)]
