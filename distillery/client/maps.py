"""The published maps of an environment, as they stand in SSM, and beside them what probes found."""

from typing import TYPE_CHECKING, Any

from distillery.client.account import Account, _asking
from distillery.client.aws import ClientError, code
from distillery.client.cache import NotThere
from distillery.client.fields import parsed
from distillery.client.findings import parameter, spelled, with_findings
from distillery.client.refused import NotReached
from distillery.client.route_map import RouteMap, UnreadableMap

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

Document = dict[str, Any]
"""RouteMap.document(), with whatever a newer writer added to it."""


class Maps:
    """Of one environment, in its inference Region. What AWS refuses raises NotReached."""

    def __init__(self, account: Account) -> None:
        self._account = account

    @property
    def names(self) -> list[str]:
        """Of its routes, as its serving stack lists them: whoever may call one need not be allowed to search SSM."""
        return sorted(str(name) for name in self._account.serving["routes"])

    def of(self, route: str) -> Document:
        """The map of one route, with `probed` in the steps that a probe found something out of."""
        with _asking(f"reading the map of route {route!r}"):
            text = self._value(f"/distillery/{self._account.environment}/routes/{route}")
        try:
            document = parsed(text)
        except ValueError as error:
            raise NotReached(f"the map of route {route!r} cannot be read: {error}") from error
        try:
            found = with_findings(RouteMap.from_json(text), self._finding)
        except UnreadableMap:  # told by whoever asks for more of it than its text
            return document
        for step, known in zip(document["steps"], found.steps, strict=True):
            step.pop("probed", None)
            step.update({} if known.probed is None else {"probed": known.probed})
        return document

    def note_probe(self, route: str, *, application: str, probed: bool) -> None:
        """Writes what was found out of a route's application inference profile, and nothing else."""
        with _asking(f"noting what was found of {route!r}"):
            name = parameter(self._account.environment, route, application)
            self._ssm.put_parameter(Name=name, Value=spelled(probed), Type="String", Overwrite=True)

    def _finding(self, name: str) -> str:
        try:
            return self._value(name)
        except ClientError as error:
            if code(error) == "ParameterNotFound":
                raise NotThere(name) from error
            raise

    def _value(self, name: str) -> str:
        return self._ssm.get_parameter(Name=name)["Parameter"]["Value"]

    @property
    def _region(self) -> str:
        return str(self._account.pipeline["inference_region"])

    @property
    def _ssm(self) -> "SSMClient":
        return self._account._client("ssm", self._region)  # type: ignore[no-any-return]  # by name: see Account
