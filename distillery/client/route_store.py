"""Reads a route's map, probe results, and the aliases of distilled steps from SSM, and caches them for a minute.

A probe result says whether a step's latency mode works through its application inference profile. Each is an SSM
parameter of its own, `true` or `false`, named by the route and the profile. A probe therefore never writes a map, and a
deployment that creates another profile does not inherit the result of the previous one.
"""

import json
import math
import re
import threading
from collections.abc import Callable
from dataclasses import replace

from distillery.client.alias import AliasedEndpoint, parse_alias
from distillery.client.aws import AWS_ERRORS, ClientError, ParameterNotFound, error_code
from distillery.client.cached_value import MAX_WAIT, CachedValue, ReadInProgress
from distillery.client.clients import Clients
from distillery.client.converse import ResolvedStep, identifier_of
from distillery.client.errors import (
    MapUnavailable,
    NoSuchRoute,
    NothingPromoted,
    OutsideBusinessHours,
    UnreadableAlias,
)
from distillery.client.route_map import STANDARD, RouteMap, Step, UnreadableMap
from distillery.client.system_prompt import SHARED, StudentPrompt, read_text

ReadParameter = Callable[[str], str]
"""Returns the value of an SSM parameter by name. Raises ParameterNotFound, or AWS_ERRORS if it cannot be read."""

TEXTS_KEPT = 8
"""System prompts in memory: those of the students of a route, and their previous ones."""
DISTILLED = "distilled/"
ROUTE_NAME = re.compile(r"[a-z0-9-]+(/[a-z0-9-]+)*")
"""SSM accepts suffixes after a parameter's name, which are no route name: `fast:3` is a version of `fast`."""


class RouteStore:
    """The map and aliases of one route. Thread-safe.

    A name without a slash may be that of a recipe: `support` means `distilled/support` if there is no route `support`.
    """

    def __init__(self, name: str, *, environment: str, region: str, clients: Clients, now: Callable[[], float]) -> None:
        self.name, self._environment, self._region = name, environment, region
        self._clients, self._now, self._lock = clients, now, threading.Lock()
        self._map = CachedValue(self._read_map, now=now)
        self._aliases: dict[tuple[str, str], CachedValue[AliasedEndpoint]] = {}
        self._texts: dict[StudentPrompt, CachedValue[str]] = {}

    def map(self, wait: float = MAX_WAIT) -> RouteMap:
        """Returns the map. `wait`: seconds that reading it may take. Raises NoSuchRoute, MapUnavailable."""
        return self._checked(lambda: self._map.value(wait))

    def resolve(self, index: int, step: Step, cost_centre: str | None, wait: float = MAX_WAIT) -> ResolvedStep:
        """Returns what to call for a step now.

        Args:
            index: position of the step in the fallback policy.
            step: the step.
            cost_centre: whose application inference profile to call, if the step has one.
            wait: seconds that reading its alias may take.

        Raises:
            NothingPromoted: the step's alias does not exist yet.
            OutsideBusinessHours: the step's alias is paused.
            UnreadableAlias: the step's alias is invalid.
            ReadInProgress, ClientError, BotoCoreError: the step's alias cannot be read.
        """
        if not step.alias:
            return ResolvedStep(index, step, identifier_of(step, cost_centre), step.model)
        try:
            endpoint = self._alias(step.alias, step.region).value(wait)
        except ParameterNotFound as error:
            raise NothingPromoted(f"no model has been promoted to {step.alias} yet; run its recipe") from error
        if endpoint.paused is not None:
            raise OutsideBusinessHours(
                f"{step.alias} is paused by the business hours of its recipe, from {endpoint.paused['since']} to "
                f"{endpoint.paused['until']}; the next step of the route answers, if it has a fallback"
            )
        return ResolvedStep(index, step, endpoint.arn, endpoint.model, endpoint.prompt, canary=endpoint.canary)

    def with_system_prompt(self, target: ResolvedStep, first: Step, wait: float = MAX_WAIT) -> ResolvedStep:
        """Returns the same target with the system prompt of a request that has none.

        A student is asked with its own. If the route's first step is a student, the models of the other steps stand in
        for it, and are asked with the same.

        Args:
            target: the step to call.
            first: the first step of the route.
            wait: seconds that reading may take.

        Raises:
            SystemPromptUnavailable: the text is missing, altered or not readable.
            ReadInProgress: another thread is still reading it.
        """
        step = target.step if target.step.alias else first
        if not step.alias:
            return target
        prompt = target.prompt
        if step is not target.step:
            try:
                prompt = self._alias(step.alias, step.region).value(wait).prompt
            except (ParameterNotFound, UnreadableAlias, ReadInProgress, *AWS_ERRORS):
                return target  # the attempt at the student has recorded why nothing is known of it
        if prompt.use != SHARED:
            return target
        return replace(target, system=self._text(prompt, step.region).value(wait))

    def refresh(self, remaining: Callable[[], float]) -> None:
        """Rereads the map and every alias that was read before, as long as seconds remain. What cannot be read stays as
        it was. Raises NoSuchRoute, MapUnavailable."""
        self._checked(lambda: self._map.refresh(remaining()))
        for alias in list(self._aliases.values()):
            if remaining() <= 0:
                return
            try:
                alias.refresh(remaining())
            except (ParameterNotFound, UnreadableAlias, ReadInProgress, *AWS_ERRORS):
                continue  # raised again when the alias is used

    def renew(self) -> None:
        """Replaces the locks, in a forked process."""
        self._lock = threading.Lock()
        self._map.renew()
        for alias in self._aliases.values():
            alias.renew()
        for text in self._texts.values():
            text.renew()

    def _checked(self, read: Callable[[], RouteMap]) -> RouteMap:
        try:
            return read()
        except ParameterNotFound as error:
            raise NoSuchRoute(
                f"there is no route {self.name!r} in environment {self._environment} in {self._region}; "
                "`distillery routes` lists the routes"
            ) from error
        except (UnreadableMap, ReadInProgress, *AWS_ERRORS) as error:
            raise MapUnavailable(f"the map of route {self.name!r} cannot be read: {error}") from error

    def _alias(self, parameter: str, region: str) -> CachedValue[AliasedEndpoint]:
        with self._lock:
            key = (parameter, region)
            if key not in self._aliases:
                self._aliases[key] = CachedValue(
                    lambda: parse_alias(self._clients.parameter(parameter, region), region), now=self._now
                )
            return self._aliases[key]

    def _text(self, prompt: StudentPrompt, region: str) -> CachedValue[str]:
        """A text never changes, so it is read once. Only those of the current and previous models are kept."""
        with self._lock:
            if prompt not in self._texts:
                while len(self._texts) >= TEXTS_KEPT:
                    del self._texts[next(iter(self._texts))]
                self._texts[prompt] = CachedValue(
                    lambda: read_text(self._clients, prompt, region), now=self._now, lifetime=math.inf
                )
            return self._texts[prompt]

    def _read_map(self) -> RouteMap:
        """Tries the name, then the recipe of that name. A caller that may read only the second is denied the first, and
        does not learn whether it exists. Another failure of the second does not mean that the route does not exist."""
        if not ROUTE_NAME.fullmatch(self.name):
            raise ParameterNotFound(self.name)
        first: Exception
        try:
            return self._map_of(self.name)
        except ParameterNotFound as error:
            first = error
        except ClientError as error:
            if not _is_denied(error):
                raise
            first = error
        if "/" in self.name:
            raise first
        try:
            return self._map_of(DISTILLED + self.name)
        except (ParameterNotFound, ClientError) as second:
            if isinstance(second, ClientError) and not _is_denied(second):
                raise
            raise first from second

    def _map_of(self, name: str) -> RouteMap:
        return read_map(lambda parameter: self._clients.parameter(parameter, self._region), self._environment, name)


