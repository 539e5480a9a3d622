"""The handler of the serving stage: answers a request to a route, from a direct invocation or by the function's URL.

Each request writes one line of metrics to the log. Neither prompts nor replies are logged, unless the function is
deployed with the variable LOG_PROMPTS; then a metric counts them, and an alarm watches it.
"""

import functools
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from distillery.client import EmbeddedMetrics, Route, RouteError, published
from distillery.client.clock import Timing
from distillery.client.metrics import BY_ENVIRONMENT, Dimension, directive, embedded, to_line
from distillery.core import clock, served_routes
from distillery.core.aws import session
from distillery.core.boundary import boundary
from distillery.core.env_vars import Variable, is_set, read
from distillery.core.escaping import as_json
from distillery.core.holdout import side_of_conversation
from distillery.core.names import METADATA_SIDE, METRIC_PROMPTS_LOGGED
from lambdas.serving.authorization import Requester, requester_of
from lambdas.serving.function_url import is_url_event, respond
from lambdas.serving.request import parse_request
from lambdas.serving.serve import Converse, converse, serve

if TYPE_CHECKING:
    from lambdas.serving.quota import UsageCounter

DEADLINE = 150.0
"""Seconds. The function itself times out after three minutes."""


@boundary(RouteError)
def invoke(event: Any, context: object) -> dict[str, Any]:
    """`{"route": "distilled/support", "prompt": …}` → text, model, usage, cost, and how it was served."""
    requester = requester_of(event, context)
    if is_url_event(event):
        return respond(event, answer=lambda body: _answer(body, requester), routes=lambda: _routes(requester))
    return _answer(event, requester)


def _answer(event: Any, requester: Requester) -> dict[str, Any]:
    request = parse_request(event)
    offered = _offer().find(request.route)
    requester.authorize(offered)
    answer = serve(request, _route(offered.name), _converse(requester))
    if is_set(Variable.LOG_PROMPTS):
        _log_prompt(request.conversation, answer["text"])
    return answer


def _converse(requester: Requester) -> Converse:
    """Without a quota, nothing about quotas is imported, read, or written."""
    if (quota := _offer().quota) is None:
        return converse
    from lambdas.serving.quota import MeteredConverse

    return MeteredConverse(_usage_counter(quota), requester.quota_key).converse


@functools.cache
def _usage_counter(quota: served_routes.CallerQuota) -> "UsageCounter":
    from lambdas.serving.quota import UsageCounter

    return UsageCounter(read(Variable.QUOTAS), quota)


def _routes(requester: Requester) -> dict[str, Any]:
    names = [route.name for route in _offer().routes if requester.may_use(route)]
    return published(read(Variable.ENVIRONMENT), session=_session(), names=names)


@functools.cache
def _offer() -> served_routes.ServedRoutes:
    return served_routes.read()


@functools.cache
def _route(name: str) -> Route:
    """An offered route, which keeps its map and circuit breakers for the lifetime of the execution environment."""
    metrics = boundary()(EmbeddedMetrics(_log, clock=lambda: clock.timestamp()))  # the client logs what it raises
    return Route(
        name,
        environment=read(Variable.ENVIRONMENT),
        deadline=DEADLINE,
        session=_session(),
        metrics=metrics,
        marks=_marks,
        timing=Timing(wall=lambda: clock.timestamp()),  # looked up for each call
    )


def _marks(conversation: Mapping[str, Any]) -> dict[str, str]:
    return {METADATA_SIDE: side_of_conversation(conversation)}


class Session:
    """The function's session for the client library. Errors of its clients quote no prompt (`distillery.core.aws`).

    The client library creates clients for each route; here all routes share them.
    """

    def __init__(self) -> None:
        self._clients: dict[tuple[str, str, float, float], Any] = {}

    @property
    def region_name(self) -> str | None:
        return session().region_name

    def client(self, service: str, *, region_name: str, config: Any) -> Any:
        key = (service, region_name, config.connect_timeout, config.read_timeout)
        if key not in self._clients:
            self._clients[key] = session().client(service, region_name=region_name, config=config)  # type: ignore[call-overload]  # by name
        return self._clients[key]


@functools.cache
def _session() -> Any:
    return Session()


def _log_prompt(conversation: Mapping[str, Any], reply: str) -> None:
    """Log a prompt and its reply, after a line that counts it.

    The count has a line of its own: CloudWatch extracts metrics only from a line that it receives whole, which a long
    conversation may not be (CloudWatch user guide, "Specification: Embedded metric format").
    """
    counted = {
        **embedded([directive(BY_ENVIRONMENT, [METRIC_PROMPTS_LOGGED])], at=clock.timestamp()),
        Dimension.ENVIRONMENT: read(Variable.ENVIRONMENT),
        METRIC_PROMPTS_LOGGED: 1,
    }
    _log(to_line(counted))
    _log(as_json({"asked": conversation, "answered": reply}))


def _log(line: str) -> None:
    """Write a line unchanged and at once: CloudWatch extracts metrics only from a line with nothing before it."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
