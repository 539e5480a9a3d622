"""The managed policies of whoever deletes what somebody wrote, wherever it lies (`distillery forget`).

Who holds them reads and deletes every text, golden sets too: give them to a few, for as long as it takes.
"""

from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from distillery.core.names import DATA_BY_RECIPE, DATA_BY_RUN, PROMPTS_BY_RECIPE, Names
from infra.constructs.arn import Place
from infra.constructs.data_stores import Stores
from infra.constructs.permissions import managed_policy, people, running
from infra.constructs.permissions.people import RECIPE, RUN

PROMPTS = [f"{folder}{RECIPE}/" for folder in PROMPTS_BY_RECIPE]
DATA = [
    *(f"{folder}{RECIPE}/" for folder in DATA_BY_RECIPE),
    *(f"{folder}{RUN}/" for folder in DATA_BY_RUN),
]


def eraser_policy(
    scope: Construct, ident: str, *, names: Names, stores: Stores, inference_region: str
) -> iam.ManagedPolicy:
    """In the home Region. Ledger and aliases tell who learned it; the parameter of another Region, whether there are
    logged calls to look through."""
    place = Place.of(scope)
    return managed_policy(
        scope,
        ident,
        f"Find and delete what somebody wrote in the buckets of {names.environment}",
        *people.erase_objects({stores.prompts: PROMPTS, stores.data: DATA}),
        *people.list_runs(stores.ledger),
        *people.read_aliases(place, names),
        running.read_parameters(place, names.pipeline),
        running.read_parameters(place.at(inference_region), names.collection),
    )


def logs_eraser_policy(
    scope: Construct, ident: str, *, names: Names, calls: s3.IBucket, folders: tuple[str, ...]
) -> iam.ManagedPolicy:
    """Of logged calls, beside the other, which finds their bucket. No call is a recipe's."""
    return managed_policy(
        scope,
        ident,
        f"Find and delete what somebody wrote among the logged calls of {names.environment}",
        *people.erase_all(calls, *folders),
    )
