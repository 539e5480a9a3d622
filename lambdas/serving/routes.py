"""Routes: what a name that callers use stands for. A route is an SSM parameter of the function's own Region."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lambdas.shared import clock
from lambdas.shared.aws import ClientError, code
from lambdas.shared.errors import BadRequest
from lambdas.shared.names import Names
from lambdas.shared.reply import STANDARD
from lambdas.shared.road import Alias
from lambdas.shared.wire import from_wire

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

SECONDS_KEPT = 60
"""How long an answer of SSM is used again: a promotion reaches callers within this time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """model: a catalog key, or the ARN of the model that an alias serves; identifier: `modelId` of Converse."""

    route: str
    model: str
    identifier: str
    region: str
    latency: str = STANDARD


@dataclass(slots=True)
class Routes:
    """ssm: a client by Region (None: the function's own). Aliases live in the home Region."""

    names: Names
    home_region: str
    ssm: "Callable[[str | None], SSMClient]"
    _kept: dict[str, tuple[float, str]] = field(default_factory=dict)

    def resolve(self, route: str) -> Target:
        """What to call. Raises BadRequest for a route that there is not, or whose alias is not written yet."""
        value = self._read(self.names.route(route), None)
        if value is None:
            raise BadRequest(f"there is no route {route!r} in {self.names.environment}; its stack lists the routes")
        settings = json.loads(value)
        if settings["kind"] == "alias":
            return self._live(route, settings["alias"])
        wanted = ("route", "model", "identifier", "region", "latency")
        return Target(**{name: settings[name] for name in wanted if name in settings})

    def _live(self, route: str, parameter: str) -> Target:
        value = self._read(parameter, self.home_region)
        if value is None:
            raise BadRequest(f"route {route!r} has no model yet: nothing was promoted to {parameter}; run its recipe")
        alias = from_wire(Alias, json.loads(value))
        return Target(route=route, model=alias.current, identifier=alias.endpoint.arn, region=alias.region)

    def _read(self, parameter: str, region: str | None) -> str | None:
        now = clock.timestamp()
        read_at, kept = self._kept.get(parameter, (0.0, ""))
        if now - read_at < SECONDS_KEPT:
            return kept
        try:
            value = self.ssm(region).get_parameter(Name=parameter)["Parameter"]["Value"]
        except ClientError as error:
            # a name that SSM's pattern refuses is a route that there is not
            if code(error) in ("ParameterNotFound", "ValidationException"):
                return None
            raise
        self._kept[parameter] = (now, value)
        return value
