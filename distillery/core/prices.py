"""The prices of a recipe's models on a day. The recipe's own prices take precedence over the catalog's."""

from dataclasses import dataclass, field
from datetime import date
from typing import NoReturn, Self

from distillery.core import catalog, model_ids
from distillery.core.catalog import Price, StoragePrice, TrainingPrice
from distillery.core.errors import BadRequest
from distillery.core.hosting_mode import HostingMode
from distillery.core.recipe import Recipe

HOURS_PER_MONTH = 730
"""The hours that AWS's pricing examples count as a month."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipePrices:
    """The prices that an estimate uses.

    Attributes:
        base: Tokens of the student before training.
        distilled: Tokens of the trained student; None where the student is billed by the hour.
        contenders: Price of each contender, by model.
        judges: Price of each model that rates answers.
    """

    teacher: Price
    base: Price
    distilled: Price | None
    training: TrainingPrice
    storage: StoragePrice
    contenders: dict[str, Price]
    judges: dict[str, Price] = field(default_factory=dict)

    @classmethod
    def of(cls, recipe: Recipe, region: str, on: date) -> Self:
        """Raises BadRequest where a price is unknown, ModelUnavailable where a model cannot be called."""
        teacher = model_ids.teacher_identifier(recipe.teacher, recipe.student, region)
        return cls(
            teacher=_token_price(recipe.teacher, teacher, on),
            base=_token_price(recipe.student, model_ids.identifier(recipe.student, region), on),
            distilled=_distilled_price(recipe, on),
            training=_training_price(recipe, on),
            storage=catalog.storage_price(),
            contenders={
                model: _token_price(model, model_ids.identifier(model, region), on) for model in recipe.contenders
            },
            judges={model: _token_price(model, model_ids.identifier(model, region), on) for model in recipe.judges},
        )

    @property
    def as_of(self) -> date:
        """The oldest date of the prices that a run pays."""
        return min(self.teacher.as_of, self.base.as_of, self.training.as_of, self.storage.as_of)


def describe_price(price: Price) -> str:
    """The rates of a price with its date and source, for people."""
    rates = f"${price.per_million_input} / ${price.per_million_output} per million tokens in / out"
    return f"{rates}, {price.as_of}: {price.source}"


def _token_price(model: str, identifier: str, on: date) -> Price:
    profile = None if identifier == model else catalog.ProfileId(identifier)
    return catalog.price(model, profile=profile, on=on) or _unknown(f"tokens of {identifier}")


def _distilled_price(recipe: Recipe, on: date) -> Price | None:
    if recipe.hosting is HostingMode.PROVISIONED:
        return None
    price = catalog.custom_model_price(recipe.student, on)
    return price or _unknown(f"a custom model of {recipe.student} on demand")


def _training_price(recipe: Recipe, on: date) -> TrainingPrice:
    """The recipe's own price, or else the catalog's, whose figures are all marked UNVERIFIED."""
    if recipe.training_usd_per_million_tokens is not None:
        return TrainingPrice(recipe.training_usd_per_million_tokens, on, "as set in the recipe")
    setting = "; or set the recipe's training_usd_per_million_tokens"
    return catalog.training_price(recipe.student) or _unknown(f"training {recipe.student}", setting)


def _unknown(what: str, setting: str = "") -> NoReturn:
    raise BadRequest(
        f"no source gives a price of {what}, so the run cannot be held to its budget; "
        f"add the price with its date and source in distillery/core/catalog{setting}"
    )
