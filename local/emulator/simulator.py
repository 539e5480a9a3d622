"""The Bedrock simulator inside the account, and calls to its control plane from within."""

import json
from collections.abc import Mapping
from typing import Any, Protocol

from ministack.core.responses import get_account_id, get_region

from bedrock_simulator.faults import Faults
from bedrock_simulator.ports import Request, Response
from bedrock_simulator.server.application import BEDROCK
from bedrock_simulator.settings import Settings


class Simulator(Protocol):
    """The interface of `bedrock_simulator.engine.Bedrock` that the account uses."""

    faults: Faults
    settings: Settings

    def handle(self, request: Request) -> Response:
        """Answers a request."""

    def tick(self) -> bool:
        """Performs what is due. Returns whether there was anything."""

    def inventory(self, account: str) -> dict[str, Any]:
        """Returns the resources of an account, and those that bill by the hour."""


def ask(simulator: Simulator, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Calls the control plane as the current account and Region. Raises ValueError if it refuses."""
    encoded = b"" if body is None else json.dumps(body).encode()
    request = Request(BEDROCK, get_account_id(), get_region(), method, path, {}, {}, encoded, exempt_from_faults=True)
    response = simulator.handle(request)
    if response.status >= 400:
        kind = response.headers.get("x-amzn-ErrorType", "")
        raise ValueError(f"{kind}: {json.loads(response.body or b'{}').get('message', '')}")
    answer: dict[str, Any] = json.loads(response.body or b"{}")
    return answer
