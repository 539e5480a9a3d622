"""Service Quotas: the values that apply to the account.

The Service Authorization Reference names the resource type `quota`; AWS's own policy CloudWatchReadOnlyAccess limits
GetServiceQuota to it, as here. If access is denied nevertheless, the value counts as unknown.
"""

from collections.abc import Iterable

from distillery.core.catalog import hosting_quotas
from distillery.core.catalog.hosting import SERVICE_CODE
from distillery.core.hosting_mode import HostingMode
from infra.constructs.arn import Location
from infra.constructs.permissions.permission import Permission

_LISTS = "ListServiceQuotas takes no resource: the Service Authorization Reference allows `*` alone."


def get_quotas(location: Location, students: Iterable[str]) -> Permission:
    """The quotas that hosting these students is counted against, in both modes: a run keeps the mode it began with."""
    codes = {quota.code for s in set(students) for mode in HostingMode for quota in hosting_quotas(s, mode)}
    resources = tuple(location.arn("servicequotas", f"{SERVICE_CODE}/{quota}") for quota in sorted(codes))
    return Permission(actions=("servicequotas:GetServiceQuota",), resources=resources)


def list_quotas() -> Permission:
    """All quotas of Bedrock: those of requests and tokens are found by name, as most codes are not published."""
    return Permission(actions=("servicequotas:ListServiceQuotas",), resources=("*",), because=_LISTS)
