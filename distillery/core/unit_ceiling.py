"""The ceiling of model units of an environment, checked before an endpoint is created.

It keeps a mistake in a recipe, or many runs at once, from buying more by the hour than somebody has agreed to. Two
requests at the same moment may both be under it.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from distillery.core.errors import QuotaTooSmall
from distillery.core.inventory import take_throughputs
from distillery.core.names import Names
from distillery.core.recipe import Recipe

if TYPE_CHECKING:
    from mypy_boto3_bedrock import BedrockClient

FAILED = "Failed"


@dataclass(frozen=True, slots=True)
class UnitCeiling:
    """The environment's ceiling. `most`: model units of all its endpoints; None without one."""

    names: Names
    most: int | None

    def check(self, name: str, recipe: Recipe, bedrock: "BedrockClient") -> None:
        """Raises QuotaTooSmall where the recipe's endpoint of that name would exceed the ceiling. One that exists, or
        that is billed by the token, never does."""
        if self.most is None or not recipe.is_hourly:
            return
        held = [each for each in take_throughputs(self.names, bedrock) if each.status != FAILED]
        used = sum(each.units for each in held)
        if any(each.name == name for each in held) or used + recipe.model_units <= self.most:
            return
        raise QuotaTooSmall(
            f"endpoint {name!r} needs {recipe.model_units} model units, and environment {self.names.environment!r} has "
            f"{used} of the {self.most} that max_model_units allows, by {', '.join(each.name for each in held)}. "
            "Nothing was bought. Raise max_model_units and deploy, or wait for a candidate to be released, then "
            "evaluate the run again (distillery evaluate)"
        )
