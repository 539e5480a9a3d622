"""The ceiling of model units of an environment, checked before a run costs anything, and before an endpoint is created.

It keeps a mistake in a recipe, or many runs at once, from buying more by the hour than somebody has agreed to. Two
requests at the same moment may both be under it.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from distillery.core.boundary import get_logger
from distillery.core.errors import QuotaTooSmall
from distillery.core.inventory import HostedModel, take_throughputs
from distillery.core.names import Names
from distillery.core.recipe import Recipe

if TYPE_CHECKING:
    from mypy_boto3_bedrock import BedrockClient

FAILED = "Failed"
log = get_logger(__name__)


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
        held = self._held(bedrock)
        used = sum(each.units for each in held)
        if any(each.name == name for each in held) or used + recipe.model_units <= self.most:
            return
        raise QuotaTooSmall(
            f"endpoint {name!r} needs {recipe.model_units} model units, and environment {self.names.environment!r} has "
            f"{used} of the {self.most} that max_model_units allows, by {', '.join(each.name for each in held)}. "
            "Nothing was bought. Raise max_model_units and deploy, or wait for a candidate to be released, then "
            "evaluate the run again (distillery evaluate)"
        )

    def check_run(self, recipe: Recipe, bedrock: "BedrockClient") -> None:
        """Raises QuotaTooSmall where a candidate of the recipe would exceed the ceiling beside the live endpoints of
        today. Candidates of other runs are released within hours, before a new student exists: they are only logged."""
        if self.most is None or not recipe.is_hourly:
            return
        held = self._held(bedrock)
        live = [each for each in held if not each.run]
        used = sum(each.units for each in live)
        if used + recipe.model_units > self.most:
            raise QuotaTooSmall(
                f"a candidate of recipe {recipe.name!r} needs {recipe.model_units} model units, and the live endpoints "
                f"of environment {self.names.environment!r} have {used} of the {self.most} of max_model_units: "
                f"{', '.join(f'{each.name} {each.units}' for each in live) or 'none'}; allowed: "
                f"{max(self.most - used, 0)} or fewer. Nothing was started. Raise max_model_units and deploy, lower "
                "model_units of the recipe, or retire a recipe (distillery retire), then run again"
            )
        if sum(each.units for each in held) + recipe.model_units > self.most:
            names = ", ".join(each.name for each in held if each.run)
            log.warning("the ceiling of %s model units leaves no room until %s are released", self.most, names)

    def _held(self, bedrock: "BedrockClient") -> list[HostedModel]:
        """The endpoints that count: those that have not failed."""
        return [each for each in take_throughputs(self.names, bedrock) if each.status != FAILED]
