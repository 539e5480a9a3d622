"""A route's step called directly, for what is measured or tried: no fallback, and no try after the first."""

import time
from collections.abc import Mapping
from typing import Any

from distillery.client.account import Account
from distillery.client.aws import Clients
from distillery.client.request import Asked, arguments_of
from distillery.client.route_map import RouteMap
from distillery.client.route_store import Directory
from distillery.client.target import Target, target_of

SECONDS = 120.0
"""How long an answer is waited for."""
STAND_IN = "x-simulated-model"
"""The header by which the local Bedrock says that it is none."""


class Direct:
    """Of an environment's account; each call is one request on the wire."""

    def __init__(self, account: Account) -> None:
        self._environment, self._clients = account.environment, Clients(account._session)

    def runtime(self, region: str) -> Any:
        """A client of bedrock-runtime, the same every time."""
        return self._clients.runtime(region, SECONDS)

    def target(self, route: RouteMap, index: int) -> Target:
        """What a step leads to now. Raises NothingPromoted, UnreadableAlias, and AWS_ERRORS where an alias cannot be
        read."""
        step = route.steps[index]
        directory = Directory(
            route.route,
            environment=self._environment,
            region=step.region,
            clients=self._clients,
            now=time.monotonic,
        )
        return target_of(index, step, directory, None)


def arguments(route: RouteMap, target: Target, conversation: Mapping[str, Any], max_tokens: int) -> dict[str, Any]:
    """Of Converse, and of its stream. conversation: `messages`, and `system` if there is one."""
    return arguments_of(Asked.of({**conversation, "maxTokens": max_tokens}), target, route)


def asking(text: str) -> dict[str, Any]:
    """A conversation of one user's text."""
    return {"messages": [{"role": "user", "content": [{"text": text}]}]}


def stand_in(reply: Mapping[str, Any]) -> bool:
    """Whether a simulator gave it."""
    return STAND_IN in reply.get("ResponseMetadata", {}).get("HTTPHeaders", {})
