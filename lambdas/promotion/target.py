"""The model that a promotion or a roll-back makes live, and the conditions for it."""

from dataclasses import dataclass, replace

from distillery.core import clock
from distillery.core.aliases import Aliases
from distillery.core.canary_start import CANARY, canary_refusal, canary_usd, had_canary, has_canaries
from distillery.core.env_vars import Variable, is_set, read
from distillery.core.errors import BadRequest, NothingToRollBack
from distillery.core.ledger.acceptances import Acceptances
from distillery.core.ledger.canaries import Canaries
from distillery.core.ledger.hours_changes import HoursAction
from distillery.core.ledger.items import model_of
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.rollbacks import Rollbacks
from distillery.core.names import Names
from distillery.core.pipeline import Alias, Outcome, Run, Stage, Student, Verdict
from distillery.core.promotion_window import closed_now
from distillery.core.recipe import Recipe
from distillery.core.steps import Event, evaluation_of, product, state_of
from distillery.core.system_prompt import SystemPrompt, callers_copy
from lambdas.promotion.follow_up import compares_live, follow_up

ROLLBACK, PROMOTE = "rollback", "promote"
"""Actions of executions that are no runs. The second is a person's acceptance of a student."""
OTHER_LIVE = "The verdict does not compare the student with the model that is live now."
HAD_CANARY = "Its canary beside the model that is live now has ended, and did not make it live."
"""Why a student that passed waits although its recipe lets it go live."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """What follows from a verdict. `why`: why a student that passed waits although its recipe lets it go live."""

    outcome: Outcome
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionTarget:
    """The model to make live.

    Attributes:
        recipe: The recipe that made the model, so that base and hosting are the model's.
        run: The run that made the model.
        mover: The run, or the holder of the roll-back or acceptance, that requests the change.
        execution: The execution of the evaluation that a person asked for, if it is one.
        is_stage: Whether the change is the last stage of the run. A roll-back is none.
        system: The system prompt that the model was trained with, at the address that callers read.
        learned: The same in the data set of the run.
    """

    recipe: Recipe
    model_arn: str
    run: str
    mover: str
    execution: str = ""
    is_stage: bool = True
    system: SystemPrompt | None = None
    learned: SystemPrompt | None = None


def target_of(
    event: Event, ledger: Ledger, acceptances: Acceptances, rollbacks: Rollbacks, canaries: Canaries
) -> PromotionTarget:
    """The model of a run with a passed verdict, of one that a person accepted, of a canary that has passed, or the one
    that a roll-back returns to.

    Raises:
        BadRequest: The verdict is missing, did not pass or leaves the decision to a person, or the ledger has no such
            acceptance, or no such canary whose student may go live.
        NothingToRollBack: The recipe has no previous model, or no run in the ledger made it.
    """
    if is_rollback(event):
        return _returned(product(event, "alias", Alias), str(state_of(event).get("holder")), ledger, rollbacks)
    if is_acceptance(event):
        return _accepted(str(state_of(event)["recipe"]), str(state_of(event)["holder"]), ledger, acceptances)
    if is_canary(event):
        return _of_canary(str(state_of(event)["recipe"]), str(state_of(event)["holder"]), ledger, canaries)
    run, verdict = product(event, "run", Run), product(event, "verdict", Verdict)
    ending = ending_now(event, ledger, canaries).outcome
    if ending in (Outcome.AWAITING_ACCEPTANCE, Outcome.CANARY):
        raise BadRequest(
            f"the student of run {run.id} waits for a person and is not promoted without one: "
            f"distillery accept {run.id} --reason WHY"
        )
    if ending is not Outcome.PROMOTED:
        raise BadRequest(
            f"run {run.id} did not pass its verdict ({'; '.join(verdict.reasons)}); it is not promoted unless a person "
            f"accepts it: distillery accept {run.id} --reason WHY"
        )
    target = _of_run(run, product(event, "student", Student).model_arn, mover=run.id)
    return replace(target, execution=evaluation_of(event))


def ending_of(run: Run, verdict: Verdict) -> Outcome:
    """How the run ends by its verdict, in this environment."""
    return follow_up(run.recipe, verdict, second_person=is_set(Variable.FOUR_EYES))


def ending_now(event: Event, ledger: Ledger, canaries: Canaries) -> FollowUp:
    """The same, unless another model is live by now than the verdict is about: then a person decides. A student of a
    recipe with canaries takes a share of the traffic first."""
    run, verdict = product(event, "run", Run), product(event, "verdict", Verdict)
    ending = ending_of(run, verdict)
    if ending is not Outcome.PROMOTED:
        return FollowUp(outcome=ending)
    alias = Aliases().read(Names(read(Variable.ENVIRONMENT)).alias(run.recipe.name))
    stage = ledger.run(run.id).stages.get(Stage.EVALUATION)
    student, judged = product(event, "student", Student).model_arn, stage.ended if stage else None
    if not compares_live(verdict, student=student, alias=alias, judged=judged):
        return FollowUp(outcome=Outcome.AWAITING_ACCEPTANCE, why=OTHER_LIVE)
    if alias is None or alias.current == student:
        return FollowUp(outcome=ending)
    if had_canary(run, alias, canaries):
        return FollowUp(outcome=Outcome.AWAITING_ACCEPTANCE, why=HAD_CANARY)
    if not has_canaries(run):
        return FollowUp(outcome=ending)
    return _before_canary(run, alias, canaries)


def _before_canary(run: Run, alias: Alias, canaries: Canaries) -> FollowUp:
    """A canary, unless a person has to confirm its price or none can begin now."""
    if usd := canary_usd(run.recipe):
        why = f"Its canary needs a second endpoint, which bills up to ${usd}, and whoever accepts it confirms that."
        return FollowUp(outcome=Outcome.AWAITING_ACCEPTANCE, why=why)
    if why := canary_refusal(alias, canaries):
        return FollowUp(outcome=Outcome.AWAITING_ACCEPTANCE, why=f"Its canary cannot begin now: {why}.")
    return FollowUp(outcome=Outcome.CANARY)


def following(event: Event, ledger: Ledger, canaries: Canaries) -> FollowUp:
    """What follows now. Only here, the promotion window counts: what has begun in it is completed, and so is a run that
    is resumed after its student went live."""
    found = ending_now(event, ledger, canaries)
    goes_on = found.outcome in (Outcome.PROMOTED, Outcome.CANARY)
    if goes_on and (closed := closed_now(clock.now())) and not _is_live(event):
        return FollowUp(outcome=Outcome.AWAITING_ACCEPTANCE, why=f"It is {closed}.")
    return found


def _is_live(event: Event) -> bool:
    alias = Aliases().read(Names(read(Variable.ENVIRONMENT)).alias(product(event, "run", Run).recipe.name))
    return alias is not None and alias.current == product(event, "student", Student).model_arn


def is_rollback(event: Event) -> bool:
    return bool(state_of(event).get("action") == ROLLBACK)


def is_opening(event: Event) -> bool:
    return bool(state_of(event).get("action") == HoursAction.OPEN)


def is_hours_change(event: Event) -> bool:
    return state_of(event).get("action") in tuple(HoursAction)


def is_canary(event: Event) -> bool:
    return bool(state_of(event).get("action") == CANARY)


def is_acceptance(event: Event) -> bool:
    return bool(state_of(event).get("action") == PROMOTE)


def _accepted(recipe: str, holder: str, ledger: Ledger, acceptances: Acceptances) -> PromotionTarget:
    """The model that the ledger has for the acceptance: what starts an execution cannot name another."""
    acceptance = acceptances.find(recipe, holder)
    return _of_run(ledger.run(acceptance.run).run, acceptance.to, mover=holder)


def canary_prompt(event: Event, ledger: Ledger, canaries: Canaries) -> PromotionTarget:
    """What would go live, with its system prompt, which callers need before that."""
    canary = canaries.find(str(state_of(event)["recipe"]), str(state_of(event)["holder"]))
    return _of_run(ledger.run(canary.run).run, canary.model, mover=canary.holder)


def _of_canary(recipe: str, holder: str, ledger: Ledger, canaries: Canaries) -> PromotionTarget:
    """The model of a canary that has claimed its promotion."""
    canary = canaries.find(recipe, holder)
    if not canary.promoting:
        raise BadRequest(
            f"{holder!r} has not ended as its recipe demands, so its student does not go live: the look at its metrics "
            "that ends it claims the promotion"
        )
    return _of_run(ledger.run(canary.run).run, canary.model, mover=holder)


def _of_run(run: Run, model_arn: str, *, mover: str) -> PromotionTarget:
    learned = run.dataset.system
    return PromotionTarget(
        recipe=run.recipe,
        model_arn=model_arn,
        run=run.id,
        mover=mover,
        system=callers_copy(run.recipe.name, learned),
        learned=learned,
    )


def _returned(alias: Alias, holder: str, ledger: Ledger, rollbacks: Rollbacks) -> PromotionTarget:
    """The model that the ledger has for the roll-back, with the recipe that its run had. Without a record, it is the
    previous model."""
    asked = rollbacks.find(alias.recipe, holder)
    model = asked.to if asked else alias.previous
    if not model:
        raise NothingToRollBack(f"recipe {alias.recipe!r} has had one model only, {alias.current}")
    for record in ledger.runs(alias.recipe):
        if model_of(record) == model:
            learned = record.run.dataset.system
            known = alias.previous_system if model == alias.previous else None
            return PromotionTarget(
                recipe=record.run.recipe,
                model_arn=model,
                run=record.run.id,
                mover=holder,
                is_stage=False,
                system=known or callers_copy(alias.recipe, learned),
                learned=learned,
            )
    raise NothingToRollBack(f"no run in the ledger made {model}, an earlier model of {alias.recipe!r}")
