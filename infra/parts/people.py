"""Managed policies for the people and services that use an environment; an account's owner attaches them."""

from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.parts.function import Function
from infra.parts.permissions import bedrock, managed_policy, running, storage
from infra.parts.place import Place
from infra.parts.stores import Stores
from lambdas.shared.names import PROMPTS_PREFIX, UPLOADS_PREFIX, Names


def operator_policy(
    scope: Construct,
    ident: str,
    *,
    names: Names,
    stores: Stores,
    machine: sfn.StateMachine,
    functions: Sequence[Function],
    rollback: Function,
) -> iam.ManagedPolicy:
    """`distillery run`, `status`, `watch` and `rollback`, and a look at an execution."""
    place = Place.of(scope)
    return managed_policy(
        scope,
        ident,
        f"Put prompts on the road of {names.environment}, follow runs, and go back to the model before",
        *storage.write(stores.prompts, PROMPTS_PREFIX, UPLOADS_PREFIX),
        *storage.read(stores.data, "datasets/", "evaluations/", "reports/"),
        *storage.read_ledger(stores.ledger),
        running.invoke(*(function.function.function_arn for function in functions)),
        *running.decide(rollback.function.function_arn),
        running.read_parameters(place, names.pipeline),
        running.read_parameters(place, names.alias("*")),
        running.look_at_executions(place, machine.state_machine_name, "states:GetExecutionHistory"),
        bedrock.follow(place),
    )


def approver_policy(
    scope: Construct, ident: str, *, names: Names, stores: Stores, function: Function
) -> iam.ManagedPolicy:
    """`distillery approve` and `reject`, and a look at what a run would cost."""
    return managed_policy(
        scope,
        ident,
        f"Approve or reject runs of {names.environment} that are above their budget",
        *storage.read(stores.data, "datasets/"),
        *storage.read_ledger(stores.ledger),
        *running.decide(function.function.function_arn),
        running.read_parameters(Place.of(scope), names.pipeline),
    )


def caller_policy(
    scope: Construct, ident: str, *, names: Names, home_region: str, function: Function, alias: str | None
) -> iam.ManagedPolicy:
    """`distillery ask` and `routes`: the routes, by the invoke function and its URL. alias: of the function, where the
    URL stands at one."""
    place = Place.of(scope)
    return managed_policy(
        scope,
        ident,
        f"Ask the models behind the routes of {names.environment}",
        *running.invoke_by_url(function.function.function_arn, alias),
        running.read_parameters(place, names.serving),
        running.read_parameters(place, names.route("*"), names.probed("*")),
        running.read_parameters(place.at(home_region), names.pipeline),
    )


def measurer_policy(
    scope: Construct, ident: str, *, names: Names, home_region: str, probed: Sequence[str]
) -> iam.ManagedPolicy:
    """`distillery bench` and `probe`, beside the policies of the routes that are measured.

    probed: the routes of which a probe notes something, beside their maps, which deployments alone write: who writes a
    map says what all its callers call.
    """
    place = Place.of(scope)
    return managed_policy(
        scope,
        ident,
        f"Read the maps of the routes of {names.environment}, and note beside them what was found by trying",
        running.read_parameters(place, names.serving),
        running.read_parameters(place, names.route("*"), names.probed("*")),
        running.read_parameters(place.at(home_region), names.pipeline),
        *([running.write_parameters(place, *map(names.probed, probed))] if probed else []),
    )


def collector_policy(
    scope: Construct, ident: str, *, names: Names, home_region: str, function: Function
) -> iam.ManagedPolicy:
    """`distillery collect`: logged calls become prompts, by the collect function."""
    place = Place.of(scope)
    return managed_policy(
        scope,
        ident,
        f"Collect prompts from the invocation logs of {names.environment}",
        running.invoke(function.function.function_arn),
        running.read_parameters(place, names.collection),
        running.read_parameters(place.at(home_region), names.pipeline),
    )
