"""What shares single models with other accounts, where Bedrock shares models of a recipe's base."""

import json

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from distillery.core.env_vars import Variable
from infra.constructs.arn import Location
from infra.constructs.data_stores import DataStores
from infra.constructs.function import Function, iam_url
from infra.constructs.permissions import borrowed_models, managed_policy, running, storage, users
from infra.constructs.stack_context import StackContext


class Sharing(Construct):
    """The function, at `url`, and the policy of who may call it. `settings` is the layer with the recipes and their
    deciders."""

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
        self._names = context.names
        self.function = Function(
            self,
            "Function",
            context=context,
            handler="lambdas.sharing.handler.share",
            description="Shares the models of runs with other accounts of the organization",
            timeout=Duration.minutes(1),
            permissions=[
                *storage.read_ledger(stores.ledger),
                *borrowed_models.share(Location.of(self), context.names, context.share_with),
            ],
            environment={
                **stores.variables(Variable.LEDGER),
                Variable.SHARE_WITH: json.dumps(context.share_with),
            },
            layers=[settings],
        )
        self.url = iam_url(self.function)

    def policy(self, scope: Construct, ident: str, *, deciders_named: bool) -> iam.ManagedPolicy:
        """Share models of runs, before their promotion to another account."""
        return managed_policy(
            scope,
            ident,
            f"Share models of {self._names.environment} with other accounts, for promotions",
            *users.decide(self.function.arn, deciders_named=deciders_named),
            running.read_parameters(Location.of(self), self._names.pipeline),
        )
