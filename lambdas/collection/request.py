"""What the function is asked: to collect, to take up a query that ended, or to look for such queries.

{"recipe": "support", "since": "2026-11-01"}                       by hand, or by schedule without `since`
{"detail-type": "Athena Query State Change", "detail": {"queryExecutionId": "…", "currentState": "SUCCEEDED", …}}
{"poll": true}
"""

from dataclasses import dataclass
from typing import Any

from distillery.core.errors import BadRequest
from distillery.core.serialization import from_wire


@dataclass(frozen=True, slots=True, kw_only=True)
class Collect:
    """since: a day such as 2026-11-01, None for as far back as the recipe says."""

    recipe: str
    since: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    query: str


@dataclass(frozen=True, slots=True)
class Poll:
    """Events are best effort."""


def asked(event: Any) -> Collect | Ended | Poll:
    """Raises BadRequest."""
    if not isinstance(event, dict):
        raise BadRequest("the request is no object; send {'recipe': …}")
    if "detail" in event:
        query = event["detail"].get("queryExecutionId") if isinstance(event["detail"], dict) else None
        if not isinstance(query, str):
            raise BadRequest("the event names no query; an event 'Athena Query State Change' is needed")
        return Ended(query=query)
    return Poll() if event.get("poll") is True else from_wire(Collect, event)
