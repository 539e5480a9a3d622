"""The life-cycle watch: a function that compares the models of an environment with Bedrock's dates, every day."""

from collections.abc import Iterable

from aws_cdk import Duration
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from distillery.core import catalog
from distillery.core.env_vars import Variable
from distillery.core.model_dates import NamedModel
from infra.constructs.arn import Location
from infra.constructs.data_stores import DataStores
from infra.constructs.eventbridge import on_schedule
from infra.constructs.function import Function
from infra.constructs.layers import named_models_layer
from infra.constructs.permissions import Permission, bedrock, foundation_models, running, storage
from infra.constructs.stack_context import StackContext


class ModelWatchFunction(Construct):
    """Compares the catalog with the dates that Bedrock states, in each Region where the environment uses models.

    Failed invocations go to `dead_letters`.
    """

    def __init__(
        self,
        scope: Construct,
        ident: str,
        *,
        context: StackContext,
        stores: DataStores,
        models: Iterable[NamedModel],
        dead_letters: sqs.IQueue,
    ) -> None:
        super().__init__(scope, ident)
        named = list(models)
        location, parameter = Location.of(self), context.names.model_dates
        self.function = Function(
            self,
            "Function",
            context=context,
            handler="lambdas.model_dates.handler.watch",
            description="Warns of models that end, and of dates that the catalog does not have",
            timeout=Duration.minutes(5),
            permissions=[
                *_get_models(location, named),
                *bedrock.take_inventory(location),
                *storage.notify(stores.topic, context.key),
                running.read_parameters(location, parameter),
                running.write_parameters(location, parameter),
            ],
            environment=stores.variables(Variable.TOPIC),
            layers=[named_models_layer(self, "Models", named)],
            asynchronous=True,
            dead_letters=dead_letters,
        )
        on_schedule(
            self,
            "Daily",
            description="The life cycles of the models in use are compared with the catalog",
            rate=Duration.days(1),
            payload={"watch": True},
            functions=[self.function],
        )


def _get_models(location: Location, named: Iterable[NamedModel]) -> list[Permission]:
    """The models that the settings name, by Region; in the home Region also every student that an older deployment may
    have left hosted."""
    by_region: dict[str, set[str]] = {location.region: {model.id for model in catalog.models() if model.customize}}
    for each in named:
        by_region.setdefault(each.region, set()).add(each.model)
    return [foundation_models.get_models(location.at(region), models) for region, models in sorted(by_region.items())]
