"""The environment that a verb acts on."""

import functools
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, cast

import typer

from distillery.cli.invocation import command
from distillery.cli.permissions import is_denied
from distillery.core.business_hours import BusinessHours
from distillery.core.errors import BadRequest, DistilleryError
from distillery.core.serialization import from_wire

if TYPE_CHECKING:
    from distillery.client import Account
    from distillery.core.ledger.acceptances import Acceptances
    from distillery.core.ledger.canaries import Canaries
    from distillery.core.ledger.history import AliasHistory
    from distillery.core.ledger.items import RunRecord
    from distillery.core.ledger.ledger import Ledger
    from distillery.core.ledger.promotions import Promotions
    from distillery.core.ledger.rollbacks import Rollbacks
    from distillery.core.ledger.uploads import Uploads
    from distillery.core.model_dates import StoredFindings


@dataclass(frozen=True)
class Target:
    """An environment in an account, whose clients are created on first use.

    Attributes:
        region: Home Region; None for the Region of the credentials.
        local: Whether this is the local account, whose models are stand-ins.
        profile: The profile of the AWS configuration to use; None for the current credentials.
        keys: Variables with the access key to use; empty for the current credentials.
    """

    environment: str
    region: str | None
    local: bool
    profile: str | None = None
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)

    @functools.cached_property
    def account(self) -> "Account":
        from distillery.client import Account  # boto3, which some verbs do not need
        from distillery.core.aws import redacting

        return Account(self.environment, self.region, prepare=redacting, profile=self.profile, keys=self.keys)

    @functools.cached_property
    def ledger(self) -> "Ledger":
        from distillery.core.ledger.ledger import Ledger
        from distillery.core.ledger.table import Table

        return Ledger(Table(str(self.account.pipeline["ledger"]), self.account.dynamodb()))

    @functools.cached_property
    def uploads(self) -> "Uploads":
        from distillery.core.ledger.table import Table
        from distillery.core.ledger.uploads import Uploads

        return Uploads(Table(str(self.account.pipeline["ledger"]), self.account.dynamodb()))

    @functools.cached_property
    def rollbacks(self) -> "Rollbacks":
        from distillery.core.ledger.rollbacks import Rollbacks
        from distillery.core.ledger.table import Table

        return Rollbacks(Table(str(self.account.pipeline["ledger"]), self.account.dynamodb()))

    @functools.cached_property
    def canaries(self) -> "Canaries":
        from distillery.core.ledger.canaries import Canaries
        from distillery.core.ledger.table import Table

        return Canaries(Table(str(self.account.pipeline["ledger"]), self.account.dynamodb()))

    @functools.cached_property
    def promotions(self) -> "Promotions":
        from distillery.core.ledger.promotions import Promotions
        from distillery.core.ledger.table import Table

        return Promotions(Table(str(self.account.pipeline["ledger"]), self.account.dynamodb()))

    @functools.cached_property
    def history(self) -> "AliasHistory":
        from distillery.core.ledger.history import AliasHistory
        from distillery.core.ledger.table import Table

        return AliasHistory(Table(str(self.account.pipeline["ledger"]), self.account.dynamodb()))

    @functools.cached_property
    def acceptances(self) -> "Acceptances":
        from distillery.core.ledger.acceptances import Acceptances
        from distillery.core.ledger.table import Table

        return Acceptances(Table(str(self.account.pipeline["ledger"]), self.account.dynamodb()))

    @functools.cached_property
    def model_dates(self) -> "StoredFindings | None":
        """What the life-cycle watch found; None before its first run, and if the caller may not read it."""
        from distillery.client import AWS_ERRORS
        from distillery.core.model_dates import stored
        from distillery.core.names import Names

        try:
            return stored(self.account.aws_client("ssm"), Names(self.environment))
        except AWS_ERRORS as error:
            if not is_denied(error):
                raise
            return None

    @property
    def recipes(self) -> list[str]:
        return [str(name) for name in self.account.pipeline["recipes"]]

    def cap_usd(self, recipe: str) -> Decimal | None:
        """Returns the monthly budget of a recipe; None if an older deployment does not publish it."""
        cap = self.account.pipeline.get("monthly_caps_usd", {}).get(recipe)
        return None if cap is None else Decimal(cap)

    def business_hours(self, recipe: str) -> BusinessHours | None:
        """Returns the business hours of a recipe; None if it has none."""
        hours = self.account.pipeline.get("business_hours", {}).get(recipe)
        return from_wire(BusinessHours, hours) if hours else None

    def runs_by_recipe(self, recipes: Iterable[str]) -> dict[str, "list[RunRecord] | Exception"]:
        """Returns the runs of each recipe, or the error of AWS if the caller may not read them.

        A tag can limit a person to some recipes. Raises the error if the caller may read none of these.
        """
        found = {recipe: self.runs_or_refusal(recipe) for recipe in recipes}
        refusals = [runs for runs in found.values() if isinstance(runs, Exception)]
        if refusals and len(refusals) == len(found):
            raise refusals[0]
        return found

    def runs_or_refusal(self, recipe: str) -> "list[RunRecord] | Exception":
        """Returns the runs of a recipe, or the error of AWS if the caller may not read them."""
        from distillery.client import AWS_ERRORS

        try:
            return self.ledger.runs(recipe)
        except AWS_ERRORS as error:
            if not is_denied(error):
                raise
            return error

    def require_recipe(self, recipe: str) -> None:
        """Raises BadRequest, with the recipes that exist, if the environment has no such recipe."""
        if recipe not in self.recipes:
            environment = self.account.environment
            has = f"environment {environment!r} has {self.recipes}"
            if _is_declared(recipe, environment):
                deploy = "make demo" if self.local else f"node_modules/.bin/cdk deploy --all -c env={environment}"
                declared = f"recipe {recipe!r} is in environments/{environment}.toml and not deployed"
                raise BadRequest(f"{declared}; {has}; deploy it: {deploy}")
            raise BadRequest(f"there is no recipe {recipe!r}; {has}")

    def command(self, *words: str) -> str:
        """Returns a command for a hint, with the options that select this target."""
        found = command(*words, environment=self.environment, region=self.region, local=self.local)
        return f"AWS_PROFILE={shlex.quote(self.profile)} {found}" if self.profile else found

    @property
    def poll_interval(self) -> float:
        """Seconds between two reads of a run, which takes a minute locally, and hours on AWS, where each read costs."""
        return 0.3 if self.local else 15.0


def _is_declared(recipe: str, environment: str) -> bool:
    """Whether the environment's file has the recipe. A person without a checkout, or with a broken file, has none."""
    try:
        from distillery.settings.reading import read
    except ModuleNotFoundError:  # pydantic, which the command does not always have
        return False
    try:
        tables = read(environment).get("recipes")
    except (DistilleryError, OSError, ValueError):
        return False
    return isinstance(tables, dict) and recipe in tables


def target(context: typer.Context) -> Target:
    """Returns the target that the common options select."""
    return cast(Target, context.obj)
