"""What admits students of other environments: the function that consumes their signed records, and its policy."""

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from distillery.core.env_vars import Variable
from distillery.core.ledger.holders import HolderKind
from distillery.core.names import PROMPTS_PREFIX, Names
from distillery.core.promotions import FILES, MARKER
from distillery.records.rules import AdmissionRules
from infra.constructs.arn import Location
from infra.constructs.data_stores import DataStores
from infra.constructs.function import Function, iam_url
from infra.constructs.layers import admission_rules_layer, packages_layer
from infra.constructs.managed_policies import REPORTS
from infra.constructs.permissions import managed_policy, running, storage, users
from infra.constructs.permissions.users import RECIPE
from infra.constructs.stack_context import StackContext
from infra.packing import Packages


class AdmissionFunction(Construct):
    """The function, at `url`. It holds no key: who verifies needs public ones alone.

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
        rules: AdmissionRules,
    ) -> None:
        super().__init__(scope, ident)
        self.function = Function(
            self,
            "Function",
            context=context,
            handler="lambdas.admission.handler.admit",
            description="Admits students of other environments by the signed records of their runs",
            timeout=Duration.minutes(1),
            permissions=[
                *storage.admit_to_ledger(stores.ledger),
                *storage.notify(stores.topic, context.key),
                running.read_parameters(Location.of(self), context.names.alias("*")),
            ],
            environment={
                **stores.variables(Variable.LEDGER, Variable.TOPIC),
                **context.four_eyes,
            },
            layers=[
                packages_layer(self, "Packages", Packages.RECORDS),
                admission_rules_layer(self, "Rules", rules),
                settings,
            ],
        )
        self.url = iam_url(self.function)


def promoter_policy(
    scope: Construct, ident: str, *, names: Names, stores: DataStores, admission: Function, deciders_named: bool
) -> iam.ManagedPolicy:
    """`distillery promote` and `promotions` in the target: promoters send records, upload the prompts of promotions and
    follow their runs. They upload no other prompts, and read none: an object beside the named ones would start a run
    of its own."""
    location, folder = Location.of(scope), f"{PROMPTS_PREFIX}{RECIPE}/{HolderKind.PROMOTION}*"
    return managed_policy(
        scope,
        ident,
        f"Promote students of other environments to {names.environment}, and follow their promotions",
        *users.put_keys(stores.prompts, *(f"{folder}/{name}" for name in (*FILES, MARKER))),
        *users.read_objects(stores.data, *REPORTS),
        *users.read_runs(stores.ledger),
        *users.decide(admission.arn, deciders_named=deciders_named),
        running.read_parameters(location, names.pipeline),
        *users.read_aliases(location, names),
    )
