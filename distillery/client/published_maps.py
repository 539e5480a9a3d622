"""The published maps of an environment, for operators: reading them, and recording what a probe found."""

import contextlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from distillery.client.aws import AWS_ERRORS, ClientError, ParameterNotFound, as_not_reached, error_code
from distillery.client.clients import Clients, parameter_value, shared_clients
from distillery.client.errors import MapUnavailable, NotConfigured, NotReached
from distillery.client.route_map import VERSION, RouteMap, UnreadableMap, parse_object
from distillery.client.route_store import format_probe_result, probe_parameter, read_map, with_probe_results
from distillery.client.system_prompt import UNKNOWN, StudentPrompt

if TYPE_CHECKING:
    from distillery.client.account import Account

Document = dict[str, Any]
"""RouteMap.document(), with any keys that a newer writer added."""


def published(
    environment: str, *, region: str | None = None, session: Any = None, names: Iterable[str] | None = None
) -> dict[str, Any]:
    """Reads the routes of an environment as one document.

    {"version": 1, "environment": "prod", "region": "us-east-2", "routes": {"fast": RouteMap.document(), …}}

    Args:
        environment: name of the environment.
        region: the inference Region, which publishes the maps. Default: the session's.
        session: a boto3 Session. Default: one for the process.
        names: names of the routes. Default: all.

    Raises:
        MapUnavailable: a map cannot be read.
        NotConfigured: no Region is set.
    """
    clients = Clients(session) if session else shared_clients()
    where = region or clients.region
    if where is None:
        raise NotConfigured("no region is set; pass region=, or set AWS_REGION")

    def read(parameter: str) -> str:
        return clients.parameter(parameter, where)

    try:
        if names is None:
            names = json.loads(read(f"/distillery/{environment}/serving"))["routes"]
        maps = {name: read_map(read, environment, name).document() for name in sorted(names)}
        for document in maps.values():
            add_system_prompts(document, clients.parameter)
    except (ParameterNotFound, UnreadableMap, *AWS_ERRORS) as error:
        raise MapUnavailable(f"the routes of {environment!r} cannot be read in {where}: {error}") from error
    return environment_document(environment, where, maps)


def environment_document(environment: str, region: str, maps: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Returns the maps of an environment as one document. `region` is the inference Region, which publishes them.

    {"version": 1, "environment": "prod", "region": "us-east-2", "routes": {"fast": RouteMap.document(), …}}
    """
    return {"version": VERSION, "environment": environment, "region": region, "routes": dict(maps)}


def add_system_prompts(document: Document, read: Callable[[str, str], str]) -> None:
    """Adds `system` to the steps of students: what each was trained with as system prompt, from its alias.

    It is never part of a map, because it changes with a promotion. Nothing is added if the alias does not say, or may
    not be read.

    Args:
        document: the map.
        read: returns the value of a parameter, by its name and Region.
    """
    for step in document["steps"]:
        step.pop("system", None)
        if "alias" not in step:
            continue
        with contextlib.suppress(ParameterNotFound, ValueError, *AWS_ERRORS):
            prompt = StudentPrompt.of(parse_object(read(step["alias"], step["region"])))
            if prompt.use != UNKNOWN:
                step["system"] = {name: value for name, value in asdict(prompt).items() if value}


class PublishedMaps:
    """The maps of one environment, in its inference Region. Errors of AWS are raised as NotReached."""

    def __init__(self, account: "Account") -> None:
        self._account = account

    @property
    def names(self) -> list[str]:
        """Names of the routes, as the serving stack lists them: callers need no permission to search SSM."""
        return sorted(str(name) for name in self._account.serving["routes"])

    def get(self, route: str) -> Document:
        """Returns the map of one route, with `probed` set in the steps that a probe has a result for, and `system` in
        those of students (`add_system_prompts`)."""
        with as_not_reached(f"reading the map of route {route!r}"):
            text = self._value(f"/distillery/{self._account.environment}/routes/{route}")
        try:
            document = parse_object(text)
        except ValueError as error:
            raise NotReached(f"the map of route {route!r} cannot be read: {error}") from error
        try:
            probed = with_probe_results(RouteMap.from_json(text), self._probe_result)
        except UnreadableMap:  # reported by callers that need more of it than its text
            return document
        for step, known in zip(document["steps"], probed.steps, strict=True):
            step.pop("probed", None)
            step.update({} if known.probed is None else {"probed": known.probed})
        add_system_prompts(document, self._alias)
        return document

    def put_probe_result(self, route: str, *, application: str, works: bool) -> None:
        """Writes the result of a probe.

        Args:
            route: name of the route.
            application: ARN of the application inference profile.
            works: whether the step's latency mode works through it.
        """
        name = probe_parameter(self._account.environment, route, application)
        with as_not_reached(f"writing the probe result of route {route!r}"):
            self._ssm.put_parameter(Name=name, Value=format_probe_result(works), Type="String", Overwrite=True)

    def _probe_result(self, name: str) -> str:
        try:
            return self._value(name)
        except ClientError as error:
            if error_code(error) == "ParameterNotFound":
                raise ParameterNotFound(name) from error
            raise

    def _alias(self, name: str, region: str) -> str:
        return parameter_value(self._account.aws_client("ssm", region).get_parameter(Name=name))

    def _value(self, name: str) -> str:
        return parameter_value(self._ssm.get_parameter(Name=name))

    @property
    def _ssm(self) -> Any:
        return self._account.aws_client("ssm", str(self._account.pipeline["inference_region"]))
