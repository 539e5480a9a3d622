"""The local AWS account of a checkout, as its file `client.json` describes it.

The account writes the file when it starts (`local/account.py`), and adds an environment when it is deployed. Here the
file is read as data, so that `--local` works in an installed wheel too.
"""

import contextlib
import json
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from distillery.core.nearest import nearest

VARIABLE = "DISTILLERY_LOCAL_ACCOUNT"
FILE = Path(".local", "client.json")


@dataclass(frozen=True, slots=True)
class PublishedAccount:
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
            return cls(**json.loads(nearest(FILE, variable=VARIABLE).read_text(encoding="utf-8")))
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


LATENCY_SCALE = 0.5
"""Share of the modelled latency while routes are measured: enough that the time on the loopback is little beside it."""


@contextlib.contextmanager
def modelled_latency(
    endpoint: str, scale: float = LATENCY_SCALE, headers: Mapping[str, str] | None = None
) -> Iterator[float]:
    """Lets the local Bedrock wait a share of the latency that it models, which it does not by default.

    Args:
        endpoint: URL of the local account, or of a simulator on its own.
        scale: Share of the modelled latency, yielded as well.
        headers: Headers that authorize a request to the admin API.

    Raises:
        OSError: If the account does not answer.
    """
    before = _latency(endpoint, headers)["scale"]
    _latency(endpoint, headers, scale)
    try:
        yield scale
    finally:
        _latency(endpoint, headers, before)


def _latency(endpoint: str, headers: Mapping[str, str] | None, scale: float | None = None) -> Any:
    body = None if scale is None else json.dumps({"scale": scale}).encode()
    request = urllib.request.Request(  # noqa: S310  # the address of the local account
        f"{endpoint}/_admin/latency", body, headers or {}, method="GET" if body is None else "PUT"
    )
    with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310  # as above
        return json.load(response)
