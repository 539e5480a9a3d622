"""Managed policies for the people and services that use an environment, one for each role; an account owner attaches
them.

The principal tag `distillery:recipe` limits reading and writing to that recipe (`permissions.users`). The policy of the
person on call is in `on_call`.
"""

from collections.abc import Iterator, Sequence

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
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
    SYSTEM_PROMPTS_PREFIX,
    UPLOADS_PREFIX,
    Names,
)
from infra.constructs.arn import Location
from infra.constructs.data_stores import DataStores
from infra.constructs.function import Function
from infra.constructs.permissions import bedrock, keys, managed_policy, running, users
from infra.constructs.permissions.permission import Permission
from infra.constructs.permissions.users import RECIPE, RUN

REPORT = f"{DATASETS_PREFIX}{RECIPE}/*/report.json"
REPORTS = (REPORT, f"{REPORTS_PREFIX}{RECIPE}/*")
"""Reports about accepted and refused prompts. They contain counts and no text of prompts."""


def operator_policy(
    scope: Construct,
    ident: str,
    *,
    names: Names,
    stores: DataStores,
    functions: Sequence[Function],
    deciding: Sequence[Function],
    deciders_named: bool,
) -> iam.ManagedPolicy:
    """`distillery run`, `status`, `watch`, `evaluate`, `stop`, `resume`, `rollback`, `models` and `retire`, without
    access to texts: reports contain only numbers.

    Args:
        scope: The construct that the policy belongs to.
        ident: Its construct id.
        names: Names of the environment.
        stores: The buckets, the ledger and the topic.
        functions: Functions that operators invoke.
        deciding: The functions that operators send decisions to.
        deciders_named: Whether each recipe names its deciders.
    """
    location = Location.of(scope)
    return managed_policy(
        scope,
        ident,
        f"Upload prompts to {names.environment}, follow, stop and resume runs, and roll back to the previous model",
        *users.put_objects(stores.prompts, f"{PROMPTS_PREFIX}{RECIPE}/", f"{UPLOADS_PREFIX}{RECIPE}/"),
        *users.read_objects(stores.data, *REPORTS),
        *users.read_runs(stores.ledger),
        users.invoke(*(function.arn for function in functions)),
        *users.decide(*(each.arn for each in deciding), deciders_named=deciders_named),
        running.read_parameters(location, names.pipeline, names.model_dates),
        *users.read_aliases(location, names),
        bedrock.follow(location),
    )


def approver_policy(
    scope: Construct,
    ident: str,
    *,
    names: Names,
    stores: DataStores,
    functions: Sequence[Function],
    deciders_named: bool,
) -> iam.ManagedPolicy:
    """`distillery approve`, `accept` and `reject`: a run's record contains its verdict and, with the report about its
    prompts, its cost. `functions` are those that decide."""
    return managed_policy(
        scope,
        ident,
        f"Approve or reject runs of {names.environment} that are above their budget",
        *users.read_objects(stores.data, REPORT),
        *users.read_runs(stores.ledger),
        *users.decide(*(each.arn for each in functions), deciders_named=deciders_named),
        running.read_parameters(Location.of(scope), names.pipeline),
    )


def cleaner_policy(
    scope: Construct, ident: str, *, names: Names, functions: Sequence[Function], deciders_named: bool
) -> iam.ManagedPolicy:
    """`distillery clean`, which stops runs and retires recipes before it empties the environment: for who destroys the
    environment, and no longer than that takes. `functions` are those that decide."""
    location = Location.of(scope)
    return managed_policy(
        scope,
        ident,
        f"Empty {names.environment}: stop its runs, retire its recipes, and delete what Bedrock holds of it",
        *users.decide(*(each.arn for each in functions), deciders_named=deciders_named),
        *users.read_aliases(location, names),
        running.read_parameters(location, names.pipeline),
    )


def billing_policy(scope: Construct, ident: str, *, names: Names, stores: DataStores) -> iam.ManagedPolicy:
    """What bills now, in `distillery status`: beside the policies of operators, approvers and the person on call, which
    have no room for it (IAM limits a managed policy to 6,144 characters)."""
    location = Location.of(scope)
    return managed_policy(
        scope,
        ident,
        f"See what bills in {names.environment}: endpoints, models and jobs, and what keeps them",
        *users.see_what_bills(stores.ledger, location),
        *users.read_runs(stores.ledger),
        *users.read_aliases(location, names),
        running.read_parameters(location, names.pipeline),
    )


