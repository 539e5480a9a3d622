"""Customization jobs that stay in a phase: people are notified once a day, and a metric raises an alarm.

Two accounts report Nova jobs that stay at training `NotStarted`, one for 74 hours, billed $0. No source says how long a
phase may take, so the limits are generous assumptions, and passing one stops nothing unless the recipe says so
(`restarts`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

from distillery.core import clock
from distillery.core.ledger.items import RunRecord
from distillery.core.ledger.jobs import WaitingJob
from distillery.core.ledger.table import Table
from distillery.core.names import Names
from distillery.core.notices import Notices
from distillery.core.operational_metrics import OperationalMetric, emit

PARTITION = "stalled"
DAY = timedelta(days=1)
SLACK = timedelta(minutes=5)
"""How much earlier than a day ago the last notice may be: the schedule is not exact."""

VALIDATION, DATA_PROCESSING, TRAINING = "validation", "data processing", "training"
PHASES = (
    (VALIDATION, "validationDetails"),
    (DATA_PROCESSING, "dataProcessingDetails"),
    (TRAINING, "trainingDetails"),
)
"""The phases of a job in their order, and the keys of `statusDetails` (GetModelCustomizationJob)."""

NOT_STARTED = timedelta(hours=12)
"""How long a phase may wait to begin. ASSUMPTION: jobs queue, and no source says for how long."""

LIMITS = {VALIDATION: timedelta(hours=12), DATA_PROCESSING: timedelta(hours=36), TRAINING: timedelta(hours=72)}
"""How long a phase may be in progress. ASSUMPTION: a run is ended after ten days in any case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stall:
    """A phase that takes longer than its limit. `waits`: whether it has not begun."""

    phase: str
    waits: bool
    since: datetime
    limit: timedelta

    @property
    def is_billed(self) -> bool:
        """Whether the phase costs something: the teacher answers, or the student trains."""
        return self.phase != VALIDATION and not self.waits

    @property
    def is_costless(self) -> bool:
        """Whether no phase that costs something has begun."""
        return self.phase == VALIDATION or (self.phase == DATA_PROCESSING and self.waits)

    @property
    def text(self) -> str:
        what = f"waits for its phase {self.phase} to begin" if self.waits else f"is in its phase {self.phase}"
        hours = int((clock.now() - self.since).total_seconds() // 3600)
        return f"{what}, for {hours} hours; usual is less than {int(self.limit.total_seconds() // 3600)}"


def stall_of(job: Mapping[str, Any], now: datetime) -> Stall | None:
    """The stall of a job in progress; None where its phase is within its limit, or where the service gives no phases.

    A phase that waits has waited since the phase before it last changed, and the first since the job was created.
    """
    details, since = job.get("statusDetails") or {}, job.get("creationTime")
    for phase, key in PHASES:
        found = details.get(key) or {}
        status = found.get("status")
        if status == "Completed":
            since = found.get("lastModifiedTime", since)
            continue
        if status not in ("NotStarted", "InProgress"):
            return None
        waits = status == "NotStarted"
        began = since if waits else found.get("creationTime", since)
        limit = NOT_STARTED if waits else LIMITS[phase]
        if began is None or now - began <= limit:
            return None
        return Stall(phase=phase, waits=waits, since=began, limit=limit)
    return None


class Restart(Protocol):
    """Restarts a stalled job where its recipe says so."""

    def __call__(self, record: RunRecord, job: str, stall: Stall) -> "Restarted":
        """What was done, or why nothing was."""


class Restarted(NamedTuple):
    """Whether the job was given up for another, and sentences about it for people."""

    done: bool
    text: str


@dataclass(frozen=True, slots=True)
class StallWatch:
    """Reports stalled jobs, and has them restarted."""

    names: Names
    table: Table
    notices: Notices
    restart: Restart

    def look(self, waiting: WaitingJob, job: Mapping[str, Any], record: RunRecord) -> bool:
        """Reports the job if it has stalled. True where it has."""
        stall = stall_of(job, clock.now())
        if stall is None:
            return False
        emit(self.names, OperationalMetric.STALLED_JOBS, 1)
        restarted = self.restart(record, waiting.job, stall)
        if restarted.done or self._is_new(waiting.job, stall):
            self.notices.publish(
                f"Distillery: job {waiting.job} has stalled",
                f"The job of run {waiting.run} {stall.text}.",
                f"{restarted.text} What to do: docs/runbooks/attention/stalled-job.md.",
            )
            self._keep(waiting.job, stall)
        return True

    def _is_new(self, job: str, stall: Stall) -> bool:
        """Whether nobody was notified of this phase within a day."""
        item = self.table.get(PARTITION, job)
        if item is None or item["phase"] != stall.phase:
            return True
        return clock.now() - datetime.fromisoformat(item["notified"]) >= DAY - SLACK

    def _keep(self, job: str, stall: Stall) -> None:
        self.table.put({"pk": PARTITION, "sk": job, "phase": stall.phase, "notified": clock.stamp()})