def read_map(read: ReadParameter, environment: str, name: str) -> RouteMap:
    """Reads a route's map with its probe results.

    Raises:
        UnreadableMap: The map is invalid, or that of another route, whose tags the requests would carry.
    """
    route = RouteMap.from_json(read(f"/distillery/{environment}/routes/{name}"))
    if (route.environment, route.route) != (environment, name):
        raise UnreadableMap(f"the parameter holds the map of {route.route!r} of {route.environment!r}")
    return with_probe_results(route, read)


def probe_parameter(environment: str, route: str, application: str) -> str:
    """Returns the name of a probe result. `application` is the ARN of the application inference profile."""
    return f"/distillery/{environment}/probed/{route}/{application.rpartition('/')[2]}"


def format_probe_result(works: bool) -> str:
    """Returns the value of a probe result's parameter."""
    return json.dumps(works)


def with_probe_results(route: RouteMap, read: ReadParameter) -> RouteMap:
    """Returns the map with `probed` set from the probe results, whatever the map itself contains.

    A result that cannot be read counts as unknown: the step is called through the system-defined profile, which only
    loses a tag.
    """
    return replace(route, steps=tuple(_with_probe_result(route, step, read) for step in route.steps))


def _with_probe_result(route: RouteMap, step: Step, read: ReadParameter) -> Step:
    if step.application is None or step.latency == STANDARD:
        return replace(step, probed=None)
    try:
        text = read(probe_parameter(route.environment, route.route, step.application))
    except (ParameterNotFound, *AWS_ERRORS):
        return replace(step, probed=None)
    return replace(step, probed={"true": True, "false": False}.get(text))


def _is_denied(error: ClientError) -> bool:
    return error_code(error) == "AccessDeniedException"
