"""What things cost, each with the date and source of its price. A price that no source gives is None."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from distillery.core.catalog.queries import model
from distillery.core.catalog.types import Price, PriceKind, ProfileId, StoragePrice, TrainingPrice

_STORAGE = StoragePrice(
    Decimal("1.95"), date(2026, 7, 28), "cloud-custodian test fixture, observed on AWS: UNVERIFIED by AWS's own pages"
)


def price(
    ident: str,
    kind: PriceKind = PriceKind.STANDARD,
    profile: ProfileId | None = None,
    on: date | None = None,
) -> Price | None:
    """The price of the model through `profile`, or of its bare id where `profile` is None.

    A geographic profile without a price of its own costs what the bare id costs: routing has no surcharge (UG
    cross-region-inference). A global one may be cheaper, so it has its own price or none. Of several dates the
    last one up to `on` is taken, else the first after it; the answer says which (`as_of`).
    """
    prices = [known for known in model(ident).prices if known.kind is kind]
    exact = [known for known in prices if known.through == profile]
    if not exact and profile and not profile.startswith("global."):
        exact = [known for known in prices if known.through is None]
    return _nearest(exact, on)


def _nearest(prices: list[Price], on: date | None) -> Price | None:
    by_day = sorted(prices, key=lambda known: known.as_of)
    until = [known for known in by_day if on is None or known.as_of <= on]
    return until[-1] if until else next(iter(by_day), None)


def custom_model_price(ident: str, on: date | None = None) -> Price | None:
    """The token price of a custom model of this base, deployed on demand: the base's own, as is reported."""
    base = price(ident, on=on)
    return base and replace(base, source=f"{base.source}, for the base; a custom model costing the same: UNVERIFIED")


def storage_price() -> StoragePrice:
    """The monthly price of keeping one custom model."""
    return _STORAGE


def training_price(ident: str) -> TrainingPrice | None:
    """The price of training this student; None where no figure is at hand. Every known figure is UNVERIFIED."""
    return model(ident).training
