"""The quotas of Service Quotas that hosting a student is counted against; what an account was granted, only it knows.

Source of codes, names and defaults: AWS General Reference, "Amazon Bedrock endpoints and quotas" (autumn 2026). All of
these can be raised, by AWS Support where they are model units (UG prov-thru-purchase).
"""

from collections.abc import Mapping
from types import MappingProxyType

from distillery.core.catalog.queries import model
from distillery.core.catalog.types import HostId, HostingMode, Quota

SERVICE_CODE = "bedrock"
"""What Service Quotas calls Amazon Bedrock."""

_PAGE = "GR, Amazon Bedrock endpoints and quotas"

UNITS_IN_ALL = Quota(
    code="L-BE77399C",
    name="Model units no-commitment Provisioned Throughputs across custom models",
    default=0,
    source=f"{_PAGE}; a third party met it on AWS in July 2026",
)
"""Model units of all Provisioned Throughput without commitment, of custom models, in an account and Region."""

DEPLOYMENTS = Quota(
    code="L-1EF80F3E",
    name="(Model customization) Total number of custom model deployments",
    default=10,
    source=_PAGE,
)
"""Custom model deployments in an account and Region."""


def _units(code: str, what: str) -> Quota:
    return Quota(code=code, name=f"Model units per provisioned model for {what}", default=0, source=_PAGE)


def _nova(code: str, context: str, name: str) -> Quota:
    return _units(code, f"the {context} context length variant for Amazon Nova {name}")


UNITS_OF_ONE: Mapping[HostId, Quota] = MappingProxyType(
    {
        HostId("amazon.nova-micro-v1:0:128k"): _nova("L-AC096F71", "128k", "Micro"),
        HostId("amazon.nova-lite-v1:0:300k"): _nova("L-127FC9D0", "300k", "Lite"),
        HostId("amazon.nova-pro-v1:0:300k"): _nova("L-E48B7984", "300k", "Pro"),
        HostId("anthropic.claude-3-haiku-20240307-v1:0:200k"): _units("L-EF415EF6", "Anthropic Claude 3 Haiku 200K"),
        HostId("meta.llama3-1-8b-instruct-v1:0:128k"): _units("L-3632DE15", "Meta Llama 3.1 8B Instruct"),
        HostId("meta.llama3-1-70b-instruct-v1:0:128k"): _units("L-DD7903AD", "Meta Llama 3.1 70B Instruct"),
        HostId("meta.llama3-2-1b-instruct-v1:0:128k"): _units("L-B547321D", "Meta Llama 3.2 1B Instruct"),
        HostId("meta.llama3-2-3b-instruct-v1:0:128k"): _units("L-12E68701", "Meta Llama 3.2 3B Instruct"),
    }
)
"""Model units of one Provisioned Throughput, by what it hosts: "the maximum number of model units that can be allotted
to a provisioned model". A base that is not here has no quota that the catalog knows."""


def units_quota(student: str) -> Quota | None:
    """The quota of one Provisioned Throughput of models customized from `student`; None where none is known."""
    host = model(student).host
    return UNITS_OF_ONE.get(host) if host else None


def hosting_quotas(student: str, mode: HostingMode) -> tuple[Quota, ...]:
    """Every known quota that hosting such a model is counted against."""
    if mode is HostingMode.ON_DEMAND:
        return (DEPLOYMENTS,)
    one = units_quota(student)
    return (one, UNITS_IN_ALL) if one else (UNITS_IN_ALL,)
