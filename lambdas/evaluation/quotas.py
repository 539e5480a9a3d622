"""The pace that the account's quotas of requests and tokens a minute permit.

Quotas are found by name, because most of their codes are not published (AWS General Reference, "Amazon Bedrock
endpoints and quotas"). A quota that Service Quotas does not list limits nothing here: throttled requests are retried
later. Bedrock counts the input and `maxTokens` of a request when it arrives (UG quotas-token-burndown).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from distillery.core import catalog
from distillery.core.aws import AWS_ERRORS
from distillery.core.boundary import get_logger
from distillery.core.catalog.hosting import SERVICE_CODE
from distillery.core.conversation import Prompt
from distillery.core.inference import max_tokens
from distillery.evaluation.contestants import Contestant
from distillery.evaluation.pace import SHARE

if TYPE_CHECKING:
    from mypy_boto3_service_quotas import ServiceQuotasClient

ON_DEMAND = "On-demand model inference {} per minute for {}"
CROSS_REGION = "Cross-region model inference {} per minute for {}"
GLOBAL = "Global cross-region model inference {} per minute for {}"
DEPLOYMENT = "(Model customization) Sum of on demand custom model deployment {} per minute for {}"

log = get_logger(__name__)


def prompts_per_minute(
    those: Sequence[Contestant], prompts: Sequence[Prompt], answer_tokens: int, client: "ServiceQuotasClient"
) -> tuple[float | None, str]:
    """How many prompts all may answer in a minute, and the name of the quota that says so; None without a limit."""
    uses = _uses(those, prompts, answer_tokens)
    try:
        granted = _granted(client, uses)
    except AWS_ERRORS as error:
        log.warning("the quotas of Amazon Bedrock are unknown (%s); continuing without", error)
        return None, ""
    rates = [(SHARE * value / uses[folded], name) for folded, (name, value) in granted.items() if value > 0]
    return min(rates, default=(None, ""))


def _uses(those: Iterable[Contestant], prompts: Sequence[Prompt], answer_tokens: int) -> Counter[str]:
    """How much of each quota one prompt uses, by the quota's folded name. Models that share a quota add up."""
    tokens = sum(prompt.tokens for prompt in prompts) / max(1, len(prompts))
    uses: Counter[str] = Counter()
    for one in those:
        label, name = catalog.model(one.base).quota_label, _name(one)
        if label is not None and name is not None:
            uses[_fold(name.format("requests", label))] += 1
            uses[_fold(name.format("tokens", label))] += round(tokens) + max_tokens(one.base, answer_tokens)
    return uses


def _name(one: Contestant) -> str | None:
    """The name of its quotas. Provisioned Throughput has none except its model units."""
    if one.is_custom:
        return None if one.hourly else DEPLOYMENT
    if one.called_as == one.base:
        return ON_DEMAND
    return GLOBAL if one.called_as.startswith("global.") else CROSS_REGION


def _granted(client: "ServiceQuotasClient", wanted: Iterable[str]) -> dict[str, tuple[str, float]]:
    return {folded: (name, value) for folded, name, value in _listed(client) if folded in wanted}


def _listed(client: "ServiceQuotasClient") -> Iterator[tuple[str, str, float]]:
    for page in client.get_paginator("list_service_quotas").paginate(ServiceCode=SERVICE_CODE):
        for quota in page["Quotas"]:
            if "QuotaName" in quota and "Value" in quota:
                yield _fold(quota["QuotaName"]), quota["QuotaName"], quota["Value"]


def _fold(name: str) -> str:
    """The letters and digits: the names differ in hyphens and capitals from page to page."""
    return "".join(filter(str.isalnum, name.casefold()))