def examiner_policy(scope: Construct, ident: str, *, names: Names, stores: DataStores) -> iam.ManagedPolicy:
    """Golden sets. Nobody else may write them, and operators, who upload prompts, may not read them."""
    golden = f"{GOLDEN_PREFIX}{RECIPE}/"
    return managed_policy(
        scope,
        ident,
        f"Write the golden sets that students of {names.environment} are evaluated with",
        *users.put_objects(stores.prompts, golden),
        *users.browse_objects(stores.prompts, golden),
        running.read_parameters(Location.of(scope), names.pipeline),
    )


def reader_policy(
    scope: Construct, ident: str, *, names: Names, stores: DataStores, signing_key: kms.IKey | None
) -> iam.ManagedPolicy:
    """The texts: prompts, training and held-out files, quarantined lines, answers and the output of jobs; and the
    public half of the key that signs records, if there is one."""
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
            f"{SYSTEM_PROMPTS_PREFIX}{RECIPE}/",
            f"{EVALUATIONS_PREFIX}{RUN}/",
            f"{JOBS_PREFIX}{RUN}/",
        ),
        running.read_parameters(Location.of(scope), names.pipeline),
        *([keys.read_public_key(signing_key)] if signing_key else []),
    )


def _read_routes(location: Location, names: Names, home_region: str) -> Iterator[Permission]:
    """The parameters that the command reads to call routes: those of the function, of the maps, and of the pipeline."""
    yield running.read_parameters(location, names.serving)
    yield running.read_parameters(location, names.route("*"), names.probed("*"))
    yield running.read_parameters(location.at(home_region), names.pipeline)


def caller_policy(
    scope: Construct, ident: str, *, names: Names, home_region: str, function: Function, alias: str | None
) -> iam.ManagedPolicy:
    """`distillery ask` and `routes`: calls of routes through the invoke function and its URL.

    `alias` is the function's alias that the URL belongs to, if any.
    """
    location = Location.of(scope)
    return managed_policy(
        scope,
        ident,
        f"Ask the models behind the routes of {names.environment}",
        *running.invoke_by_url(function.arn, alias),
        *_read_routes(location, names, home_region),
    )


def measurer_policy(
    scope: Construct, ident: str, *, names: Names, home_region: str, probed: Sequence[str]
) -> iam.ManagedPolicy:
    """`distillery bench` and `probe`, in addition to the policies of the routes that are measured.

    `probed` are the routes that a probe writes findings about. Findings are stored beside the maps, which only
    deployments write, because a map determines what all callers of the route call.
    """
    location = Location.of(scope)
    return managed_policy(
        scope,
        ident,
        f"Read the maps of the routes of {names.environment}, and write the findings of probes",
        *_read_routes(location, names, home_region),
        *([running.write_parameters(location, *map(names.probed, probed))] if probed else []),
    )


def collector_policy(
    scope: Construct, ident: str, *, names: Names, home_region: str, function: Function
) -> iam.ManagedPolicy:
    """`distillery collect`: the collect function turns logged calls into prompts."""
    location = Location.of(scope)
    return managed_policy(
        scope,
        ident,
        f"Collect prompts from the invocation logs of {names.environment}",
        users.invoke(function.arn),
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
    """The policy of people who delete what a person wrote (`distillery forget`), in the home Region.

    They can read and delete every text, golden sets too: attach it to few people, and only for as long as it takes. The
    ledger and the aliases show which students were trained on a text; the parameter of the inference Region shows
    whether there are invocation logs to search.
    """
    location = Location.of(scope)
    return managed_policy(
        scope,
        ident,
        f"Find and delete what a person wrote in the buckets of {names.environment}",
        *users.erase_objects({stores.prompts: PROMPTS, stores.data: DATA}),
        *users.list_runs(stores.ledger),
        *users.read_aliases(location, names),
        running.read_parameters(location, names.pipeline),
        running.read_parameters(location.at(inference_region), names.collection),
    )


def logs_eraser_policy(
    scope: Construct, ident: str, *, names: Names, calls: s3.IBucket, folders: tuple[str, ...]
) -> iam.ManagedPolicy:
    """The same for invocation logs, in addition to `eraser_policy`, which finds their bucket."""
    return managed_policy(
        scope,
        ident,
        f"Find and delete what a person wrote in the invocation logs of {names.environment}",
        *users.erase_all(calls, *folders),
    )
