"""What a run will cost, before anything that costs is started: cost items, prices with date and source, the budget.

The figures are estimates: tokens are estimated by script (`tokens`), answers are as long as the recipe allows, and
training is one epoch over prompt and answer. A price that no source gives is an error; it is never guessed.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_UP, Decimal

from distillery.core.catalog import Price
from distillery.core.errors import BadRequest
from distillery.core.hosting_cost import live_endpoint_costs
from distillery.core.hosting_mode import HostingMode
from distillery.core.inference import max_tokens
from distillery.core.limits import MAX_PROMPTS
from distillery.core.pipeline import Dataset
from distillery.core.prices import RecipePrices, describe_price
from distillery.core.recipe import Recipe

CANDIDATE_HOURS = 2
"""Hours of a candidate on Provisioned Throughput: creation, answers, release. Each hour begun is billed."""

JUDGE_TOKENS_IN, JUDGE_TOKENS_OUT = 1_000, 300
"""Tokens of a judge's instructions, at their longest, and of a rating with its explanation. ASSUMPTION: the service
publishes neither its own part of the prompt nor the length of explanations."""

MILLION = 1_000_000
THOUSAND = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetSize:
    """Numbers of training and held-out prompts, and the tokens of both together, without answers.

    `golden` are the prompts of a golden set, which are asked beside the held-out ones.
    """

    prompts: int
    heldout: int
    tokens: int
    golden: int = 0
    golden_tokens: int = 0

    @property
    def tokens_each(self) -> Decimal:
        return Decimal(self.tokens) / max(1, self.prompts + self.heldout)

    @property
    def evaluated(self) -> "DatasetSize":
        """All prompts that an evaluation asks, as held-out ones."""
        if not self.golden:
            return self
        tokens = round(self.tokens_each * self.heldout) + self.golden_tokens
        return DatasetSize(prompts=0, heldout=self.heldout + self.golden, tokens=tokens)


def size_of(dataset: Dataset) -> DatasetSize:
    golden = dataset.golden
    return DatasetSize(
        prompts=dataset.prompts,
        heldout=dataset.heldout,
        tokens=dataset.tokens,
        golden=golden.prompts if golden else 0,
        golden_tokens=golden.tokens if golden else 0,
    )


@dataclass(frozen=True, slots=True)
class CostItem:
    """One cost in US dollars, the price and assumption that it is based on, and its input and output tokens."""

    what: str
    usd: Decimal
    basis: str
    tokens_in: int = 0
    tokens_out: int = 0


@dataclass(frozen=True, slots=True)
class AnswerCost:
    """What 1,000 answers of one model cost. `usd` is None where the model is billed by the hour."""

    who: str
    model: str
    usd: Decimal | None
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """The estimated cost of one run.

    Attributes:
        lines: Costs of the run from start to verdict, with one month of storing the model.
        total_usd: Their sum.
        at_most_usd: The sum if Bedrock synthesizes as many pairs as it may (UG model-distillation), which cannot be
            known before, and if the alias has a model by then, which is asked too.
        afterwards: Costs that continue while the model exists, each by its own unit.
        answers: The cost of student, teacher and the recipe's contenders, side by side.
        prices_as_of: The oldest date of a price in the total.
    """

    lines: tuple[CostItem, ...]
    total_usd: Decimal
    at_most_usd: Decimal
    tokens_in: int
    tokens_out: int
    afterwards: tuple[CostItem, ...]
    answers: tuple[AnswerCost, ...]
    prices_as_of: date


def estimate(recipe: Recipe, size: DatasetSize, *, region: str, on: date) -> Estimate:
    """The cost of one run at the prices of the day `on`. Raises BadRequest where a price is unknown."""
    prices = RecipePrices.of(recipe, region, on)
    lines = tuple(_run_items(recipe, size, prices))
    pairs = max(size.prompts, MAX_PROMPTS)  # synthesized prompts are assumed to be as long as the given ones
    grown = replace(size, prompts=pairs, tokens=round(size.tokens_each * (pairs + size.heldout)))
    asked = _evaluation(recipe, size, prices, live=True)
    judged = tuple(_judging(recipe, size, prices, live=True))
    worst = (_synthesis(recipe, grown, prices), _training(recipe, grown, prices), asked, *judged)
    worst += lines[3 + len(judged) :]
    return Estimate(
        lines=lines,
        total_usd=total_usd(lines),
        at_most_usd=total_usd(worst),
        tokens_in=sum(line.tokens_in for line in lines),
        tokens_out=sum(line.tokens_out for line in lines),
        afterwards=(*_running_costs(recipe, prices), *_expected_cost(recipe, region, on)),
        answers=tuple(_answer_costs(recipe, size, prices)),
        prices_as_of=prices.as_of,
    )


def evaluation_items(
    recipe: Recipe, size: DatasetSize, *, region: str, on: date, judge_only: bool
) -> tuple[CostItem, ...]:
    """The worst case of an evaluation that a person requests: all answers are requested and judged again. Raises
    BadRequest where a price is unknown."""
    prices = RecipePrices.of(recipe, region, on)
    judging = tuple(_judging(recipe, size, prices, live=True))
    return judging if judge_only else (_evaluation(recipe, size, prices, live=True), *judging, *_candidate(recipe))


def _run_items(recipe: Recipe, size: DatasetSize, prices: RecipePrices) -> Iterator[CostItem]:
    yield _synthesis(recipe, size, prices)
    yield _training(recipe, size, prices)
    yield _evaluation(recipe, size, prices)
    yield from _judging(recipe, size, prices)
    yield from _candidate(recipe)
    yield _month_of_storage(prices, "model storage, one month")


def _candidate(recipe: Recipe) -> Iterator[CostItem]:
    if recipe.hosting is HostingMode.PROVISIONED:
        usd, basis = _hourly_cost(recipe)
        what, total = "candidate on Provisioned Throughput", _round_up_to_cents(usd * CANDIDATE_HOURS)
        yield CostItem(what, total, f"{CANDIDATE_HOURS} h; {basis}")


def _synthesis(recipe: Recipe, size: DatasetSize, prices: RecipePrices) -> CostItem:
    one = _cost_per_answer(recipe, size, prices.teacher)
    return CostItem(
        f"teacher's answers to {size.prompts} prompts",
        _round_up_to_cents(one * size.prompts),
        f"{describe_price(prices.teacher)}. Bedrock may synthesize up to {MAX_PROMPTS} pairs: "
        f"${_round_up_to_cents(one * MAX_PROMPTS)} then",
        round(size.tokens_each * size.prompts),
        recipe.max_answer_tokens * size.prompts,
    )


def _training(recipe: Recipe, size: DatasetSize, prices: RecipePrices) -> CostItem:
    trained, price = (size.tokens_each + recipe.max_answer_tokens) * size.prompts, prices.training
    basis = f"${price.per_million_tokens} per million tokens, {price.as_of}: {price.source}; one epoch assumed"
    usd = _round_up_to_cents(trained * price.per_million_tokens / MILLION)
    return CostItem(f"training on {size.prompts} pairs", usd, basis)


def _evaluation(recipe: Recipe, size: DatasetSize, prices: RecipePrices, *, live: bool = False) -> CostItem:
    """`live`: whether the alias has a model, which is asked too, and assumed to cost what the student costs."""
    golden, size = size.golden, size.evaluated
    models: dict[str, Price] = {"teacher": prices.teacher, "untrained student": prices.base}
    if prices.distilled:
        models["distilled student"] = prices.distilled
        models |= {"live model": prices.distilled} if live else {}
    each = {who: (_cost_per_answer(recipe, size, price), price) for who, price in models.items()}
    longest = {model: max_tokens(model, recipe.max_answer_tokens) for model in prices.contenders}
    for model, price in prices.contenders.items():
        each[f"contender {model}"] = _cost_per_answer(recipe, size, price, longest[model]), price
    usd = sum((one for one, _ in each.values()), Decimal(0)) * size.heldout
    basis = "; ".join(f"{who}: {describe_price(price)}" for who, (_, price) in each.items())
    asked = 3 + live + len(longest)
    tokens = (3 + live) * recipe.max_answer_tokens + sum(longest.values())
    which = f"{size.heldout - golden} held-out and {golden} golden" if golden else f"{size.heldout} held-out"
    what = f"answers to {which} prompts by {asked} models"
    tokens_in = round(size.tokens_each * asked * size.heldout)
    return CostItem(what, _round_up_to_cents(usd), basis, tokens_in, tokens * size.heldout)


def _judging(recipe: Recipe, size: DatasetSize, prices: RecipePrices, *, live: bool = False) -> Iterator[CostItem]:
    """What judges read and write: each answer with its prompt, a reference as long as it, and the instructions. Equal
    answers are judged once, so this is the most. What a function costs is not known here."""
    size = size.evaluated
    rated = (3 + live + len(recipe.contenders)) * size.heldout
    for model in recipe.judges:
        price = prices.judges[model]
        tokens_in = size.tokens_each + 2 * recipe.max_answer_tokens + JUDGE_TOKENS_IN
        usd = (price.per_million_input * tokens_in + price.per_million_output * JUDGE_TOKENS_OUT) / MILLION * rated
        basis = f"{describe_price(price)}; {JUDGE_TOKENS_OUT} tokens a rating assumed"
        what, total = f"ratings of {rated} answers by {model}", _round_up_to_cents(usd)
        yield CostItem(what, total, basis, round(tokens_in * rated), JUDGE_TOKENS_OUT * rated)


def _running_costs(recipe: Recipe, prices: RecipePrices) -> Iterator[CostItem]:
    """Costs that continue after the run, each by its own unit."""
    if recipe.hosting is HostingMode.PROVISIONED:
        yield CostItem("live endpoint, an hour", *_hourly_cost(recipe))
    else:
        yield CostItem("live endpoint, an hour", Decimal(0), "on demand: billed by the token, nothing without requests")
    yield _month_of_storage(prices, "model storage, a month")


def _expected_cost(recipe: Recipe, region: str, on: date) -> Iterator[CostItem]:
    """The commitment of the live endpoint, and what it costs at the expected traffic, beside the other mode."""
    yield from (CostItem(*each) for each in live_endpoint_costs(recipe, region=region, on=on))


def _month_of_storage(prices: RecipePrices, what: str) -> CostItem:
    return CostItem(what, prices.storage.per_model_month, f"{prices.storage.as_of}: {prices.storage.source}")


def _answer_costs(recipe: Recipe, size: DatasetSize, prices: RecipePrices) -> Iterator[AnswerCost]:
    """1,000 answers by each model: a student has to be cheaper than its teacher and than inexpensive strong models."""

    def by(who: str, model: str, price: Price) -> AnswerCost:
        usd = _round_up_to_cents(_cost_per_answer(recipe, size, price) * THOUSAND)
        return AnswerCost(who, model, usd, describe_price(price))

    if prices.distilled:
        yield by("distilled student", recipe.student, prices.distilled)
    else:
        yield AnswerCost("distilled student", recipe.student, None, f"by the hour: {_hourly_cost(recipe)[1]}")
    yield by("teacher", recipe.teacher, prices.teacher)
    for model, price in prices.contenders.items():
        yield by("contender", model, price)


def _cost_per_answer(recipe: Recipe, size: DatasetSize, price: Price, longest: int | None = None) -> Decimal:
    """One answer to a prompt of average length: of `longest` tokens, by default as long as the recipe allows."""
    tokens_in = price.per_million_input * size.tokens_each
    return (tokens_in + price.per_million_output * (longest or recipe.max_answer_tokens)) / MILLION


def _hourly_cost(recipe: Recipe) -> tuple[Decimal, str]:
    """US dollars per hour on Provisioned Throughput, and the basis. Raises BadRequest where the recipe has no price."""
    if recipe.unit_price_usd_per_hour is None:
        raise BadRequest(
            f"recipe {recipe.name!r} hosts on Provisioned Throughput and has no unit_price_usd_per_hour; "
            "set it to your account's price of one model unit and hour"
        )
    basis = f"{recipe.model_units} model unit(s) at ${recipe.unit_price_usd_per_hour} an hour, as set in the recipe"
    return recipe.model_units * recipe.unit_price_usd_per_hour, basis


def total_usd(lines: Iterable[CostItem]) -> Decimal:
    return _round_up_to_cents(sum((line.usd for line in lines), Decimal(0)))


def _round_up_to_cents(usd: Decimal) -> Decimal:
    return usd.quantize(Decimal("0.01"), rounding=ROUND_UP)
