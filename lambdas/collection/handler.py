"""The handler of the collection stage, in the Region where calls are logged. `events` describes its events."""

import json
import logging
from typing import Any

from distillery.core import clock, recipe
from distillery.core.aws import client
from distillery.core.boundary import boundary, get_logger
from distillery.core.env_vars import Variable, read
from distillery.core.errors import Refused
from distillery.core.names import Names
from distillery.core.notices import Notices
from distillery.core.serialization import to_wire
from lambdas.collection.athena import AthenaQueries, result_groups
from lambdas.collection.collector import Collector
from lambdas.collection.delivery import Delivery
from lambdas.collection.events import (
    CollectionResult,
    CollectionStatus,
    CollectRequest,
    PollRequest,
    QueryEnded,
    parse_event,
)
from lambdas.collection.log_files import LogFiles
from lambdas.collection.models import LoggedModels
from lambdas.collection.pending import PendingQueries

log = get_logger(__name__)
log.setLevel(logging.INFO)


@boundary()
def collect(event: Any, _context: object) -> Any:
    """Return a result, or a list of them for a poll. Raises only errors that a retry may resolve."""
    collector = _collector()
    try:
        request = parse_event(event)
    except Refused as error:
        return to_wire(_refused(error, None))
    if isinstance(request, PollRequest):
        return [_handle(collector, QueryEnded(query=query)) for query in list(collector.pending.ids())]
    return _handle(collector, request)


def _handle(collector: Collector, request: CollectRequest | QueryEnded) -> Any:
    try:
        result = (
            collector.collect(request)
            if isinstance(request, CollectRequest)
            else collector.deliver_query(request.query)
        )
    except Refused as error:
        result = _refused(error, request)
    document = to_wire(result)
    log.info("%s", json.dumps(document))
    return document


def _refused(error: Refused, request: CollectRequest | QueryEnded | None) -> CollectionResult:
    """Notify people, because nobody reads the result of a schedule."""
    recipe_name = request.recipe if isinstance(request, CollectRequest) else None
    Notices(read(Variable.TOPIC)).publish(f"Distillery: nothing collected for {recipe_name or 'a query'}", str(error))
    return CollectionResult(status=CollectionStatus.REFUSED, recipe=recipe_name, reason=str(error))


def _collector() -> Collector:
    names, home, s3 = Names(read(Variable.ENVIRONMENT)), read(Variable.HOME_REGION), client("s3")
    logs = LogFiles(s3, read(Variable.LOGS))
    return Collector(
        recipes=recipe.load,
        logs=logs,
        queries=AthenaQueries(client("athena"), workgroup=names.workgroup, database=names.logs_database),
        pending=PendingQueries(s3, logs.bucket),
        models=LoggedModels(client("bedrock")),
        delivery=Delivery(names, client("s3", home), client("ssm", home)),
        results=lambda uri: result_groups(s3, uri),
        now=clock.now,
    )
