"""The environment dev with every optional part: one assembly for all journeys that need one of these."""

from dataclasses import replace

from distillery.core.served_routes import Period
from distillery.settings import Logging, Settings
from distillery.settings.environment import Quota
from tests.journey.assemblies import Assemblies
from tests.journey.environment import RECIPE
from tests.journey.test_logs import SOURCE

TOKENS = 20_000


def full_settings(assemblies: Assemblies) -> Settings:
    """dev, where callers are counted and calls are collected."""
    dev = assemblies.settings("dev")
    recipe = replace(dev.recipes[RECIPE], logs=SOURCE)
    more = {
        "quota": Quota(per=Period.DAY, tokens=TOKENS),
        "logging": Logging(keep_days=30),
        "recipes": {RECIPE: recipe},
    }
    return dev.model_copy(update=more)
