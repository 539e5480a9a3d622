"""Calls one step of a route directly, for measurements and probes: without fallback, and without retries."""

import time
from collections.abc import Mapping
from typing import Any

from distillery.client.account import Account
from distillery.client.clients import Clients
from distillery.client.converse import ConverseRequest, ResolvedStep
from distillery.client.route_map import RouteMap
from distillery.client.route_store import RouteStore

READ_TIMEOUT = 120.0
"""Seconds."""
SIMULATOR_HEADER = "x-simulated-model"
"""Response header of the local Bedrock simulator."""


class SingleStep:
    """Calls steps with the credentials of an environment's account. Each call is one HTTP request."""

    def __init__(self, account: Account) -> None:
        self._environment, self._clients = account.environment, Clients(account.session, read_timeout=READ_TIMEOUT)

    def runtime(self, region: str) -> Any:
        """Returns the bedrock-runtime client of a Region."""
        return self._clients.runtime(region)

    def resolve(self, route: RouteMap, index: int) -> ResolvedStep:
        """Returns what to call for a step now, with the system prompt for it. Raises the errors of RouteStore."""
        step = route.steps[index]
        store = RouteStore(
            route.route,
            environment=self._environment,
            region=step.region,
            clients=self._clients,
            now=time.monotonic,
        )
        return store.with_system_prompt(store.resolve(index, step, None), route.steps[0])


def step_arguments(
    route: RouteMap, target: ResolvedStep, conversation: Mapping[str, Any], max_tokens: int
) -> dict[str, Any]:
    """Returns the arguments of Converse and ConverseStream.

    Args:
        route: the route's map.
        target: the step to call.
        conversation: `messages`, and `system` if there is one.
        max_tokens: limit of the answer.
    """
    return ConverseRequest.of({**conversation, "maxTokens": max_tokens}).arguments_for(target, route)


def user_message(text: str) -> dict[str, Any]:
    """Returns a conversation of one user message."""
    return {"messages": [{"role": "user", "content": [{"text": text}]}]}


def is_simulated(response: Mapping[str, Any]) -> bool:
    """Returns whether the response came from the simulator."""
    return SIMULATOR_HEADER in response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
