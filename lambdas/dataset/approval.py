"""The door for whoever may spend more than a recipe's budget: a run that waits is approved, or declined.

By its URL, which says who decides (`distillery/core/decision.py`):

{"run": "support-k3x9a-p0q2m7ab-1", "approve": true, "usd": "31.20", "reason": ""}
→ {"run": "support-k3x9a-p0q2m7ab-1", "outcome": "running"}

A function of its own, so that an account can tell those who approve from those who upload. It needs none of what
validation needs, and imports none of it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from distillery.core import four_eyes, names, recipe
from distillery.core.aws import client
from distillery.core.boundary import boundary
from distillery.core.caller import Caller
from distillery.core.decision import decided
from distillery.core.env_vars import Variable, is_set, read
from distillery.core.ledger.approvals import Approvals
from distillery.core.ledger.records import RunRecord
from distillery.core.ledger.table import Table
from distillery.core.ledger.uploads import Uploads
from distillery.core.notices import Notices
from distillery.core.recipe import Recipe
from lambdas.dataset.machine import Machine


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """usd: the estimate that was looked at; approving another one is refused. reason: why it is declined."""

    run: str
    approve: bool
    usd: Decimal
    reason: str = ""

    @property
    def recipe(self) -> str:
        return names.recipe_of(self.run)


@dataclass(frozen=True, slots=True)
class Approval:
    """uploads: where two persons are needed, one to upload and another to approve; whoever uploaded may reject."""

    approvals: Approvals
    machine: Machine
    notices: Notices
    recipes: Callable[[str], Recipe]
    uploads: Uploads | None = None

    def decide(self, decision: Decision, by: Caller) -> RunRecord:
        """The run as it is then. Raises BadRequest, RunActive, NotAdmitted or OverBudget. A second call tells people
        again, makes good what the first may have left undone, and changes nothing else."""
        if decision.approve:
            if self.uploads is not None:
                four_eyes.check(self.uploads.of(decision.run), by)
            cap_usd = self.recipes(decision.recipe).monthly_cap_usd
            record = self.approvals.approve(decision.run, decision.usd, by=by.arn, cap_usd=cap_usd)
            self.machine.start(record.run)
            said = f"{decision.run} was approved at ${decision.usd} by {record.approved_by} and has started."
        else:
            record = self.approvals.decline(decision.run, decision.reason, by=by.arn)
            why = decision.reason or "no reason given"
            said = f"{decision.run} was declined by {record.closed_by}: {why}. Its prompts may be tried again."
        self.notices.publish(f"Distillery: {record.run.recipe.name} {record.outcome}", said)
        return record


@boundary()
def decide(event: Any, context: object) -> Any:
    """See the module."""
    return decided(event, context, Decision, _decide)


def _decide(decision: Decision, by: Caller) -> dict[str, str]:
    machine = Machine(read(Variable.STATE_MACHINE), client("stepfunctions"))
    table = Table(read(Variable.LEDGER))
    uploads = Uploads(table) if is_set(Variable.FOUR_EYES) else None
    approval = Approval(Approvals(table), machine, Notices(read(Variable.TOPIC)), recipe.load, uploads)
    record = approval.decide(decision, by)
    return {"run": record.run.id, "outcome": record.outcome.value}
