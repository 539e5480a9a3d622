"""Canaries: which run's student takes a share of the traffic, what was measured, and how each ended.

A recipe has at most one in progress. It takes no recipe lock, but to make its student live. Of a person's request to
stop it and the claim of its promotion, the first excludes the other.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from distillery.core import clock, names
from distillery.core.canary import CanaryJudgement, CanaryOutcome
from distillery.core.errors import BadRequest, RunActive, Unfinished
from distillery.core.escaping import one_line, quoted
from distillery.core.ledger.holders import HolderKind
from distillery.core.ledger.items import RunRecord, busy_message, model_of, partition, run_key
from distillery.core.ledger.month import Month
from distillery.core.ledger.table import NEW, READS_MAX, Item, Table
from distillery.core.pipeline import Outcome
from distillery.core.serialization import from_wire, to_wire

PARTITION = "canary"
DELETED_WITHIN = timedelta(hours=1)
"""After its end, by the guard where its own steps could not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryRecord:
    """A canary.

    Attributes:
        holder: Its name, which is its execution's and its salt.
        run: The run that made its student.
        model, left: ARNs of its model, and of the model that was live when it began.
        acceptance: The holder of the acceptance that it follows; empty if the student passed and nobody had to accept.
        usd, usd_per_hour: What its endpoint may cost, where that bills by the hour.
        requested: ISO 8601: when its endpoint was first requested; empty until then.
        opened, begun, end, closed: ISO 8601: when it was requested, began and ends taking calls, and was closed.
        judgement: The latest look at its metrics.
        withdrawn: When it was first taken out of the alias, in which it is not written again; empty until then.
        promoting: Whether its student is being made live.
        stopped, stopped_by, stopped_why: When somebody stopped it, who, and why.
        outcome, reason: How it ended, and why; `running` until then.
    """

    holder: str
    run: str
    model: str
    left: str
    opened: str
    acceptance: str = ""
    usd: Decimal = Decimal(0)
    usd_per_hour: Decimal = Decimal(0)
    requested: str = ""
    begun: str = ""
    end: str = ""
    judgement: CanaryJudgement | None = None
    withdrawn: str = ""
    promoting: bool = False
    stopped: str = ""
    stopped_by: str = ""
    stopped_why: str = ""
    outcome: CanaryOutcome = CanaryOutcome.RUNNING
    reason: str = ""
    closed: str | None = None

    @property
    def recipe(self) -> str:
        return names.recipe_of(self.run)

    @property
    def used_usd(self) -> Decimal:
        """What the endpoint of one that has ended can have cost: each hour begun is billed, and where no step has
        deleted it, the guard does so within an hour."""
        if not self.requested or self.closed is None:
            return Decimal(0) if self.closed else self.usd
        lasted = datetime.fromisoformat(self.closed) - datetime.fromisoformat(self.requested) + DELETED_WITHIN
        return min(self.usd, self.usd_per_hour * -(-lasted // timedelta(hours=1)))

    @property
    def withdrawal(self) -> str:
        """The name of the execution that ends it where its own cannot."""
        return HolderKind.WITHDRAWAL + self.holder.removeprefix(HolderKind.CANARY)


class Canaries:
    """The canaries of all recipes. Each write may be repeated."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def begin(
        self,
        record: RunRecord,
        holder: str,
        *,
        left: str,
        usd: Decimal,
        acceptance: str = "",
        cap_usd: Decimal | None = None,
    ) -> CanaryRecord:
        """Records a canary of the run's student, and reserves what its endpoint may cost from the month's budget.

        Args:
            record: The run.
            holder: The canary's name.
            left: ARN of the model that is live.
            usd: What its endpoint may cost.
            acceptance: The holder of the acceptance that it follows.
            cap_usd: The month's budget as the settings have it now; None for that of the run's recipe.

        Raises:
            RunActive: The recipe has another canary in progress.
            OverBudget: The month has no room for its endpoint.
        """
        recipe = record.run.recipe
        item: Item = {
            "pk": partition(recipe.name),
            "sk": holder,
            "canary_run": record.run.id,
            "model": model_of(record) or "",
            "left": left,
            "acceptance": acceptance,
            "usd": str(usd),
            "usd_per_hour": str(recipe.usd_per_hour if usd else 0),
            "opened": clock.stamp(),
        }
        current: Item = {"pk": PARTITION, "sk": recipe.name, "holder": holder}
        for _ in range(READS_MAX):
            if self._table.get(item["pk"], holder):
                return self.find(recipe.name, holder)
            self.check_free(recipe.name)
            puts: list[tuple[Item, str, Mapping[str, str]]] = [(item, NEW, {}), (current, NEW, {})]
            if usd:
                month = Month.of(self._table, recipe.name, clock.stamp())
                cap = recipe.monthly_cap_usd if cap_usd is None else cap_usd
                puts.append(month.with_reservation(holder, usd, cap=cap, what="canary").write())
            if self._table.put_all(*puts):
                return self.find(recipe.name, holder)
        raise Unfinished(f"concurrent requests keep changing the month of recipe {recipe.name!r}; try again")

    def find(self, recipe: str, holder: str) -> CanaryRecord:
        """Raises BadRequest where the ledger does not have it."""
        item = self._table.get(partition(recipe), holder)
        if item is None or "canary_run" not in item:
            raise BadRequest(f"there is no canary {quoted(holder)} in the ledger; a passed or accepted student has one")
        return _record(item)

    def current(self, recipe: str) -> CanaryRecord | None:
        """The canary in progress."""
        item = self._table.get(PARTITION, recipe)
        return self.find(recipe, item["holder"]) if item else None

    def all(self) -> list[CanaryRecord]:
        """The canaries in progress."""
        return [self.find(item["sk"], item["holder"]) for item in self._table.query(PARTITION)]

    def of(self, recipe: str) -> list[CanaryRecord]:
        """The canaries of a recipe, the latest first."""
        found = [_record(item) for item in self._table.query(partition(recipe), HolderKind.CANARY)]
        return sorted(found, key=lambda each: each.opened, reverse=True)

    def open_of(self, recipe: str) -> CanaryRecord | None:
        """The canary in progress, for people, who may read a recipe's own partition alone."""
        return next((each for each in self.of(recipe) if each.closed is None), None)

    def check_free(self, recipe: str) -> None:
        """Raises RunActive where the recipe has a canary in progress."""
        if found := self.current(recipe):
            raise RunActive(
                f"{busy_message(recipe, found.holder)}; to end it now: distillery stop {found.run} --reason WHY"
            )

    def request(self, record: CanaryRecord) -> None:
        """Keeps when its endpoint was first requested, before it is."""
        self._set(record, {"requested": clock.stamp()}, "attribute_not_exists(requested)", {})

    def admit(self, record: CanaryRecord, *, begun: str, end: str) -> CanaryRecord:
        """Keeps when it takes calls. The first times count."""
        times = {"begun": begun, "end": end}
        self._set(record, times, "attribute_not_exists(begun)", {})
        return self.find(record.recipe, record.holder)

    def keep_look(self, record: CanaryRecord, judgement: CanaryJudgement) -> None:
        """Keeps what a look has found."""
        self._set(record, {"judgement": json.dumps(to_wire(judgement))}, "attribute_not_exists(closed)", {})

    def stop(self, record: CanaryRecord, *, by: str, why: str) -> bool:
        """Records a person's request to end it. The first request counts; False where its student goes live."""
        unclaimed = "attribute_not_exists(closed) AND attribute_not_exists(promoting)"
        values = {"stopped": clock.stamp(), "stopped_by": by, "stopped_why": one_line(why)}
        if self._set(record, values, f"{unclaimed} AND attribute_not_exists(stopped_by)", {}):
            return True
        return bool(self.find(record.recipe, record.holder).stopped_by)

    def withdraw(self, record: CanaryRecord) -> None:
        """Records that it is not in the alias any more. The first time counts."""
        self._set(record, {"withdrawn": clock.stamp()}, "attribute_not_exists(withdrawn)", {})

    def claim_promotion(self, record: CanaryRecord) -> bool:
        """Records that its student goes live; False where a person has stopped it, or it was withdrawn."""
        if record.promoting:
            return True
        open_ = " AND ".join(f"attribute_not_exists({name})" for name in ("closed", "stopped_by", "withdrawn"))
        self._set(record, {"promoting": "true"}, open_, {})
        return self.find(record.recipe, record.holder).promoting

    def end(self, record: CanaryRecord, outcome: CanaryOutcome, reason: str) -> None:
        """Records how it ended, and reserves no more for its endpoint than that can have cost. A second call changes
        nothing."""
        values = {"outcome": outcome.value, "reason": one_line(reason), "closed": clock.stamp()}
        self._set(record, values, "attribute_not_exists(closed)", {})
        self._release(self.find(record.recipe, record.holder))
        self._table.delete(PARTITION, record.recipe, attribute="holder", equal=record.holder)

    def end_run(self, record: CanaryRecord, outcome: Outcome, reason: str, *, by: str = "") -> None:
        """Ends the run that waits for its canary. A second call, or one for another run, changes nothing."""
        values = {"outcome": outcome.value, "reason": one_line(reason), "closed": clock.stamp()}
        values |= {"closed_by": by} if by else {}
        self._table.set(
            *run_key(record.run), values, only_if="#outcome = :waits", given={"waits": Outcome.CANARY.value}
        )

    def _release(self, record: CanaryRecord) -> None:
        """Lowers the reservation to the hours of its endpoint, in the month that has it."""
        for _ in range(READS_MAX):
            month = Month.of(self._table, record.recipe, record.opened)
            lowered = month.with_at_most(record.holder, record.used_usd)
            if lowered is month or self._table.put_all(lowered.write()):
                return
        raise Unfinished(f"concurrent requests keep changing the month of recipe {record.recipe!r}; try again")

    def _set(self, record: CanaryRecord, values: Mapping[str, str], only_if: str, given: Mapping[str, str]) -> bool:
        return self._table.set(partition(record.recipe), record.holder, values, only_if=only_if, given=given)


def _record(item: Mapping[str, Any]) -> CanaryRecord:
    judgement = item.get("judgement")
    return CanaryRecord(
        holder=item["sk"],
        run=item["canary_run"],
        model=item["model"],
        left=item["left"],
        opened=item["opened"],
        acceptance=item.get("acceptance", ""),
        usd=Decimal(item.get("usd", "0")),
        usd_per_hour=Decimal(item.get("usd_per_hour", "0")),
        requested=item.get("requested", ""),
        begun=item.get("begun", ""),
        end=item.get("end", ""),
        judgement=from_wire(CanaryJudgement, json.loads(judgement)) if judgement else None,
        withdrawn=item.get("withdrawn", ""),
        promoting="promoting" in item,
        stopped=item.get("stopped", ""),
        stopped_by=item.get("stopped_by", ""),
        stopped_why=item.get("stopped_why", ""),
        outcome=CanaryOutcome(item.get("outcome", CanaryOutcome.RUNNING)),
        reason=item.get("reason", ""),
        closed=item.get("closed"),
    )
