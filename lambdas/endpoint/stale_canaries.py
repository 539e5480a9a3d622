"""Canaries whose execution was stopped or broke: another execution withdraws each. Where that broke too, the guard
takes the canary out of the alias, ends the lease of its endpoint, which it then deletes, and closes it in the ledger.
"""

from dataclasses import dataclass
from datetime import datetime

from distillery.core import clock
from distillery.core.aliases import Aliases
from distillery.core.attempts import attempt_each
from distillery.core.canary import CanaryOutcome
from distillery.core.canary_start import CanaryStarter
from distillery.core.canary_withdrawal import take_out
from distillery.core.errors import RunStopped
from distillery.core.executions import ON_ITS_WAY, Executions
from distillery.core.ledger.acceptances import Acceptances
from distillery.core.ledger.alias_writes import AliasWrites
from distillery.core.ledger.canaries import Canaries, CanaryRecord
from distillery.core.ledger.history import AliasHistory
from distillery.core.ledger.ledger import Ledger
from distillery.core.names import Names
from distillery.core.notices import Notices
from distillery.core.pipeline import Outcome
from lambdas.endpoint.stale_runs import PATIENCE

MAY_SERVE = "The live endpoint may serve its student already, and the alias does not name it; an acceptance mends that"


@dataclass(frozen=True, slots=True)
class StaleCanaries:
    """Ends stale canaries."""

    names: Names
    aliases: Aliases
    writes: AliasWrites
    ledger: Ledger
    history: AliasHistory
    canaries: Canaries
    acceptances: Acceptances
    executions: Executions
    notices: Notices

    def settle(self) -> dict[str, str]:
        """What was done, by canary. Raises ExceptionGroup after the last one."""
        canaries = self.canaries.all()
        done = attempt_each("canaries that ended badly", canaries, lambda each: (each.holder, self._settled(each)))
        return {holder: what for holder, what in done if what}

    def _settled(self, record: CanaryRecord) -> str:
        status = self.executions.status(record.holder)
        if status in ON_ITS_WAY:
            if record.stopped_by and not record.promoting:  # the function that was to stop it ended before
                self.executions.stop(record.holder, error=RunStopped.__name__, cause="a person stopped the canary")
                return "stopped"
            return ""
        if status is None and clock.now() - datetime.fromisoformat(record.opened) <= PATIENCE:
            return ""
        withdrawal = self.executions.status(record.withdrawal)
        if withdrawal is None:
            CanaryStarter(self.canaries, self.executions).withdraw(record)
            return "withdrawn"
        return "" if withdrawal in ON_ITS_WAY else self._closed(record, withdrawal)

    def _closed(self, record: CanaryRecord, status: str) -> str:
        """The canary's own record is written last: until then, the next look tries all of it again."""
        take_out(record, self.canaries, self.names, self.aliases, self.writes)
        self.ledger.leases.release_all(owner=record.holder)
        alias = self.aliases.read(self.names.alias(record.recipe))
        is_live = record.promoting and alias is not None and alias.current == record.model
        if alias is not None and is_live:
            self.history.record_live(alias, by=record.holder)
        why = f"its executions ended as {status} without closing it"
        outcome, of_run, reason = self._ending(record, why, is_live=is_live)
        if record.acceptance:
            of_acceptance = Outcome.FAILED if outcome is CanaryOutcome.FAILED else of_run
            self.acceptances.end(record.recipe, record.acceptance, of_acceptance, reason)
        else:
            self.canaries.end_run(record, of_run, reason, by=record.stopped_by if of_run is Outcome.DECLINED else "")
        self.ledger.unlock(record.recipe, record.holder)
        self.canaries.end(record, outcome, reason)
        self.notices.publish(f"Distillery: canary of {record.recipe} {outcome}", f"{record.holder}: {reason}")
        return "closed"

    def _ending(self, record: CanaryRecord, why: str, *, is_live: bool) -> tuple[CanaryOutcome, Outcome, str]:
        """How the canary and its run end, and why: what the ledger and the alias have goes before how it broke."""
        judged = record.judgement
        if is_live:
            return (
                judged.outcome if judged else CanaryOutcome.PASSED,
                Outcome.PROMOTED,
                f"Its student is live, and {why}",
            )
        worse = judged.sentence if judged and judged.outcome is CanaryOutcome.WORSE else ""
        if record.stopped_by and not record.promoting:
            reason = f"Its canary: {record.stopped_by} stopped it: {record.stopped_why}"
            if worse:
                return CanaryOutcome.WORSE, Outcome.DECLINED, f"{reason.rstrip('.')}. {worse}"
            return CanaryOutcome.STOPPED, Outcome.DECLINED, reason
        if worse:
            return CanaryOutcome.WORSE, Outcome.REJECTED, f"Its canary: {worse}"
        broke = f"Its canary broke: {why}" + (f". {MAY_SERVE}" if record.promoting else "")
        decides = f"A person decides: distillery accept {record.run} --reason WHY"
        return CanaryOutcome.FAILED, Outcome.AWAITING_ACCEPTANCE, f"{broke}. {decides}"
