"""A route as its table says it: the name that a caller uses, what answers under it, and what does when that fails."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from distillery.core.catalog import InvokeId, Latency
from distillery.core.names import DISTILLED_PREFIX

PRIORITY, STANDARD = "priority", "standard"
OWN = (PRIORITY, STANDARD)
"""Words of a fallback policy that mean the route's own model: in the priority tier, and at standard latency."""


class Route(BaseModel):
    """A model of the catalog, or the live endpoint of a recipe: exactly one of `model` and `recipe` is set.

    What each step of its fallback policy comes to is `distillery.settings.fallback`'s business.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    description: str = Field(description="one line for the people who call the route", min_length=1, max_length=200)
    model: InvokeId | None = Field(default=None, description="a model id of the catalog, without prefix or suffix")
    latency: Latency = Field(default=Latency.STANDARD, description="'standard' or 'optimized'")
    fallback: tuple[str, ...] = Field(
        default=(),
        description='a list in order: "priority", "standard", other routes\' names or model ids, such as ["standard"]',
    )
    team: str | None = Field(default=None, description="text in quotes: whose cost it is", min_length=1)
    cost_centres: tuple[str, ...] = Field(
        default=(), description='a list of names that cost is divided by, such as ["shop", "billing"]'
    )
    max_tokens: int | None = Field(
        default=None, description="a whole number of at least 1: of an answer, where a request says none", ge=1
    )
    principals: tuple[str, ...] | None = Field(
        default=None,
        description='a list of those who may use it through the invoke function, such as ["assumed-role/shop/*"], or '
        "no such key for all who may call it",
        min_length=1,
    )
    recipe: str | None = None

    @model_validator(mode="after")
    def _leads_somewhere(self) -> Self:
        if (self.model is None) == (self.recipe is None):
            raise ValueError("a route leads to one model")
        return self

    @classmethod
    def to_recipe(cls, recipe: str) -> Self:
        """The route to whatever the recipe's alias serves. Every recipe has one."""
        return cls.model_validate(distilled(recipe))


def distilled(recipe: str) -> dict[str, object]:
    """What the table of a recipe's route says where nobody wrote one."""
    description = f"The model distilled by recipe {recipe}, as its alias says"
    return {"name": DISTILLED_PREFIX + recipe, "description": description, "recipe": recipe}
