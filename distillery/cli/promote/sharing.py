"""Shares the model of a run with the target's account while the target copies it, and no longer.

The target cannot tell the source that its copy is there: its roles have no access to the source. The person who
promotes has both, so the command ends the share. Where it is interrupted, the source's money guard ends it a day later.
"""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from distillery.cli.target import Target
from distillery.core.errors import BadRequest
from distillery.core.ledger.student_promotion import PromotionState
from distillery.core.promotions import SHARE, Way

if TYPE_CHECKING:
    from distillery.cli.promote.admission import Admission
    from distillery.cli.promote.plan import PromotionPlan
    from distillery.core.promotions import AdmissionAnswer

POLL_SECONDS = 60
"""Between two looks at the run that copies. Its state machine looks at the copy every five minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyShare:
    """The share of a run's model with the account of a target. Each call may be repeated."""

    on: Target
    run: str
    account: str

    def begin(self) -> None:
        """Raises BadRequest where the source shares nothing."""
        if SHARE not in self.on.account.pipeline.get("decisions", {}):
            raise BadRequest(
                f"{self.on.environment} is deployed without a function that shares models; add account {self.account} "
                "to share_with in its table [promotion], and deploy it"
            )
        self.on.account.decide(SHARE, {"run": self.run, "account": self.account})

    def end(self) -> None:
        """Copies stay."""
        self.on.account.decide(SHARE, {"run": self.run, "account": self.account, "end": True})

    def settle(self, answer: "AdmissionAnswer") -> None:
        """Shares the model if the run of a promotion needs that, else ends the share."""
        if needs_share(answer):
            self.begin()
        else:
            self.end()

    def wait(self, admission: "Admission", answer: "AdmissionAnswer") -> "AdmissionAnswer":
        """Waits until the run of a promotion needs the share no more, or turns out to copy only after a person has
        approved it. Returns how far the promotion is then."""
        while needs_share(answer) and answer.state != PromotionState.AWAITING_APPROVAL:
            time.sleep(min(self.on.poll_interval, POLL_SECONDS))
            answer = admission.look(answer.promotion)
        return answer


def copy_share(on: Target, found: "PromotionPlan") -> CopyShare | None:
    """The share that a copy to the target needs; None where both environments are in one account."""
    assert found.there is not None
    assert found.verified is not None
    account = found.there.place.account
    if account is None or found.verified.statement.record.account == account:
        return None
    return CopyShare(on=on, run=found.output.run, account=account)


def is_copied(found: "PromotionPlan") -> bool:
    """Whether a new promotion would go by a copy."""
    return next((one.way for one in found.output.ways if one.possible), None) == Way.COPY


def needs_share(answer: "AdmissionAnswer") -> bool:
    """Whether the run of a promotion copies the model, or is about to."""
    ahead = (PromotionState.ADMITTED, PromotionState.AWAITING_APPROVAL, PromotionState.RUNNING)
    return answer.way is Way.COPY and not answer.has_student and (answer.awaits_prompts or answer.state in ahead)
