"""The routes that the invoke function serves, as its deployment configures them, and who may use them.

The function checks a request against them before it reads, caches or counts anything, because callers may send as many
invented names as they like.
"""

import json
import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from distillery.core import env_vars
from distillery.core.errors import NoModel
from distillery.core.names import DISTILLED_PREFIX
from distillery.core.serialization import from_wire, to_wire

FILE = "offer.json"
_QUOTABLE_NAME = re.compile(r"[a-z0-9/-]{1,63}")
"""Names of this form may be quoted; no other text of a caller is logged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedRoute:
    """A route. `principals`: patterns of `distillery.core.principals`; None admits whoever may invoke the function."""

    name: str
    principals: tuple[str, ...] | None = None


class Period(StrEnum):
    """The period of a quota: a clock hour or a calendar day, in UTC."""

    HOUR = "hour"
    DAY = "day"

    @property
    def seconds(self) -> int:
        return {Period.HOUR: 3600, Period.DAY: 86_400}[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerQuota:
    """What one principal may use of all routes together in a period. None means no limit.

    Attributes:
        tokens: Input and output tokens.
        usd: US dollars at the prices of the route maps.
    """

    per: Period
    tokens: int | None = None
    usd: Decimal | None = None

    @property
    def nanodollars(self) -> int | None:
        return None if self.usd is None else int(self.usd * 10**9)

    def __str__(self) -> str:
        tokens = [] if self.tokens is None else [f"{self.tokens} tokens"]
        usd = [] if self.usd is None else [f"${self.usd}"]
        article = "an" if self.per is Period.HOUR else "a"
        return f"{' and '.join(tokens + usd)} {article} {self.per}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedRoutes:
    """The served routes. Without a `quota`, nothing is counted."""

    routes: tuple[ServedRoute, ...]
    quota: CallerQuota | None = None

    @property
    def needs_caller(self) -> bool:
        """Whether a decision depends on the caller."""
        return self.quota is not None or any(route.principals is not None for route in self.routes)

    def find(self, name: str) -> ServedRoute:
        """The route of that name, or else the route to the student of the recipe of that name. Raises NoModel."""
        routes = {route.name: route for route in self.routes}
        for candidate in (name, DISTILLED_PREFIX + name):
            if candidate in routes:
                return routes[candidate]
        shown = repr(name) if _QUOTABLE_NAME.fullmatch(name) else "of that name"
        raise NoModel(f"there is no route {shown}; the function's URL lists the routes: GET /")


def read() -> ServedRoutes:
    """The configured routes. Raises Misconfigured where the function was deployed without them."""
    return from_wire(ServedRoutes, env_vars.read_settings(FILE))


def dump(offer: ServedRoutes) -> str:
    """The text of the file: the inverse of `read`."""
    return json.dumps(to_wire(offer), indent=1, sort_keys=True)
