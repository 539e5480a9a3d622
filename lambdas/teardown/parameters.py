"""The parameters that the product writes besides aliases, and that no template contains: what AWS answered at first
contact, the findings of the life-cycle watch and of the drift watch, what was promoted, and in the inference Region the
results of probes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from distillery.core.names import Names
from distillery.core.parameters import delete_parameter, names_under, read_parameter

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient


@dataclass(frozen=True, slots=True)
class WrittenParameters:
    """Those of an environment. `home` and `inference` are the clients of its two Regions."""

    names: Names
    home: "SSMClient"
    inference: "SSMClient"

    def find(self) -> list[str]:
        """The names of those that exist."""
        return [*self._of_home(), *names_under(self.inference, self.names.all_probed)]

    def _of_home(self) -> Iterator[str]:
        for name in self.names.written:
            if read_parameter(self.home, name) is not None:
                yield name

    def delete(self) -> list[str]:
        """Deletes them. Returns their names."""
        found = self.find()
        for name in found:
            delete_parameter(self.inference if name.startswith(f"{self.names.all_probed}/") else self.home, name)
        return found
