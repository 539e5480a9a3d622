"""Where a customized model may be hosted, with the reason, and the quotas of Service Quotas that limit it.

Source of the quotas' codes, names and defaults: AWS General Reference, "Amazon Bedrock endpoints and quotas" (autumn
2026). All of them can be raised, quotas of model units by AWS Support (UG prov-thru-purchase). Only the account itself
knows which values it was granted.
"""

from datetime import date

from distillery.core.catalog.life import LifeState
from distillery.core.catalog.queries import model
from distillery.core.catalog.types import Eligibility, Model, ServiceQuota
from distillery.core.hosting_mode import HostingMode

SERVICE_CODE = "bedrock"
"""The service code of Amazon Bedrock in Service Quotas."""

_PAGE = "GR, Amazon Bedrock endpoints and quotas"

ALL_MODEL_UNITS = ServiceQuota(
    code="L-BE77399C",
    name="Model units no-commitment Provisioned Throughputs across custom models",
    default=0,
    source=f"{_PAGE}; a third party met it on AWS in July 2026",
)
"""Model units of all no-commitment Provisioned Throughput of custom models, in one account and Region."""

DEPLOYMENTS = ServiceQuota(
    code="L-1EF80F3E",
    name="(Model customization) Total number of custom model deployments",
    default=10,
    source=_PAGE,
)
"""Custom model deployments in one account and Region."""


DEPLOYMENTS_IN_PROGRESS = ServiceQuota(
    code="L-C02E1E99",
    name="(Model customization) Custom model deployments in progress",
    default=2,
    source="UG quotas, adjustable; the code is a third party's: UNVERIFIED",
)
"""Deployments that are created or updated at the same time, in one account and Region. A deployment takes about 8
minutes (a third party, 2026-11)."""


def on_demand_eligible(student: str, region: str, customized_on: date) -> Eligibility:
    """Whether a model customized from `student` on that day may be deployed on demand in `region`.

    Source: UG deploy-custom-model-on-demand. A Legacy base does not stand in the way of a new deployment (UG
    model-lifecycle-legacy), an ended one does.
    """
    base = model(student)
    offer = next((offer for offer in base.on_demand_hosting if region in offer.regions), None)
    if offer is None:
        regions = frozenset().union(*(offer.regions for offer in base.on_demand_hosting))
        return _not_offered("on-demand deployment", base, region, regions)
    if customized_on < offer.since:
        return Eligibility(
            False,
            f"{base.name} customized on {customized_on} cannot be deployed on demand: only models customized on "
            f'or after {offer.since} can. Use hosting = "provisioned", or a later date',
        )
    if base.life.state(customized_on, region) is LifeState.ENDED:
        return Eligibility(False, f"{base.name} has ended by {customized_on}. {_successor(base)}")
    return Eligibility(True, f"{base.name} may be deployed on demand in {region} ({offer.source})")


def throughput_eligible(student: str, region: str, on: date) -> Eligibility:
    """Whether new Provisioned Throughput may be bought on that day for a model customized from `student`.

    Source: UG prov-thru-supported; a Legacy base takes none (UG model-lifecycle-legacy). Whether the account has
    model units is another matter: their quotas are 0 by default.
    """
    base = model(student)
    if region not in base.throughput_regions:
        return _not_offered("Provisioned Throughput", base, region, base.throughput_regions)
    state = base.life.state(on, region)
    if state is not LifeState.ACTIVE:
        return Eligibility(
            False,
            f"{base.name} is in the state {state.value!r} on {on}: Provisioned Throughput is sold for active models "
            f"only. {_successor(base)}",
        )
    return Eligibility(True, f"{base.name} may be hosted on Provisioned Throughput in {region}")


def hosting_quotas(student: str, mode: HostingMode) -> tuple[ServiceQuota, ...]:
    """Every known quota that limits hosting a model customized from `student`."""
    if mode is HostingMode.ON_DEMAND:
        return (DEPLOYMENTS,)
    own = model(student).model_units_quota
    return (own, ALL_MODEL_UNITS) if own else (ALL_MODEL_UNITS,)


def _not_offered(what: str, base: Model, region: str, regions: frozenset[str]) -> Eligibility:
    where = f"only in {', '.join(sorted(regions))}" if regions else "in no Region"
    return Eligibility(
        False, f"{what} of {base.name} is offered {where}, not in {region}. Choose another student or hosting mode"
    )


def _successor(base: Model) -> str:
    return f"Use {base.successor} instead" if base.successor else "The catalog knows no successor"
