"""What an estimate is made of."""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_UP, Decimal

from distillery.core.catalog import Price
from distillery.core.errors import BadRequest
from distillery.core.estimate.size import Size
from distillery.core.recipe import Recipe

MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Line:
    """One item: US dollars, by which price and assumption, and the tokens that go in and come out for it."""

    what: str
    usd: Decimal
    basis: str
    tokens_in: int = 0
    tokens_out: int = 0


@dataclass(frozen=True, slots=True)
class Answers:
    """What 1,000 answers to prompts like these cost by one model. usd: None where hours pay for them."""

    who: str
    model: str
    usd: Decimal | None
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """lines, total_usd: of the run, from start to verdict, with one month of keeping the model.

    at_most_usd: if Bedrock synthesizes as many pairs as it may (UG model-distillation), which nobody can know before;
    afterwards: what goes on while the model lives, each by its own unit; answers: student, teacher and the recipe's
    contenders side by side; prices_as_of: the oldest date of a price in the total.
    """

    lines: tuple[Line, ...]
    total_usd: Decimal
    at_most_usd: Decimal
    tokens_in: int
    tokens_out: int
    afterwards: tuple[Line, ...]
    answers: tuple[Answers, ...]
    prices_as_of: date


def each(recipe: Recipe, size: Size, price: Price) -> Decimal:
    """One answer to a prompt of the usual length, as long as the recipe allows."""
    asked, answered = price.per_million_input * size.tokens_each, price.per_million_output * recipe.max_answer_tokens
    return (asked + answered) / MILLION


def hourly(recipe: Recipe) -> tuple[Decimal, str]:
    """Of one endpoint on Provisioned Throughput, and why. Raises BadRequest where nobody stated the price of a unit."""
    if recipe.unit_price_usd_per_hour is None:
        raise BadRequest(
            f"recipe {recipe.name!r} hosts on Provisioned Throughput and has no unit_price_usd_per_hour; "
            "set it to your account's price of one model unit and hour"
        )
    basis = f"{recipe.model_units} model unit(s) at ${recipe.unit_price_usd_per_hour} an hour, as set in the recipe"
    return recipe.model_units * recipe.unit_price_usd_per_hour, basis


def cents(usd: Decimal) -> Decimal:
    """Rounded up."""
    return usd.quantize(Decimal("0.01"), rounding=ROUND_UP)
