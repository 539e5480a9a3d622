"""All routes of an environment as one document: what its stack published, read again."""

import json
from collections.abc import Iterable
from typing import Any

from distillery.client.aws import AWS_ERRORS, Clients, shared
from distillery.client.cache import NotThere
from distillery.client.errors import MapUnavailable, NotConfigured
from distillery.client.route_map import RouteMap, UnreadableMap, together
from distillery.client.route_store import read, route_of


def published(
    environment: str, *, region: str | None = None, session: Any = None, names: Iterable[str] | None = None
) -> dict[str, Any]:
    """As `document.together` writes them.

    region: the inference Region; default is the session's. names: of the routes; default is all that there are. Raises
    MapUnavailable, NotConfigured.
    """
    clients = Clients(session) if session else shared()
    where = region or clients.region
    if where is None:
        raise NotConfigured("no region is set; give region=, or set AWS_REGION")
    try:
        if names is None:
            names = json.loads(read(clients, f"/distillery/{environment}/serving", where))["routes"]
        maps = {name: _map(clients, environment, name, where).document() for name in sorted(names)}
    except (NotThere, UnreadableMap, *AWS_ERRORS) as error:
        raise MapUnavailable(f"the routes of {environment!r} cannot be read in {where}: {error}") from error
    return together(environment, where, maps)


def _map(clients: Clients, environment: str, name: str, region: str) -> RouteMap:
    return route_of(lambda parameter: read(clients, parameter, region), environment, name)
