"""What the invoke function offers, as its deployment tells it: the routes that there are, and for whom.

It is asked before anything is read, kept or counted, for callers may make up as many names as they like.
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
_A_NAME = re.compile(r"[a-z0-9/-]{1,63}")
"""Of a form that may be quoted: what else a caller says stands in no log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A route. principals: patterns of `distillery.core.principals`; None where it is for all who may call at all."""

    name: str
    principals: tuple[str, ...] | None = None


class Per(StrEnum):
    """By the clock, in UTC."""

    HOUR = "hour"
    DAY = "day"

    @property
    def seconds(self) -> int:
        return {Per.HOUR: 3600, Per.DAY: 86_400}[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """What one principal may take of all routes together. tokens: read and written; usd: at the maps' prices. None: as
    many as it likes."""

    per: Per
    tokens: int | None = None
    usd: Decimal | None = None

    @property
    def nanodollars(self) -> int | None:
        return None if self.usd is None else int(self.usd * 10**9)

    def __str__(self) -> str:
        tokens = [] if self.tokens is None else [f"{self.tokens} tokens"]
        usd = [] if self.usd is None else [f"${self.usd}"]
        article = "an" if self.per is Per.HOUR else "a"
        return f"{' and '.join(tokens + usd)} {article} {self.per}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """quota: None where nobody is counted."""

    routes: tuple[Offered, ...]
    quota: Quota | None = None

    @property
    def to_the_known(self) -> bool:
        """Whether it matters who asks."""
        return self.quota is not None or any(route.principals is not None for route in self.routes)

    def named(self, said: str) -> Offered:
        """The route that a caller means: a recipe's bare name means its student, where there is no route of that name.
        Raises NoModel where there is neither."""
        routes = {route.name: route for route in self.routes}
        for name in (said, DISTILLED_PREFIX + said):
            if name in routes:
                return routes[name]
        told = repr(said) if _A_NAME.fullmatch(said) else "of that name"
        raise NoModel(f"there is no route {told}; the function's URL lists the routes: GET /")


def read() -> Offer:
    """Raises Misconfigured where the function was deployed without it."""
    return from_wire(Offer, env_vars.read_settings(FILE))


def dump(offer: Offer) -> str:
    """The text of the file: the inverse of `read`."""
    return json.dumps(to_wire(offer), indent=1, sort_keys=True)
