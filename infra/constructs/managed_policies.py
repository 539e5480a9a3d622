"""Managed policies for the people and services that use an environment; an account's owner attaches them.

One for each role. `distillery:recipe`, a tag of whoever holds it, limits what is
read and written to that recipe (`permissions.people`). Who is on call has his in `on_call`.
"""

from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from distillery.core.names import (
    COLLECTED_PREFIX,
    DATA_BY_RECIPE,
    DATA_BY_RUN,
    DATASETS_PREFIX,
    EVALUATIONS_PREFIX,
    GOLDEN_PREFIX,
    JOBS_PREFIX,
    PROMPTS_BY_RECIPE,
    PROMPTS_PREFIX,
    REPORTS_PREFIX,
    UPLOADS_PREFIX,
    Names,
)
from infra.constructs.arn import Location
from infra.constructs.data_stores import DataStores
from infra.constructs.function import Function
from infra.constructs.permissions import bedrock, managed_policy, running, users
from infra.constructs.permissions.users import RECIPE, RUN

REPORT = f"{DATASETS_PREFIX}{RECIPE}/*/report.json"
REPORTS = (REPORT, f"{REPORTS_PREFIX}{RECIPE}/*")
"""Of prompts that were taken, and of those that were refused: they count what they found and quote nothing."""


def operator_policy(
    scope: Construct,
    ident: str,
    *,
    names: Names,
    stores: DataStores,
    functions: Sequence[Function],
    rollback: Function,
    deciders_named: bool,
) -> iam.ManagedPolicy:
    """`distillery run`, `status`, `watch` and `rollback`. Reads no text of anybody's: reports tell of prompts by
    numbers. deciders_named: whether each recipe names its deciders, as for the others who decide."""
    location = Location.of(scope)
    return managed_policy(
        scope,
        ident,
        f"Put prompts on the road of {names.environment}, follow runs, and go back to the model before",
        *users.put_objects(stores.prompts, f"{PROMPTS_PREFIX}{RECIPE}/", f"{UPLOADS_PREFIX}{RECIPE}/"),
        *users.read_objects(stores.data, *REPORTS),
        *users.read_runs(stores.ledger),
        users.invoke(*(function.function.function_arn for function in functions)),
        *users.decide(rollback.function.function_arn, deciders_named=deciders_named),
        running.read_parameters(location, names.pipeline),
        *users.read_aliases(location, names),
        bedrock.follow(location),
    )


def approver_policy(
    scope: Construct, ident: str, *, names: Names, stores: DataStores, function: Function, deciders_named: bool
) -> iam.ManagedPolicy:
    """`distillery approve` and `reject`: a run's cost stands in its record and in the report of its prompts."""
    return managed_policy(
        scope,
        ident,
        f"Approve or reject runs of {names.environment} that are above their budget",
        *users.read_objects(stores.data, REPORT),
        *users.read_runs(stores.ledger),
        *users.decide(function.function.function_arn, deciders_named=deciders_named),
        running.read_parameters(Location.of(scope), names.pipeline),
    )


def examiner_policy(scope: Construct, ident: str, *, names: Names, stores: DataStores) -> iam.ManagedPolicy:
    """Golden sets: nobody else writes them, and who puts prompts on the road does not read them."""
    golden = f"{GOLDEN_PREFIX}{RECIPE}/"
    return managed_policy(
        scope,
        ident,
        f"Write the golden sets that students of {names.environment} are examined with",
        *users.put_objects(stores.prompts, golden),
        *users.browse_objects(stores.prompts, golden),
        running.read_parameters(Location.of(scope), names.pipeline),
    )


