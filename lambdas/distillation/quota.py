"""Checks before a job is paid for that the account may host the resulting model.

Service Quotas reports what was granted, for the quotas whose codes the catalog has. A value that it does not report is
logged and ignored: the creation of the endpoint will show it. Bedrock's lists report what is in use.

A verdict needs a candidate beside the live endpoint. A later run of a recipe therefore needs room for the candidate,
and the first run room for both: the candidate is deleted before the live endpoint is created, but no source says how
soon a deleted endpoint is out of the count.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from distillery.core import catalog
from distillery.core.aws import ClientError, code
from distillery.core.boundary import get_logger
from distillery.core.catalog import ServiceQuota
from distillery.core.catalog.hosting import ALL_MODEL_UNITS, DEPLOYMENTS, SERVICE_CODE
from distillery.core.commitment import Commitments
from distillery.core.errors import QuotaTooSmall
from distillery.core.hosting_mode import HostingMode
from distillery.core.names import Names
from distillery.core.recipe import Recipe

if TYPE_CHECKING:
    from mypy_boto3_bedrock import BedrockClient
    from mypy_boto3_service_quotas import ServiceQuotasClient


log = get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaUse:
    """The use of a quota, in its own unit: model units or deployments."""

    quota: ServiceQuota
    used: int
    added: int

    @property
    def wanted(self) -> int:
        """The smallest value that suffices."""
        return self.used + self.added


def quota_uses(
    recipe: Recipe, names: Names, bedrock: "BedrockClient", commitments: Commitments
) -> tuple[QuotaUse, ...]:
    """Every known quota for the recipe's hosting, in the client's Region. A live endpoint under a commitment needs
    nothing of the quota without commitment, but its candidate does."""
    live = names.live(recipe.name, recipe.student)
    if recipe.hosting is HostingMode.ON_DEMAND:
        deployed = list(_deployments(bedrock))
        return (QuotaUse(quota=DEPLOYMENTS, used=len(deployed), added=_endpoints(live in deployed)),)
    bought = list(_units(bedrock))
    used = sum(each.units for each in bought if not each.is_committed)
    is_counted = not commitments.commits(live, recipe) and all(each.name != live for each in bought)
    added = recipe.model_units * _endpoints(not is_counted)
    return (*_of_one(recipe), QuotaUse(quota=ALL_MODEL_UNITS, used=used, added=added))


def _endpoints(live_is_free: bool) -> int:
    """The candidate, and the live endpoint unless it takes no more of the quota."""
    return 1 if live_is_free else 2


def _of_one(recipe: Recipe) -> Iterator[QuotaUse]:
    """The quota of one Provisioned Throughput, which does not depend on others."""
    if quota := catalog.model(recipe.student).model_units_quota:
        yield QuotaUse(quota=quota, used=0, added=recipe.model_units)
    else:
        log.warning("the catalog has no quota of model units for %s; continuing without", recipe.student)


def _deployments(bedrock: "BedrockClient") -> Iterator[str]:
    for page in bedrock.get_paginator("list_custom_model_deployments").paginate():
        for item in page.get("modelDeploymentSummaries", []):
            yield item["customModelDeploymentName"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bought:
    """Provisioned Throughput of a custom model. That under a commitment does not count."""

    name: str
    units: int
    is_committed: bool


def _units(bedrock: "BedrockClient") -> Iterator[_Bought]:
    """Provisioned Throughput of custom models that has not failed."""
    for page in bedrock.get_paginator("list_provisioned_model_throughputs").paginate():
        for item in page.get("provisionedModelSummaries", []):
            custom = ":custom-model/" in item["modelArn"]
            if custom and item["status"] != "Failed":
                yield _Bought(
                    name=item["provisionedModelName"],
                    units=item["modelUnits"],
                    is_committed=bool(item.get("commitmentDuration")),
                )


class HostingQuotas:
    """The account's quotas in the Region of the clients, for the endpoints of one environment."""

    def __init__(
        self,
        environment: str,
        bedrock: "BedrockClient",
        service_quotas: "ServiceQuotasClient",
        commitments: Commitments | None = None,
    ) -> None:
        self._names, self._bedrock, self._service_quotas = Names(environment), bedrock, service_quotas
        self._commitments = commitments or Commitments()

    def check(self, recipe: Recipe) -> None:
        """Raises QuotaTooSmall with the figures of every insufficient quota, and a text for AWS Support."""
        uses = quota_uses(recipe, self._names, self._bedrock, self._commitments)
        found = [(need, self._granted(need.quota)) for need in uses]
        small = [(need, granted) for need, granted in found if granted is not None and need.wanted > granted]
        if small:
            raise QuotaTooSmall(_refusal(recipe, self._bedrock.meta.region_name, small))

    def _granted(self, quota: ServiceQuota) -> int | None:
        """The applied value; None where Service Quotas does not return it: AccessDeniedException, or
        NoSuchResourceException ("if the applied quota value is not available, the quota is not retrieved")."""
        try:
            answer = self._service_quotas.get_service_quota(ServiceCode=SERVICE_CODE, QuotaCode=quota.code)
        except ClientError as error:
            log.warning("the quota %s (%s) is unknown (%s); continuing without", quota.name, quota.code, code(error))
            return None
        value = answer["Quota"].get("Value")
        if value is None:
            log.warning("the quota %s (%s) has no value; continuing without", quota.name, quota.code)
            return None
        return int(value)


def _refusal(recipe: Recipe, region: str, small: Iterable[tuple[QuotaUse, int]]) -> str:
    figures, requests = [], []
    for need, granted in small:
        quota = f"{need.quota.name!r} ({need.quota.code})"
        figures.append(f"{quota} is {granted} in {region}, {need.used} in use, {need.added} more needed")
        requests.append(f"{quota} from {granted} to {need.wanted}")
    return (
        f"the account may not host recipe {recipe.name!r} ({recipe.hosting}) and its candidate: {'; '.join(figures)}. "
        "Nothing was started. Ask for more in Service Quotas or, with this text, in a support case; then run again: "
        f"«Amazon Bedrock, service quota increase, Region {region}: please raise {', and '.join(requests)}.»"
    )
