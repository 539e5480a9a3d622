"""What gives a run the student of another environment, where its promotion trains none."""

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from distillery.core.env_vars import Variable
from distillery.core.names import MADE_BY_A_RUN
from distillery.core.recipe import Recipe, tag_keys
from infra.constructs.arn import Location
from infra.constructs.data_stores import DataStores
from infra.constructs.function import Function
from infra.constructs.permissions import borrowed_models, storage
from infra.constructs.stack_context import StackContext
from infra.constructs.state_machine import DISCARD, step

_FOUND = "$.adoption"
POLL = Duration.minutes(5)
"""Between two looks at a copy, which takes minutes to hours."""


class Adoption(Construct):
    """The function, and the states around it. Only environments that may use or copy models of others have it."""

    def __init__(
        self, scope: Construct, ident: str, *, context: StackContext, stores: DataStores, recipes: Sequence[Recipe]
    ) -> None:
        super().__init__(scope, ident)
        location = Location.of(self)
        self.function = Function(
            self,
            "Function",
            context=context,
            handler="lambdas.adoption.handler.step",
            description="Gives runs the students of other environments",
            timeout=Duration.minutes(5),
            permissions=[
                *storage.use_ledger(stores.ledger),
                *borrowed_models.lease(location, context.names, context.lenders),
                *borrowed_models.copy(location, context, tags={*MADE_BY_A_RUN, *tag_keys(recipes)}),
            ],
            environment={
                **stores.variables(Variable.LEDGER),
                Variable.MODEL_KEY: context.key.key_arn,
                **context.admitted_ways,
            },
        )

    def lease_state(self) -> sfn.Chain:
        """Takes the lease of a run that is evaluated again, if its student is another environment's: such a run may
        need no endpoint, and then wait for a person."""
        return sfn.Chain.start(step(self, "Take lease", function=self.function, action="lease", result_path=DISCARD))

    def states(self, *, adopted: sfn.IChainable, train: sfn.IChainable) -> sfn.IChainable:
        """Looks until the student is there, and goes on with it; or trains one, as a run without a promotion does."""
        adopt = step(self, "Adopt student", function=self.function, action="adopt", result_path=_FOUND)
        wait = sfn.Wait(self, "Wait for copy", time=sfn.WaitTime.duration(POLL))
        take = sfn.Pass(self, "Take student", input_path=f"{_FOUND}.student", result_path="$.student")
        status = f"{_FOUND}.status"
        found = (
            sfn.Choice(self, "Adopted?")
            .when(sfn.Condition.string_equals(status, "pending"), wait)
            .when(sfn.Condition.string_equals(status, "adopted"), take)
            .otherwise(train)
        )
        wait.next(adopt)
        take.next(adopted)
        return adopt.next(found)
