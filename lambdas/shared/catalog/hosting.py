"""Where a customized model may be hosted, and why not where it may not."""

from datetime import date

from lambdas.shared.catalog.life import LifeState
from lambdas.shared.catalog.queries import model
from lambdas.shared.catalog.types import Eligibility, Model


def on_demand_eligible(student: str, region: str, customized_on: date) -> Eligibility:
    """Whether a model customized from `student` on that day may be deployed on demand in `region`.

    Source: UG deploy-custom-model-on-demand. A Legacy base does not stand in the way of a new deployment (UG
    model-lifecycle-legacy), an ended one does.
    """
    base = model(student)
    offers = [offer for offer in base.on_demand_hosting if region in offer.regions]
    if refused := _not_offered(base, region, bool(offers), "a custom model deployment", _on_demand_regions(base)):
        return refused
    since = min(offer.since for offer in offers)
    if customized_on < since:
        return Eligibility(False, f"{base.name} was customized on {customized_on}; on-demand deployment is for models "
                           f"customized on or after {since}. Use hosting = \"provisioned\", or distil again")
    if base.life.state(customized_on, region) is LifeState.ENDED:
        return Eligibility(False, f"{base.name} had ended by {customized_on}. {_successor(base)}")
    return Eligibility(True, f"{base.name} may be deployed on demand in {region} ({offers[0].source})")


def throughput_eligible(student: str, region: str, on: date) -> Eligibility:
    """Whether new Provisioned Throughput may be bought on that day for a model customized from `student`.

    Source: UG prov-thru-supported; a Legacy base takes none (UG model-lifecycle-legacy). Whether the account has model
    units is another matter: their quotas are 0 by default.
    """
    base = model(student)
    offered = region in base.throughput_regions
    if refused := _not_offered(base, region, offered, "Provisioned Throughput", base.throughput_regions):
        return refused
    state = base.life.state(on, region)
    if state is LifeState.ACTIVE:
        return Eligibility(True, f"{base.name} may be hosted on Provisioned Throughput in {region}")
    return Eligibility(False, f"{base.name} is in state {state.value!r} on {on}; Provisioned Throughput can only be "
                       f"bought for an active model. {_successor(base)}")


def _not_offered(
    base: Model, region: str, offered: bool, what: str, regions: frozenset[str]
) -> Eligibility | None:
    if offered:
        return None
    where = f"only in {', '.join(sorted(regions))}" if regions else "in no Region"
    return Eligibility(False, f"{what} of {base.name} in {region} is not offered: {where}. Choose another Region, "
                       "student or hosting mode")


def _on_demand_regions(base: Model) -> frozenset[str]:
    return frozenset().union(*(offer.regions for offer in base.on_demand_hosting))


def _successor(base: Model) -> str:
    return f"Use {base.successor} instead" if base.successor else "The catalog knows no successor"
