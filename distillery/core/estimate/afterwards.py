"""What goes on to cost when a run is done, and what its student has to beat."""

from collections.abc import Iterator
from decimal import Decimal

from distillery.core.catalog import HostingMode, Price
from distillery.core.estimate.items import Answers, Line, cents, each, hourly
from distillery.core.estimate.prices import Prices, spelled
from distillery.core.estimate.size import Size
from distillery.core.recipe import Recipe

THOUSAND = 1000


def afterwards(recipe: Recipe, prices: Prices) -> Iterator[Line]:
    """Each by its own unit."""
    if recipe.hosting is HostingMode.PROVISIONED:
        yield Line("live endpoint, an hour", *hourly(recipe))
    else:
        yield Line("live endpoint, an hour", Decimal(0), "on demand: billed by the token, nothing while nobody asks")
    yield month_of_storage(prices, "model storage, a month")


def month_of_storage(prices: Prices, what: str) -> Line:
    return Line(what, prices.storage.per_model_month, f"{prices.storage.as_of}: {prices.storage.source}")


def answers(recipe: Recipe, size: Size, prices: Prices) -> Iterator[Answers]:
    """1,000 answers by each: a student has to beat not only its teacher but also today's cheap strong models."""

    def by(who: str, model: str, price: Price) -> Answers:
        return Answers(who, model, cents(each(recipe, size, price) * THOUSAND), spelled(price))

    if prices.distilled:
        yield by("distilled student", recipe.student, prices.distilled)
    else:
        yield Answers("distilled student", recipe.student, None, f"by the hour: {hourly(recipe)[1]}")
    yield by("teacher", recipe.teacher, prices.teacher)
    for model, price in prices.contenders.items():
        yield by("contender", model, price)
