"""Commitments of live endpoints on Provisioned Throughput: which the settings have, and whether they may start.

A committed endpoint bills until its term ends, and AWS renews the term (UG prov-thru-delete). So a commitment starts
only with a recent acknowledgement. Both are read from the deployed settings and not from a run's copy of its recipe:
whoever renews or removes them and deploys decides about every endpoint that is created from then on.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_UP, Decimal
from typing import TYPE_CHECKING, Self

from distillery.core.env_vars import Variable, is_given, read
from distillery.core.errors import NotAcknowledged
from distillery.core.names import Names
from distillery.core.recipe import Recipe
from distillery.core.recipe_options import CommitmentTerm
from distillery.core.serialization import from_wire, to_wire

if TYPE_CHECKING:
    from mypy_boto3_bedrock import BedrockClient

ACKNOWLEDGED_DAYS = 30
"""How many days old an acknowledgement may be when a term starts."""
LONGEST_DAYS = {CommitmentTerm.ONE_MONTH: 31, CommitmentTerm.SIX_MONTHS: 184}
"""The longest term in days. No source says whether AWS counts months of the calendar or of 30 days."""
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitment:
    """What a live endpoint is committed to when it is created.

    Attributes:
        acknowledged: The day on which somebody acknowledged it in the settings.
        units: Its model units.
    """

    term: CommitmentTerm
    acknowledged: date
    units: int


@dataclass(frozen=True, slots=True)
class Commitments:
    """The commitments of an environment, by the name of the live endpoint."""

    by_endpoint: Mapping[str, Commitment] = field(default_factory=dict)

    @classmethod
    def of_recipes(cls, names: Names, recipes: Iterable[Recipe]) -> Self:
        """Those of the settings."""
        return cls(
            {
                names.live(each.name, each.student): Commitment(
                    term=each.commitment, acknowledged=each.commitment_acknowledged, units=each.model_units
                )
                for each in recipes
                if each.is_hourly and each.commitment and each.commitment_acknowledged
            }
        )

    @classmethod
    def of_environment(cls) -> Self:
        """Those that the function's environment variable has; none without it."""
        found = json.loads(read(Variable.COMMITMENTS)) if is_given(Variable.COMMITMENTS) else {}
        return cls({name: from_wire(Commitment, each) for name, each in found.items()})

    @property
    def variables(self) -> dict[Variable, str]:
        """The variable of functions that create live endpoints, or check runs: the inverse of `of_environment`."""
        return {Variable.COMMITMENTS: json.dumps(to_wire(self.by_endpoint))} if self.by_endpoint else {}

    def commits(self, name: str, recipe: Recipe) -> bool:
        """Whether the live endpoint of that name is created under a commitment."""
        return recipe.is_hourly and name in self.by_endpoint

    def starting(self, name: str, recipe: Recipe, on: date) -> CommitmentTerm | None:
        """The term of the live endpoint that is created on that day; None where it has no commitment.

        Args:
            name: Name of the live endpoint.
            recipe: The recipe of the run that made the model, which has the model units.
            on: The day of the creation.

        Raises:
            NotAcknowledged: The acknowledgement is too old or in the future, or is about other model units.
        """
        if not self.commits(name, recipe):
            return None
        commitment = self.by_endpoint[name]
        if recipe.model_units != commitment.units:
            raise NotAcknowledged(
                f"live endpoint {name!r} would have {recipe.model_units} model units by its run, and the commitment of "
                f"recipe {recipe.name!r} was acknowledged for {commitment.units}; allowed: the same number. Nothing "
                "was bought. Deploy the recipe with the model_units of the run and a new commitment_acknowledged, or "
                "without its commitment, then evaluate the run again (distillery evaluate)"
            )
        if not timedelta(0) <= on - commitment.acknowledged <= timedelta(days=ACKNOWLEDGED_DAYS):
            raise NotAcknowledged(
                f"live endpoint {name!r} would be committed for {commitment.term.value}, and commitment_acknowledged "
                f"of recipe {recipe.name!r} is {commitment.acknowledged}; allowed: a day from "
                f"{on - timedelta(days=ACKNOWLEDGED_DAYS)} to {on}. Nothing was bought. Write commitment_acknowledged "
                f"= {on} and deploy, or remove the commitment and deploy, then run or evaluate again"
            )
        return commitment.term

    def check_run(self, recipe: Recipe, names: Names, bedrock: "BedrockClient", on: date) -> None:
        """Raises NotAcknowledged where the run would end at the creation of its live endpoint. An endpoint that exists
        is updated, which starts no term."""
        name = names.live(recipe.name, recipe.student)
        if self.commits(name, recipe) and not _exists(name, bedrock):
            self.starting(name, recipe, on)


def _exists(name: str, bedrock: "BedrockClient") -> bool:
    pages = bedrock.get_paginator("list_provisioned_model_throughputs").paginate(nameContains=name)
    return any(
        item["provisionedModelName"] == name and item["status"] != "Failed"
        for page in pages
        for item in page.get("provisionedModelSummaries", [])
    )


def least_bill(recipe: Recipe) -> tuple[str, Decimal, str] | None:
    """What the first term of the recipe's commitment bills in any case: what, US dollars, and the basis; None where it
    has no commitment or no price.

    The price is that of the recipe, which may be higher than AWS's price under a commitment, and the term the longest.
    """
    price, term = recipe.unit_price_usd_per_hour, recipe.commitment
    if not recipe.is_hourly or price is None or term is None:
        return None
    hours = LONGEST_DAYS[term] * 24
    return (
        f"commitment of {term.value}, at most: bills to its end and renews itself",
        (recipe.model_units * price * hours).quantize(CENT, rounding=ROUND_UP),
        f"{recipe.model_units} model unit(s) at ${price} an hour, as set in the recipe, for {hours:,} h "
        f"({LONGEST_DAYS[term]} days); an endpoint that exists starts no new term",
    )
