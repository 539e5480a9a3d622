"""The last step of an execution: it closes the run, unlocks the recipe and notifies people."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from distillery.core.broken_promotions import PromotionRemains
from distillery.core.env_vars import Variable, read
from distillery.core.ledger.acceptances import Acceptances
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.rollbacks import Rollbacks
from distillery.core.notices import Notices
from distillery.core.pipeline import Alias, Outcome, Run, Score, Verdict
from distillery.core.step_errors import CHUNK_FAILED, describe_error
from distillery.core.steps import Event, product, state_of
from lambdas.promotion.target import OTHER_LIVE, ending_of, is_acceptance, is_rollback

UNKNOWN_FAILURE = (
    f"{CHUNK_FAILED}: a chunk of prompts failed, and the reason could not be stored; the executions of the Map Run in "
    "the history of the execution tell it"
)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run, roll-back or acceptance ended, derived from the execution's state. After a failure the state may hold
    only what the execution began with."""

    recipe: str
    holder: str
    outcome: Outcome
    reason: str
    scores: str = ""

    @property
    def paragraphs(self) -> tuple[str, ...]:
        return f"{self.holder}: {self.outcome}", self.scores, self.reason


Examine = Callable[[str, str], PromotionRemains]
"""What a holder of a recipe's lock has left, by the names of both."""


def close(
    event: Event,
    ledger: Ledger,
    rollbacks: Rollbacks,
    acceptances: Acceptances,
    notices: Notices,
    examine: Examine = lambda _recipe, _holder: PromotionRemains(),
) -> Ending:
    """Closes what the execution worked on. People are notified last: a failing topic must not keep the recipe locked.

    A student that waits for a person does so without an execution, and its recipe is free meanwhile. `examine`: says
    what one that broke has left.
    """
    ending = _ending(event, ledger, examine)
    if is_rollback(event) or is_acceptance(event):
        kept = rollbacks if is_rollback(event) else acceptances
        kept.end(ending.recipe, ending.holder, ending.outcome, ending.reason)
        ledger.unlock(ending.recipe, ending.holder)
    else:
        ledger.close(ending.holder, ending.outcome, ending.reason)
        ending = _kept(event, ending, ledger)
    notices.publish(f"Distillery: {ending.recipe} {ending.outcome}", *ending.paragraphs)
    return ending


def _kept(event: Event, ending: Ending, ledger: Ledger) -> Ending:
    """The ending that people are told: a run that was evaluated again may stay what it was."""
    record = ledger.run(ending.holder)
    if record.outcome is Outcome.STOPPED:
        return replace(ending, outcome=record.outcome, reason=record.reason)
    if record.reopened_from is None or record.outcome is ending.outcome:
        return ending
    reason = f"it was evaluated again, and stays {record.outcome}: {ending.reason}"
    if record.was_explored and record.outcome is not Outcome.PROMOTED:
        said = _said(product(event, "verdict", Verdict)).rstrip(".")
        accept = f"distillery --env {read(Variable.ENVIRONMENT)} accept {ending.holder} --reason WHY"
        reason = (
            f"it was evaluated again, and stays {record.outcome}: {said}. A person may accept its student: {accept}"
        )
    return replace(ending, outcome=record.outcome, reason=reason)


def _ending(event: Event, ledger: Ledger, examine: Examine) -> Ending:
    state = state_of(event)
    error = state.get("error")
    if is_rollback(event) or is_acceptance(event):
        recipe, holder = str(state["recipe"]), str(state["holder"])
        outcome = Outcome.ROLLED_BACK if is_rollback(event) else Outcome.PROMOTED
        if error is not None:
            return _broken(recipe, holder, outcome, describe_error(error), examine)
        return Ending(recipe, holder, outcome, _now(product(event, "alias", Alias)))
    run = product(event, "run", Run)
    if error is not None:
        why = _chunk_failure(ledger, run.id) if error.get("Error") == CHUNK_FAILED else describe_error(error)
        return _broken(run.recipe.name, run.id, Outcome.PROMOTED, why, examine)
    verdict = product(event, "verdict", Verdict)
    if "alias" in state:
        reason = _now(product(event, "alias", Alias))
        return Ending(run.recipe.name, run.id, Outcome.PROMOTED, reason, _scores(verdict))
    follow_up = state.get("follow_up") or {"outcome": ending_of(run, verdict)}
    outcome = Outcome(follow_up["outcome"])
    overtaken = outcome is Outcome.AWAITING_ACCEPTANCE and ending_of(run, verdict) is Outcome.PROMOTED
    first = follow_up.get("why") or (OTHER_LIVE if overtaken else "")  # executions of older versions have no `why`
    why = " ".join(filter(None, [first, _why(run.id, verdict, outcome)]))
    return Ending(run.recipe.name, run.id, outcome, why, _scores(verdict))


def _broken(recipe: str, holder: str, outcome: Outcome, why: str, examine: Examine) -> Ending:
    """`outcome`: that of one whose model is live already. It is an ending as without the error."""
    left = examine(recipe, holder)
    return Ending(recipe, holder, outcome if left.live else Outcome.FAILED, left.after(why))


def _why(run: str, verdict: Verdict, outcome: Outcome) -> str:
    """The reasons of the verdict, and the commands that decide where a person has to."""
    said = _said(verdict)
    if outcome is not Outcome.AWAITING_ACCEPTANCE:
        return "; ".join(verdict.reasons) or said
    command = f"distillery --env {read(Variable.ENVIRONMENT)}"
    decide = f"{command} accept {run} --reason WHY, or {command} reject {run}"
    return f"{said.rstrip('.')}. A person decides whether it goes live: {decide}"


def _said(verdict: Verdict) -> str:
    return verdict.sentence or "; ".join(verdict.reasons) or ("it passed" if verdict.passed else "it did not pass")


def _chunk_failure(ledger: Ledger, run: str) -> str:
    """Why a chunk failed, which the error of the execution does not say."""
    record = ledger.run(run)
    if record.chunk_failure.get("execution") == record.latest_execution:
        return str(record.chunk_failure["reason"])
    return UNKNOWN_FAILURE


def _scores(verdict: Verdict) -> str:
    def of(name: str, score: Score) -> str:
        cost = "cost unknown" if score.usd is None else f"${score.usd:.4f}"
        return f"{name} {score.value:.3f} ({score.latency_ms} ms, {cost})"

    contenders = (("student", verdict.student), ("teacher", verdict.teacher), ("untrained", verdict.base))
    return f"{verdict.measure}: " + ", ".join(of(*contender) for contender in contenders) + f"; {verdict.report_uri}"


def _now(alias: Alias) -> str:
    return f"alias version {alias.version} serves {alias.current} (before: {alias.previous or 'nothing'})"
