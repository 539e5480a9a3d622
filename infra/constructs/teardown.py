"""Custom resources that guard the removal of an environment and of recipes, and the function that empties one
(`lambdas/teardown`).

CloudFormation deletes what its templates contain, and no template contains an endpoint, a custom model or an alias.
"""

from collections.abc import Mapping

from aws_cdk import CustomResource, Duration, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from distillery.core.env_vars import Variable
from distillery.core.recipe import Recipe
from infra.constructs.arn import Location
from infra.constructs.function import SERVICE_TIMEOUT, Function, iam_url
from infra.constructs.permissions import Permission, bedrock, borrowed_models, running, storage
from infra.constructs.stack_context import StackContext
from infra.constructs.state_machine import DISCARD, Machine, step

LONGEST_WAIT = Duration.minutes(59)
"""CloudFormation waits for a custom resource for an hour at most (AWS::CloudFormation::CustomResource, ServiceTimeout).
The last pass begins after about 50 minutes (`lambdas.teardown.handler.PASSES_MAX`)."""
LONGEST_RETIREMENT = Duration.days(1)
"""Of the state machine, which ends by itself. What it deletes after CloudFormation's hour need not be deleted again."""
PAUSE = Duration.seconds(30)
"""Between two passes of a retirement: deployments are deleted in minutes."""


class EnvironmentGuard(Construct):
    """Refuses the deletion of its stack while the environment has anything that bills or serves.

    In an environment that keeps no data it deletes all of that instead. That may take longer than an invocation: a
    state machine repeats a pass until nothing is left, and its last step replies to CloudFormation.
    """

    def __init__(
        self,
        scope: Construct,
        ident: str,
        *,
        context: StackContext,
        ledger: dynamodb.ITable,
        machine: str,
        machine_name: str,
        judges: bool,
        inference_region: str,
    ) -> None:
        """
        Args:
            scope: The parent construct.
            ident: The construct's id.
            context: The stack's context.
            ledger: The run ledger, which has the prices of model units.
            machine: The ARN of the pipeline's state machine.
            machine_name: Its name.
            judges: Whether a recipe has a judge, so that there may be evaluation jobs.
            inference_region: The inference Region, where probes write parameters.
        """
        super().__init__(scope, ident)
        function = Function(
            self,
            "Function",
            context=context,
            handler="lambdas.teardown.handler.guard",
            description="Refuses to delete an environment that still bills",
            timeout=Duration.minutes(15),
            permissions=[
                *_reading(self, context, ledger, machine),
                *_deleting_parameters(self, context, inference_region),
                *borrowed_models.give_back(Location.of(self), context, ledger),
            ],
            environment={**_variables(ledger, machine, inference_region), **context.borrowing},
        )
        guarded = CustomResource(
            self,
            "Guarded",
            resource_type="Custom::GuardedEnvironment",
            service_token=function.arn,
            service_timeout=SERVICE_TIMEOUT if context.keep_data else LONGEST_WAIT,
        )
        guarded.node.add_dependency(function)
        if not context.keep_data:
            retirement = self._retirement(context, ledger, machine, machine_name, judges, inference_region)
            function.add_environment({Variable.RETIREMENT: retirement.state_machine_arn})
            function.allow_more(running.start(retirement.state_machine_arn))
            guarded.node.add_dependency(retirement)

    def _retirement(
        self,
        context: StackContext,
        ledger: dynamodb.ITable,
        machine: str,
        machine_name: str,
        judges: bool,
        inference_region: str,
    ) -> sfn.StateMachine:
        location, names = Location.of(self), context.names
        function = Function(
            self,
            "Step",
            context=context,
            handler="lambdas.teardown.handler.step",
            description="Deletes what an environment that keeps no data has in Bedrock",
            timeout=Duration.minutes(15),
            permissions=[
                *_reading(self, context, ledger, machine),
                *_deleting(self, context, judges=judges),
                *_deleting_parameters(self, context, inference_region),
                *borrowed_models.give_back(Location.of(self), context, ledger),
                running.stop_executions(location, machine_name),
                running.delete_parameters(location, names.alias("*")),
            ],
            environment={**_variables(ledger, machine, inference_region), **context.borrowing},
        )
        return Machine(
            self,
            "Retirement",
            context=context,
            states=_passes(self, function),
            functions=[function],
            labels=[],
            within=LONGEST_RETIREMENT,
        ).machine


