"""The typed shape of one environment: what its TOML file says, plus its name and the routes that follow from it."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from distillery.core.catalog import InvokeId
from distillery.core.recipe import Recipe
from distillery.settings.logging import Logging
from distillery.settings.quota import Quota
from distillery.settings.route import Route
from distillery.settings.trail import Trail
from distillery.settings.vpc_endpoint import VpcEndpoint

LONGEST_RUN_DAYS = 10
"""After so many a run is ended; what it reads has to be there until then."""

Address = Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]
Account = Annotated[str, StringConstraints(pattern=r"^[0-9]{12}$")]


class LifecycleAcknowledgement(BaseModel):
    """Somebody knows that a model is at the end of its life, and why it stays in these settings until a day."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: InvokeId = Field(description="the id of a model that a recipe or a route of this environment uses")
    until: date = Field(description="a day such as 2027-12-31, without quotes; the last on which this holds")
    reason: str = Field(description="why, in a sentence of at least 10 characters", min_length=10)

    def holds(self, on: date) -> bool:
        return on <= self.until


class Settings(BaseModel):
    """One environment. Built by `load`, never by hand outside tests; nothing in it depends on a date or an account."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    environment: str
    account: Account | None = Field(
        default=None, description="12 digits in quotes, or no such key for the account that the credentials name"
    )
    home_region: str = Field(description="the Region where models are distilled, such as 'us-east-1'")
    inference_region: str = Field(description="the Region where routes are called, such as 'us-east-2'")
    keep_data: bool = Field(description="true or false: whether data outlives the stacks")
    termination_protection: bool = Field(description="true or false: whether stacks refuse to be deleted")
    log_retention_days: int = Field(description="a retention that CloudWatch Logs offers, such as 30")
    data_days: int = Field(
        description="days that prompts, data sets, evaluations, reports and job outputs are kept, 10 to 3650"
    )
    notify: tuple[Address, ...] = Field(
        default=(), description='a list of e-mail addresses, such as ["me@example.com"]'
    )
    reserved_concurrency: int | None = Field(
        default=None,
        description="a whole number of at least 1: requests that the invoke function answers at a time, kept for it "
        "alone; or no such key for what the account has left",
        ge=1,
        strict=True,
    )
    logging: Logging | None = Field(default=None, description="a table [logging], or none")
    quota: Quota | None = Field(default=None, description="a table [quota], or none")
    trail: Trail | None = Field(default=None, description="a table [trail], or none")
    vpc_endpoint: VpcEndpoint | None = Field(default=None, description="a table [vpc_endpoint], or none")
    cost_tags: dict[str, str] = Field(default_factory=dict, description="text by tag key")
    recipes: dict[str, Recipe] = Field(description="tables [recipes.<name>]")
    routes: dict[str, Route] = Field(description="tables [routes.<name>]")
    acknowledged: tuple[LifecycleAcknowledgement, ...] = Field(default=(), description="tables [[acknowledged]]")

    def acknowledgement(self, model: str) -> LifecycleAcknowledgement | None:
        """What these settings say of that model's end, whether or not it still holds."""
        return next((known for known in self.acknowledged if known.model == model), None)
