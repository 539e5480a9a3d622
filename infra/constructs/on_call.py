"""The managed policy of the person on call: what the runbooks need, in both Regions, without access to texts."""

from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from distillery.core.names import Names
from infra.constructs.arn import Location
from infra.constructs.data_stores import DataStores
from infra.constructs.function import Function
from infra.constructs.permissions import Permission, bedrock, managed_policy, monitoring, running, users

HOME_STACKS, INFERENCE_STACKS = ("foundation", "pipeline"), ("serving", "collection")
"""The stacks of the home Region and those of the inference Region whose functions have alarms."""


def on_call_policy(
    scope: Construct,
    ident: str,
    *,
    names: Names,
    stores: DataStores,
    machine: sfn.StateMachine,
    inference_region: str,
    functions: Sequence[Function],
    deciding: Sequence[Function],
    deciders_named: bool,
) -> iam.ManagedPolicy:
    """What `docs/runbooks` need.

    Args:
        scope: The construct that the policy belongs to.
        ident: Its construct id.
        names: Names of the environment.
        stores: The buckets, the ledger and the topic.
        machine: The state machine, whose executions can be listed and read.
        inference_region: The Region where routes are called.
        functions: Functions that are invoked again once a problem is fixed.
        deciding: The functions that the person on call sends decisions to.
        deciders_named: Whether each recipe names its deciders.
    """
    location = Location.of(scope)
    there = location.at(inference_region)
    return managed_policy(
        scope,
        ident,
        f"Investigate alarms of {names.environment}, and fix problems by the runbooks",
        *users.read_runs(stores.ledger),
        users.invoke(*(function.arn for function in functions)),
        *users.decide(*(each.arn for each in deciding), deciders_named=deciders_named),
        running.read_parameters(location, names.pipeline, names.model_dates, names.alias("*")),
        running.read_parameters(there, names.serving, names.route("*")),
        running.read_executions(location, machine.state_machine_name, "states:GetExecutionHistory"),
        running.list_executions(machine.state_machine_arn),
        *_watch(location, there, names),
        bedrock.follow(location),
    )


def _watch(location: Location, there: Location, names: Names) -> tuple[Permission, ...]:
    stacks = (
        {location: HOME_STACKS, there: INFERENCE_STACKS}
        if location != there
        else {location: HOME_STACKS + INFERENCE_STACKS}
    )
    return (
        monitoring.read_alarms(*stacks),
        monitoring.read_functions(names, stacks),
        *monitoring.empty_dead_letters(names, stacks),
    )
