"""The local AWS account of a checkout, as its file `client.json` describes it.

The account writes the file when it starts (`local/account.py`), and adds an environment when it is deployed. Here the
file is read as data, so that `--local` works in an installed wheel too.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

VARIABLE = "DISTILLERY_LOCAL_ACCOUNT"
FILE = Path(".local", "client.json")


@dataclass(frozen=True, slots=True)
class LocalAccount:
    """What a client needs to reach the account.

    Attributes:
        endpoint: URL of every service.
        admin_headers: Headers that authorize a request to the account's admin API.
        variables: Environment variables for AWS clients, with the credentials of the account's root.
        environments: By name, the home Region of a deployed environment, and the variables with the credentials of the
            user whom the demo created for it.
    """

    endpoint: str
    admin_headers: Mapping[str, str] = field(repr=False)
    variables: Mapping[str, str] = field(repr=False)
    environments: Mapping[str, Mapping[str, Any]] = field(repr=False)

    @classmethod
    def find(cls) -> Self:
        """Reads the file that DISTILLERY_LOCAL_ACCOUNT names, or else the nearest `.local/client.json` in the current
        folder and its parents. Raises NotReached if there is none."""
        try:
            return cls(**json.loads(_file().read_text(encoding="utf-8")))
        except FileNotFoundError:
            from distillery.client import NotReached  # boto3

            how = f"start one with `make demo` in a checkout, or name its client.json in {VARIABLE}"
            raise NotReached(f"no local AWS account runs here; {how}") from None

    def region(self, environment: str) -> str | None:
        """Returns the environment's home Region; None if the environment is not deployed."""
        return self.environments.get(environment, {}).get("region")

    def variables_for(self, environment: str) -> dict[str, str]:
        """Returns the variables with the credentials of the environment's user; of the root if there is no user."""
        return {**self.variables, **self.environments.get(environment, {}).get("variables", {})}


def _file() -> Path:
    if named := os.environ.get(VARIABLE):
        return Path(named)
    here = Path.cwd()
    return next((file for folder in (here, *here.parents) if (file := folder / FILE).exists()), here / FILE)
