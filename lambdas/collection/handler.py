"""The door of the collection stage, in the Region where calls are logged. See `request` for what it is asked."""

import json
import logging
from typing import Any

from distillery.core import clock, recipe
from distillery.core.aws import client
from distillery.core.boundary import boundary
from distillery.core.env_vars import Variable, read
from distillery.core.errors import Refused
from distillery.core.journal import journal
from distillery.core.names import Names
from distillery.core.notices import Notices
from distillery.core.serialization import to_wire
from lambdas.collection.answer import Answer, Status
from lambdas.collection.collector import Collector
from lambdas.collection.delivery import Delivery
from lambdas.collection.logged import Logs
from lambdas.collection.models import Models
from lambdas.collection.pending import Pending
from lambdas.collection.queries import Queries, lines
from lambdas.collection.request import Collect, Ended, Poll, asked

log = journal(__name__)
log.setLevel(logging.INFO)


@boundary()
def collect(event: Any, _context: object) -> Any:
    """An answer, or a list of them for a poll. Raises only what a retry may mend."""
    collector = _collector()
    try:
        request = asked(event)
    except Refused as wrong:
        return to_wire(_refused(wrong, None))
    if isinstance(request, Poll):
        return [_carry_out(collector, Ended(query=query)) for query in list(collector.pending.queries())]
    return _carry_out(collector, request)


def _carry_out(collector: Collector, request: Collect | Ended) -> Any:
    try:
        answer = collector.collect(request) if isinstance(request, Collect) else collector.take_up(request.query)
    except Refused as refused:
        answer = _refused(refused, request)
    told = to_wire(answer)
    log.info("%s", json.dumps(told))
    return told


def _refused(refused: Refused, request: Collect | Ended | None) -> Answer:
    """People are told, since a schedule hears no answer."""
    recipe_name = request.recipe if isinstance(request, Collect) else None
    Notices(read(Variable.TOPIC)).publish(f"Distillery: nothing collected for {recipe_name or 'a query'}", str(refused))
    return Answer(status=Status.REFUSED, recipe=recipe_name, reason=str(refused))


def _collector() -> Collector:
    names, home, s3 = Names(read(Variable.ENVIRONMENT)), read(Variable.HOME_REGION), client("s3")
    logs = Logs(s3, read(Variable.LOGS))
    return Collector(
        recipes=recipe.load,
        logs=logs,
        queries=Queries(client("athena"), workgroup=names.workgroup, database=names.logs_database),
        pending=Pending(s3, logs.bucket),
        models=Models(client("bedrock")),
        delivery=Delivery(names, client("s3", home), client("ssm", home)),
        results=lambda uri: lines(s3, uri),
        now=clock.now,
    )
