"""The stages that have states, built together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from distillery.core.recipe import Recipe
from infra.constructs.data_stores import Stores
from infra.constructs.function import Function
from infra.constructs.stack_context import Ground
from infra.stages.distillation import Distillation
from infra.stages.endpoint import Endpoint
from infra.stages.evaluation import Evaluation
from infra.stages.promotion import Promotion


@dataclass(frozen=True, slots=True, kw_only=True)
class Stages:
    """In the order of the road."""

    distillation: Distillation
    endpoint: Endpoint
    evaluation: Evaluation
    promotion: Promotion

    @classmethod
    def within(
        cls,
        scope: Construct,
        *,
        ground: Ground,
        stores: Stores,
        recipes: Sequence[Recipe],
        settings: lambda_.ILayerVersion,
    ) -> Self:
        """settings: the layer that tells functions the recipes."""
        endpoint = Endpoint(scope, "Endpoint", ground=ground, stores=stores, recipes=recipes)
        letters = endpoint.sweep.dead_letters  # one queue, and one alarm, for what the slow poll does again anyway
        return cls(
            distillation=Distillation(
                scope, "Distillation", ground=ground, stores=stores, recipes=recipes, dead_letters=letters
            ),
            endpoint=endpoint,
            evaluation=Evaluation(scope, "Evaluation", ground=ground, stores=stores, recipes=recipes),
            promotion=Promotion(scope, "Promotion", ground=ground, stores=stores, recipes=recipes, settings=settings),
        )

    @property
    def functions(self) -> list[Function]:
        """Those that the state machine calls."""
        return [stage.function for stage in (self.distillation, self.endpoint, self.evaluation, self.promotion)]

    def attach(self, machine: sfn.StateMachine) -> None:
        """Tells the functions that start, answer or look at executions which machine it is."""
        for stage in (self.distillation, self.endpoint, self.promotion):
            stage.attach(machine)
