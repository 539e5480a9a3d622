"""How a canary begins: whether one can, what its endpoint costs, and its execution."""

import json
import os
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from distillery.core import clock
from distillery.core.canary import CanaryOutcome
from distillery.core.env_vars import Variable
from distillery.core.executions import Executions
from distillery.core.ledger.canaries import Canaries, CanaryRecord
from distillery.core.ledger.holders import HolderKind, new_holder
from distillery.core.ledger.items import RunRecord
from distillery.core.pipeline import Alias, Run
from distillery.core.recipe import Recipe

CANARY = "canary"
"""The action of its execution."""
EVIDENT = (CanaryOutcome.PASSED, CanaryOutcome.WORSE, CanaryOutcome.INCONCLUSIVE)
"""How a canary ends that was observed to its end."""
BEFORE, AFTER = timedelta(hours=2), timedelta(hours=3)
"""How long the lease of its endpoint lasts before it takes calls, which is longer than its creation takes, and after
its end. Whatever breaks, the guard deletes the endpoint once its lease has ended."""
GUARD = timedelta(hours=1)
"""How long the guard may take to notice that, and to delete the endpoint."""


def canary_usd(recipe: Recipe) -> Decimal:
    """What the second endpoint of a canary bills at most, in US dollars; 0 where it is billed by the token.

    Each hour begun is billed, until the guard has deleted an endpoint that nothing else did.
    """
    if recipe.canary is None:
        return Decimal(0)
    hours = -(-(BEFORE + timedelta(minutes=recipe.canary.minutes) + AFTER + GUARD) // timedelta(hours=1))
    return (recipe.usd_per_hour * hours).quantize(Decimal("0.01"))


def needs_canary(run: Run, model: str, alias: Alias | None, canaries: Canaries) -> bool:
    """Whether a run's student takes a share of the traffic before it goes live.

    Where nothing is live, nothing can be compared. Where a canary of the student beside the live model was observed to
    its end, a person has its evidence and decides. A run keeps its recipe, so it may have a table canary that its
    recipe in the settings has no more: then no role may carry one out.
    """
    if not has_canaries(run) or alias is None or alias.current == model:
        return False
    return not _ended_as(EVIDENT, run, alias, canaries)


def had_canary(run: Run, alias: Alias, canaries: Canaries) -> bool:
    """Whether a canary of the run's student beside the live model has told something, or a person has stopped it: the
    student does not go live by itself any more."""
    return _ended_as((*EVIDENT, CanaryOutcome.STOPPED), run, alias, canaries)


def _ended_as(outcomes: Collection[CanaryOutcome], run: Run, alias: Alias, canaries: Canaries) -> bool:
    ended = [each for each in canaries.of(alias.recipe) if each.outcome in outcomes]
    return any(each.run == run.id and each.left == alias.current for each in ended)


def has_canaries(run: Run) -> bool:
    """Whether students of the run's recipe have canaries, also in the settings that are deployed now."""
    deployed = json.loads(os.environ.get(Variable.CANARIES) or "[]")
    return run.recipe.canary is not None and run.recipe.name in deployed


def canary_refusal(alias: Alias, canaries: Canaries) -> str:
    """Why no canary can begin now; empty if one can."""
    if alias.paused:
        return f"its route is paused by business hours until {alias.paused.until}, and a canary needs its callers"
    if found := canaries.current(alias.recipe):
        return f"{found.holder} of run {found.run} is in progress; to end it: distillery stop {found.run} --reason WHY"
    return ""


@dataclass(frozen=True, slots=True)
class CanaryStarter:
    """Starts canaries."""

    canaries: Canaries
    executions: Executions

    def start(
        self, record: RunRecord, alias: Alias, *, acceptance: str = "", cap_usd: Decimal | None = None
    ) -> CanaryRecord:
        """Records a canary and starts its execution. A repeated call finds the first one. `cap_usd`: the month's budget
        as the settings have it now; None for that of the run's recipe.

        Raises:
            RunActive: The recipe has another canary in progress.
            OverBudget: The month's budget has no room for its endpoint.
        """
        recipe = record.run.recipe
        begun = self.canaries.current(recipe.name)
        if begun is None or (begun.run, begun.acceptance) != (record.run.id, acceptance):
            holder = new_holder(HolderKind.CANARY, recipe.name, clock.now())
            usd = canary_usd(recipe)
            begun = self.canaries.begin(
                record, holder, left=alias.current, usd=usd, acceptance=acceptance, cap_usd=cap_usd
            )
        self.executions.start(begun.holder, state_of(begun))
        return begun

    def withdraw(self, record: CanaryRecord) -> None:
        """Starts the execution that ends a canary whose own was stopped or broke. A repeated call changes nothing."""
        self.executions.start(record.withdrawal, {**state_of(record), "ending": True})


def state_of(record: CanaryRecord) -> dict[str, object]:
    """The input of its execution."""
    return {"action": CANARY, "recipe": record.recipe, "holder": record.holder, "ending": False}
