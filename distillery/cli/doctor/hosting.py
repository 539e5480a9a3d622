"""The check of quotas: what the environment needs to host its students, against what the account was granted."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from distillery.cli.doctor.examined import Examined
from distillery.cli.doctor.findings import DoctorFinding, blocks, info, unchecked
from distillery.core import catalog
from distillery.core.aws import ClientError, code
from distillery.core.catalog import ServiceQuota
from distillery.core.catalog.hosting import ALL_MODEL_UNITS, DEPLOYMENTS, SERVICE_CODE
from distillery.core.errors import QuotaTooSmall
from distillery.core.hosting_mode import HostingMode
from distillery.core.names import Names
from distillery.core.unit_ceiling import UnitCeiling

if TYPE_CHECKING:
    from distillery.core.recipe import Recipe


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What must be free of a quota. `used` by others of the account; `added` by the environment, its endpoints of
    today included."""

    quota: ServiceQuota
    used: int
    added: int

    @property
    def required(self) -> int:
        return self.used + self.added


def needs(recipes: "Iterable[Recipe]", names: Names, hosted: Mapping[HostingMode, Mapping[str, int]]) -> list[Need]:
    """The live endpoint of every recipe without commitment, and a candidate of the largest: an evaluation has one
    beside the live one.

    Args:
        recipes: The recipes of the settings.
        names: Names of the environment.
        hosted: By mode, what the account hosts: name → units, 1 for a deployment.
    """
    every = list(recipes)
    found = []
    for mode, quota in ((HostingMode.ON_DEMAND, DEPLOYMENTS), (HostingMode.PROVISIONED, ALL_MODEL_UNITS)):
        sizes = [
            recipe.model_units if mode is HostingMode.PROVISIONED else 1 for recipe in every if recipe.hosting is mode
        ]
        if sizes:
            others = sum(size for name, size in hosted[mode].items() if not name.startswith(names.prefix))
            committed = sum(each.model_units for each in every if mode is HostingMode.PROVISIONED and each.commitment)
            found.append(Need(quota=quota, used=others, added=sum(sizes) - committed + max(sizes)))
    largest: dict[str, Need] = {}
    for recipe in every:
        own = catalog.model(recipe.student).model_units_quota if recipe.hosting is HostingMode.PROVISIONED else None
        if own and (own.code not in largest or largest[own.code].added < recipe.model_units):
            largest[own.code] = Need(quota=own, used=0, added=recipe.model_units)
    return [*found, *largest.values()]


def quotas(examined: Examined) -> Iterator[DoctorFinding]:
    if examined.settings is None:
        return
    recipes = examined.settings.recipes.values()
    for need in needs(recipes, examined.names, _hosted(examined.client("bedrock"))):
        yield _compared(need, examined.home, *_applied(examined, need.quota))


def unit_ceiling(examined: Examined) -> Iterator[DoctorFinding]:
    """Whether the environment's own ceiling of model units has room for a candidate beside what is live now."""
    settings = examined.settings
    if settings is None:
        return
    if settings.max_model_units is None:
        yield info("without max_model_units, the account's quotas alone limit how many model units run at once")
        return
    ceiling = UnitCeiling(examined.names, settings.max_model_units)
    try:
        for recipe in settings.recipes.values():
            ceiling.check_run(recipe, examined.client("bedrock"))
    except QuotaTooSmall as refused:
        yield blocks(
            str(refused),
            "a run is refused before its job",
            f"raise max_model_units in environments/{settings.environment}.toml and deploy, or "
            f"{examined.on.command('retire', 'RECIPE', '--reason', 'WHY')}",
        )
        return
    yield info(f"max_model_units = {settings.max_model_units} has room for a candidate of each recipe")


def _applied(examined: Examined, quota: ServiceQuota) -> tuple[int | None, str]:
    """The applied value, and why it is unknown."""
    try:
        answer = examined.client("service-quotas").get_service_quota(ServiceCode=SERVICE_CODE, QuotaCode=quota.code)
    except ClientError as error:
        return None, code(error)
    value = answer["Quota"].get("Value")
    return (None, "no value") if value is None else (int(value), "")


def _compared(need: Need, region: str, applied: int | None, unknown: str) -> DoctorFinding:
    quota = f"{need.quota.name!r} ({need.quota.code})"
    if applied is None:
        what = f"the applied value of {quota} in {region} is unknown ({unknown}); its default is {need.quota.default}"
        return unchecked(what, f"{need.required} are needed", "allow servicequotas:GetServiceQuota, then repeat")
    if applied >= need.required:
        return info(f"{quota} is {applied} in {region}, {need.required} are needed")
    return blocks(
        f"{quota} is {applied} in {region}; {need.used} are used by others, the environment needs {need.added}",
        "a run is refused before its job, or its endpoint cannot be created",
        f"aws service-quotas request-service-quota-increase --region {region} --service-code {SERVICE_CODE} "
        f"--quota-code {need.quota.code} --desired-value {need.required}",
        f"Amazon Bedrock, service quota increase, Region {region}: please raise {quota} from {applied} to "
        f"{need.required}, to host models that are distilled in this account, each with a candidate beside it.",
    )


def _hosted(bedrock: Any) -> dict[HostingMode, dict[str, int]]:
    """What counts against the quotas: deployments, and throughput of custom models without a commitment."""
    deployments = {
        item["customModelDeploymentName"]: 1
        for page in bedrock.get_paginator("list_custom_model_deployments").paginate()
        for item in page.get("modelDeploymentSummaries", [])
    }
    units = {
        item["provisionedModelName"]: int(item["modelUnits"])
        for page in bedrock.get_paginator("list_provisioned_model_throughputs").paginate()
        for item in page.get("provisionedModelSummaries", [])
        if ":custom-model/" in item["modelArn"] and not item.get("commitmentDuration") and item["status"] != "Failed"
    }
    return {HostingMode.ON_DEMAND: deployments, HostingMode.PROVISIONED: units}
