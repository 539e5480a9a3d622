"""The events that the function accepts, and its result.

{"recipe": "support", "since": "2026-11-01"}                       from `distillery collect`; a schedule omits `since`
{"detail-type": "Athena Query State Change", "detail": {"queryExecutionId": "…", "currentState": "SUCCEEDED", …}}
{"poll": true}                                                     from a schedule
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from distillery.core.errors import BadRequest
from distillery.core.serialization import from_wire


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectRequest:
    """Collect prompts. since: a day such as 2026-11-01; None for the period in the recipe."""

    recipe: str
    since: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryEnded:
    """Deliver the result of a query."""

    query: str


@dataclass(frozen=True, slots=True)
class PollRequest:
    """Look for queries that have ended: EventBridge's events of Athena are best effort."""


def parse_event(event: Any) -> CollectRequest | QueryEnded | PollRequest:
    """Parse an event. Raises BadRequest."""
    if not isinstance(event, dict):
        raise BadRequest("the request is not a JSON object; send {'recipe': …}")
    if "detail" in event:
        query = event["detail"].get("queryExecutionId") if isinstance(event["detail"], dict) else None
        if not isinstance(query, str):
            raise BadRequest("the event names no query; send an event 'Athena Query State Change'")
        return QueryEnded(query=query)
    return PollRequest() if event.get("poll") is True else from_wire(CollectRequest, event)


class CollectionStatus(StrEnum):
    """COLLECTED: the prompts are in the home Region, where their arrival starts a run. QUERYING: an Athena query is
    running; its result is delivered when it ends. REFUSED: nothing can be collected. IGNORED: the event concerns no
    query of this function."""

    COLLECTED = "collected"
    QUERYING = "querying"
    REFUSED = "refused"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionResult:
    """The function's result.

    Attributes:
        status: what was done.
        recipe: name of the recipe, if it is known.
        uri: `s3://` URI of the prompts.
        query: id of the Athena query.
        calls: number of calls that match the recipe's filter.
        prompts: number of prompts that were delivered.
        left_out: number of matching calls without a usable prompt, by reason.
        of_anybody: whether the prompts may be from any caller, because the recipe names no principals.
        reason: why nothing was collected.
    """

    status: CollectionStatus
    recipe: str | None = None
    uri: str | None = None
    query: str | None = None
    calls: int = 0
    prompts: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    of_anybody: bool = False
    reason: str = ""
