"""What operators delete by function URLs: the models of a recipe that nothing needs."""

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from distillery.core.env_vars import Variable
from infra.constructs.arn import Location
from infra.constructs.data_stores import DataStores
from infra.constructs.function import Function, iam_url
from infra.constructs.permissions import bedrock, running, storage
from infra.constructs.stack_context import StackContext


class Deletion(Construct):
    """A function for each verb, with the permissions of that verb alone. `prune` is called at `prune_url`, and
    `retire`, which deletes what a recipe has, at `retire_url`.

    `settings` is the layer with the recipes and their deciders.
    """

    def __init__(
        self,
        scope: Construct,
        ident: str,
        *,
        context: StackContext,
        stores: DataStores,
        settings: lambda_.ILayerVersion,
    ) -> None:
        super().__init__(scope, ident)
        location, names = Location.of(self), context.names
        self.prune = Function(
            self,
            "Prune",
            context=context,
            handler="lambdas.operations.deletion_handler.prune",
            description="Lists custom models, and deletes those that nothing needs",
            timeout=Duration.minutes(2),
            permissions=[
                *storage.use_ledger(stores.ledger),
                running.read_parameters(location, names.alias("*")),
                *bedrock.take_inventory(location),
                bedrock.delete_models(location, names),
            ],
            environment=stores.variables(Variable.LEDGER),
            layers=[settings],
        )
        self.prune_url = iam_url(self.prune)
        self.retire = Function(
            self,
            "Retire",
            context=context,
            handler="lambdas.operations.deletion_handler.retire",
            description="Deletes the alias, endpoints and models of a recipe",
            timeout=Duration.minutes(5),
            permissions=[
                *storage.use_ledger(stores.ledger),
                running.read_parameters(location, names.alias("*")),
                running.delete_parameters(location, names.alias("*")),
                *bedrock.take_inventory(location),
                *bedrock.delete_endpoints(location, names),
                bedrock.delete_models(location, names),
            ],
            environment=stores.variables(Variable.LEDGER),
            layers=[settings],
        )
        self.retire_url = iam_url(self.retire)
