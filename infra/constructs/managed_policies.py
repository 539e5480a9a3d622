"""Managed policies for the people and services that use an environment; an account's owner attaches them.

One for each role. `distillery:recipe`, a tag of whoever holds it, limits what is
read and written to that recipe (`permissions.people`). Who is on call has his in `on_call`.
"""

from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from constructs import Construct

from distillery.core.names import (
    COLLECTED_PREFIX,
    DATASETS_PREFIX,
    EVALUATIONS_PREFIX,
    GOLDEN_PREFIX,
    JOBS_PREFIX,
    PROMPTS_PREFIX,
    REPORTS_PREFIX,
    UPLOADS_PREFIX,
    Names,
)
from infra.constructs.arn import Place
from infra.constructs.data_stores import Stores
from infra.constructs.function import Function
from infra.constructs.permissions import bedrock, managed_policy, people, running
from infra.constructs.permissions.people import RECIPE, RUN

REPORT = f"{DATASETS_PREFIX}{RECIPE}/*/report.json"
REPORTS = (REPORT, f"{REPORTS_PREFIX}{RECIPE}/*")
"""Of prompts that were taken, and of those that were refused: they count what they found and quote nothing."""


def operator_policy(
    scope: Construct,
    ident: str,
    *,
    names: Names,
    stores: Stores,
    functions: Sequence[Function],
    rollback: Function,
    deciders_named: bool,
) -> iam.ManagedPolicy:
    """`distillery run`, `status`, `watch` and `rollback`. Reads no text of anybody's: reports tell of prompts by
    numbers. deciders_named: whether each recipe names its deciders, as for the others who decide."""
    place = Place.of(scope)
    return managed_policy(
        scope,
        ident,
        f"Put prompts on the road of {names.environment}, follow runs, and go back to the model before",
        *people.put_objects(stores.prompts, f"{PROMPTS_PREFIX}{RECIPE}/", f"{UPLOADS_PREFIX}{RECIPE}/"),
        *people.read_objects(stores.data, *REPORTS),
        *people.read_runs(stores.ledger),
        people.invoke(*(function.function.function_arn for function in functions)),
        *people.decide(rollback.function.function_arn, deciders_named=deciders_named),
        running.read_parameters(place, names.pipeline),
        *people.read_aliases(place, names),
        bedrock.follow(place),
    )


def approver_policy(
    scope: Construct, ident: str, *, names: Names, stores: Stores, function: Function, deciders_named: bool
) -> iam.ManagedPolicy:
    """`distillery approve` and `reject`: a run's cost stands in its record and in the report of its prompts."""
    return managed_policy(
        scope,
        ident,
        f"Approve or reject runs of {names.environment} that are above their budget",
        *people.read_objects(stores.data, REPORT),
        *people.read_runs(stores.ledger),
        *people.decide(function.function.function_arn, deciders_named=deciders_named),
        running.read_parameters(Place.of(scope), names.pipeline),
    )


def examiner_policy(scope: Construct, ident: str, *, names: Names, stores: Stores) -> iam.ManagedPolicy:
    """Golden sets: nobody else writes them, and who puts prompts on the road does not read them."""
    golden = f"{GOLDEN_PREFIX}{RECIPE}/"
    return managed_policy(
        scope,
        ident,
        f"Write the golden sets that students of {names.environment} are examined with",
        *people.put_objects(stores.prompts, golden),
        *people.browse_objects(stores.prompts, golden),
        running.read_parameters(Place.of(scope), names.pipeline),
    )


def reader_policy(scope: Construct, ident: str, *, names: Names, stores: Stores) -> iam.ManagedPolicy:
    """The texts themselves: prompts, training and held-out files, lines put aside, answers, what jobs wrote."""
    prompts = (PROMPTS_PREFIX, UPLOADS_PREFIX, COLLECTED_PREFIX)
    return managed_policy(
        scope,
        ident,
        f"Read prompts, data sets and answers of {names.environment}",
        *people.browse_objects(stores.prompts, *(f"{folder}{RECIPE}/" for folder in prompts)),
        *people.browse_objects(
            stores.data,
            f"{DATASETS_PREFIX}{RECIPE}/",
            f"{REPORTS_PREFIX}{RECIPE}/",
            f"{EVALUATIONS_PREFIX}{RUN}/",
            f"{JOBS_PREFIX}{RUN}/",
        ),
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
        people.invoke(function.function.function_arn),
        running.read_parameters(place, names.collection),
        running.read_parameters(place.at(home_region), names.pipeline),
    )
