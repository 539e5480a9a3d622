"""Whether the account may host what comes of a run, asked before its job is paid for.

What was granted is asked of Service Quotas, for the quotas whose codes the catalog knows. A figure that cannot be had
is logged and stops nothing: creating the endpoint will tell.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from distillery.core.aws import ClientError, code
from distillery.core.catalog import Quota
from distillery.core.catalog.hosting import SERVICE_CODE
from distillery.core.errors import QuotaTooSmall
from distillery.core.journal import journal
from distillery.core.names import Names
from distillery.core.recipe import Recipe
from lambdas.distillation.need import Need, needs

if TYPE_CHECKING:
    from mypy_boto3_bedrock import BedrockClient
    from mypy_boto3_service_quotas import ServiceQuotasClient

log = journal(__name__)


class Quotas:
    """The account's quotas in the Region of the clients, for the endpoints of one environment."""

    def __init__(self, environment: str, bedrock: "BedrockClient", service_quotas: "ServiceQuotasClient") -> None:
        self._names, self._bedrock, self._service_quotas = Names(environment), bedrock, service_quotas

    def check(self, recipe: Recipe) -> None:
        """Raises QuotaTooSmall, with the figures of every quota that is, and what to write to AWS Support."""
        found = [(need, self._granted(need.quota)) for need in needs(recipe, self._names, self._bedrock)]
        small = [(need, granted) for need, granted in found if granted is not None and need.wanted > granted]
        if small:
            raise QuotaTooSmall(_refusal(recipe, self._bedrock.meta.region_name, small))

    def _granted(self, quota: Quota) -> int | None:
        """The applied value; None where Service Quotas does not tell it: AccessDeniedException,
        NoSuchResourceException ("if the applied quota value is not available, the quota is not retrieved")."""
        try:
            answer = self._service_quotas.get_service_quota(ServiceCode=SERVICE_CODE, QuotaCode=quota.code)
        except ClientError as error:
            log.warning("the quota %s (%s) is unknown (%s); going on without", quota.name, quota.code, code(error))
            return None
        value = answer["Quota"].get("Value")
        if value is None:
            log.warning("the quota %s (%s) came without a value; going on without", quota.name, quota.code)
            return None
        return int(value)


def _refusal(recipe: Recipe, region: str, small: Iterable[tuple[Need, int]]) -> str:
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
