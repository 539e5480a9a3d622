"""The door of serving: a request to a route becomes a reply, directly or by the function's URL.

Each request leaves one line of metrics in the log. Neither prompt nor reply is logged, unless somebody who deployed the
function asked for it by its variable LOG_PROMPTS: then an alarm tells.
"""

import functools
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from distillery.client import EmbeddedMetrics, Route, RouteError, published
from distillery.core import clock, offer
from distillery.core.boundary import boundary
from distillery.core.env_vars import Variable, is_set, read
from distillery.core.holdout import side_of_conversation
from distillery.core.names import METADATA_SIDE
from lambdas.serving.prompts import log_prompt
from lambdas.serving.request import request_of
from lambdas.serving.serve import Ask, ask, serve
from lambdas.serving.session import Session
from lambdas.serving.url import is_url_event, respond
from lambdas.serving.visitor import Visitor, visitor_of

if TYPE_CHECKING:
    from lambdas.serving.counter import Counter

DEADLINE = 150.0
"""Seconds; the function itself has three minutes."""


@boundary(RouteError)
def invoke(event: Any, context: object) -> dict[str, Any]:
    """`{"route": "distilled/support", "prompt": …}` → text, who said it, usage, cost, and how it was served."""
    visitor = visitor_of(event, context)
    if is_url_event(event):
        return respond(event, ask=lambda asked: _answer(asked, visitor), routes=lambda: _routes(visitor))
    return _answer(event, visitor)


def _answer(event: Any, visitor: Visitor) -> dict[str, Any]:
    request = request_of(event)
    offered = _offer().named(request.route)
    visitor.check(offered)
    answer = serve(request, _route(offered.name), _asking(visitor))
    if is_set(Variable.LOG_PROMPTS):
        environment, now = read(Variable.ENVIRONMENT), clock.timestamp()
        log_prompt(_log, environment, request.conversation, answer["text"], at=now)
    return answer


def _asking(visitor: Visitor) -> Ask:
    """Within a quota, where there is one; else there is nothing to import, to read or to write."""
    if (quota := _offer().quota) is None:
        return ask
    from lambdas.serving.meter import Meter

    return Meter(_counter(quota), visitor.key).ask


@functools.cache
def _counter(quota: offer.Quota) -> "Counter":
    from lambdas.serving.counter import Counter

    return Counter(read(Variable.QUOTAS), quota)


def _routes(visitor: Visitor) -> dict[str, Any]:
    names = [route.name for route in _offer().routes if visitor.may_use(route)]
    return published(read(Variable.ENVIRONMENT), session=_session(), names=names)


@functools.cache
def _offer() -> offer.Offer:
    return offer.read()


@functools.cache
def _route(name: str) -> Route:
    """Of the offer, with its map and breakers, for the life of the sandbox."""
    metrics = boundary()(EmbeddedMetrics(_log, clock=lambda: clock.timestamp()))  # the client logs what it raises
    environment = read(Variable.ENVIRONMENT)
    return Route(name, environment=environment, deadline=DEADLINE, session=_session(), metrics=metrics, marks=_marks)


def _marks(conversation: Mapping[str, Any]) -> dict[str, str]:
    return {METADATA_SIDE: side_of_conversation(conversation)}


@functools.cache
def _session() -> Any:
    """Of the sandbox's own credentials and Region."""
    return Session()


def _log(line: str) -> None:
    """As it is, in one piece: CloudWatch takes metrics only from a line with nothing before it."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
