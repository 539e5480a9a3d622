"""The published maps of an environment, as they stand in SSM: all of them, and what a probe found noted in one."""

import json
from typing import TYPE_CHECKING, Any

from distillery.client.account import Account, _asking

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

    @property
    def names(self) -> list[str]:
        """Of its routes, as its serving stack lists them: whoever may call one need not be allowed to search SSM."""
        return sorted(str(name) for name in self._account.serving["routes"])

    def of(self, route: str) -> Document:
        """The map of one route."""
        with _asking(f"reading the map of route {route!r}"):
            return dict(json.loads(self._value(route)))

    def note_probe(self, route: str, step: int, *, application: str, probed: bool) -> None:
        """Writes `probed` into a step (0-based), and leaves all else as it is. Raises Changed where that step has
        another application profile by now: a deployment came between."""
        with _asking(f"noting in the map of {route!r} what was found"):
            document = json.loads(self._value(route))
            if document["steps"][step : step + 1] == [] or document["steps"][step].get("application") != application:
                raise Changed(f"the map of {route!r} was changed meanwhile; nothing was noted, probe again")
            document["steps"][step]["probed"] = probed
            value = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
            self._ssm.put_parameter(Name=self._root + route, Value=value, Overwrite=True)

    def _value(self, route: str) -> str:
        return self._ssm.get_parameter(Name=self._root + route)["Parameter"]["Value"]

    @property
    def _region(self) -> str:
        return str(self._account.pipeline["inference_region"])

    @property
    def _ssm(self) -> "SSMClient":
        return self._account._client("ssm", self._region)  # type: ignore[no-any-return]  # by name: see Account
