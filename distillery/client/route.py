"""A route: the name that an application calls, and what answers under it today."""

import os
import threading
from collections.abc import Mapping
from typing import Any, Unpack

from distillery.client.aws import Clients, shared
from distillery.client.breaker import Breaker
from distillery.client.call import Call
from distillery.client.errors import MapUnavailable, NotConfigured, RouteError
from distillery.client.fallback import Walk
from distillery.client.metrics import Served
from distillery.client.observer import Tell, tell
from distillery.client.reply import Reply
from distillery.client.request import Asked, Marks, Request
from distillery.client.route_map import RouteMap
from distillery.client.route_store import Directory
from distillery.client.stream import ReplyStream
from distillery.client.target import Target, check_cost_centre
from distillery.client.timing import Timing

ENVIRONMENT = "DISTILLERY_ENVIRONMENT"
_REAL = Timing()


class Route:
    """`Route("support").converse(messages=[…])`. Make one and keep it: it remembers the map and which steps are down.
    It calls nothing before the first request, and may be used by many threads.

    name: of a route of the environment; a recipe's bare name means its distilled student.
    environment: default is the variable DISTILLERY_ENVIRONMENT.
    region: the environment's inference Region, where its maps are; default is the session's.
    cost_centre: whose application inference profile is called, where a step has one.
    deadline: seconds within which a request is answered or given up; a stream's, to its beginning.
    session: a boto3 Session; default is one for the process.
    metrics: told of every request once, such as EmbeddedMetrics.
    marks: what this product's own functions say of each request; a caller's `requestMetadata` has no such keys.
    """

    def __init__(
        self,
        name: str,
        *,
        environment: str | None = None,
        region: str | None = None,
        cost_centre: str | None = None,
        deadline: float = 60.0,
        session: Any = None,
        metrics: Tell | None = None,
        marks: Marks | None = None,
        timing: Timing = _REAL,
    ) -> None:
        if deadline <= 0:
            raise ValueError(f"deadline is {deadline:g}: it must be more than 0 seconds")
        self._clients = Clients(session) if session else shared()
        self._environment = environment or os.environ.get(ENVIRONMENT) or _not_said("environment", ENVIRONMENT)
        self._directory = Directory(
            name,
            environment=self._environment,
            region=region or self._clients.region or _not_said("region", "AWS_REGION"),
            clients=self._clients,
            now=timing.now,
        )
        self._cost_centre, self._deadline, self._metrics, self._timing = cost_centre, deadline, metrics, timing
        self._marks = marks
        self._breakers: dict[tuple[str, str, str], Breaker] = {}
        self._lock = threading.Lock()

    @property
    def map(self) -> RouteMap:
        """As it was published, at most a minute ago. Raises NoSuchRoute, MapUnavailable."""
        return self._directory.map()

    def ready(self) -> RouteMap:
        """The same for whoever is about to ask: where there is none, that request is told of as one that failed."""
        try:
            return self.map
        except RouteError as error:
            self.failed(error, callers=not isinstance(error, MapUnavailable))
            raise

    def failed(self, error: Exception, *, callers: bool) -> None:
        """Tells of a request that came to nothing before any step was asked. callers: whether they can mend it."""
        name, route = type(error).__name__, self._directory.name
        tell(self._metrics, Served(environment=self._environment, route=route, error=name, callers=callers))

    def converse(self, **request: Unpack[Request]) -> Reply:
        """One answer. `modelId`, `performanceConfig` and `serviceTier` are the map's to say.

        Raises AllStepsFailed where no step answered before the deadline; boto3's ClientError for what is the caller's
        to mend (ValidationException; AccessDeniedException where every step was denied); NoSuchRoute, MapUnavailable,
        NotConfigured.
        """
        return self._call(request).converse()

    def converse_stream(self, **request: Unpack[Request]) -> ReplyStream:
        """The same as it is generated; returns when Bedrock has accepted it. Raises the same, and while it is read
        StreamBroken."""
        return ReplyStream(self._call(request), self._timing.now)

    def _call(self, request: Mapping[str, Any]) -> Call:
        asked = Asked.of(request)
        if self._marks:
            asked = asked.marked(self._marks)
        try:
            return Call(self._walk(), asked, self._clients, self._metrics)
        except RouteError as error:
            self.failed(error, callers=not isinstance(error, MapUnavailable))
            raise

    def _walk(self) -> Walk:
        walk = Walk(
            self._directory,
            deadline=self._deadline,
            cost_centre=self._cost_centre,
            breaker=self._breaker,
            timing=self._timing,
        )
        check_cost_centre(walk.route, self._cost_centre)
        return walk

    def _breaker(self, target: Target) -> Breaker:
        """One for each thing that may be down, as long as the route lives."""
        with self._lock:
            if target.key not in self._breakers:
                self._breakers[target.key] = Breaker(self._timing.now)
            return self._breakers[target.key]


def _not_said(what: str, variable: str) -> str:
    raise NotConfigured(f"no {what} is set; give {what}=, or set {variable}")
