"""Which hosting of a student is cheaper for the expected traffic, and from how much traffic on the other one is.

Both prices have a source: that of tokens is the catalog's, with its date, and that of a model unit is the recipe's own,
because the catalog has none. Without one of them nothing is compared. How much traffic a model unit carries is not
published, so a comparison says nothing about that.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_UP, Decimal

from distillery.core import catalog
from distillery.core.business_hours import WEEK_HOURS
from distillery.core.catalog import Price
from distillery.core.catalog.hosting import on_demand_eligible, throughput_eligible
from distillery.core.commitment import least_bill
from distillery.core.hosting_mode import HostingMode
from distillery.core.prices import HOURS_PER_MONTH, describe_price
from distillery.core.recipe import Recipe
from distillery.core.recipe_options import ExpectedTraffic

DAYS_PER_MONTH = Decimal(HOURS_PER_MONTH) / 24
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class HostingCost:
    """What a hosting mode costs a month at the expected traffic. `usd` is None where it is not possible or has no
    price; `basis` says which price, or why."""

    usd: Decimal | None
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HostingComparison:
    """Both hosting modes at the expected traffic.

    Attributes:
        costs: US dollars a month of 730 hours, by mode.
        cheaper: The cheaper mode; None where one of them has no price. On demand where they are equal.
        break_even_requests_per_day: From how many such requests a day on throughput is not dearer; None as above.
    """

    traffic: ExpectedTraffic
    costs: dict[HostingMode, HostingCost]
    cheaper: HostingMode | None
    break_even_requests_per_day: int | None

    @property
    def sentence(self) -> str:
        """The comparison for people, with prices and their dates."""
        each = "; ".join(
            f"{mode.value} {'unknown' if cost.usd is None else f'${cost.usd:,.2f} a month'} ({cost.basis})"
            for mode, cost in self.costs.items()
        )
        start = f"at {self.traffic.requests_per_day:,} requests a day: {each}"
        if self.cheaper is None or self.break_even_requests_per_day is None:
            return start
        daily = self.break_even_requests_per_day
        monthly, tokens = round(daily * DAYS_PER_MONTH), daily * self.traffic.tokens
        return (
            f"{start}. {self.cheaper.value} is cheaper. The break-even is {daily:,} requests ({tokens:,} tokens) a "
            f"day, {monthly:,} ({monthly * self.traffic.tokens:,} tokens) a month. No source says how many requests a "
            "model unit carries"
        )

    def summary(self, chosen: HostingMode) -> str:
        """What the chosen mode is dearer, if it is, and the break-even, for a line of an estimate."""
        saved, even = self.saved_usd(chosen), self.break_even_requests_per_day
        dearer = f": ${saved:,.2f} dearer than {self.cheaper.value}" if self.cheaper and saved is not None else ""
        until = f" (break-even: {even:,} requests a day)" if even is not None else ""
        return f"live endpoint at {self.traffic.requests_per_day:,} requests a day, a month{dearer}{until}"

    def saved_usd(self, chosen: HostingMode) -> Decimal | None:
        """What the cheaper mode saves a month; None where the chosen one is the cheaper, or nothing is known."""
        if self.cheaper in (None, chosen):
            return None
        mine, other = self.costs[chosen].usd, self.costs[self.cheaper].usd
        return None if mine is None or other is None else mine - other


def compare_hosting(recipe: Recipe, *, region: str, on: date) -> HostingComparison | None:
    """The comparison at the prices of the day `on`; None where the recipe expects no traffic that it knows of."""
    traffic = recipe.expected_traffic
    if traffic is None:
        return None
    price, hourly = catalog.custom_model_price(recipe.student, on), _usd_per_month_of_units(recipe)
    per_request = _usd_per_request(price, traffic)
    costs = {
        HostingMode.ON_DEMAND: _on_demand(recipe, region, on, price, per_request),
        HostingMode.PROVISIONED: _provisioned(recipe, region, on, hourly),
    }
    usd = {mode: cost.usd for mode, cost in costs.items()}
    on_demand, provisioned = usd[HostingMode.ON_DEMAND], usd[HostingMode.PROVISIONED]
    cheaper = break_even = None
    if on_demand is not None and provisioned is not None and hourly is not None and per_request:
        cheaper = HostingMode.PROVISIONED if provisioned < on_demand else HostingMode.ON_DEMAND
        daily = hourly / (per_request * DAYS_PER_MONTH)
        break_even = int(daily.quantize(Decimal(1), rounding=ROUND_UP))
    return HostingComparison(traffic=traffic, costs=costs, cheaper=cheaper, break_even_requests_per_day=break_even)


def live_endpoint_costs(recipe: Recipe, *, region: str, on: date) -> Iterator[tuple[str, Decimal, str]]:
    """What a commitment bills, and the live endpoint at the expected traffic, as far as there are any: what, US dollars
    and the basis of each."""
    if committed := least_bill(recipe):
        yield committed
    compared = compare_hosting(recipe, region=region, on=on)
    if compared and (usd := compared.costs[recipe.hosting].usd) is not None:
        yield compared.summary(recipe.hosting), usd, compared.sentence


def _usd_per_request(price: Price | None, traffic: ExpectedTraffic) -> Decimal | None:
    return price.cost(input_tokens=traffic.input_tokens, output_tokens=traffic.output_tokens) if price else None


def _usd_per_month_of_units(recipe: Recipe) -> Decimal | None:
    price = recipe.unit_price_usd_per_hour
    return None if price is None else price * recipe.model_units * hours_per_month(recipe)


def hours_per_month(recipe: Recipe) -> Decimal:
    """The hours of a month in which the live endpoint serves, if it is billed by the hour."""
    hours = recipe.business_hours
    share = Decimal(hours.hours_per_week) / WEEK_HOURS if hours else Decimal(1)
    return HOURS_PER_MONTH * share


def _on_demand(recipe: Recipe, region: str, on: date, price: Price | None, per_request: Decimal | None) -> HostingCost:
    eligible = on_demand_eligible(recipe.student, region, on)
    if not eligible.ok:
        return HostingCost(None, eligible.reason)
    if price is None or per_request is None or recipe.expected_traffic is None:
        return HostingCost(None, f"no source gives a price of a custom model of {recipe.student} on demand")
    monthly = per_request * recipe.expected_traffic.requests_per_day * DAYS_PER_MONTH
    return HostingCost(monthly.quantize(CENT, rounding=ROUND_UP), describe_price(price))


def _provisioned(recipe: Recipe, region: str, on: date, hourly: Decimal | None) -> HostingCost:
    eligible = throughput_eligible(recipe.student, region, on)
    if not eligible.ok:
        return HostingCost(None, eligible.reason)
    if hourly is None:
        return HostingCost(None, "the catalog has no price of a model unit: set unit_price_usd_per_hour to yours")
    basis = f"{recipe.model_units} model unit(s) at ${recipe.unit_price_usd_per_hour} an hour, as set in the recipe"
    if recipe.business_hours:
        basis += f", for {hours_per_month(recipe):.0f} business hours of a month"
    return HostingCost(hourly.quantize(CENT, rounding=ROUND_UP), basis)
