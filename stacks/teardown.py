"""teardown: the guard of the environment's removal, in the home Region. `cdk destroy` deletes this stack first."""

from constructs import Construct

from distillery.settings import Settings
from infra.constructs.teardown import EnvironmentGuard
from stacks.base import EnvironmentStack
from stacks.foundation import HomeFoundation
from stacks.pipeline import Pipeline


class Teardown(EnvironmentStack):
    """It depends on every other stack, so none of them is deleted before the guard has agreed."""

    def __init__(
        self, scope: Construct, part: str, *, settings: Settings, foundation: HomeFoundation, pipeline: Pipeline
    ) -> None:
        super().__init__(
            scope, part, settings=settings, region=settings.home_region, description="the guard of its removal"
        )
        key = foundation.key(self)
        EnvironmentGuard(
            self,
            "Guard",
            context=self.context_for(key),
            ledger=foundation.stores(self, key).ledger,
            machine=pipeline.output_of("StateMachineArn"),
            machine_name=pipeline.output_of("StateMachineName"),
            judges=any(recipe.judges for recipe in settings.recipes.values()),
            inference_region=settings.inference_region,
        )
