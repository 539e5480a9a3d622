"""What every stack of an environment has in common."""

from aws_cdk import Environment, Fn, LegacyStackSynthesizer, PermissionsBoundary, Stack, Tags
from aws_cdk import aws_kms as kms
from constructs import Construct

from distillery.core import catalog
from distillery.core.commitment import Commitments
from distillery.core.names import TAG_ENVIRONMENT, Names
from distillery.settings import Settings
from distillery.settings.promotion import Promotion
from infra.constructs.layers import sdk_layer
from infra.constructs.stack_context import StackContext


class EnvironmentStack(Stack):
    """`distillery-<environment>-<part>` in one Region, tagged so that its cost can be found.

    One that is `by_person` is deployed with that person's rights, not with those of the CDK's bootstrap, and its roles
    have no boundary but their own.
    """

    def __init__(
        self,
        scope: Construct,
        part: str,
        *,
        settings: Settings,
        region: str,
        description: str,
        by_person: bool = False,
    ) -> None:
        self.names = Names(settings.environment)
        self._name, self._region = self.names.stack(part), region
        tagged = {**settings.cost_tags, TAG_ENVIRONMENT: settings.environment}
        super().__init__(
            scope,
            self._name,
            env=Environment(account=settings.account, region=region),
            description=f"Distillery, environment {settings.environment}: {description}",
            termination_protection=settings.termination_protection,
            permissions_boundary=None if by_person else _boundary(settings),
            synthesizer=LegacyStackSynthesizer() if by_person else None,
            tags=tagged,  # the stack's own, which `Tags` does not set (@aws-cdk/core:explicitStackTags)
        )
        self.settings = settings
        tags = Tags.of(self)
        for key, value in tagged.items():
            tags.add(key, value)

    def context_for(self, key: kms.IKey) -> StackContext:
        """The context of this stack's constructs. Call it once per stack: it creates the layer."""
        promotion = self.settings.promotion or Promotion()
        return StackContext(
            names=self.names,
            key=key,
            sdk=sdk_layer(self, "Sdk"),
            keep_data=self.settings.keep_data,
            log_retention_days=self.settings.log_retention_days,
            max_model_units=self.settings.max_model_units,
            paused_units={
                self.names.live(name, recipe.student): recipe.model_units
                for name, recipe in self.settings.recipes.items()
                if recipe.business_hours
            },
            commitments=Commitments.of_recipes(self.names, self.settings.recipes.values()),
            through=promotion.through,
            copy_from=promotion.copy_from,
            may_have_shares=promotion.sign
            and any(catalog.model(recipe.student).shareable for recipe in self.settings.recipes.values()),
            share_with=promotion.share_with,
            idle_days=self.settings.idle_days_warning,
        )

    def output_of(self, name: str) -> str:
        """The value of an output, for other stacks."""
        return Fn.get_stack_output(self._name, name, self._region)


def _boundary(settings: Settings) -> PermissionsBoundary | None:
    return PermissionsBoundary.from_name(settings.permissions_boundary) if settings.permissions_boundary else None
