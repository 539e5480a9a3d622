"""Entry point for decisions on runs that exceed their recipe's budget: a waiting run is approved or declined.

Called by its function URL, which identifies the caller (`distillery/core/decisions.py`):

{"run": "support-k3x9a-p0q2m7ab-1", "approve": true, "usd": "31.20", "reason": ""}
→ {"run": "support-k3x9a-p0q2m7ab-1", "outcome": "running"}

It is a separate function, so that an account can give different people the permissions to upload and to approve. It
does not import any of validation.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from distillery.core import names, recipe
from distillery.core.aws import client
from distillery.core.boundary import boundary
from distillery.core.decisions import check_second_person, handle_decision
from distillery.core.env_vars import Variable, is_set, read
from distillery.core.function_url import Caller
from distillery.core.ledger.approvals import Approvals
from distillery.core.ledger.items import RunRecord
from distillery.core.ledger.table import Table
from distillery.core.ledger.uploads import Uploads
from distillery.core.notices import Notices
from distillery.core.recipe import Recipe
from lambdas.dataset.state_machine import StateMachine


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """usd: the estimate that the caller has seen; approving any other amount is refused. reason: why it is declined."""

    run: str
    approve: bool
    usd: Decimal
    reason: str = ""

    @property
    def recipe(self) -> str:
        return names.recipe_of(self.run)


@dataclass(frozen=True, slots=True)
class Approval:
    """Decides on waiting runs. uploads: set if the uploader may not approve; the uploader may still decline."""

    approvals: Approvals
    state_machine: StateMachine
    notices: Notices
    recipes: Callable[[str], Recipe]
    uploads: Uploads | None = None

    def decide(self, decision: Decision, by: Caller) -> RunRecord:
        """Approves or declines a run. A second call repeats the notification and completes what the first left undone.

        Returns:
            The run after the decision.

        Raises:
            BadRequest, RunActive, NotAdmitted, OverBudget: The decision is not possible.
        """
        if decision.approve:
            if self.uploads is not None:
                check_second_person(self.uploads.of(decision.run), by, self.uploads.senders(decision.run))
            cap_usd = self.recipes(decision.recipe).monthly_cap_usd
            record = self.approvals.approve(decision.run, decision.usd, by=by.arn, cap_usd=cap_usd)
            self.state_machine.start(record.run)
            message = f"{decision.run} was approved at ${decision.usd} by {record.approved_by} and has started."
        else:
            record = self.approvals.decline(decision.run, decision.reason, by=by.arn)
            reason = decision.reason or "no reason given"
            message = f"{decision.run} was declined by {record.closed_by}: {reason}. Its prompts can be uploaded again."
        self.notices.publish(f"Distillery: {record.run.recipe.name} {record.outcome}", message)
        return record


@boundary()
def decide(event: Any, context: object) -> Any:
    """Handles the request (see the module)."""
    return handle_decision(event, context, Decision, _decide)


def _decide(decision: Decision, by: Caller) -> dict[str, str]:
    state_machine = StateMachine(read(Variable.STATE_MACHINE), client("stepfunctions"))
    table = Table(read(Variable.LEDGER))
    uploads = Uploads(table) if is_set(Variable.FOUR_EYES) else None
    approval = Approval(Approvals(table), state_machine, Notices(read(Variable.TOPIC)), recipe.load, uploads)
    record = approval.decide(decision, by)
    return {"run": record.run.id, "outcome": record.outcome.value}
