"""What hosting a run's student will add to what the account has in use already, quota by quota.

A verdict needs a candidate beside the live endpoint, so a later run of a recipe needs room for the candidate, and its
first run for both: the candidate goes before the live endpoint comes, but no source says how soon a deleted endpoint is
out of the count, and without room for both no later run could pass. What is in use is counted by Bedrock's own lists.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from distillery.core import catalog
from distillery.core.catalog import HostingMode, Quota
from distillery.core.catalog.hosting import ALL_MODEL_UNITS, DEPLOYMENTS
from distillery.core.journal import journal
from distillery.core.names import Names
from distillery.core.recipe import Recipe

if TYPE_CHECKING:
    from mypy_boto3_bedrock import BedrockClient

log = journal(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """used, added: in the quota's own unit, model units or deployments."""

    quota: Quota
    used: int
    added: int

    @property
    def wanted(self) -> int:
        """The smallest quota that suffices."""
        return self.used + self.added


def needs(recipe: Recipe, names: Names, bedrock: "BedrockClient") -> tuple[Need, ...]:
    """Every quota that the catalog knows for the recipe's hosting, in the client's Region."""
    live = names.live(recipe.name, recipe.student)
    if recipe.hosting is HostingMode.ON_DEMAND:
        deployed = list(_deployments(bedrock))
        return (Need(quota=DEPLOYMENTS, used=len(deployed), added=_endpoints(live in deployed)),)
    bought = dict(_units(bedrock))
    added = recipe.model_units * _endpoints(live in bought)
    return (*_of_one(recipe), Need(quota=ALL_MODEL_UNITS, used=sum(bought.values()), added=added))


def _endpoints(live_exists: bool) -> int:
    return 1 if live_exists else 2


def _of_one(recipe: Recipe) -> Iterator[Need]:
    """The quota that holds for each Provisioned Throughput by itself, whatever others there are."""
    if quota := catalog.model(recipe.student).model_units_quota:
        yield Need(quota=quota, used=0, added=recipe.model_units)
    else:
        log.warning("the catalog knows no quota of model units for %s; going on without", recipe.student)


def _deployments(bedrock: "BedrockClient") -> Iterator[str]:
    for page in bedrock.get_paginator("list_custom_model_deployments").paginate():
        for item in page.get("modelDeploymentSummaries", []):
            yield item["customModelDeploymentName"]


def _units(bedrock: "BedrockClient") -> Iterator[tuple[str, int]]:
    """Name and model units of what counts: bought for a custom model, without commitment, and not failed."""
    for page in bedrock.get_paginator("list_provisioned_model_throughputs").paginate():
        for item in page.get("provisionedModelSummaries", []):
            custom = ":custom-model/" in item["modelArn"]
            if custom and not item.get("commitmentDuration") and item["status"] != "Failed":
                yield item["provisionedModelName"], item["modelUnits"]
