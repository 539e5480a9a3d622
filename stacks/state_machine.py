"""The stages as one state machine: their order, and what happens when one of them fails.

distil:    distillation → endpoint → answers → endpoint released → verdict → goes live? → promotion → closed; a run that
           was promoted from another environment may have adopted a student, and begins with the endpoint
evaluate:  as distil, from the endpoint on, or from the verdict on
promote:   promotion of a student that a person accepted → closed
rollback:  promotion of the previous model → closed
canary:    endpoint → alias names it → looked at until it is decided → promotion? → out of the alias → deleted → closed
open:      business hours begin: endpoint of the live model → alias → closed
pause:     they end: alias paused → endpoint deleted → closed
failed:    job stopped → candidate released → judges stopped → closed → Fail; each even if the one before fails
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from distillery.core.canary_start import CANARY
from distillery.core.ledger.hours_changes import HoursAction
from distillery.core.promotion_window import PromotionWindow
from distillery.core.recipe import Recipe
from infra.constructs.adoption import Adoption
from infra.constructs.data_stores import DataStores
from infra.constructs.function import Function
from infra.constructs.stack_context import StackContext
from infra.constructs.state_machine import DISCARD
from infra.stages.canary import CanaryStage
from infra.stages.distillation import DistillationStage
from infra.stages.endpoint import EndpointStage
from infra.stages.evaluation import EvaluationStage
from infra.stages.promotion import PromotionStage


@dataclass(frozen=True, slots=True, kw_only=True)
class Stages:
    """The stages with states, in their order."""

    distillation: DistillationStage
    endpoint: EndpointStage
    evaluation: EvaluationStage
    promotion: PromotionStage
    adoption: Adoption | None
    """Where the environment may use or copy models of others."""
    has_hourly: bool
    """Whether a recipe is hosted by the hour, and may have business hours."""

    @classmethod
    def create(
        cls,
        scope: Construct,
        *,
        context: StackContext,
        stores: DataStores,
        recipes: Sequence[Recipe],
        settings: lambda_.ILayerVersion,
        dead_letters: sqs.IQueue | None,
        record_days: int | None,
        window: PromotionWindow | None,
        inference_region: str,
    ) -> Self:
        """Creates the stages. `settings` is the layer with the recipes. `record_days` and `window`: see
        `PromotionStage`.

        Functions that events invoke share `dead_letters`: one queue and one alarm.
        """
        endpoint = EndpointStage(
            scope,
            "Endpoint",
            context=context,
            stores=stores,
            recipes=recipes,
            settings=settings,
            dead_letters=dead_letters,
        )
        return cls(
            distillation=DistillationStage(
                scope, "Distillation", context=context, stores=stores, recipes=recipes, dead_letters=dead_letters
            ),
            endpoint=endpoint,
            evaluation=EvaluationStage(
                scope, "Evaluation", context=context, stores=stores, recipes=recipes, settings=settings
            ),
            promotion=PromotionStage(
                scope,
                "Promotion",
                context=context,
                stores=stores,
                recipes=recipes,
                settings=settings,
                record_days=record_days,
                window=window,
                inference_region=inference_region,
            ),
            adoption=Adoption(scope, "Adoption", context=context, stores=stores, recipes=recipes)
            if context.lenders or context.copy_from
            else None,
            has_hourly=any(recipe.is_hourly for recipe in recipes),
        )

    @property
    def functions(self) -> list[Function]:
        """The functions that the state machine invokes."""
        others = [stage.function for stage in (self.distillation, self.endpoint)]
        adoption = [self.adoption.function] if self.adoption else []
        return [*others, *adoption, *self.promotion.functions, *self.evaluation.functions]

    def attach(self, machine: sfn.StateMachine) -> None:
        """Connects the functions that start, answer or describe executions with the state machine."""
        self.evaluation.attach(machine)
        for stage in (self.distillation, self.endpoint, self.promotion):
            stage.attach(machine)


def definition(scope: Construct, stages: Stages) -> sfn.IChainable:
    """Input: `{"action": "distil", "run": …}`, `{"action": "evaluate", "run": …, "student": …, "judge_only": …,
    "evaluation": …}`, `{"action": "rollback", "recipe": …, "alias": …, "holder": …}`, `{"action": "promote",
    "recipe": …, "holder": …}`, `{"action": "canary", "recipe": …, "holder": …, "ending": …}`, or
    `{"action": "open" | "pause", "recipe": …, "holder": …, "opened": …, "until": …, "notify": …}`.

    No state waits for a person."""
    rollback = sfn.Condition.string_equals("$.action", "rollback")
    promote = sfn.Condition.string_equals("$.action", "promote")
    choice = sfn.Choice(scope, "Action?")
    choice.when(rollback, _rollback(scope, stages)).when(promote, _acceptance(scope, stages))
    if canary := stages.promotion.canary:
        choice.when(sfn.Condition.string_equals("$.action", CANARY), _canary(scope, stages.promotion, canary))
    if stages.has_hourly:
        opens = sfn.Condition.string_equals("$.action", HoursAction.OPEN)
        pauses = sfn.Condition.string_equals("$.action", HoursAction.PAUSE)
        choice.when(sfn.Condition.or_(opens, pauses), _business_hours(scope, stages, opens))
    return choice.otherwise(_distil(scope, stages))


def _distil(scope: Construct, stages: Stages) -> sfn.IChainable:
    states = (
        sfn.Chain.start(_until_answered(scope, stages))
        .next(stages.endpoint.release("Release candidate"))  # it may bill by the hour, and judges take up to a day
        .next(stages.evaluation.judge_states())
        .next(stages.promotion.states())
    )
    return _guarded(scope, "Pipeline", "run", states, stages, _cleanup(scope, stages))


def _until_answered(scope: Construct, stages: Stages) -> sfn.Chain:
    """From where the execution begins: an evaluation has its student already, and perhaps its answers too."""
    answers = stages.evaluation.answer_states()
    asked = sfn.Chain.start(stages.endpoint.states()).next(answers)
    train = sfn.Chain.start(stages.distillation.states()).next(asked)
    distil = stages.adoption.states(adopted=asked, train=train) if stages.adoption else train
    needed = (
        sfn.Choice(scope, "Which answers are missing?")
        .when(sfn.Condition.boolean_equals("$.missing.endpoint", True), asked)
        .when(sfn.Condition.boolean_equals("$.missing.answers", True), answers)
    )
    missing = stages.evaluation.missing_state().next(needed)
    stored = sfn.Choice(scope, "Judges only?").when(sfn.Condition.boolean_equals("$.judge_only", False), missing)
    again = stages.adoption.lease_state().next(stored) if stages.adoption else stored
    begin = sfn.Choice(scope, "Has a student?").when(sfn.Condition.string_equals("$.action", "evaluate"), again)
    begin.otherwise(distil)
    kept = sfn.Pass(scope, "Answers are stored")
    for choice in (stored, needed):
        choice.otherwise(kept)
    return sfn.Chain.custom(begin, [*answers.end_states, kept], begin)


def _rollback(scope: Construct, stages: Stages) -> sfn.IChainable:
    failed = _close_and_fail(scope, stages, "Close failed rollback", "Rollback failed")
    return _guarded(scope, "Rollback", "rollback", stages.promotion.rollback_states(), stages, failed)


def _acceptance(scope: Construct, stages: Stages) -> sfn.IChainable:
    failed = _close_and_fail(scope, stages, "Close failed acceptance", "Acceptance failed")
    return _guarded(scope, "Acceptance", "acceptance", stages.promotion.acceptance_states(), stages, failed)


def _canary(scope: Construct, promotion: PromotionStage, canary: CanaryStage) -> sfn.IChainable:
    """However it ends: out of the alias, and its endpoint deleted once callers know. `ending`: its own execution was
    stopped or broke, and this one only ends it."""
    withdraw, wait, delete, close = canary.ending("canary")
    failed = sfn.Fail(scope, "Canary failed", error_path="$.error.Error", cause_path="$.error.Cause")
    broken, known, left, closing = canary.ending("broken canary")
    known.next(_whatever_happens(left, _whatever_happens(closing, failed)))
    broken_end = _whatever_happens(broken, known)
    guarded = sfn.Parallel(scope, "Guarded canary", output_path="$[0]").branch(promotion.canary_states(canary))
    ended = withdraw.next(wait).next(delete).next(close).next(sfn.Succeed(scope, "Canary ended"))
    for each in (guarded, withdraw, delete):
        each.add_catch(broken_end, errors=["States.ALL"], result_path="$.error")
    guarded.next(ended)
    return (
        sfn.Choice(scope, "Ends only?").when(sfn.Condition.boolean_equals("$.ending", True), ended).otherwise(guarded)
    )


def _business_hours(scope: Construct, stages: Stages, opens: sfn.Condition) -> sfn.IChainable:
    """What a failed change has left of a paused endpoint is deleted."""
    promotion = stages.promotion
    closing = _close_and_fail(scope, stages, "Close failed hours", "Hours failed")
    failed = _whatever_happens(promotion.delete_paused("Delete what is paused"), closing)
    states = sfn.Choice(scope, "Opens?").when(opens, promotion.opening_states()).otherwise(promotion.pause_states())
    return _guarded(scope, "Hours", "hours", states, stages, failed)


def _guarded(
    scope: Construct, name: str, closed: str, states: sfn.IChainable, stages: Stages, failed: sfn.IChainable
) -> sfn.IChainable:
    """Runs `states`, then closes the `closed`. Every error leads to `failed`, with the input and `$.error`."""
    guarded = sfn.Parallel(scope, name, output_path="$[0]").branch(states)
    guarded.add_catch(failed, errors=["States.ALL"], result_path="$.error")
    return guarded.next(stages.promotion.close(f"Close {closed}")).next(
        sfn.Succeed(scope, f"{closed.capitalize()} ended")
    )


def _cleanup(scope: Construct, stages: Stages) -> sfn.IChainable:
    """Needs only the run's id. A clean-up that fails does not prevent the next one."""
    closing = _close_and_fail(scope, stages, "Close failed run", "Run failed")
    if stop_judges := stages.evaluation.cleanup():
        closing = _whatever_happens(stop_judges, closing)
    release = _whatever_happens(stages.endpoint.release("Release what is left"), closing)
    return _whatever_happens(stages.distillation.cleanup(), release)


def _close_and_fail(scope: Construct, stages: Stages, close: str, fail: str) -> sfn.IChainable:
    end = sfn.Fail(scope, fail, error_path="$.error.Error", cause_path="$.error.Cause")
    return _whatever_happens(stages.promotion.close(close), end)


def _whatever_happens(task: sfn.CustomState, then: sfn.IChainable) -> sfn.IChainable:
    task.add_catch(then, errors=["States.ALL"], result_path=DISCARD)
    return task.next(then)
