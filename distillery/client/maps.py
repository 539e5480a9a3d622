"""The published maps of an environment, as they stand in SSM: all of them, and what a probe found noted in one."""

import json
from typing import TYPE_CHECKING, Any

from distillery.client.account import Account, NotDeployed, _asking

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

Document = dict[str, Any]
"""RouteMap.document(), with whatever a newer writer added to it."""


class Changed(Exception):
    """The map is another one than that which was read before."""


class Maps:
    """Of one environment, in its inference Region. What AWS refuses raises NotReached."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._root = f"/distillery/{account.environment}/routes/"

    def all(self) -> dict[str, Document]:
        """By route, in the order of their names."""
        with _asking(f"reading the routes of environment {self._account.environment!r}"):
            pages = self._ssm.get_paginator("get_parameters_by_path").paginate(Path=self._root, Recursive=True)
            told = {one["Name"].removeprefix(self._root): one["Value"] for page in pages for one in page["Parameters"]}
        if not told:
            raise NotDeployed(
                f"environment {self._account.environment!r} publishes no routes in {self._region}; deploy it, or say "
                "--env, --region or --local"
            )
        return {route: json.loads(told[route]) for route in sorted(told)}

    def note_probe(self, route: str, step: int, *, application: str, probed: bool) -> None:
        """Writes `probed` into a step (0-based), and leaves all else as it is. Raises Changed where that step has
        another application profile by now: a deployment came between."""
        with _asking(f"noting in the map of {route!r} what was found"):
            document = json.loads(self._ssm.get_parameter(Name=self._root + route)["Parameter"]["Value"])
            if document["steps"][step : step + 1] == [] or document["steps"][step].get("application") != application:
                raise Changed(f"the map of {route!r} was changed meanwhile; nothing was noted, probe again")
            document["steps"][step]["probed"] = probed
            value = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
            self._ssm.put_parameter(Name=self._root + route, Value=value, Overwrite=True)

    @property
    def _region(self) -> str:
        return str(self._account.pipeline["inference_region"])

    @property
    def _ssm(self) -> "SSMClient":
        return self._account._client("ssm", self._region)  # type: ignore[no-any-return]  # by name: see Account