class RecipeGuard(Construct):
    """Refuses an update of its stack that drops a recipe with an endpoint or an alias, the function of a canary in
    progress, or a contender, a judge or a tag of a run, which keeps its recipe. Teachers and students stay granted."""

    def __init__(
        self,
        scope: Construct,
        ident: str,
        *,
        context: StackContext,
        ledger: dynamodb.ITable,
        machine: str,
        recipes: Mapping[str, Recipe],
        inference_region: str,
    ) -> None:
        super().__init__(scope, ident)
        function = Function(
            self,
            "Function",
            context=context,
            handler="lambdas.teardown.handler.keep_recipes",
            description="Refuses to drop a recipe that still serves",
            timeout=Duration.minutes(15),
            permissions=[*_reading(self, context, ledger, machine), storage.query_locks(ledger)],
            environment=_variables(ledger, machine, inference_region),
        )
        models = {name: [*each.contenders, *each.judges] for name, each in recipes.items()}
        canaries = sorted(name for name, each in recipes.items() if each.canary)
        kept = CustomResource(
            self,
            "Kept",
            resource_type="Custom::KeptRecipes",
            service_token=function.arn,
            properties={
                "Recipes": sorted(recipes),
                "Models": {name: named for name, named in models.items() if named},
                "Tags": {name: sorted(each.tags) for name, each in recipes.items() if each.tags},
                **({"Canaries": canaries} if canaries else {}),
            },
            service_timeout=SERVICE_TIMEOUT,
        )
        kept.node.add_dependency(function)


class Cleaning(Construct):
    """Empties the environment when a person asks for it at `url`; aliases and runs excepted, which have verbs of their
    own.

    `settings` is the layer with the recipes and their deciders.
    """

    def __init__(
        self,
        scope: Construct,
        ident: str,
        *,
        context: StackContext,
        ledger: dynamodb.ITable,
        machine: str,
        settings: lambda_.ILayerVersion,
        has_judges: bool,
        inference_region: str,
    ) -> None:
        super().__init__(scope, ident)
        judging = {Variable.JUDGES: "true"} if has_judges else {}
        self.function = Function(
            self,
            "Function",
            context=context,
            handler="lambdas.teardown.handler.clean",
            description="Lists or deletes what the environment has in Bedrock",
            timeout=Duration.minutes(5),
            permissions=[
                *_finding(self, context, machine),
                *storage.use_ledger(ledger),
                *_deleting(self, context, judges=has_judges),
                *_deleting_parameters(self, context, inference_region),
                *borrowed_models.lease(Location.of(self), context.names, context.lenders),
            ],
            environment={**_variables(ledger, machine, inference_region), **context.leasing, **judging},
            layers=[settings],
        )
        self.url = iam_url(self.function)


def _finding(scope: Construct, context: StackContext, machine: str) -> tuple[Permission, ...]:
    """What finds out what is left."""
    location = Location.of(scope)
    return (
        *bedrock.take_inventory(location),
        running.list_parameters(location, context.names.alias("").rstrip("/")),
        running.list_executions(machine),
    )


def _reading(scope: Construct, context: StackContext, ledger: dynamodb.ITable, machine: str) -> tuple[Permission, ...]:
    """The same with its prices, and whether the stack is being deleted or rolled back."""
    return (
        *_finding(scope, context, machine),
        running.describe_stack(Location.of(scope), Stack.of(scope).stack_name),
        *storage.query_runs(ledger),
    )


def _deleting(scope: Construct, context: StackContext, *, judges: bool) -> tuple[Permission, ...]:
    """What deletes the environment's endpoints and models, and stops its jobs."""
    location, names = Location.of(scope), context.names
    return (
        *bedrock.delete_endpoints(location, names),
        bedrock.delete_models(location, names),
        bedrock.stop_jobs(location, names),
        *([bedrock.stop_judges(location, names)] if judges else []),
    )


def _deleting_parameters(scope: Construct, context: StackContext, inference_region: str) -> tuple[Permission, ...]:
    """What finds and deletes the parameters that functions and people write (`lambdas/teardown/parameters.py`)."""
    here, names = Location.of(scope), context.names
    there = here.at(inference_region)
    return (
        running.read_parameters(here, *names.written),
        running.delete_parameters(here, *names.written),
        running.list_parameters(there, names.all_probed),
        running.delete_parameters(there, names.probed("*")),
    )


def _variables(ledger: dynamodb.ITable, machine: str, inference_region: str) -> Mapping[Variable, str]:
    return {
        Variable.LEDGER: ledger.table_name,
        Variable.STATE_MACHINE: machine,
        Variable.INFERENCE_REGION: inference_region,
    }


def _passes(scope: Construct, function: Function) -> sfn.IChainable:
    """A pass, and the next after a while, until one is done; an error is reported to CloudFormation."""
    retire = step(scope, "Retire", function=function, action="retire", result_path="$.progress")
    pause = sfn.Wait(scope, "Until it is deleted", time=sfn.WaitTime.duration(PAUSE))
    give_up = step(scope, "Give up", function=function, action="give_up", result_path=DISCARD)
    retire.add_catch(give_up, errors=["States.ALL"], result_path="$.error")
    give_up.next(sfn.Fail(scope, "Not retired", error_path="$.error.Error", cause_path="$.error.Cause"))
    is_done = sfn.Condition.boolean_equals("$.progress.done", True)
    done = sfn.Choice(scope, "Nothing left?").when(is_done, sfn.Succeed(scope, "Retired"))
    pause.next(retire)
    return retire.next(done.otherwise(pause))
