"""The last step of a canary: the ledger has how it and its run ended, and people are notified."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from distillery.core.canary import CanaryOptions, CanaryOutcome, InconclusiveCanary
from distillery.core.env_vars import Variable, read
from distillery.core.ledger.acceptances import Acceptances
from distillery.core.ledger.canaries import Canaries, CanaryRecord
from distillery.core.ledger.history import AliasHistory
from distillery.core.ledger.ledger import Ledger
from distillery.core.notices import Notices
from distillery.core.pipeline import Alias, Outcome
from distillery.core.step_errors import describe_error

FAILED_PROMOTION = "the canary ended, and making its student live failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryEnding:
    """How a canary ended, and how its run ends by it."""

    outcome: CanaryOutcome
    of_run: Outcome
    reason: str


def ending_of(
    record: CanaryRecord,
    options: CanaryOptions,
    state: Mapping[str, Any],
    *,
    is_live: bool = False,
    mismatch: str = "",
) -> CanaryEnding:
    """Derived from the state of the execution: `look` is the last one, `alias` exists if its student went live, which
    `is_live` says too. `mismatch`: how the live endpoint differs from the alias.

    A person's stop comes first: it also ends the execution with an error, or before it has looked. What a look has
    found worse stays worse, however the execution ended.
    """
    look, error, judged = state.get("look") or {}, state.get("error"), record.judgement
    if "alias" in state or is_live:
        found = judged.outcome if judged else CanaryOutcome.PASSED
        outcome, sentence = CanaryOutcome(look.get("outcome", found)), judged.sentence if judged else ""
        return CanaryEnding(outcome=outcome, of_run=Outcome.PROMOTED, reason=str(look.get("reason", sentence)))
    worse = judged.sentence if judged and judged.outcome is CanaryOutcome.WORSE else ""
    if record.stopped_by and not record.promoting:
        reason = f"{record.stopped_by} stopped it: {record.stopped_why}"
        reason = f"{reason.rstrip('.')}. {worse}" if worse else reason
        outcome = CanaryOutcome.WORSE if worse else CanaryOutcome.STOPPED
        return CanaryEnding(outcome=outcome, of_run=Outcome.DECLINED, reason=reason)
    if worse:
        return CanaryEnding(outcome=CanaryOutcome.WORSE, of_run=Outcome.REJECTED, reason=worse)
    if error or state.get("ending") or "outcome" not in look:
        why = describe_error(error) if error else "its execution ended without closing it"
        reason = f"{FAILED_PROMOTION}: {why}" if record.promoting else why
        reason = ". ".join(filter(None, [reason.rstrip("."), mismatch]))
        return CanaryEnding(outcome=CanaryOutcome.FAILED, of_run=Outcome.AWAITING_ACCEPTANCE, reason=reason)
    outcome, reason = CanaryOutcome(look["outcome"]), str(look["reason"])
    return CanaryEnding(outcome=outcome, of_run=_run(outcome, options), reason=reason)


def _run(outcome: CanaryOutcome, options: CanaryOptions) -> Outcome:
    """How the run ends without going live. One that passed, and could not go live, waits for a person."""
    if outcome is CanaryOutcome.WORSE:
        return Outcome.REJECTED
    keeps = outcome is CanaryOutcome.INCONCLUSIVE and options.inconclusive is InconclusiveCanary.KEEP
    return Outcome.INCONCLUSIVE if keeps or outcome is CanaryOutcome.SUPERSEDED else Outcome.AWAITING_ACCEPTANCE


@dataclass(frozen=True, slots=True)
class CanaryCloser:
    """Closes canaries. Until the last write of the ledger, the canary is in progress, so that the guard ends what a
    failed one has left. People are notified after that: a failing topic must not keep a recipe locked."""

    ledger: Ledger
    history: AliasHistory
    canaries: Canaries
    acceptances: Acceptances
    notices: Notices

    def close(self, record: CanaryRecord, ending: CanaryEnding, live: Alias | None = None) -> dict[str, str]:
        """A repeated call changes nothing but the notice. `live`: the alias, if it serves the canary's student. The
        execution may have ended between writing it and recording that."""
        if live is not None:
            self.history.record_live(live, by=record.holder)
        reason = self._told(record, ending)
        if record.acceptance:
            self.acceptances.end(record.recipe, record.acceptance, ending.of_run, reason)
        else:
            by = record.stopped_by if ending.of_run is Outcome.DECLINED else ""
            self.canaries.end_run(record, ending.of_run, reason, by=by)
        self.ledger.leases.release_all(owner=record.holder)
        self.ledger.unlock(record.recipe, record.holder)
        self.canaries.end(record, ending.outcome, ending.reason)
        kept = replace(ending, of_run=self.ledger.run(record.run).outcome)
        self.notices.publish(
            f"Distillery: canary of {record.recipe} {ending.outcome}",
            f"{record.holder}, the canary of run {record.run}: {ending.outcome}. The run is {kept.of_run}.",
            reason,
        )
        return {"outcome": ending.outcome.value, "run": kept.of_run.value, "reason": reason}

    def _told(self, record: CanaryRecord, ending: CanaryEnding) -> str:
        if ending.of_run is not Outcome.AWAITING_ACCEPTANCE:
            return f"Its canary: {ending.reason}"
        command = f"distillery --env {read(Variable.ENVIRONMENT)}"
        decide = f"{command} accept {record.run} --reason WHY, or {command} reject {record.run}"
        return f"Its canary: {ending.reason.rstrip('.')}. A person decides whether it goes live: {decide}"