def reader_policy(scope: Construct, ident: str, *, names: Names, stores: DataStores) -> iam.ManagedPolicy:
    """The texts themselves: prompts, training and held-out files, lines put aside, answers, what jobs wrote."""
    prompts = (PROMPTS_PREFIX, UPLOADS_PREFIX, COLLECTED_PREFIX)
    return managed_policy(
        scope,
        ident,
        f"Read prompts, data sets and answers of {names.environment}",
        *users.browse_objects(stores.prompts, *(f"{folder}{RECIPE}/" for folder in prompts)),
        *users.browse_objects(
            stores.data,
            f"{DATASETS_PREFIX}{RECIPE}/",
            f"{REPORTS_PREFIX}{RECIPE}/",
            f"{EVALUATIONS_PREFIX}{RUN}/",
            f"{JOBS_PREFIX}{RUN}/",
        ),
        running.read_parameters(Location.of(scope), names.pipeline),
    )


def caller_policy(
    scope: Construct, ident: str, *, names: Names, home_region: str, function: Function, alias: str | None
) -> iam.ManagedPolicy:
    """`distillery ask` and `routes`: the routes, by the invoke function and its URL. alias: of the function, where the
    URL stands at one."""
    location = Location.of(scope)
    return managed_policy(
        scope,
        ident,
        f"Ask the models behind the routes of {names.environment}",
        *running.invoke_by_url(function.function.function_arn, alias),
        running.read_parameters(location, names.serving),
        running.read_parameters(location, names.route("*"), names.probed("*")),
        running.read_parameters(location.at(home_region), names.pipeline),
    )


def measurer_policy(
    scope: Construct, ident: str, *, names: Names, home_region: str, probed: Sequence[str]
) -> iam.ManagedPolicy:
    """`distillery bench` and `probe`, beside the policies of the routes that are measured.

    probed: the routes of which a probe notes something, beside their maps, which deployments alone write: who writes a
    map says what all its callers call.
    """
    location = Location.of(scope)
    return managed_policy(
        scope,
        ident,
        f"Read the maps of the routes of {names.environment}, and note beside them what was found by trying",
        running.read_parameters(location, names.serving),
        running.read_parameters(location, names.route("*"), names.probed("*")),
        running.read_parameters(location.at(home_region), names.pipeline),
        *([running.write_parameters(location, *map(names.probed, probed))] if probed else []),
    )


def collector_policy(
    scope: Construct, ident: str, *, names: Names, home_region: str, function: Function
) -> iam.ManagedPolicy:
    """`distillery collect`: logged calls become prompts, by the collect function."""
    location = Location.of(scope)
    return managed_policy(
        scope,
        ident,
        f"Collect prompts from the invocation logs of {names.environment}",
        users.invoke(function.function.function_arn),
        running.read_parameters(location, names.collection),
        running.read_parameters(location.at(home_region), names.pipeline),
    )


PROMPTS = [f"{folder}{RECIPE}/" for folder in PROMPTS_BY_RECIPE]
DATA = [
    *(f"{folder}{RECIPE}/" for folder in DATA_BY_RECIPE),
    *(f"{folder}{RUN}/" for folder in DATA_BY_RUN),
]


def eraser_policy(
    scope: Construct, ident: str, *, names: Names, stores: DataStores, inference_region: str
) -> iam.ManagedPolicy:
    """In the home Region. Ledger and aliases tell who learned it; the parameter of another Region, whether there are
    logged calls to look through."""
    location = Location.of(scope)
    return managed_policy(
        scope,
        ident,
        f"Find and delete what somebody wrote in the buckets of {names.environment}",
        *users.erase_objects({stores.prompts: PROMPTS, stores.data: DATA}),
        *users.list_runs(stores.ledger),
        *users.read_aliases(location, names),
        running.read_parameters(location, names.pipeline),
        running.read_parameters(location.at(inference_region), names.collection),
    )


def logs_eraser_policy(
    scope: Construct, ident: str, *, names: Names, calls: s3.IBucket, folders: tuple[str, ...]
) -> iam.ManagedPolicy:
    """Of logged calls, beside the other, which finds their bucket. No call is a recipe's."""
    return managed_policy(
        scope,
        ident,
        f"Find and delete what somebody wrote among the logged calls of {names.environment}",
        *users.erase_all(calls, *folders),
    )
