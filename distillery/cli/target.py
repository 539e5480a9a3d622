"""What a verb acts on."""

import functools
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, cast

import typer

from distillery.core.errors import BadRequest

if TYPE_CHECKING:
    from distillery.client import Account
    from distillery.core.ledger.ledger import Ledger
    from distillery.core.ledger.rollbacks import Rollbacks
    from distillery.core.ledger.uploads import Uploads


@dataclass(frozen=True)
class Target:
    """An environment in an account, reached when a verb asks for it; local: models there are stand-ins."""

    environment: str
    region: str | None
    local: bool

    @functools.cached_property
    def account(self) -> "Account":
        from distillery.client import Account  # boto3, which is not every verb's
        from distillery.core.aws import redacting

        return Account(self.environment, self.region, prepare=redacting)

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

    @property
    def recipes(self) -> list[str]:
        return [str(name) for name in self.account.pipeline["recipes"]]

    def cap_usd(self, recipe: str) -> Decimal | None:
        """What its runs of a month may cost together; None where a deployment of before does not say it."""
        said = self.account.pipeline.get("monthly_caps_usd", {}).get(recipe)
        return None if said is None else Decimal(said)

    def know(self, recipe: str) -> None:
        """Raises BadRequest, with the recipes there are, where the environment has no such recipe."""
        if recipe not in self.recipes:
            has = f"environment {self.account.environment!r} has {self.recipes}"
            raise BadRequest(f"there is no recipe {recipe!r}; {has}")

    @property
    def seconds_between_looks(self) -> float:
        """A local run takes a minute; one on AWS takes hours, and every look is a request that costs."""
        return 0.3 if self.local else 15.0


def target(context: typer.Context) -> Target:
    """The target that the command's options chose."""
    return cast(Target, context.obj)
