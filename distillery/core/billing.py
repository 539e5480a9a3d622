"""What an environment bills for while nothing happens: endpoints by the hour, and custom models by the month.

Pure: it reads an inventory, the ledger's runs and the claims. The price of a model unit is the one in the run's own
copy of its recipe, because the settings may have lost the recipe. A price that no source gives stays unknown.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from distillery.core import catalog
from distillery.core.claims import Claim, Claims
from distillery.core.hosting_mode import HostingMode
from distillery.core.inventory import CustomModel, HostedModel, Inventory, RunningJob
from distillery.core.ledger.items import RunRecord, model_of
from distillery.core.prices import HOURS_PER_MONTH

FAILED = "Failed"
"""ModelStatus of a model that was never made, and status of an endpoint that was not, for which nothing is billed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BilledEndpoint:
    """An endpoint with what it costs.

    Attributes:
        run: The run that made it or its model; empty if the ledger has none.
        claim: What keeps it; None for an orphan, which the guard deletes, and where the claims are not known.
        is_orphan: Whether nothing keeps it; None where the claims are not known.
        usd_per_hour: 0 for a deployment, which is billed by the token; None where no run has the price of a unit.
    """

    endpoint: HostedModel
    run: str
    claim: Claim | None
    is_orphan: bool | None
    usd_per_hour: Decimal | None

    @property
    def usd_per_month(self) -> Decimal | None:
        return None if self.usd_per_hour is None else self.usd_per_hour * HOURS_PER_MONTH

    @property
    def is_hourly(self) -> bool:
        return self.endpoint.mode is HostingMode.PROVISIONED


@dataclass(frozen=True, slots=True, kw_only=True)
class Billing:
    """What bills now.

    Attributes:
        endpoints: Those billed by the hour first, then the deployments.
        storage_usd_per_model: What the storage of one model costs a month.
        storage_as_of: The date of that price.
    """

    endpoints: tuple[BilledEndpoint, ...]
    models: tuple[CustomModel, ...]
    jobs: tuple[RunningJob, ...]
    storage_usd_per_model: Decimal
    storage_as_of: date

    @property
    def usd_per_hour(self) -> Decimal:
        """The sum of the known prices."""
        return sum((each.usd_per_hour for each in self.endpoints if each.usd_per_hour is not None), Decimal(0))

    @property
    def usd_per_month(self) -> Decimal:
        return self.usd_per_hour * HOURS_PER_MONTH

    @property
    def storage_usd_per_month(self) -> Decimal:
        """Of all models but those that failed."""
        return self.storage_usd_per_model * sum(model.status != FAILED for model in self.models)

    @property
    def unpriced(self) -> tuple[BilledEndpoint, ...]:
        """Endpoints whose price is unknown: the sums lack them."""
        return tuple(each for each in self.endpoints if each.usd_per_hour is None)

    @property
    def orphans(self) -> tuple[BilledEndpoint, ...]:
        return tuple(each for each in self.endpoints if each.is_orphan)

    @property
    def units(self) -> int:
        """The model units of all endpoints."""
        return sum(each.endpoint.units for each in self.endpoints)


def bill(inventory: Inventory, records: Iterable[RunRecord], claims: Claims | None) -> Billing:
    """What the environment's resources cost.

    Args:
        inventory: What Bedrock holds.
        records: The runs of the inventory's recipes, the newest first.
        claims: What keeps endpoints; None where the caller may not read it.
    """
    known, storage = list(records), catalog.storage_price()
    billed = [_billed(each, known, claims) for each in inventory.endpoints]
    return Billing(
        endpoints=tuple(sorted(billed, key=lambda each: not each.is_hourly)),
        models=inventory.models,
        jobs=inventory.jobs,
        storage_usd_per_model=storage.per_model_month,
        storage_as_of=storage.as_of,
    )


def _billed(endpoint: HostedModel, records: Sequence[RunRecord], claims: Claims | None) -> BilledEndpoint:
    maker = next((each for each in records if endpoint.run and each.run.id == endpoint.run), None)
    maker = maker or next((each for each in records if model_of(each) == endpoint.model_arn), None)
    claim = claims.of(endpoint.endpoint, recipe=endpoint.recipe, run=endpoint.run) if claims else None
    return BilledEndpoint(
        endpoint=endpoint,
        run=maker.run.id if maker else endpoint.run,
        claim=claim,
        is_orphan=claim is None if claims else None,
        usd_per_hour=Decimal(0) if endpoint.status == FAILED else endpoint.usd_per_hour(unit_price(records, endpoint)),
    )


def unit_price(records: Sequence[RunRecord], endpoint: HostedModel) -> Decimal | None:
    """The price of one of the endpoint's model units: of the run that made the endpoint or its model, or else of the
    newest run of its recipe that has one."""
    own = [each for each in records if each.run.id == endpoint.run or model_of(each) == endpoint.model_arn]
    others = [each for each in records if each.run.recipe.name == endpoint.recipe]
    prices = (each.run.recipe.unit_price_usd_per_hour for each in (*own, *others))
    return next((price for price in prices if price is not None), None)
