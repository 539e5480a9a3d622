"""The typed settings of one environment: the content of its TOML file, its name, and a route for each recipe."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from distillery.core import served_routes
from distillery.core.catalog import InvokeId, Latency
from distillery.core.names import DISTILLED_PREFIX
from distillery.core.recipe import Recipe
from distillery.core.served_routes import Period
from distillery.settings.deployment import GitHubDeployment
from distillery.settings.promotion import KEEP_DAYS_MAX, Account, Promotion


class Logging(BaseModel):
    """Model invocation logging of the account in the inference Region, if this environment owns it.

    An account has one logging configuration per Region, so only one of its environments has this table.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    keep_days: int = Field(description="days that logged calls are kept, at least 1")
    max_scan_gb: int = Field(default=100, description="gigabytes that one query may scan, at least 1")
    replace: bool = Field(
        default=False,
        description="true or false: whether a configuration that Distillery did not make is saved, and restored "
        "when this environment is deleted",
    )


class Quota(BaseModel):
    """What one principal may use through the invoke function, over all routes. `checks` require `tokens`, `usd` or
    both."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    per: Period = Field(description="'hour' or 'day', in UTC")
    tokens: int | None = Field(
        default=None, description="a whole number of at least 1: input and output tokens", ge=1, strict=True
    )
    usd: Decimal | None = Field(
        default=None, description="US dollars, more than 0 and of at most 9 decimals", gt=0, decimal_places=9
    )

    def to_caller_quota(self) -> served_routes.CallerQuota:
        """The quota as the function reads it."""
        return served_routes.CallerQuota(per=self.per, tokens=self.tokens, usd=self.usd)


class Trail(BaseModel):
    """CloudTrail data events of this environment's buckets and functions, in each of its Regions."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    keep_days: int = Field(
        description=f"a whole number of days that the trail is kept, 1 to {KEEP_DAYS_MAX}",
        ge=1,
        le=KEEP_DAYS_MAX,
        strict=True,
    )


VpcId = Annotated[str, StringConstraints(pattern=r"^vpc-[0-9a-f]{8,17}$")]
SubnetId = Annotated[str, StringConstraints(pattern=r"^subnet-[0-9a-f]{8,17}$")]
SecurityGroupId = Annotated[str, StringConstraints(pattern=r"^sg-[0-9a-f]{8,17}$")]


class VpcEndpoint(BaseModel):
    """An interface endpoint for bedrock-runtime in the inference Region, in an existing VPC."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    vpc_id: VpcId = Field(description="the id of a VPC of inference_region, such as 'vpc-0123456789abcdef0'")
    subnet_ids: tuple[SubnetId, ...] = Field(
        description='a list of ids, one for each Availability Zone, such as ["subnet-0123456789abcdef0"]', min_length=1
    )
    security_group_ids: tuple[SecurityGroupId, ...] = Field(
        description='a list of ids of groups that admit callers on port 443, such as ["sg-0123456789abcdef0"]',
        min_length=1,
    )


PRIORITY, STANDARD = "priority", "standard"
OWN_MODEL = (PRIORITY, STANDARD)
"""Words of a fallback policy that mean the route's own model, in the priority tier and at standard latency."""


class RouteSettings(BaseModel):
    """A model of the catalog, or the live endpoint of a recipe: exactly one of `model` and `recipe` is set.

    `distillery.settings.fallback` turns its fallback policy into steps.
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
    team: str | None = Field(default=None, description="text in quotes: the team that pays", min_length=1)
    cost_centres: tuple[str, ...] = Field(
        default=(), description='a list of names by which cost is reported, such as ["shop", "billing"]'
    )
    max_tokens: int | None = Field(
        default=None,
        description="a whole number of at least 1: tokens of an answer, if a request does not set them",
        ge=1,
    )
    principals: tuple[str, ...] | None = Field(
        default=None,
        description="a list of principals that may use it through the invoke function, such as "
        '["assumed-role/shop/*"], or no such key for everyone who may invoke the function',
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
        """The route to the model that the recipe's alias serves. Every recipe has one."""
        return cls.model_validate(recipe_route(recipe))


def recipe_route(recipe: str) -> dict[str, object]:
    """The default table of a recipe's route."""
    description = f"The model distilled by recipe {recipe}, as its alias says"
    return {"name": DISTILLED_PREFIX + recipe, "description": description, "recipe": recipe}


LONGEST_RUN_DAYS = 10
"""A run is ended after so many days; the data that it reads must exist until then."""

Address = Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]


class LifecycleAcknowledgement(BaseModel):
    """An acknowledgement that a model reaches its end of life: until when, and why, it stays in the settings."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: InvokeId = Field(description="the id of a model that a recipe or a route of this environment uses")
    until: date = Field(description="a day such as 2027-12-31, without quotes; the last on which this is valid")
    reason: str = Field(description="why, in a sentence of at least 10 characters", min_length=10)

    def holds(self, on: date) -> bool:
        return on <= self.until


PolicyName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+=,.@/_-]{1,128}$")]


class Settings(BaseModel):
    """One environment. Made by `load`, by hand only in tests; independent of the date and of the credentials."""

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
    permissions_boundary: PolicyName | None = Field(
        default=None,
        description="the name of a managed policy of the account, such as 'cdk-distillery-boundary', which `make "
        "bootstrap` creates: the permissions boundary of every role that the stacks create; or no such key",
    )
    notify: tuple[Address, ...] = Field(
        default=(), description='a list of e-mail addresses, such as ["me@example.com"]'
    )
    reserved_concurrency: int | None = Field(
        default=None,
        description="a whole number of at least 1: concurrent requests of the invoke function, reserved for it; "
        "or no such key to share the account's unreserved concurrency",
        ge=1,
        strict=True,
    )
    max_model_units: int | None = Field(
        default=None,
        description="a whole number of at least 1: model units of Provisioned Throughput that this environment may "
        "have at once, live endpoints and candidates together; or no such key for no ceiling",
        ge=1,
        strict=True,
    )
    idle_days_warning: int = Field(
        default=14,
        description="a whole number of 1 to 90: days without a call after which people are warned of a live endpoint "
        "that bills by the hour",
        ge=1,
        le=90,
        strict=True,
    )
    logging: Logging | None = Field(default=None, description="a table [logging], or none")
    quota: Quota | None = Field(default=None, description="a table [quota], or none")
    trail: Trail | None = Field(default=None, description="a table [trail], or none")
    promotion: Promotion | None = Field(default=None, description="a table [promotion], or none")
    deployment: GitHubDeployment | None = Field(default=None, description="a table [deployment], or none")
    vpc_endpoint: VpcEndpoint | None = Field(default=None, description="a table [vpc_endpoint], or none")
    cost_tags: dict[str, str] = Field(default_factory=dict, description="a table [cost_tags] of texts by tag key")
    recipes: dict[str, Recipe] = Field(description="tables [recipes.<name>]")
    routes: dict[str, RouteSettings] = Field(description="tables [routes.<name>]")
    acknowledged: tuple[LifecycleAcknowledgement, ...] = Field(default=(), description="tables [[acknowledged]]")

    def acknowledgement(self, model: str) -> LifecycleAcknowledgement | None:
        """The acknowledgement of that model's end, valid or expired."""
        return next((known for known in self.acknowledged if known.model == model), None)
