"""The admin API under `/_admin/`: what AWS has no API for. It is the same in every host.

GET    health     `{"status": "ok", "now"}`
GET    clock      `{"real", "virtual", "speed", "now"}`: at the real second `real`, virtual time was `virtual`
PUT    clock      `{"virtual": epoch s}`, `{"date": "2025-07-16"}` or `{"advance": s}`, and `{"speed": n}`; it answers
                  when everything that is due by then has happened
GET    faults     the faults, each with the number of times it has `struck` (kinds and fields: `faults.py`)
POST   faults     adds a fault, or a list of them; returns them with their IDs
DELETE faults     removes all; `faults/ID` removes one
GET    quotas     the quotas that accounts have (`settings.Quotas`)
PUT    quotas     fields that are left out keep their values
GET    latency    how modelled latency is applied (`settings.Latency`)
PUT    latency    `{"scale": n}`: 1 waits as long as modelled, 0 does not wait
GET    judges     how models rate in evaluation jobs (`settings.JudgeSettings`)
PUT    judges     `{"error_rate": n, "fooled_rate": n, "unscored_rate": n}`: shares of ratings, from 0 to 1
GET    undocumented  behaviour that AWS does not document (`settings.Undocumented`)
PUT    undocumented  `{"optimized_application_profiles": true}`, `{"students_list_distillation": false}`, …
GET    access     which models accounts may call (`settings.ModelAccess`)
PUT    access     `{"use_case_submitted": false}`, `{"legacy_models": false}`
GET    inventory  what an account has, and what bills by the hour (`?account=`)
GET    events     the last events of an account, the oldest first (`?account=`)
DELETE events     deletes them
POST   reset      empties accounts and events; clock, faults and settings stay
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from typing import Any, Protocol, TypeVar

import msgspec

from bedrock_simulator import json_text
from bedrock_simulator.clock import ClockState, parse_date
from bedrock_simulator.engine import Bedrock
from bedrock_simulator.events import EventStore
from bedrock_simulator.fault_kinds import Fault

PREFIX = "/_admin/"
T = TypeVar("T")


class SettableClock(Protocol):
    """A clock that can be changed."""

    def now(self) -> datetime:
        """The virtual time, aware, in UTC."""

    def state(self) -> ClockState:
        """How virtual time follows from real time."""

    def set(self, *, virtual: float | None = None, speed: float | None = None) -> ClockState:
        """Moves the clock or changes its speed."""


class InvalidRequest(Exception):
    """The request cannot be carried out; the text says why."""


class Admin:
    """The admin API of one simulator. A call may take as long as training does."""

    def __init__(self, bedrock: Bedrock, clock: SettableClock, events: EventStore, *, account: str) -> None:
        self._bedrock, self._clock, self._events, self._account = bedrock, clock, events, account
        self._routes: dict[tuple[str, str], Callable[[str, dict[str, str], Any], Any]] = {
            ("GET", "health"): lambda *_: {"status": "ok", "now": self._now()},
            ("GET", "clock"): lambda *_: self._calendar(),
            ("PUT", "clock"): lambda _, __, change: self._set_clock(change),
            ("GET", "faults"): lambda *_: self._faults(),
            ("POST", "faults"): lambda _, __, faults: self._add_faults(faults),
            ("DELETE", "faults"): lambda one, *_: self._clear_faults(one),
            ("GET", "quotas"): lambda *_: asdict(self._bedrock.settings.quotas),
            ("PUT", "quotas"): lambda _, __, change: self._set("quotas", change),
            ("GET", "latency"): lambda *_: asdict(self._bedrock.settings.latency),
            ("PUT", "latency"): lambda _, __, change: self._set("latency", change),
            ("GET", "judges"): lambda *_: asdict(self._bedrock.settings.judges),
            ("PUT", "judges"): lambda _, __, change: self._set("judges", change),
            ("GET", "undocumented"): lambda *_: asdict(self._bedrock.settings.undocumented),
            ("PUT", "undocumented"): lambda _, __, change: self._set("undocumented", change),
            ("GET", "access"): lambda *_: asdict(self._bedrock.settings.access),
            ("PUT", "access"): lambda _, __, change: self._set("access", change),
            ("GET", "inventory"): lambda _, query, __: self._bedrock.inventory(query.get("account", self._account)),
            ("GET", "events"): lambda _, query, __: self._events.list_events(query.get("account", self._account)),
            ("DELETE", "events"): lambda *_: self._events.clear(),
            ("POST", "reset"): lambda *_: self.reset(),
        }

    def answer(self, method: str, path: str, query: dict[str, str], body: bytes) -> tuple[int, Any]:
        """Returns the HTTP status and the JSON body for a path below `PREFIX`."""
        what, _, one = path.partition("/")
        if (method, what) not in self._routes:
            return 404, {
                "message": f"unknown request {method} {PREFIX}{path}; allowed are {', '.join(self._available())}"
            }
        try:
            return 200, self._routes[method, what](one, query, json_text.parse(body) if body else {})
        except (InvalidRequest, ValueError) as why:  # ValueError: the body is not JSON, or msgspec rejects it
            return 400, {"message": f"{method} {what}: {why}"}

    def _available(self) -> list[str]:
        return [f"{method} {what}" for method, what in self._routes]

    def _now(self) -> str:
        return self._clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def _calendar(self) -> dict[str, Any]:
        return asdict(self._clock.state()) | {"now": self._now()}

    def _set_clock(self, change: Any) -> dict[str, Any]:
        change = _typed(change, ClockChange)
        self._clock.set(virtual=change.moment(self._clock.now()), speed=change.speed)
        self._bedrock.tick()
        return self._calendar()

    def _faults(self) -> list[dict[str, Any]]:
        return [asdict(fault) | {"struck": struck} for fault, struck in self._bedrock.faults.list_faults()]

    def _add_faults(self, change: Any) -> list[dict[str, Any]]:
        faults = [_typed(one, Fault) for one in (change if isinstance(change, list) else [change])]
        return [asdict(fault) for fault in self._bedrock.faults.add(*faults)]

    def _clear_faults(self, one: str) -> list[dict[str, Any]]:
        if not self._bedrock.faults.clear(one or None):
            raise InvalidRequest(f"no fault has the id {one}; GET {PREFIX}faults lists them")
        return self._faults()

    def _set(self, what: str, change: Any) -> dict[str, Any]:
        """Replaces those fields of one of the settings that the request has."""
        before = getattr(self._bedrock.settings, what)
        _known(change, type(before))
        after = msgspec.convert({**asdict(before), **change}, type(before))
        self._bedrock.settings = replace(self._bedrock.settings, **{what: after})
        return asdict(after)

    def reset(self) -> dict[str, Any]:
        """Empties all accounts, and deletes all events."""
        self._bedrock.reset()
        self._events.clear()
        return {}


@dataclass(frozen=True, slots=True)
class ClockChange:
    """A change of the clock: at most one of `virtual`, `date` and `advance`, and a speed."""

    virtual: float | None = None
    date: str | None = None
    advance: float | None = None
    speed: float | None = None

    def __post_init__(self) -> None:
        if sum(each is not None for each in (self.virtual, self.date, self.advance)) > 1:
            raise ValueError("virtual, date and advance exclude each other; use one of them")

    def moment(self, now: datetime) -> float | None:
        """The virtual time to move the clock to, in epoch seconds; None to leave it."""
        if self.date is not None:
            return parse_date(self.date)
        return self.virtual if self.advance is None else now.timestamp() + self.advance


def _typed(change: Any, kind: type[T]) -> T:
    """Converts a request body. Raises InvalidRequest for an unknown field, ValueError for an invalid value."""
    _known(change, kind)
    converted: T = msgspec.convert(change, kind)
    return converted


def _known(change: Any, kind: type) -> None:
    names = [each.name for each in fields(kind)]
    if not isinstance(change, dict):
        raise InvalidRequest("the body must be a JSON object")
    if unknown := change.keys() - set(names):
        raise InvalidRequest(f"unknown field {', '.join(sorted(unknown))}; allowed are {', '.join(names)}")
