"""The dev environment with every optional part enabled. Journeys that need one of these parts share its assembly."""

from dataclasses import replace

from distillery.core.canary import CanaryOptions
from distillery.core.served_routes import Period
from distillery.settings import Logging, Settings
from distillery.settings.environment import Quota
from distillery.settings.promotion import Promotion
from tests.journey.environment import RECIPE
from tests.journey.test_logs import SOURCE
from tests.unit.stacks.assembly import settings_of

TOKENS = 20_000


def full_settings(*, canary: bool = False) -> Settings:
    """Returns dev's settings with caller quotas, log collection and signed records enabled. `canary`: also canaries,
    with which no second student goes live at once."""
    dev = settings_of("dev")
    recipe = replace(dev.recipes[RECIPE], logs=SOURCE, canary=CanaryOptions() if canary else None)
    more = {
        "quota": Quota(per=Period.DAY, tokens=TOKENS),
        "logging": Logging(keep_days=30),
        "recipes": {RECIPE: recipe},
        "promotion": Promotion(sign=True),
    }
    return dev.model_copy(update=more)
