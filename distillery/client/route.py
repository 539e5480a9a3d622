"""A route: the name under which an application calls a model, and the fallback policy behind it."""

import contextlib
import os
import threading
import warnings
from collections.abc import Mapping
from typing import Any, Unpack

from distillery.client.aws import AWS_ERRORS
from distillery.client.clients import LONGEST, Clients, renew_in_forks, shared_clients
from distillery.client.clock import Timing
from distillery.client.converse import ConverseArguments, ConverseRequest, Marks, Reply, ResolvedStep
from distillery.client.errors import MapUnavailable, NotConfigured, RouteError
from distillery.client.fallback import CircuitBreaker, Fallback
from distillery.client.invocation import Observer, RouteInvocation, Served, notify
from distillery.client.route_map import RouteMap
from distillery.client.route_store import RouteStore
from distillery.client.stream import ReplyStream

ENVIRONMENT = "DISTILLERY_ENV"
FORMER_ENVIRONMENT = "DISTILLERY_ENVIRONMENT"
"""Read in versions before 0.2.0, and still where the other is not set."""
_DEFAULT_TIMING = Timing()


class Route:
    """A route of an environment: `Route("support").converse(messages=[…])`.

    Create one and keep it, because it caches the map and knows which steps are unavailable. It makes no call before the
    first request, and is thread-safe.

    Args:
        name: name of the route. The bare name of a recipe means its distilled student.
        environment: name of the environment. Default: the variable DISTILLERY_ENV.
        region: the environment's inference Region, which holds its maps. Default: the session's.
        cost_centre: cost centre whose application inference profile is called, if a step has one.
        deadline: seconds within which a request is answered or fails; a stream's, within which its first text arrives.
        session: a boto3 Session. Default: one for the process.
        metrics: observer that is called once for each request, such as EmbeddedMetrics.
        marks: for this product's own functions: returns metadata with reserved keys, from the arguments of Converse.
        timing: clock, sleep, and jitter, for tests.

    Raises:
        ValueError: the deadline is not above 0 and at most a day.
        NotConfigured: no environment or Region is set.
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
        metrics: Observer | None = None,
        marks: Marks | None = None,
        timing: Timing = _DEFAULT_TIMING,
    ) -> None:
        self._deadline = _checked_deadline(deadline)
        self._clients = Clients(session) if session else shared_clients()
        self._environment = environment or _environment() or _missing("environment", ENVIRONMENT)
        self._store = RouteStore(
            name,
            environment=self._environment,
            region=region or self._clients.region or _missing("region", "AWS_REGION"),
            clients=self._clients,
            now=timing.now,
        )
        self._cost_centre, self._metrics, self._timing = cost_centre, metrics, timing
        self._marks = marks
        self._breakers: dict[tuple[str, str, str], CircuitBreaker] = {}
        self._lock = threading.Lock()
        renew_in_forks(self)

    def renew(self) -> None:
        """Replaces the locks, in a forked process: a thread that does not exist there may have held them."""
        self._lock = threading.Lock()
        self._store.renew()
        for breaker in self._breakers.values():
            breaker.renew()

    @property
    def map(self) -> RouteMap:
        """The published map, at most one minute old. Raises NoSuchRoute, MapUnavailable."""
        return self._store.map()

    def ready(self) -> RouteMap:
        """Returns the map before a request. If there is none, the observer counts that request as failed.

        Raises:
            NoSuchRoute: the environment publishes no such route.
            MapUnavailable: the map cannot be read.
        """
        try:
            return self.map
        except RouteError as error:
            self.failed(error, callers=not isinstance(error, MapUnavailable))
            raise

    def longest_system_prompt(self) -> int:
        """Returns the size in bytes of the longest system prompt that a request without one may be sent with. One that
        cannot be read counts as 0, because its step is not called."""
        steps, longest = self.ready().steps, 0
        for index, step in enumerate(steps):
            with contextlib.suppress(RouteError, TimeoutError, *AWS_ERRORS):
                target = self._store.resolve(index, step, None) if step.alias else None
                system = self._store.with_system_prompt(target, step).system if target else None
                longest = max(longest, len((system or "").encode()))
                if target and target.canary:
                    canary, _ = target.variants(target.canary)
                    longest = max(longest, len((self._store.with_system_prompt(canary, step).system or "").encode()))
        return longest

    def failed(self, error: Exception, *, callers: bool) -> None:
        """Notifies the observer of a request that failed before a step was called.

        Args:
            error: the error.
            callers: whether the caller has to fix it.
        """
        name, route = type(error).__name__, self._store.name
        notify(self._metrics, Served(environment=self._environment, route=route, error=name, callers=callers))

    def converse(self, *, key: str | None = None, **request: Unpack[ConverseArguments]) -> Reply:
        """Sends a request and returns the complete reply.

        Args:
            key: names whom the request is for, such as a customer. While a canary takes a share of the route's calls,
                requests with one key get the same model. Without a key, each is assigned at random. It is not sent.
            **request: arguments of Bedrock's Converse (https://docs.aws.amazon.com/bedrock/latest/APIReference/
                API_runtime_Converse.html) without `modelId`, `performanceConfig`, and `serviceTier`, which the route's
                map sets. `maxTokens` is short for `inferenceConfig={"maxTokens": …}`.

        Raises:
            AllStepsFailed: no step answered before the deadline.
            botocore.exceptions.ClientError: the caller has to fix it: ValidationException, or AccessDeniedException if
                every step was denied.
            NoSuchRoute: the environment publishes no such route.
            MapUnavailable: the map cannot be read.
            NotConfigured: the route has no such cost centre.
        """
        return self._call(request, key).converse()

    def converse_stream(self, *, key: str | None = None, **request: Unpack[ConverseArguments]) -> ReplyStream:
        """Sends a request and returns its stream, once Bedrock has accepted it.

        Takes the same arguments and raises the same errors as `converse`. Reading the stream also raises StreamBroken.
        """
        return ReplyStream(self._call(request, key), self._timing.now)

    def _call(self, arguments: Mapping[str, Any], key: str | None) -> RouteInvocation:
        request = ConverseRequest.of(arguments)
        if self._marks:
            request = request.marked(self._marks)
        try:
            return RouteInvocation(self._fallback(request, key), request, self._clients, self._metrics)
        except RouteError as error:
            self.failed(error, callers=not isinstance(error, MapUnavailable))
            raise

    def _fallback(self, request: ConverseRequest, key: str | None) -> Fallback:
        fallback = Fallback(
            self._store,
            deadline=self._deadline,
            cost_centre=self._cost_centre,
            breaker=self._breaker,
            timing=self._timing,
            has_system=request.has_system,
            key=key,
        )
        _check_cost_centre(fallback.route, self._cost_centre)
        return fallback

    def _breaker(self, target: ResolvedStep) -> CircuitBreaker:
        """Returns the circuit breaker of a target. The route keeps them for its lifetime."""
        key = target.key
        known = self._breakers.get(key)  # without the lock: every request comes by
        if known:
            return known
        with self._lock:
            return self._breakers.setdefault(key, CircuitBreaker(self._timing.now))


def _check_cost_centre(route: RouteMap, cost_centre: str | None) -> None:
    known = sorted({name for step in route.steps for name in step.cost_centres})
    if cost_centre is not None and cost_centre not in known:
        raise NotConfigured(f"route {route.route!r} has no cost centre {cost_centre!r}; it has {known}")


def _checked_deadline(seconds: float) -> float:
    if not 0 < seconds <= LONGEST:  # false for NaN too
        raise ValueError(
            f"deadline is {seconds:g}; it must be above 0 and at most {LONGEST:g} seconds; "
            "pass the longest time that your caller waits"
        )
    return float(seconds)


def _environment() -> str | None:
    """The environment that a variable names. The former one works, with a warning."""
    if (found := os.environ.get(ENVIRONMENT)) or not (former := os.environ.get(FORMER_ENVIRONMENT)):
        return found
    warnings.warn(f"{FORMER_ENVIRONMENT} is now called {ENVIRONMENT}; set that", FutureWarning, stacklevel=3)
    return former


def _missing(setting: str, variable: str) -> str:
    raise NotConfigured(f"no {setting} is set; pass {setting}=, or set {variable}")
