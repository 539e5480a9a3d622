"""What operators ask for by a function URL: to stop a run, and to resume one."""

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from distillery.core.env_vars import Variable
from infra.constructs.arn import Location
from infra.constructs.data_stores import DataStores
from infra.constructs.function import Function, iam_url
from infra.constructs.permissions import bedrock, running, storage
from infra.constructs.stack_context import StackContext

VERBS = ("stop", "resume")
"""The paths of the URL. A test compares them with those that the function handles."""


class Operations(Construct):
    """One function for all verbs, because each function adds two ARNs to the managed policies, which are limited.

    `settings` is the layer with the recipes and their deciders. `has_judges` is whether models rate answers in any of
    them. `urls` are the addresses by verb.
    """

    def __init__(
        self,
        scope: Construct,
        ident: str,
        *,
        context: StackContext,
        stores: DataStores,
        machine: sfn.StateMachine,
        settings: lambda_.ILayerVersion,
        has_judges: bool,
    ) -> None:
        super().__init__(scope, ident)
        location, names = Location.of(self), context.names
        self.function = Function(
            self,
            "Function",
            context=context,
            handler="lambdas.operations.handler.operate",
            description="Stops and resumes runs, when a person asks for it",
            timeout=Duration.minutes(2),
            permissions=[
                *storage.use_ledger(stores.ledger),
                *storage.notify(stores.topic, context.key),
                storage.list_objects(stores.data),
                running.stop_executions(location, machine.state_machine_name),
                running.start(machine.state_machine_arn),
                bedrock.follow(location),
                bedrock.stop_jobs(location, names),
                *(bedrock.stop_orphaned_judges(location, names) if has_judges else ()),
                *bedrock.delete_endpoints(location, names),
            ],
            environment={
                **stores.variables(Variable.LEDGER, Variable.DATA_BUCKET, Variable.TOPIC),
                Variable.STATE_MACHINE: machine.state_machine_arn,
            },
            layers=[settings],
        )
        url = iam_url(self.function)  # ends with a slash
        self.urls = {verb: f"{url}{verb}" for verb in VERBS}
