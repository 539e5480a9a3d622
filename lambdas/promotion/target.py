"""The model that a promotion or a roll-back makes live, and the conditions for it."""

from dataclasses import dataclass

from distillery.core.errors import BadRequest, NothingToRollBack
from distillery.core.ledger.items import model_of
from distillery.core.ledger.ledger import Ledger
from distillery.core.pipeline import Alias, Run, Student, Verdict
from distillery.core.recipe import Recipe
from distillery.core.steps import Event, product, state_of
from distillery.core.system_prompt import SystemPrompt
from lambdas.promotion.system_prompts import callers_copy

ROLLBACK = "rollback"


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionTarget:
    """The model to make live.

    Attributes:
        recipe: The recipe that made the model, so that base and hosting are the model's.
        run: The run that made the model.
        mover: The run or the roll-back's holder that requests the change.
        system: The system prompt that the model was trained with, at the address that callers read.
        learned: The same in the data set of the run.
    """

    recipe: Recipe
    model_arn: str
    run: str
    mover: str
    system: SystemPrompt | None = None
    learned: SystemPrompt | None = None


def target_of(event: Event, ledger: Ledger) -> PromotionTarget:
    """The model of a run with a passed verdict, or the previous model of a roll-back.

    Raises:
        BadRequest: The verdict is missing or did not pass.
        NothingToRollBack: The recipe has no previous model, or no run in the ledger made it.
    """
    if is_rollback(event):
        return _previous(product(event, "alias", Alias), str(state_of(event).get("holder")), ledger)
    run, verdict = product(event, "run", Run), product(event, "verdict", Verdict)
    if not verdict.passed:
        raise BadRequest(f"run {run.id} did not pass its verdict ({'; '.join(verdict.reasons)}); it is never promoted")
    student, learned = product(event, "student", Student), run.dataset.system
    return PromotionTarget(
        recipe=run.recipe,
        model_arn=student.model_arn,
        run=run.id,
        mover=run.id,
        system=callers_copy(run.recipe.name, learned),
        learned=learned,
    )


def is_rollback(event: Event) -> bool:
    return bool(state_of(event).get("action") == ROLLBACK)


def _previous(alias: Alias, holder: str, ledger: Ledger) -> PromotionTarget:
    """The previous model, with the recipe that its run had."""
    if alias.previous is None:
        raise NothingToRollBack(f"recipe {alias.recipe!r} has had one model only, {alias.current}")
    for record in ledger.runs(alias.recipe):
        if model_of(record) == alias.previous:
            learned = record.run.dataset.system
            return PromotionTarget(
                recipe=record.run.recipe,
                model_arn=alias.previous,
                run=record.run.id,
                mover=holder,
                system=alias.previous_system or callers_copy(alias.recipe, learned),
                learned=learned,
            )
    raise NothingToRollBack(f"no run in the ledger made {alias.previous}, the previous model of {alias.recipe!r}")
