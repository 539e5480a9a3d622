"""The items of a run's cost.

It is an estimate: tokens are characters / 4, answers are taken to be as long as allowed, training to be one epoch over
prompt and answer. A price that nobody gives is an error, never a guess.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal

from distillery.core.catalog import HostingMode, Price
from distillery.core.estimate.afterwards import afterwards, answers, month_of_storage
from distillery.core.estimate.items import MILLION, Estimate, Line, cents, each, hourly
from distillery.core.estimate.prices import Prices, spelled
from distillery.core.estimate.size import Size
from distillery.core.limits import MAX_PROMPTS
from distillery.core.recipe import Recipe

CANDIDATE_HOURS = 2  # a candidate on Provisioned Throughput: creating, answering, releasing, each hour begun is billed


def estimate(recipe: Recipe, size: Size, *, region: str, on: date) -> Estimate:
    """The cost of one run, by the prices of that day. Raises BadRequest where a price is not known."""
    prices = Prices.of(recipe, region, on)
    lines = tuple(_lines(recipe, size, prices))
    grown = replace(size, prompts=max(size.prompts, MAX_PROMPTS), tokens=_grown_tokens(size))
    return Estimate(
        lines=lines,
        total_usd=_total(lines),
        at_most_usd=_total((_synthesis(recipe, grown, prices), _training(recipe, grown, prices), *lines[2:])),
        tokens_in=sum(line.tokens_in for line in lines),
        tokens_out=sum(line.tokens_out for line in lines),
        afterwards=tuple(afterwards(recipe, prices)),
        answers=tuple(answers(recipe, size, prices)),
        prices_as_of=prices.as_of,
    )


def _lines(recipe: Recipe, size: Size, prices: Prices) -> Iterator[Line]:
    yield _synthesis(recipe, size, prices)
    yield _training(recipe, size, prices)
    yield _evaluation(recipe, size, prices)
    if recipe.hosting is HostingMode.PROVISIONED:
        usd, basis = hourly(recipe)
        yield Line("candidate on Provisioned Throughput", cents(usd * CANDIDATE_HOURS), f"{CANDIDATE_HOURS} h; {basis}")
    yield month_of_storage(prices, "model storage, one month")


def _synthesis(recipe: Recipe, size: Size, prices: Prices) -> Line:
    one = each(recipe, size, prices.teacher)
    return Line(
        f"teacher's answers to {size.prompts} prompts",
        cents(one * size.prompts),
        f"{spelled(prices.teacher)}. Bedrock may synthesize up to {MAX_PROMPTS} pairs: "
        f"${cents(one * MAX_PROMPTS)} then",
        *_tokens(recipe, size, size.prompts),
    )


def _training(recipe: Recipe, size: Size, prices: Prices) -> Line:
    trained, price = (size.tokens_each + recipe.max_answer_tokens) * size.prompts, prices.training
    basis = f"${price.per_million_tokens} per million tokens, {price.as_of}: {price.source}; one epoch assumed"
    return Line(f"training on {size.prompts} pairs", cents(trained * price.per_million_tokens / MILLION), basis)


def _evaluation(recipe: Recipe, size: Size, prices: Prices) -> Line:
    asked: dict[str, Price] = {"teacher": prices.teacher, "untrained student": prices.base}
    if prices.distilled:
        asked["distilled student"] = prices.distilled
    usd = sum((each(recipe, size, price) for price in asked.values()), Decimal(0)) * size.heldout
    basis = "; ".join(f"{who}: {spelled(price)}" for who, price in asked.items())
    what = f"answers to {size.heldout} held-out prompts by three models"
    return Line(what, cents(usd), basis, *_tokens(recipe, size, 3 * size.heldout))


def _tokens(recipe: Recipe, size: Size, answers: int) -> tuple[int, int]:
    return round(size.tokens_each * answers), recipe.max_answer_tokens * answers


def _grown_tokens(size: Size) -> int:
    """The synthesized prompts are taken to be as long as those given."""
    return round(size.tokens_each * (max(size.prompts, MAX_PROMPTS) + size.heldout))


def _total(lines: tuple[Line, ...]) -> Decimal:
    return cents(sum((line.usd for line in lines), Decimal(0)))
