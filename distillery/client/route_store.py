"""Where a route's map and the aliases of its distilled steps are read: SSM parameters, kept for a minute."""

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass

from distillery.client.aws import AWS_ERRORS, ClientError, Clients, code
from distillery.client.cache import LONGEST_WAIT, Kept, NotThere, StillReading
from distillery.client.errors import MapUnavailable, NoSuchRoute, NothingPromoted, UnreadableAlias
from distillery.client.fields import ALIAS, ENDPOINT, check, parsed
from distillery.client.findings import Read, with_findings
from distillery.client.route_map import RouteMap, UnreadableMap

DISTILLED = "distilled/"
NAME = re.compile(r"[a-z0-9-]+(/[a-z0-9-]+)*")
"""Of routes. What else SSM takes after a parameter's name is no name: `fast:3` is a version of it."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What an alias names. model: the ARN of the model that the endpoint serves."""

    arn: str
    model: str


class Directory:
    """Of one route. A name without a folder may be a recipe's: `support` means `distilled/support` where there is no
    route `support`. Safe to use from several threads."""

    def __init__(self, name: str, *, environment: str, region: str, clients: Clients, now: Callable[[], float]) -> None:
        self.name, self._environment, self._region = name, environment, region
        self._clients, self._now, self._lock = clients, now, threading.Lock()
        self._map = Kept(self._read_map, now=now)
        self._aliases: dict[tuple[str, str], Kept[Endpoint]] = {}

    def map(self, wait: float = LONGEST_WAIT) -> RouteMap:
        """wait: seconds for another thread that is reading it. Raises NoSuchRoute, MapUnavailable."""
        return self._told(lambda: self._map.value(wait))

    def endpoint(self, parameter: str, region: str, wait: float = LONGEST_WAIT) -> Endpoint:
        """What the alias names now. Raises NothingPromoted, UnreadableAlias; StillReading and AWS_ERRORS where it
        cannot be read."""
        try:
            return self._alias(parameter, region).value(wait)
        except NotThere as error:
            raise NothingPromoted(f"nothing was promoted to {parameter} yet; run its recipe") from error

    def refresh(self, left: Callable[[], float]) -> None:
        """Reads the map and every alias that was read before again. What cannot be read stays as it was; what there is
        no time for, by the seconds left, too."""
        self._told(lambda: self._map.refresh(left()))
        for alias in list(self._aliases.values()):
            if left() <= 0:
                return
            try:
                alias.refresh(left())
            except (NotThere, UnreadableAlias, StillReading, *AWS_ERRORS):
                continue  # whoever asks for it is told

    def _told(self, read: Callable[[], RouteMap]) -> RouteMap:
        try:
            return read()
        except NotThere as error:
            raise NoSuchRoute(
                f"there is no route {self.name!r} in {self._environment}, as {self._region} has it; its stack lists "
                "the routes"
            ) from error
        except (UnreadableMap, StillReading, *AWS_ERRORS) as error:
            raise MapUnavailable(f"the map of route {self.name!r} cannot be read: {error}") from error

    def _alias(self, parameter: str, region: str) -> Kept[Endpoint]:
        with self._lock:
            key = (parameter, region)
            if key not in self._aliases:
                self._aliases[key] = Kept(lambda: _endpoint(self._text(parameter, region), region), now=self._now)
            return self._aliases[key]

    def _read_map(self) -> RouteMap:
        """By the name, or by a recipe's: whoever may read that one alone is denied the other, and is not told whether
        it exists. A second read that goes wrong otherwise does not mean that there is no route."""
        if not NAME.fullmatch(self.name):
            raise NotThere(self.name)
        first: Exception
        try:
            return self._found(self.name)
        except NotThere as error:
            first = error
        except ClientError as error:
            if not _denied(error):
                raise
            first = error
        if "/" in self.name:
            raise first
        try:
            return self._found(DISTILLED + self.name)
        except (NotThere, ClientError) as second:
            if isinstance(second, ClientError) and not _denied(second):
                raise
            raise first from second

    def _found(self, name: str) -> RouteMap:
        return route_of(lambda parameter: self._text(parameter, self._region), self._environment, name)

    def _text(self, parameter: str, region: str) -> str:
        return read(self._clients, parameter, region)


def route_of(read: Read, environment: str, name: str) -> RouteMap:
    """A route's map, with what was found out of its steps. Raises UnreadableMap also for the map of another route,
    whose tags its calls would carry."""
    route = RouteMap.from_json(read(f"/distillery/{environment}/routes/{name}"))
    if (route.environment, route.route) != (environment, name):
        raise UnreadableMap(f"the parameter holds the map of {route.route!r} of {route.environment!r}")
    return with_findings(route, read)


def read(clients: Clients, parameter: str, region: str) -> str:
    """An SSM parameter. Raises NotThere, also for a name that SSM's pattern refuses: nothing can be there."""
    try:
        return str(clients.ssm(region).get_parameter(Name=parameter)["Parameter"]["Value"])
    except ClientError as error:
        if code(error) in ("ParameterNotFound", "ValidationException"):
            raise NotThere(parameter) from error
        raise


def _denied(error: ClientError) -> bool:
    return code(error) == "AccessDeniedException"


def _endpoint(text: str, region: str) -> Endpoint:
    """Of an alias as promotion writes it, and of its own Region. Raises UnreadableAlias, which quotes nothing of it."""
    try:
        said = parsed(text)
        check(said, ALIAS)
        endpoint = said["endpoint"]
        check(endpoint, ENDPOINT)
        if (there := endpoint["arn"].split(":")[3]) != region:
            raise ValueError(f"its endpoint is in {there}, and it stands in {region}")
        return Endpoint(arn=endpoint["arn"], model=said["current"])
    except (ValueError, KeyError) as error:
        raise UnreadableAlias(f"the alias names no endpoint that promotion could have made: {error}") from error
