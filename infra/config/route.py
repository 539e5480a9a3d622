"""A route: the name that a caller uses, and what answers under it."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from lambdas.shared import catalog
from lambdas.shared.catalog import InvokeId, Latency, ProfileId

DISTILLED_PREFIX = "distilled/"


class Route(BaseModel):
    """A model of the catalog, or the live endpoint of a recipe: exactly one of `model` and `recipe` is set.

    `profile` is the cross-Region system profile that `model` is called through from the inference Region, or None
    where the bare id is called in that Region. `destinations` are the Regions a request may be served in, in all of
    which a caller needs `bedrock:InvokeModel` (`catalog.ANYWHERE` among them for a global profile); a distilled route
    has none, since its endpoint is the alias's business.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    description: str = Field(description="one line for the people who call the route", min_length=1, max_length=200)
    model: InvokeId | None = Field(default=None, description="a model id of the catalog, without prefix or suffix")
    latency: Latency = Field(default=Latency.STANDARD, description="'standard' or 'optimized'")
    profile: ProfileId | None = None
    recipe: str | None = None
    destinations: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _leads_somewhere(self) -> Self:
        if (self.model is None) == (self.recipe is None):
            raise ValueError("a route leads to one model")
        return self

    @property
    def application_profile(self) -> bool:
        """Whether callers get an application inference profile, which makes the route's cost visible by its tags.

        Not for a distilled route: `CreateInferenceProfile` copies from foundation models and system profiles alone
        (botocore 1.44.5, `InferenceProfileModelSource`). Not with optimized latency: UG latency-optimized-inference
        offers it through system profiles and says nothing of application profiles.
        """
        return self.model is not None and self.latency is Latency.STANDARD

    @classmethod
    def to_recipe(cls, recipe: str) -> Self:
        """The route to whatever the recipe's alias serves. Every recipe has one."""
        description = f"The model distilled by recipe {recipe}, as its alias says"
        return cls(name=DISTILLED_PREFIX + recipe, description=description, recipe=recipe)


def way_to(model: str, region: str) -> tuple[ProfileId | None, tuple[str, ...]]:
    """How to call the model from the Region: the profile, if one is needed, and the destination Regions.

    No destinations means that there is no way; `checks.route` says so.
    """
    try:
        profile = catalog.profile_for(model, region)
        in_region = region in catalog.model(model).in_region
    except catalog.UnknownModel:
        return None, ()
    if profile is not None:
        return profile.id, profile.destinations[region]
    return None, (region,) if in_region else ()
