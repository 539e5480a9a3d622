"""What a run will cost, before anything that costs is started. Prices come from the catalog or from settings.

It is an estimate: tokens are characters / 4, answers are taken to be as long as allowed, training to be one epoch over
prompt and answer. A price that nobody gives is an error, never a guess.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_UP, Decimal
from typing import NoReturn

from lambdas.shared import calling, catalog
from lambdas.shared.catalog import HostingMode, Price, TrainingPrice
from lambdas.shared.errors import BadRequest, OverBudget
from lambdas.shared.limits import MAX_PROMPTS
from lambdas.shared.recipe import Recipe
from lambdas.shared.road import Dataset

CANDIDATE_HOURS = 2  # a candidate on Provisioned Throughput: creating, answering, releasing, each hour begun is billed
MILLION = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """Of a data set: training prompts, held-out prompts, and the tokens of both together, without answers."""

    prompts: int
    heldout: int
    tokens: int

    @property
    def tokens_each(self) -> Decimal:
        return Decimal(self.tokens) / max(1, self.prompts + self.heldout)


@dataclass(frozen=True, slots=True)
class Line:
    """One item: US dollars, and by which price and assumption."""

    what: str
    usd: Decimal
    basis: str


@dataclass(frozen=True, slots=True)
class Estimate:
    """prices_as_of: the oldest date of a price in it."""

    lines: tuple[Line, ...]
    total_usd: Decimal
    prices_as_of: date


def size_of(dataset: Dataset) -> Size:
    return Size(prompts=dataset.prompts, heldout=dataset.heldout, tokens=dataset.tokens)


def estimate(recipe: Recipe, size: Size, *, region: str, on: date) -> Estimate:
    """The cost of one run, by the prices of that day. Raises BadRequest where a price is not known."""
    teacher = _teacher_price(recipe, region, on)
    base = _price(recipe.student, calling.identifier(recipe.student, region), on)
    training = _training_price(recipe, on)
    storage = catalog.storage_price()
    lines = (
        _synthesis(recipe, size, teacher),
        _training(recipe, size, training),
        _evaluation(recipe, size, {"teacher": teacher, "untrained student": base, **_hosted(recipe, on)}),
        *_throughput(recipe),
        Line("model storage, one month", storage.per_model_month, f"{storage.as_of}: {storage.source}"),
    )
    return Estimate(
        lines,
        _cents(sum((line.usd for line in lines), Decimal(0))),
        min(teacher.as_of, base.as_of, training.as_of, storage.as_of),
    )


def check_budget(recipe: Recipe, estimated: Estimate) -> None:
    """Raises OverBudget."""
    if estimated.total_usd > recipe.budget_usd:
        raise OverBudget(
            f"the run is estimated at ${estimated.total_usd} (prices as of {estimated.prices_as_of}), the budget of "
            f"recipe {recipe.name!r} is ${recipe.budget_usd}; give fewer prompts or raise budget_usd"
        )


def _synthesis(recipe: Recipe, size: Size, price: Price) -> Line:
    each = _each(recipe, size, price)
    return Line(
        f"teacher's answers to {size.prompts} prompts",
        _cents(each * size.prompts),
        f"{_spelled(price)}. Bedrock may synthesize up to {MAX_PROMPTS} pairs: ${_cents(each * MAX_PROMPTS)} then",
    )


def _training(recipe: Recipe, size: Size, price: TrainingPrice) -> Line:
    trained = (size.tokens_each + recipe.max_answer_tokens) * size.prompts
    basis = f"${price.per_million_tokens} per million tokens, {price.as_of}: {price.source}; one epoch assumed"
    return Line(f"training on {size.prompts} pairs", _cents(trained * price.per_million_tokens / MILLION), basis)


def _evaluation(recipe: Recipe, size: Size, prices: dict[str, Price]) -> Line:
    usd = sum((_each(recipe, size, price) for price in prices.values()), Decimal(0)) * size.heldout
    basis = "; ".join(f"{who}: {_spelled(price)}" for who, price in prices.items())
    return Line(f"answers to {size.heldout} held-out prompts by three models", _cents(usd), basis)


def _hosted(recipe: Recipe, on: date) -> dict[str, Price]:
    """The distilled student's tokens: by the token on demand; with Provisioned Throughput its hours pay for them."""
    if recipe.hosting is HostingMode.PROVISIONED:
        return {}
    price = catalog.custom_model_price(recipe.student, on)
    return {"distilled student": price or _unknown(f"a custom model of {recipe.student} on demand")}


def _throughput(recipe: Recipe) -> Iterable[Line]:
    if recipe.hosting is not HostingMode.PROVISIONED:
        return ()
    if recipe.unit_price_usd_per_hour is None:
        raise BadRequest(
            f"recipe {recipe.name!r} hosts on Provisioned Throughput and has no unit_price_usd_per_hour; "
            "set it to your account's price of one model unit and hour"
        )
    usd = recipe.model_units * recipe.unit_price_usd_per_hour * CANDIDATE_HOURS
    basis = f"{recipe.model_units} model unit(s) for {CANDIDATE_HOURS} h at ${recipe.unit_price_usd_per_hour}, as set"
    return (Line("candidate on Provisioned Throughput", _cents(usd), basis),)


def _teacher_price(recipe: Recipe, region: str, on: date) -> Price:
    return _price(recipe.teacher, calling.teacher_identifier(recipe.teacher, recipe.student, region), on)


def _price(model: str, identifier: str, on: date) -> Price:
    profile = None if identifier == model else catalog.ProfileId(identifier)
    return catalog.price(model, profile=profile, on=on) or _unknown(f"tokens of {identifier}")


def _training_price(recipe: Recipe, on: date) -> TrainingPrice:
    """The recipe's own before the catalog's, whose every figure is UNVERIFIED and says so."""
    if recipe.training_usd_per_million_tokens is not None:
        return TrainingPrice(recipe.training_usd_per_million_tokens, on, "as set in the recipe")
    setting = "; or set the recipe's training_usd_per_million_tokens"
    return catalog.training_price(recipe.student) or _unknown(f"training {recipe.student}", setting)


def _unknown(what: str, setting: str = "") -> NoReturn:
    raise BadRequest(
        f"no source gives a price of {what}, so the run cannot be held to its budget; "
        f"add the price with its date and source in lambdas/shared/catalog{setting}"
    )


def _each(recipe: Recipe, size: Size, price: Price) -> Decimal:
    asked, answered = price.per_million_input * size.tokens_each, price.per_million_output * recipe.max_answer_tokens
    return (asked + answered) / MILLION


def _spelled(price: Price) -> str:
    rates = f"${price.per_million_input} / ${price.per_million_output} per million tokens in / out"
    return f"{rates}, {price.as_of}: {price.source}"


def _cents(usd: Decimal) -> Decimal:
    return usd.quantize(Decimal("0.01"), rounding=ROUND_UP)
