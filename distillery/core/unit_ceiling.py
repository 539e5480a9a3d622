"""The ceiling of model units of an environment, checked before a run costs anything, and before an endpoint is created.

It keeps a mistake in a recipe, or many runs at once, from buying more by the hour than somebody has agreed to. Two
requests at the same moment may both be under it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from distillery.core.boundary import get_logger
from distillery.core.env_vars import Variable, is_given, read, read_number
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
    """The environment's ceiling.

    Attributes:
        most: Model units of all its endpoints; None without a ceiling.
        resting: Model units of live endpoints with business hours, by name. They count while those are paused, too:
            nobody may take what the next opening needs.
    """

    names: Names
    most: int | None
    resting: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of_environment(cls, names: Names) -> Self:
        """The ceiling that the function's environment variables configure."""
        resting = json.loads(read(Variable.PAUSED_UNITS)) if is_given(Variable.PAUSED_UNITS) else {}
        return cls(names, read_number(Variable.MAX_MODEL_UNITS), resting)

    def check(self, name: str, recipe: Recipe, bedrock: "BedrockClient") -> None:
        """Raises QuotaTooSmall where the recipe's endpoint of that name would exceed the ceiling. One that exists, or
        that is billed by the token, never does."""
        if self.most is None or not recipe.is_hourly:
            return
        held = {each.name: each.units for each in self._held(bedrock)}
        others = {each: units for each, units in {**self.resting, **held}.items() if each != name}
        used = sum(others.values())
        if name in held or used + recipe.model_units <= self.most:
            return
        raise QuotaTooSmall(
            f"endpoint {name!r} needs {recipe.model_units} model units, and environment {self.names.environment!r} has "
            f"{used} of the {self.most} that max_model_units allows, by {', '.join(others)}. "
            "Nothing was bought. Raise max_model_units and deploy, or wait for a candidate to be released, then "
            "evaluate the run again (distillery evaluate)"
        )

    def check_run(self, recipe: Recipe, bedrock: "BedrockClient") -> None:
        """Raises QuotaTooSmall where a candidate of the recipe would exceed the ceiling beside the live endpoints of
        today. Candidates of other runs are released within hours, before a new student exists: they are only logged."""
        if self.most is None or not recipe.is_hourly:
            return
        held = self._held(bedrock)
        live = {**self.resting, **{each.name: each.units for each in held if not each.run}}
        used = sum(live.values())
        if used + recipe.model_units > self.most:
            raise QuotaTooSmall(
                f"a candidate of recipe {recipe.name!r} needs {recipe.model_units} model units, and the live endpoints "
                f"of environment {self.names.environment!r} have {used} of the {self.most} of max_model_units: "
                f"{', '.join(f'{each} {units}' for each, units in live.items()) or 'none'}; allowed: "
                f"{max(self.most - used, 0)} or fewer. Nothing was started. Raise max_model_units and deploy, lower "
                "model_units of the recipe, or retire a recipe (distillery retire), then run again"
            )
        if used + sum(each.units for each in held if each.run) + recipe.model_units > self.most:
            names = ", ".join(each.name for each in held if each.run)
            log.warning("the ceiling of %s model units leaves no room until %s are released", self.most, names)

    def _held(self, bedrock: "BedrockClient") -> list[HostedModel]:
        """The endpoints that count: those that have not failed."""
        return [each for each in take_throughputs(self.names, bedrock) if each.status != FAILED]
