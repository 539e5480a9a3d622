"""An account whose recipe has a live model, from which stories begin."""

from collections.abc import Mapping
from functools import cache

from distillery.core.recipe import Recipe
from tests.faults.cloud import Cloud
from tests.faults.deployment import deployed
from tests.faults.functions import VARIABLES
from tests.faults.machine import Json
from tests.faults.saved import SavedCloud
from tests.faults.sweep import definition, recipe, settle_everything, upload


@cache
def _saved(hosting: str) -> SavedCloud:
    cloud = Cloud(recipe(hosting), definition())
    with deployed(cloud):
        upload(cloud)
        settle_everything(cloud)
    return SavedCloud(cloud)


def live(hosting: str, of: Recipe, machine: Json, variables: Mapping[str, str] = VARIABLES) -> Cloud:
    """The account, and from now on its settings."""
    return _saved(hosting).cloud(of, machine, variables)
