"""The steps of a canary: it begins, is looked at, and ends. Every step may be repeated.

begin    after the verdict: the ledger has it, and its execution starts
create   its endpoint
admit    the alias names it, and callers send it their share
look     its metrics: continue, promote or withdraw
withdraw the alias does not name it any more
delete   its endpoint, once callers know
close    the ledger has how it ended, and people are notified
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from distillery.core import clock
from distillery.core.aliases import Aliases
from distillery.core.canary import CanaryOptions, CanaryOutcome, InconclusiveCanary, look_minutes
from distillery.core.canary_withdrawal import take_out
from distillery.core.errors import BadRequest, RunActive, RunStopped
from distillery.core.hosting import State
from distillery.core.ledger.alias_writes import AliasWrites
from distillery.core.ledger.borrowed_models import is_borrowed
from distillery.core.ledger.canaries import Canaries, CanaryRecord
from distillery.core.ledger.hours_changes import HoursChanges
from distillery.core.ledger.ledger import Ledger
from distillery.core.names import Names
from distillery.core.pipeline import Alias, Canary, Endpoint, EndpointStatus
from distillery.core.promotion_window import closed_now
from distillery.core.recipe import Recipe
from distillery.core.system_prompt import callers_copy
from distillery.evaluation.canaries.judge import judge
from distillery.evaluation.canaries.traffic import CanaryTraffic
from lambdas.canary.endpoint import CanaryEndpoint

METRICS_LATE = timedelta(minutes=5)
"""How long after its end a canary is looked at for the last time: CloudWatch receives metrics some minutes late."""
UNMEASURED = "It does not go live by itself: of one of the two models, no answer was counted at all"
"""Why one that decided nothing waits for a person although its recipe would promote it: there may be no metrics."""
ReadMetrics = Callable[[CanaryRecord, Alias, Recipe, datetime], CanaryTraffic]


class NextStep(StrEnum):
    """What follows a look."""

    CONTINUE = "continue"
    PROMOTE = "promote"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryLook:
    """What a look decided. `wait`: seconds to the next one."""

    step: NextStep
    outcome: CanaryOutcome
    reason: str
    wait: int = 0


@dataclass(frozen=True, slots=True)
class RunningCanary:
    """The steps of one canary in progress."""

    record: CanaryRecord
    recipe: Recipe
    names: Names
    ledger: Ledger
    canaries: Canaries
    aliases: Aliases
    writes: AliasWrites
    changes: HoursChanges
    endpoint: CanaryEndpoint
    metrics: ReadMetrics

    @property
    def options(self) -> CanaryOptions:
        if self.recipe.canary is None:
            raise BadRequest(
                f"the recipe of run {self.record.run!r} has no table canary; its student goes live at once"
            )
        return self.recipe.canary

    def create(self) -> Endpoint:
        """Raises RunStopped for one that a person has stopped."""
        self._check_wanted()
        if is_borrowed(self.ledger.run(self.record.run)):
            self.endpoint.borrow(self.record.model, self.record.run)
        self.endpoint.check(self.record, self.recipe)
        self.canaries.request(self.record)
        return self.endpoint.create(self.record, self.recipe)

    def describe(self) -> dict[str, EndpointStatus]:
        return {"status": self.endpoint.status(self.record)}

    def admit(self, endpoint: Endpoint) -> dict[str, int]:
        """Lets callers in: first the endpoint, then the alias. Returns the seconds to the first look.

        Where another model went live meanwhile, the alias stays as it is, and the first look ends the canary.

        Raises:
            RunStopped: A person has stopped it, or it was withdrawn.
            EndpointChanging: Business hours change the live endpoint, or another step writes the alias.
        """
        self._check_wanted()
        self.changes.wait_for(self.recipe.name)
        now = clock.now()
        end = now + timedelta(minutes=self.options.minutes)
        admitted = self.canaries.admit(self.record, begun=_stamp(now), end=_stamp(end))
        self.endpoint.let_in(self.record, endpoint, datetime.fromisoformat(admitted.end))
        with self.writes.of(self.recipe.name, f"{self.record.holder} admit"):
            alias = self._alias()
            self._check_wanted(self._read_again())  # a withdrawal that comes later finds what is written here
            if alias and alias.current == self.record.left and not alias.paused and _is_free(alias, now):
                self._write(replace(alias, canary=self._split(endpoint, admitted)))
        return {"wait": self._wait(admitted.end)}

    def look(self) -> CanaryLook:
        """Decides by what was measured. Before a student goes live, it takes the recipe's lock."""
        if self.record.promoting:  # this step is repeated
            judged = self.record.judgement
            return self._promotion(*((judged.sentence, judged.outcome) if judged else ("", CanaryOutcome.PASSED)))
        if self.record.stopped_by:
            return _withdrawal(CanaryOutcome.STOPPED, f"{self.record.stopped_by} stopped it: {self.record.stopped_why}")
        alias = self._alias()
        if alias is None or alias.canary is None or alias.canary.salt != self.record.holder:
            return _withdrawal(CanaryOutcome.SUPERSEDED, self._superseded(alias))
        now, over = clock.now(), datetime.fromisoformat(self.record.end) + METRICS_LATE
        measured = self.metrics(self.record, alias, self.recipe, now)
        judgement = judge(self.options, measured, is_last=now >= over)
        self.canaries.keep_look(self.record, judgement)
        if judgement.outcome is CanaryOutcome.RUNNING:
            return CanaryLook(
                step=NextStep.CONTINUE,
                outcome=judgement.outcome,
                reason=judgement.sentence,
                wait=self._wait(self.record.end),
            )
        goes_on = self.options.inconclusive is InconclusiveCanary.PROMOTE
        if (
            judgement.outcome is CanaryOutcome.INCONCLUSIVE
            and goes_on
            and not (judgement.calls and judgement.live_calls)
        ):
            return _withdrawal(judgement.outcome, f"{judgement.sentence}. {UNMEASURED}")
        if judgement.outcome is CanaryOutcome.PASSED or (judgement.outcome is CanaryOutcome.INCONCLUSIVE and goes_on):
            return self._claim(judgement.outcome, judgement.sentence)
        return _withdrawal(judgement.outcome, judgement.sentence)

    def withdraw(self) -> dict[str, bool]:
        """Takes the canary out of the alias. Raises EndpointChanging while another step writes the alias."""
        take_out(self.record, self.canaries, self.names, self.aliases, self.writes)
        return {"withdrawn": True}

    @property
    def live(self) -> Alias | None:
        """The alias, if its student went live: the execution that was to close it may have ended after that."""
        alias = self._alias()
        return alias if self.record.promoting and alias is not None and alias.current == self.record.model else None

    @property
    def mismatch(self) -> str:
        """What a promotion that broke has left: the live endpoint with the student, which the alias does not name."""
        name = self.names.live(self.recipe.name, self.recipe.student)
        found = self.endpoint.hosting.find(name) if self.record.promoting and self.live is None else None
        model = self.record.model
        updates = found is not None and found.state is State.UPDATING and found.wanted_arn == model
        if found is None or (found.model_arn != model and not updates):
            return ""
        return (
            f"The live endpoint {name!r} {'is being updated to' if updates else 'serves'} {model}, and the alias still "
            f"names {self.record.left}. Accept the run so that both are the same; a roll-back then returns to the "
            "model before"
        )

    def delete(self) -> dict[str, bool]:
        return {"deleted": self.endpoint.delete(self.record)}

    def _claim(self, outcome: CanaryOutcome, sentence: str) -> CanaryLook:
        recipe, holder = self.recipe.name, self.record.holder
        if closed := closed_now(clock.now()):
            return _withdrawal(outcome, f"{sentence}. It does not go live by itself: it is {closed}")
        try:
            self.ledger.lock(recipe, holder)
        except RunActive as error:
            if self.ledger.active().get(recipe) != holder:
                return _withdrawal(outcome, f"{sentence}. It does not go live by itself: {error}")
        alias = self._alias()  # with the lock, under which roll-backs and promotions write it
        if alias is None or alias.canary is None or alias.canary.salt != holder:
            self.ledger.unlock(recipe, holder)
            return _withdrawal(CanaryOutcome.SUPERSEDED, self._superseded(alias))
        if not self.canaries.claim_promotion(self.record):
            self.ledger.unlock(recipe, holder)
            found = self._read_again()
            if found.stopped_by:
                return _withdrawal(CanaryOutcome.STOPPED, f"{found.stopped_by} stopped it: {found.stopped_why}")
            return _withdrawal(outcome, f"{sentence}. It does not go live by itself: it was withdrawn meanwhile")
        return self._promotion(sentence, outcome)

    def _promotion(self, sentence: str, outcome: CanaryOutcome) -> CanaryLook:
        return CanaryLook(step=NextStep.PROMOTE, outcome=outcome, reason=sentence)

    def _read_again(self) -> CanaryRecord:
        return self.canaries.find(self.recipe.name, self.record.holder)

    def _check_wanted(self, record: CanaryRecord | None = None) -> None:
        record = record or self.record
        if record.stopped_by:
            raise RunStopped(
                f"{record.holder!r} was stopped by {record.stopped_by} ({record.stopped_why}); nothing more is started "
                f"for it: distillery accept {record.run} --reason WHY"
            )
        if record.withdrawn or record.closed:
            raise RunStopped(
                f"{record.holder!r} was withdrawn at {record.withdrawn or record.closed}; nothing more is started for "
                f"it: distillery accept {record.run} --reason WHY"
            )

    def _wait(self, end: str) -> int:
        """Seconds to the next look: not after the last one's time, and never none."""
        last = datetime.fromisoformat(end) + METRICS_LATE - clock.now()
        return max(1, min(look_minutes(self.options) * 60, math.ceil(last.total_seconds())))

    def _split(self, endpoint: Endpoint, admitted: CanaryRecord) -> Canary:
        return Canary(
            endpoint=endpoint,
            model=self.record.model,
            run=self.record.run,
            share=self.options.share,
            salt=self.record.holder,
            begun=admitted.begun,
            end=admitted.end,
            system=callers_copy(self.recipe.name, self.ledger.run(self.record.run).run.dataset.system),
        )

    def _superseded(self, alias: Alias | None) -> str:
        if alias is None:
            return f"the alias of {self.recipe.name} was deleted"
        if alias.paused:
            return f"business hours paused the route at {alias.paused.since}"
        if alias.current != self.record.left:
            return f"{alias.current} of run {alias.run} went live at {alias.changed}"
        return "something else has taken it out of the alias"

    def _alias(self) -> Alias | None:
        return self.aliases.read(self.names.alias(self.recipe.name))

    def _write(self, alias: Alias) -> None:
        self.aliases.write(self.names.alias(self.recipe.name), alias)


def _withdrawal(outcome: CanaryOutcome, reason: str) -> CanaryLook:
    return CanaryLook(step=NextStep.WITHDRAW, outcome=outcome, reason=reason)


def _is_free(alias: Alias, now: datetime) -> bool:
    """Whether it names no canary, or one that is over and that nobody could remove."""
    return alias.canary is None or datetime.fromisoformat(alias.canary.end) <= now


def _stamp(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
