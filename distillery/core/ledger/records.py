"""What the ledger holds, typed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from distillery.core.pipeline import Outcome, Run, Stage
from distillery.core.serialization import from_wire

ON_THE_ROAD = (Outcome.AWAITING, Outcome.RUNNING)
"""What has not ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRecord:
    """started, ended: ISO 8601; product: what the stage gave to the next."""

    started: str
    ended: str | None = None
    product: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """A run's lineage. opened, approved, closed: ISO 8601; approved_by, closed_by: ARNs of who decided it; asked,
    refused: how often a job was asked for, and how often the service said no."""

    run: Run
    outcome: Outcome
    opened: str
    closed: str | None
    reason: str
    stages: Mapping[Stage, StageRecord]
    approved: str | None = None
    approved_by: str | None = None
    closed_by: str | None = None
    asked: int = 0
    refused: int = 0

    @property
    def cost_nothing(self) -> bool:
        """No job can have come of it: none was asked for, or none was not refused."""
        return self.asked == self.refused

    @property
    def begun(self) -> str:
        """When it took its recipe: a run that waits for an approval holds nothing up."""
        return self.approved or self.opened

    @property
    def has_student(self) -> bool:
        record = self.stages.get(Stage.DISTILLATION)
        return record is not None and record.ended is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A run that waits for a customization job: the task token to answer when the job ends."""

    job: str
    token: str
    run: str


def run_record(item: Mapping[str, str]) -> RunRecord:
    """The record that a run's item spells."""
    return RunRecord(
        run=from_wire(Run, json.loads(item["run"])),
        outcome=Outcome(item["outcome"]),
        opened=item["opened"],
        closed=item.get("closed"),
        reason=item.get("reason", ""),
        stages={stage: _stage(item, stage) for stage in Stage if f"{stage}_started" in item},
        approved=item.get("approved"),
        approved_by=item.get("approved_by"),
        closed_by=item.get("closed_by"),
        asked=int(item.get("asked", "0")),
        refused=int(item.get("refused", "0")),
    )


def _stage(item: Mapping[str, str], stage: Stage) -> StageRecord:
    return StageRecord(
        started=item[f"{stage}_started"],
        ended=item.get(f"{stage}_ended"),
        product=json.loads(item.get(f"{stage}_product", "{}")),
    )
