"""The alias of a recipe: an SSM parameter in the home Region that says what is live. Only promotion writes it,
and the retirement of a recipe deletes it.
"""

import json
from typing import TYPE_CHECKING

from distillery.core.aws import client
from distillery.core.parameters import delete_parameter, read_parameter, write_parameter
from distillery.core.pipeline import Alias
from distillery.core.serialization import from_wire, to_wire

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient


class Aliases:
    """Aliases by the name of their parameter (`Names.alias`)."""

    def __init__(self, ssm: "SSMClient | None" = None) -> None:
        self._ssm = ssm or client("ssm")

    def read(self, parameter: str) -> Alias | None:
        """None before the first promotion."""
        value = read_parameter(self._ssm, parameter)
        return None if value is None else from_wire(Alias, json.loads(value))

    def write(self, parameter: str, alias: Alias) -> None:
        description = f"What recipe {alias.recipe} serves; written by promotion alone"
        write_parameter(self._ssm, parameter, json.dumps(to_wire(alias)), description=description)

    def delete(self, parameter: str) -> None:
        """Deletes an alias, also one that does not exist any more."""
        delete_parameter(self._ssm, parameter)
